"""Fit on one stretch, trade the next, move on: what a rule earns with what could be known at the time."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics import rolling
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.legs import Legs, checked_price
from core.analytics.backtest.run import Backtest, Trade, backtest
from core.analytics.backtest.signals import Levels
from core.analytics.spread import Price
from core.analytics.spread import levels as price_levels
from core.errors import AnalysisError, BadParameter, NotEnoughData
from core.market import Floats

#: From y and x of the formation, logs or prices, the slope and the intercept of y on x.
Fit = Callable[[Floats, Floats], tuple[float, float]]
_LEAST = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A hedge fitted on rows from `formation` up to `start`, traded on those from `start` up to `end`.

    `mean` and `deviation` (ddof 1) are of the spread in the formation; `words` say why there is no fit, None where there is one, and
    all numbers of the fit are NaN without. Closes decide from the last row of the formation on.
    """

    formation: int
    start: int
    end: int
    slope: float
    intercept: float
    mean: float
    deviation: float
    trades: int = field(kw_only=True)
    net: float = field(kw_only=True)
    words: str | None = field(kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """All windows traded one after the other, in the rows of the whole series. A position is closed at the end of its window.

    `hindsight` is the same rule with one hedge, mean and deviation of the whole series, which nobody had at the time: a line to compare
    with, never a result. None where that has no fit.
    """

    windows: tuple[Window, ...]
    backtest: Backtest
    hindsight: Backtest | None


class _Hedge(NamedTuple):
    slope: float
    intercept: float
    mean: float
    deviation: float


_UNKNOWN = _Hedge(math.nan, math.nan, math.nan, math.nan)


def walk_forward(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    fit: Fit,
    levels: Levels,
    costs: Costs,
    formation: int,
    trading: int,
    *,
    window: int | None = None,
    price: Price = "log",
    opens: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    valid: npt.ArrayLike | None = None,
    capital: float = 1.0,
) -> WalkForward:
    """Fit `formation` rows, trade the `trading` rows after them with that hedge, move on by as many, to the end.

    `y`, `x`: closes [quote currency], shape (n,), n > formation. z is the spread less its mean in the formation over its standard deviation
    there; with `window` it is the spread's own rolling z-score instead, with the window's hedge. A fit that raises AnalysisError leaves its
    window without trades. Raise NotEnoughData, BadSeries, BadParameter as `backtest` does, and for rows that cannot be.

    Gatev, Goetzmann and Rouwenhorst (2006), Review of Financial Studies 19.
    """
    legs = Legs.of(y, x, opens, valid)
    _check(formation, trading, window, legs.rows)
    own, other = price_levels(legs.y, checked_price(price), "y"), price_levels(legs.x, price, "x")
    trader = _Trader(legs, own, other, levels, costs, price, opens is not None, capital)
    windows: list[Window] = []
    parts: list[tuple[int, Backtest]] = []
    for start in range(formation, legs.rows - _LEAST + 2, trading):
        first, end = start - formation, min(start + trading, legs.rows)
        found = _hedge(fit, own[first:start], other[first:start])
        if isinstance(found, str):
            windows.append(Window(first, start, end, *_UNKNOWN, trades=0, net=0.0, words=found))
            continue
        part = trader.trade(found, first, start, end, window)
        parts.append((start - 1, part))
        windows.append(Window(first, start, end, *found, trades=len(part.trades), net=float(part.net[-1]), words=None))
    whole = _hedge(fit, own, other)
    return WalkForward(
        tuple(windows),
        _joined(parts, legs.rows, levels, costs, price, capital),
        None if isinstance(whole, str) else trader.trade(whole, 0, 1, legs.rows, None),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Trader:
    """Both legs, as prices and as what is fitted, and the rule."""

    legs: Legs
    y: Floats
    x: Floats
    levels: Levels
    costs: Costs
    price: Price
    at_opens: bool
    capital: float

    def trade(self, hedge: _Hedge, first: int, start: int, end: int, window: int | None) -> Backtest:
        """Trade rows `start` to `end` by a z-score that knows the rows from `first` on; the row before them decides too."""
        cut = slice(start - 1, end)
        scores = _scores(self.y[first:end], self.x[first:end], hedge, window)[start - 1 - first :]
        legs = self.legs
        return backtest(
            legs.y[cut],
            legs.x[cut],
            scores,
            hedge.slope,
            self.levels,
            self.costs,
            price=self.price,
            opens=(legs.fill_y[cut], legs.fill_x[cut]) if self.at_opens else None,
            valid=legs.valid[cut],
            capital=self.capital,
        )


def _check(formation: int, trading: int, window: int | None, rows: int) -> None:
    if formation < _LEAST:
        raise BadParameter(f"the formation is {formation} rows: expected at least {_LEAST}")
    if trading < _LEAST - 1:
        raise BadParameter(f"{trading} rows are traded after each fit: expected at least {_LEAST - 1}")
    if window is not None and not 2 <= window <= formation:
        raise BadParameter(f"the window of z is {window} rows: expected from 2 to the formation's {formation}, or None")
    if rows < formation + _LEAST - 1:
        raise NotEnoughData(formation + _LEAST - 1, rows)


def _hedge(fit: Fit, y: Floats, x: Floats) -> _Hedge | str:
    """The hedge and the spread's moments, or why there are none."""
    try:
        slope, intercept = fit(y, x)
    except AnalysisError as error:
        return str(error)
    spread = y - intercept - slope * x
    mean, deviation = float(spread.mean()), float(spread.std(ddof=1))
    if not (math.isfinite(mean) and math.isfinite(slope)):
        return f"the fit gave the slope {slope} and the intercept {intercept}"
    if deviation <= 1e-12 * float(np.abs(y).max()):
        return "the spread does not vary in the formation"
    return _Hedge(slope, intercept, mean, deviation)


def _scores(y: Floats, x: Floats, hedge: _Hedge, window: int | None) -> Floats:
    spread = y - hedge.intercept - hedge.slope * x
    if window is not None:
        return rolling.zscore(spread, window)
    return np.asarray((spread - hedge.mean) / hedge.deviation, dtype=np.float64)


def _joined(
    parts: list[tuple[int, Backtest]], rows: int, levels: Levels, costs: Costs, price: Price, capital: float
) -> Backtest:
    """The parts as one, each from the row that it starts in; a part's first row only decides."""
    columns = {name: np.zeros(rows) for name in ("gross", "net", "quantity_y", "quantity_x")}
    trades: list[Trade] = []
    for offset, part in parts:
        cut = slice(offset + 1, offset + part.rows)
        for name in ("gross", "net"):
            columns[name][cut] = np.diff(getattr(part, name))
        for name in ("quantity_y", "quantity_x"):
            columns[name][cut] = getattr(part, name)[1:]
        trades += [_moved(trade, offset) for trade in part.trades]
    return Backtest(
        trades=tuple(trades),
        gross=np.cumsum(columns["gross"]),
        net=np.cumsum(columns["net"]),
        quantity_y=columns["quantity_y"],
        quantity_x=columns["quantity_x"],
        traded=sum(part.traded for _, part in parts),
        capital=capital,
        start=min((offset + part.start for offset, part in parts), default=rows),
        levels=levels,
        costs=costs,
        price=price,
    )


def _moved(trade: Trade, rows: int) -> Trade:
    return replace(
        trade,
        signal_row=trade.signal_row + rows,
        entry_row=trade.entry_row + rows,
        exit_row=trade.exit_row + rows,
    )
