"""The backtest itself: signals at closes, fills one row later, profit from what was held and how prices moved."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.backtest import signals
from core.analytics.backtest.costs import Charges, Costs, charges
from core.analytics.backtest.holdings import Holdings, held
from core.analytics.backtest.legs import Legs, checked_price
from core.analytics.backtest.signals import EXIT, REASONS, Levels, Reason
from core.analytics.spread import Price
from core.errors import BadParameter
from core.market import Floats


@dataclass(frozen=True, slots=True)
class Trade:
    """One position in both legs, from its entry to its exit. Money is in the quote currency.

    `side` is 1 where the spread was bought, -1 where it was sold. `signal_row` is the row whose close decided, `entry_row` and
    `exit_row` those of the fills at `entry_y` ... `exit_x`. `quantity_y` and `quantity_x` were held from the entry on, signed;
    `rehedges` counts later changes of x. `gross` is the profit of the holdings alone; `net` is it less `fees`, `spread` (half the quoted
    one, each side) and `slippage`. `mae` <= 0 and `mfe` >= 0 are the worst and the best gross profit at a close or at the exit.
    """

    side: int
    signal_row: int
    entry_row: int
    exit_row: int
    reason: Reason
    hedge_ratio: float
    quantity_y: float
    quantity_x: float
    entry_y: float
    entry_x: float
    exit_y: float
    exit_x: float
    gross: float
    fees: float
    spread: float
    slippage: float
    net: float
    mae: float
    mfe: float
    rehedges: int

    @property
    def bars(self) -> int:
        """How long it was held."""
        return self.exit_row - self.entry_row


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What the rule did. `gross` and `net` are the profit up to each close, `quantity_y` and `quantity_x` what is held after it.

    Arrays have the shape (n,). `traded` is the value of all fills; `capital` is what one position puts into both legs together, and is
    never raised by profits. `start` is the first row in which the rule could decide, n where none. `open_at_end` says that the last trade
    was closed by the end of the data alone.
    """

    trades: tuple[Trade, ...]
    gross: Floats
    net: Floats
    quantity_y: Floats
    quantity_x: Floats
    traded: float
    capital: float
    start: int
    levels: Levels
    costs: Costs
    price: Price

    @property
    def rows(self) -> int:
        return len(self.net)

    @property
    def open_at_end(self) -> bool:
        return bool(self.trades) and self.trades[-1].reason == "end"


def backtest(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike,
    hedge_ratio: npt.ArrayLike,
    levels: Levels,
    costs: Costs,
    *,
    price: Price = "log",
    opens: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    valid: npt.ArrayLike | None = None,
    rehedge: float | None = None,
    capital: float = 1.0,
) -> Backtest:
    """Trade the spread of y on x by its z-score: decided at the close of a row, filled in the next one.

    `y`, `x`: closes [quote currency], shape (n,), n >= 3; `z`: the z-score as known at each close, NaN where unknown; `hedge_ratio`: one,
    or as known at each close. Orders are filled at the `opens` of the next `valid` row, at its closes where None. Quantities are fixed
    by the prices and the ratio of the deciding close, so that a position is worth `capital`, and are held until the exit, whatever the
    ratio does later; with `rehedge` x is traded back to the ratio of the moment where it is off by more than that share of `capital`.
    `price` says whether the spread is of logs (values in the ratio) or of prices (units in the ratio).

    The last row closes what is open, and opens nothing. Raise NotEnoughData, BadSeries, BadParameter. z and hedge ratio have to be
    causal: see `audit.lookahead`.
    """
    legs = Legs.of(y, x, opens, valid)
    ratio = signals.ratios(hedge_ratio, legs.rows)
    scores = signals.scores(z, legs.valid)
    if not 0 < capital <= signals.GREATEST:
        raise BadParameter(f"the capital is {capital}: expected an amount above 0")
    if rehedge is not None and not rehedge >= 0:
        raise BadParameter(
            f"rehedge is {rehedge}: expected a share of the capital from 0, or None to hold until the exit"
        )
    usable = np.isfinite(ratio)
    found = signals.episodes(scores, levels, usable)
    holdings = held(legs, found, ratio, checked_price(price), capital, rehedge)
    start = signals.first_decision(scores, usable)
    return _booked(legs, holdings, ratio, levels, costs, price, capital, start)


def _booked(
    legs: Legs,
    holdings: Holdings,
    ratio: Floats,
    levels: Levels,
    costs: Costs,
    price: Price,
    capital: float,
    start: int,
) -> Backtest:
    """The accounts of these holdings."""
    quantity_y, quantity_x = holdings.quantities(legs)
    gross = _gross(legs, holdings, quantity_y, quantity_x)
    bills, row_costs, traded = _bills(legs, holdings, costs)
    return Backtest(
        trades=_trades(holdings, ratio, gross, bills),
        gross=gross,
        net=gross - np.cumsum(row_costs),
        quantity_y=quantity_y,
        quantity_x=quantity_x,
        traded=traded,
        capital=capital,
        start=start,
        levels=levels,
        costs=costs,
        price=price,
    )


def _gross(legs: Legs, holdings: Holdings, quantity_y: Floats, quantity_x: Floats) -> Floats:
    """The profit before costs up to each close: held quantities times price changes, from the fill on in rows with one."""
    profit = np.zeros(legs.rows)
    for closes, fills, quantity in ((legs.y, legs.fill_y, quantity_y), (legs.x, legs.fill_x, quantity_x)):
        profit[1:] += quantity[:-1] * np.diff(closes)
        if fills is not closes:
            late = closes - fills
            if holdings.is_open_at_end:
                late[-1] = 0.0  # closed at the close
            profit[1:] += np.diff(quantity) * late[1:]
    return np.cumsum(profit)


def _bills(legs: Legs, holdings: Holdings, costs: Costs) -> tuple[Charges, Floats, float]:
    """What each trade was charged, shape (k,) each, what each row was, shape (n,), and the value of all fills."""
    count = len(holdings.entry)
    bills = Charges(np.zeros(count), np.zeros(count), np.zeros(count))
    rows, traded = np.zeros(legs.rows), 0.0
    enters = np.full(count, costs.entry == "taker")
    leaves = (holdings.reason != EXIT) | (costs.exit == "taker")
    for fills, leg in ((holdings.fills_y(enters, leaves), costs.y), (holdings.fills_x(enters, leaves), costs.x)):
        charged = charges(fills.value, fills.taken, leg)
        for bill, part in zip(
            (bills.fees, bills.spread, bills.slippage), (charged.fees, charged.spread, charged.slippage), strict=True
        ):
            np.add.at(bill, fills.trade, part)
        np.add.at(rows, fills.row, charged.total)
        traded += float(fills.value.sum())
    return bills, rows, traded


def _trades(holdings: Holdings, ratio: Floats, gross: Floats, bills: Charges) -> tuple[Trade, ...]:
    if not len(holdings.entry):
        return ()
    profit = holdings.gross()
    worst, best = _excursions(holdings, gross, profit)
    net = profit - bills.total
    columns = (
        holdings.side, holdings.signal, holdings.entry, holdings.exit, holdings.reason, ratio[holdings.signal],
        holdings.quantity_y, holdings.quantity_x, holdings.entry_y, holdings.entry_x, holdings.exit_y, holdings.exit_x,
        profit, bills.fees, bills.spread, bills.slippage, net, worst, best, holdings.rehedges(),
    )  # fmt: skip
    return tuple(
        Trade(side, signal, entry, left, REASONS[reason], *numbers)
        for side, signal, entry, left, reason, *numbers in zip(*(column.tolist() for column in columns), strict=True)
    )


def _excursions(holdings: Holdings, gross: Floats, profit: Floats) -> tuple[Floats, Floats]:
    """The worst and the best profit of each trade at the closes that it was held over, or at its exit."""
    bounds = np.stack([holdings.entry, holdings.exit], axis=1).ravel()
    before = gross[holdings.entry] - holdings.first_close
    worst = np.minimum.reduceat(gross, bounds)[::2] - before
    best = np.maximum.reduceat(gross, bounds)[::2] - before
    return np.minimum(np.minimum(worst, profit), 0.0), np.maximum(np.maximum(best, profit), 0.0)
