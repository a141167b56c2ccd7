"""Binance's trades as columns, and what has to be true of them, whether they came by stream or by REST."""

from collections.abc import Sequence

import numpy as np

from core.errors import MarketError
from core.feed.decimals import column
from core.market import DAY_US, INT64_MAX, MICROSECOND_THRESHOLD, Ints, Scale, Symbol, Trades

#: What Binance writes at most; a number that does not fit 64 bits at this many decimals is none of its.
_DECIMALS = 8
#: A trade outside these years is no trade of Binance's [us].
EARLIEST_US, LATEST_US = 1_262_304_000_000_000, 4_102_444_800_000_000
#: No aggregate stands for more single trades.
_MOST_IN_ONE = 1_000_000


def columns(
    symbol: Symbol,
    ids: Ints,
    counts: Ints,
    prices: Sequence[str],
    quantities: Sequence[str],
    traded_us: Ints,
    makers: Sequence[bool | None],
    received_us: Ints,
) -> Trades:
    """The trades of one symbol, at least one. Raise MarketError or OverflowError where one of them is not sound."""
    price, price_exponent = column(prices)
    quantity, quantity_exponent = column(quantities)
    if None in makers:
        raise MarketError("a trade without its side (m)")
    if price.min() <= 0 or quantity.min() <= 0 or ids.min() < 0:
        raise MarketError("a trade id below 0, or a price or quantity not above 0")
    for values, exponent in ((price, price_exponent), (quantity, quantity_exponent)):
        if exponent > _DECIMALS or values.max() > INT64_MAX // 10 ** (_DECIMALS - exponent):
            raise MarketError(f"a price or quantity that does not fit 64 bits at {_DECIMALS} decimals")
    if traded_us.min() < EARLIEST_US or traded_us.max() > LATEST_US:
        raise MarketError("a time outside 2010 to 2100")
    scale = Scale(price_exponent, quantity_exponent)
    return Trades(symbol, scale, ids, price, quantity, traded_us, received_us, np.array(makers, dtype=np.bool_), counts)


def page(
    symbol: Symbol,
    ids: Ints,
    counts: Ints,
    prices: Sequence[str],
    quantities: Sequence[str],
    times: Sequence[int],
    makers: Sequence[bool],
    received_us: int,
) -> Trades:
    """The trades of an answer, perhaps none, at the coarsest scale that holds them.

    Raise MarketError or OverflowError where one of them is not sound, or is out of order.
    """
    if not len(ids):
        nothing = np.zeros(0, dtype=np.int64)
        return Trades(
            symbol, Scale(0, 0), nothing, nothing, nothing, nothing, nothing, np.zeros(0, dtype=np.bool_), nothing
        )
    arrived = np.full(len(ids), received_us, dtype=np.int64)
    found = columns(symbol, ids, counts, prices, quantities, microseconds(times), makers, arrived)
    if (found.trade_id[1:] <= found.last_id[:-1]).any():
        raise MarketError("ids that do not ascend")
    if found.trade_time_us.max() > received_us + DAY_US:
        raise MarketError("a trade time more than a day after the answer came")
    return found.coarsened(found.least_scale()) or found


def integers(values: Sequence[int]) -> Ints:
    """`values` as a column. Raise OverflowError where one does not fit 64 bits."""
    return np.array(values, dtype=np.int64)


def microseconds(times: Sequence[int]) -> Ints:
    """`times`, each in milliseconds or microseconds, in microseconds."""
    found = integers(times)
    milliseconds = (found > 0) & (found < MICROSECOND_THRESHOLD)
    return np.where(milliseconds, found * 1000, found)


def covered(first_ids: Sequence[int], last_ids: Sequence[int]) -> Ints:
    """How many single trades each aggregate stands for. Raise MarketError where it cannot stand for so many."""
    first, last = integers(first_ids), integers(last_ids)
    counts = last - first + 1
    if first.min(initial=0) < 0 or counts.min(initial=1) < 1 or counts.max(initial=1) > _MOST_IN_ONE:
        raise MarketError(f"an aggregate of no trades, or of more than {_MOST_IN_ONE:,}")
    return counts
