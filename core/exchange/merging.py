"""How the futures market makes aggregates of single trades.

Trades that follow one another at one price on one side are one aggregate as long as they come within a tenth of a second
of its first. It is told when that time is over, and has the time of its first trade: its other trades may lie in the
next minute.
"""

import numpy as np

from core.exchange.tape import Aggregate, Block, Trade
from core.market import Bools, Ints

#: How long an aggregate stays open after its first trade [us].
WINDOW_US = 100_000
#: The trades of every so many-th aggregate are fills of retail price improvement orders.
_IMPROVED = 61


def merged(block: Block) -> Block:
    """The aggregates of a block, one a row: first and last id, summed quantity, and when it is told."""
    first = np.flatnonzero(np.diff(block.aggregate_id, prepend=-1))
    last = np.append(first[1:], len(block)) - 1
    return Block(
        block.id[first], block.last_id[last], block.price[first], np.add.reduceat(block.quantity, first),
        block.time_us[first], np.maximum(block.event_us[first] + WINDOW_US, block.event_us[last]),
        block.buyer_maker[first], block.aggregate_id[first],
    )  # fmt: skip


def kept_apart(price: Ints, selling: Bools, time_us: Ints, tick: int) -> Ints:
    """Prices [1e-8] of aggregates that begin at `time_us`, no two of which would be one.

    One that the aggregate before it would have taken in is moved by ticks, to the taker's loss.
    """
    fixed, side, began = price.tolist(), selling.tolist(), time_us.tolist()

    def joins(i: int) -> bool:
        return bool(
            fixed[i] == fixed[i - 1] and side[i] == side[i - 1] and began[i] - began[i - 1] < WINDOW_US
        )  # fmt: skip

    suspects = (np.diff(price) == 0) & (selling[1:] == selling[:-1]) & (np.diff(time_us) < WINDOW_US)
    for i in (np.flatnonzero(suspects) + 1).tolist():
        while i < len(fixed) and joins(i):
            fixed[i] += -tick if side[i] else tick
            i += 1
    return np.array(fixed, dtype=np.int64)


def improved(trade: Aggregate | Trade) -> bool:
    """Whether this is a fill of an order for retail price improvement, or an aggregate of such."""
    number = trade.aggregate_id if isinstance(trade, Trade) else trade.id
    return number % _IMPROVED == 0
