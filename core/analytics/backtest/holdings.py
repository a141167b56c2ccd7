"""What is held of both legs, from which fill to which: fixed at the entry, unless re-hedges are asked for."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.analytics.backtest.legs import Legs
from core.analytics.backtest.signals import END, Episodes, painted
from core.analytics.spread import Price
from core.market import Bools, Floats, Ints


class Fills(NamedTuple):
    """Orders that were filled: in which row, for which trade, of which value [quote currency], and whether they took."""

    row: Ints
    trade: Ints
    value: Floats
    taken: Bools


class Pieces(NamedTuple):
    """Stretches of constant quantity of x, by trade and row: from one fill price to the next."""

    trade: Ints
    start: Ints
    end: Ints
    quantity: Floats
    price: Floats
    end_price: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """The trades' rows, prices and quantities, shape (k,) each; `x` holds the stretches that re-hedges cut x's holding into.

    `first_close` is what a trade has won at the close of its entry row.
    """

    side: Ints
    signal: Ints
    entry: Ints
    exit: Ints
    reason: Ints
    quantity_y: Floats
    quantity_x: Floats
    entry_y: Floats
    entry_x: Floats
    exit_y: Floats
    exit_x: Floats
    first_close: Floats
    x: Pieces

    @property
    def is_open_at_end(self) -> bool:
        return bool(len(self.reason)) and bool(self.reason[-1] == END)

    def quantities(self, legs: Legs) -> tuple[Floats, Floats]:
        """What is held of y and x after each row, shape (n,)."""
        return (
            painted(self.entry, self.exit, self.quantity_y, legs.rows),
            painted(self.x.start, self.x.end, self.x.quantity, legs.rows),
        )

    def gross(self) -> Floats:
        """The profit of each trade before costs."""
        found = self.quantity_y * (self.exit_y - self.entry_y)
        np.add.at(found, self.x.trade, self.x.quantity * (self.x.end_price - self.x.price))
        return found

    def rehedges(self) -> Ints:
        """How often x was traded between entry and exit."""
        return np.bincount(self.x.trade, minlength=len(self.entry)) - 1

    def fills_y(self, enters: Bools, leaves: Bools) -> Fills:
        """The fills of y, where the trades' entries and exits take or not, shape (k,) each."""
        return _ends(self, np.abs(self.quantity_y), self.entry_y, np.abs(self.quantity_y), self.exit_y, enters, leaves)

    def fills_x(self, enters: Bools, leaves: Bools) -> Fills:
        """The fills of x, re-hedges among them."""
        first = np.searchsorted(self.x.trade, np.arange(len(self.entry)))
        last = np.append(first[1:], len(self.x.trade)) - 1 if len(first) else first
        ends = _ends(
            self,
            np.abs(self.x.quantity[first]),
            self.entry_x,
            np.abs(self.x.quantity[last]),
            self.exit_x,
            enters,
            leaves,
        )
        later = np.flatnonzero(np.diff(self.x.trade, prepend=-1) == 0)
        changes = np.abs(self.x.quantity[later] - self.x.quantity[later - 1]) * self.x.price[later]
        return Fills(
            np.concatenate([ends.row, self.x.start[later]]),
            np.concatenate([ends.trade, self.x.trade[later]]),
            np.concatenate([ends.value, changes]),
            np.concatenate([ends.taken, np.ones(len(later), dtype=np.bool_)]),
        )


def held(
    legs: Legs, episodes: Episodes, ratio: Floats, price: Price, capital: float, rehedge: float | None
) -> Holdings:
    """The holdings of a rule's episodes: filled in the row after the close that decided."""
    signal, entry, left, side, reason = filled(legs, episodes)
    quantity_y, quantity_x = (side * q for q in legs.quantities(signal, ratio[signal], price, capital))
    at_end = reason == END
    exit_y, exit_x = (
        np.where(at_end, close[left], fill[left]) for close, fill in ((legs.y, legs.fill_y), (legs.x, legs.fill_x))
    )
    entry_y, entry_x = legs.fill_y[entry], legs.fill_x[entry]
    whole = Pieces(np.arange(len(entry)), entry, left, quantity_x, entry_x, exit_x)
    return Holdings(
        side, signal, entry, left, reason, quantity_y, quantity_x, entry_y, entry_x, exit_y, exit_x,
        quantity_y * (legs.y[entry] - entry_y) + quantity_x * (legs.x[entry] - entry_x),
        whole if rehedge is None else _rehedged(legs, whole, quantity_y, ratio, price, rehedge * capital),
    )  # fmt: skip


def filled(legs: Legs, episodes: Episodes) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Deciding row, entry, exit, side and reason of each trade that a rule's episodes come to.

    What would be filled in the last row is not opened, and what is not closed by then is closed there.
    """
    last = legs.rows - 1
    entry, left = legs.fill_row[episodes.start], legs.fill_row[episodes.end]
    kept = (entry < left) & (entry < last)
    left, reason = left[kept], np.where(left > last, END, episodes.reason)[kept]
    return episodes.start[kept], entry[kept], np.minimum(left, last), episodes.side[kept], reason


def _rehedged(legs: Legs, whole: Pieces, quantity_y: Floats, ratio: Floats, price: Price, band: float) -> Pieces:
    """The stretches of x where it is traded back to the ratio once it is off by more than `band` [quote currency]."""
    weight = -ratio if price == "level" else -ratio * legs.y / legs.x
    weight = np.where(legs.valid, weight, np.nan)  # a comparison with NaN decides nothing
    trades: list[int] = []
    starts: list[int] = []
    quantities: list[float] = []
    for trade, (entry, left) in enumerate(zip(whole.start.tolist(), whole.end.tolist(), strict=True)):
        now = float(whole.quantity[trade])
        trades.append(trade)
        starts.append(entry)
        quantities.append(now)
        target = (quantity_y[trade] * weight[entry:left]).tolist()
        worth = legs.x[entry:left].tolist()
        fills = legs.fill_row[entry:left].tolist()
        for aim, each, fill in zip(target, worth, fills, strict=True):
            if fill < left and abs(aim - now) * each > band:
                now = aim
                trades.append(trade)
                starts.append(fill)
                quantities.append(aim)
    if not trades:
        return whole
    owner, start = np.array(trades, dtype=np.int64), np.array(starts, dtype=np.int64)
    is_last = np.append(owner[1:] != owner[:-1], True)
    end = np.where(is_last, whole.end[owner], np.append(start[1:], 0))
    price_at = legs.fill_x[start]
    end_price = np.where(is_last, whole.end_price[owner], np.append(price_at[1:], 0.0))
    return Pieces(owner, start, end, np.array(quantities), price_at, end_price)


def _ends(
    holdings: Holdings, bought: Floats, entry: Floats, sold: Floats, left: Floats, enters: Bools, leaves: Bools
) -> Fills:
    trade = np.arange(len(holdings.entry))
    return Fills(
        np.concatenate([holdings.entry, holdings.exit]),
        np.concatenate([trade, trade]),
        np.concatenate([bought * entry, sold * left]),
        np.concatenate([enters, leaves]),
    )
