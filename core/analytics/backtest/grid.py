"""A rule at every entry and exit of a grid, and whether its best cell stands on a plateau or alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics.backtest import signals
from core.analytics.backtest.costs import Costs, Order
from core.analytics.backtest.holdings import filled
from core.analytics.backtest.legs import Legs, checked_price
from core.analytics.backtest.signals import END, EXIT, Direction, Episodes, Levels
from core.analytics.spread import Price
from core.errors import BadParameter
from core.market import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Figures of each entry (rows) with each exit (columns), shape (entries, exits); NaN, and 0 trades, where an exit is no exit of that entry.

    `gross` and `net` are shares of the capital, `sharpe` is of the net profits [per bar], 0 without trades. `trials` counts the cells, and
    `deviation` is the standard deviation of their Sharpe ratios (ddof 1, NaN of one): what `report` deflates the best one by.
    """

    entries: Floats
    exits: Floats
    gross: Floats
    net: Floats
    sharpe: Floats
    trades: Ints
    trials: int
    deviation: float

    @property
    def plateau(self) -> Floats:
        """The mean Sharpe ratio of each cell and its up to eight neighbours: high only where small changes do no harm."""
        padded = np.pad(self.sharpe, 1, constant_values=np.nan)
        around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        known = np.isfinite(around)
        total = np.where(known, around, 0.0).sum(axis=(2, 3))
        count = known.sum(axis=(2, 3))
        return np.where(np.isfinite(self.sharpe), total / np.maximum(count, 1), np.nan)

    @property
    def best(self) -> tuple[int, int]:
        """The cell of the greatest Sharpe ratio."""
        return _place(self.sharpe)

    @property
    def robust(self) -> tuple[int, int]:
        """The cell of the highest plateau: what to choose rather than the best one."""
        return _place(self.plateau)

    def flatness(self, cell: tuple[int, int]) -> float:
        """The plateau's share of the cell's own ratio: near 1 the neighbours do as well, near or below 0 it stands alone. NaN where the ratio is not above 0."""
        own = float(self.sharpe[cell])
        return float(self.plateau[cell]) / own if own > 0 else float("nan")


def grid(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike,
    hedge_ratio: npt.ArrayLike,
    entries: Sequence[float],
    exits: Sequence[float],
    costs: Costs,
    *,
    stop: float | None = None,
    max_bars: int | None = None,
    direction: Direction = "both",
    price: Price = "log",
    opens: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    valid: npt.ArrayLike | None = None,
) -> Grid:
    """`backtest` without re-hedges at each of `entries` with each of `exits`, shape (entries, exits).

    Each cell is what `backtest` and `report` say of it. Entries that are not below `stop` have no cells. Raise as `backtest` does, and
    BadParameter where no pair of levels is one.
    """
    sweep = _Sweep(Legs.of(y, x, opens, valid), z, hedge_ratio, costs, checked_price(price))
    shape = len(entries), len(exits)
    gross, net, ratio = (np.full(shape, np.nan) for _ in range(3))
    trades = np.zeros(shape, dtype=np.int64)
    offs = [{side: signals.rises(away <= value) for side, away in sweep.away.items()} for value in exits]
    stops = {} if stop is None else {side: np.flatnonzero(away >= stop) for side, away in sweep.away.items()}
    for i, entry in enumerate(entries):
        ons = {side: signals.rises((away >= entry) & sweep.usable) for side, away in sweep.away.items()}
        for j, leave in enumerate(exits):
            if not -entry < leave < entry or (stop is not None and stop <= entry):
                continue
            sides = Levels(entry, leave, stop, max_bars, direction).sides
            found = [
                signals.side_episodes(side, ons[side], offs[j][side], stops.get(side), max_bars, sweep.market.rows)
                for side in sides
            ]
            gross[i, j], net[i, j], ratio[i, j], trades[i, j] = sweep.cell(signals.merged(found))
    known = ratio[np.isfinite(ratio)]
    if not len(known):
        raise BadParameter(
            f"no exit of {list(exits)} lies between an entry of {list(entries)} and its opposite, below the stop {stop}"
        )
    deviation = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    return Grid(np.array(entries, float), np.array(exits, float), gross, net, ratio, trades, len(known), deviation)


class _Leg(NamedTuple):
    """A leg's quantity as any close would decide it, its prices and their changes, and its costs as shares of the value traded."""

    unit: Floats
    closes: Floats
    fills: Floats
    change: Floats
    enter: float
    leave: float
    take: float


class _Sweep:
    """What all cells share."""

    def __init__(self, legs: Legs, z: npt.ArrayLike, hedge_ratio: npt.ArrayLike, costs: Costs, price: Price) -> None:
        ratio, scores = signals.ratios(hedge_ratio, legs.rows), signals.scores(z, legs.valid)
        self.market = legs
        self.usable: Bools = np.isfinite(ratio)
        self.away = {side: -side * scores for side in (1, -1)}
        self.bars = legs.rows - signals.first_decision(scores, self.usable)
        orders: tuple[Order, ...] = (costs.entry, costs.exit, "taker")
        self.legs = [
            _Leg(
                unit,
                closes,
                fills,
                np.diff(closes, prepend=closes[0]),
                *(1e-4 * leg.total_bps(order) for order in orders),
            )
            for unit, closes, fills, leg in zip(
                legs.quantities(np.arange(legs.rows), ratio, price, 1.0),
                (legs.y, legs.x),
                (legs.fill_y, legs.fill_x),
                (costs.y, costs.x),
                strict=True,
            )
        ]
        self.profit = np.empty(legs.rows)

    def cell(self, episodes: Episodes) -> tuple[float, float, float, int]:
        """Gross, net, Sharpe ratio of the net profits and number of trades."""
        signal, entry, left, side, reason = filled(self.market, episodes)
        gross = bill = 0.0
        at_entry, at_exit = np.zeros(len(entry)), np.zeros(len(entry))
        self.profit.fill(0.0)
        for leg in self.legs:
            quantity = side * leg.unit[signal]
            self.profit += signals.painted(entry + 1, left + 1, quantity, len(self.profit)) * leg.change
            out = np.where(reason == END, leg.closes[left], leg.fills[left])
            late_in, late_out = quantity * (leg.closes[entry] - leg.fills[entry]), quantity * (out - leg.closes[left])
            worth = np.abs(quantity)
            cost_in = worth * leg.fills[entry] * leg.enter
            cost_out = worth * out * np.where(reason == EXIT, leg.leave, leg.take)
            gross += float(late_in.sum() + late_out.sum())
            bill += float(cost_in.sum() + cost_out.sum())
            at_entry += late_in - cost_in
            at_exit += late_out - cost_out
        gross += float(self.profit.sum())
        self.profit[entry] += at_entry
        self.profit[left] += at_exit
        return gross, gross - bill, self._sharpe(gross - bill), len(entry)

    def _sharpe(self, net: float) -> float:
        mean = net / self.bars if self.bars else 0.0
        variance = float(self.profit @ self.profit) / self.bars - mean * mean if self.bars else 0.0
        return mean / variance**0.5 if variance > 0 else 0.0


def _place(values: Floats) -> tuple[int, int]:
    row, column = divmod(int(np.nanargmax(values)), values.shape[1])
    return row, column
