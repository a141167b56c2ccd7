"""A backtest as one would do it by hand: row by row, with an account of cash and what is held; slow and plain."""

import math
from dataclasses import dataclass, field

import numpy as np

from core.analytics.backtest.costs import Costs
from core.analytics.backtest.signals import Levels
from core.market import Floats


def wanted(z: list[float], usable: list[bool], levels: Levels) -> tuple[list[int], list[dict[int, str]]]:
    """The side that the rule wants after each close, and by side why it left, by two latches."""
    sides: list[int] = []
    reasons: list[dict[int, str]] = []
    state = dict.fromkeys((1, -1), "out")
    since = {1: 0, -1: 0}
    for row, value in enumerate(z):
        why: dict[int, str] = {}
        for side in levels.sides:
            away = -side * value
            if state[side] != "out" and away <= levels.exit:
                if state[side] == "in":
                    why[side] = "exit"
                state[side] = "out"
            elif state[side] == "out" and away >= levels.entry and usable[row]:
                state[side], since[side] = "in", row
                if levels.stop is not None and away >= levels.stop:
                    state[side] = "locked"
            elif state[side] == "in" and levels.stop is not None and away >= levels.stop:
                state[side], why[side] = "locked", "stop"
            elif state[side] == "in" and levels.max_bars is not None and row - since[side] >= levels.max_bars:
                state[side], why[side] = "locked", "time"
        sides.append(next((side for side in (1, -1) if state[side] == "in"), 0))
        reasons.append(why)
    return sides, reasons


@dataclass
class Ledger:
    """Cash and holdings, and the equity after each close."""

    cash: float = 0.0
    paid: float = 0.0
    held_y: float = 0.0
    held_x: float = 0.0
    equity: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    trades: list[tuple[int, int, int, str]] = field(default_factory=list)

    def trade(self, y: float, x: float, to_y: float, to_x: float, rates: tuple[float, float]) -> None:
        for change, price, rate in ((to_y - self.held_y, y, rates[0]), (to_x - self.held_x, x, rates[1])):
            self.cash -= change * price
            self.paid += abs(change) * price * rate / 1e4
        self.held_y, self.held_x = to_y, to_x


def by_hand(
    y: Floats, x: Floats, z: Floats, ratio: Floats, levels: Levels, costs: Costs, price: str,
    opens: tuple[Floats, Floats] | None, valid: list[bool], rehedge: float | None, capital: float,
) -> Ledger:  # fmt: skip
    n = len(y)
    known = [value if ok else math.nan for value, ok in zip(z.tolist(), valid, strict=True)]
    sides, reasons = wanted(known, np.isfinite(ratio).tolist(), levels)
    fills = opens if opens is not None else (y, x)
    ledger, side, entered = Ledger(), 0, 0

    def rates(order: str) -> tuple[float, float]:
        return costs.y.total_bps(order), costs.x.total_bps(order)

    for row in range(n):
        decided = max((t for t in range(row) if valid[t]), default=-1)
        if valid[row] and decided >= 0:
            at = float(fills[0][row]), float(fills[1][row])
            want = sides[row - 1]
            if side and want != side:
                why = next(reason[side] for reason in reversed(reasons[:row]) if side in reason)
                ledger.trade(*at, 0.0, 0.0, rates(costs.exit if why == "exit" else "taker"))
                ledger.trades.append((side, entered, row, why))
                side = 0
            elif side and rehedge is not None and decided >= entered and row < n - 1:
                aim = -ratio[decided] * ledger.held_y * (y[decided] / x[decided] if price == "log" else 1.0)
                if math.isfinite(aim) and abs(aim - ledger.held_x) * x[decided] > rehedge * capital:
                    ledger.trade(*at, ledger.held_y, aim, rates("taker"))
            if want and not side and row < n - 1:
                beta = ratio[decided]
                worth = capital / (1 + abs(beta)) if price == "log" else None
                units_y = worth / y[decided] if worth else capital / (y[decided] + abs(beta) * x[decided])
                units_x = -beta * worth / x[decided] if worth else -beta * units_y
                ledger.trade(*at, want * units_y, want * units_x, rates(costs.entry))
                side, entered = want, row
        if row == n - 1 and side:
            ledger.trade(float(y[row]), float(x[row]), 0.0, 0.0, rates("taker"))
            ledger.trades.append((side, entered, row, "end"))
        ledger.equity.append(ledger.cash + ledger.held_y * y[row] + ledger.held_x * x[row])
        ledger.costs.append(ledger.paid)
    return ledger
