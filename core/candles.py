"""Trades to bars, and bars to longer bars, exactly: integers in, integers out.

A bar is ``[open_time, open_time + interval)`` by trade time, stamped with its open time. Open and close are by trade
id, never by time. Longer bars are sums of shorter ones. Sums that leave 64 bits raise OutOfRange.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import OutOfRange
from core.market import CANDLE_COLUMNS, CONFIRMING, INT64_MAX, BarFlag, BarSource, Candles, Interval, Ints, Trades

#: A float estimate above this may stand for an integer out of range, so the sum is redone without bounds.
_SAFE = 2.0**62


def from_trades(trades: Trades, interval: Interval, watermark_us: int = 0) -> Candles:
    """The bars of `trades` (ascending by id): empty in, empty out."""
    buckets = interval.floors(trades.trade_time_us)
    if len(buckets) > 1 and np.any(buckets[1:] < buckets[:-1]):
        order = np.argsort(buckets, kind="stable")  # times may step back; ids stay ascending within a bar
        trades, buckets = trades.take(order), buckets[order]
    starts = _starts(buckets)
    ends = np.append(starts[1:], len(buckets)) if len(starts) else starts
    quote = _products(trades.price, trades.quantity)
    bought = ~trades.is_buyer_maker
    return Candles(
        symbol=trades.symbol,
        interval=interval,
        scale=trades.scale,
        watermark_us=watermark_us,
        open_time_us=buckets[starts],
        open=trades.price[starts],
        high=_reduce(np.maximum, trades.price, starts),
        low=_reduce(np.minimum, trades.price, starts),
        close=trades.price[ends - 1],
        volume=_sums(trades.quantity, starts),
        quote_volume=_sums(quote, starts),
        trade_count=_sums(trades.trade_count, starts),
        taker_buy_volume=_sums(trades.quantity * bought, starts),
        taker_buy_quote_volume=_sums(quote * bought, starts),
        first_trade_id=trades.trade_id[starts],
        last_trade_id=trades.last_id[ends - 1],
        revision=np.zeros(len(starts), dtype=np.int64),
        source=np.full(len(starts), BarSource.OWN, dtype=np.int64),
        flags=np.zeros(len(starts), dtype=np.int64),
    )


def roll_up(bars: Candles, interval: Interval) -> Candles:
    """Longer bars from `bars`, whose interval divides `interval`.

    A longer bar has each flag of its parts; but it is confirmed only where all of them are.
    """
    if interval == bars.interval:
        return bars
    buckets = interval.floors(bars.open_time_us)
    starts = _starts(buckets)
    opens, closes = _first_and_last(bars, buckets, starts)
    return Candles(
        symbol=bars.symbol,
        interval=interval,
        scale=bars.scale,
        watermark_us=bars.watermark_us,
        open_time_us=buckets[starts],
        open=bars.open[opens],
        high=_reduce(np.maximum, bars.high, starts),
        low=_reduce(np.minimum, bars.low, starts),
        close=bars.close[closes],
        volume=_sums(bars.volume, starts),
        quote_volume=_sums(bars.quote_volume, starts),
        trade_count=_sums(bars.trade_count, starts),
        taker_buy_volume=_sums(bars.taker_buy_volume, starts),
        taker_buy_quote_volume=_sums(bars.taker_buy_quote_volume, starts),
        first_trade_id=bars.first_trade_id[opens],
        last_trade_id=bars.last_trade_id[closes],
        revision=_sums(bars.revision, starts),
        source=_reduce(np.maximum, bars.source, starts),
        flags=_flags(bars.flags, starts),
    )


def concatenate(parts: list[Candles]) -> Candles:
    """`parts` of one symbol, interval and scale, one after the other."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in CANDLE_COLUMNS}
    return replace(parts[-1], **columns)


def _starts(buckets: Ints) -> Ints:
    if len(buckets) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(buckets[1:] != buckets[:-1]) + 1))


def _first_and_last(bars: Candles, buckets: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """The rows with the least first and the greatest last trade id of each group."""
    ends = np.append(starts[1:], len(buckets)) - 1 if len(starts) else starts
    ascending = np.all(np.diff(bars.first_trade_id) > 0) and np.all(np.diff(bars.last_trade_id) > 0)
    if ascending:
        return starts, ends
    return np.lexsort((bars.first_trade_id, buckets))[starts], np.lexsort((bars.last_trade_id, buckets))[ends]


def _reduce(operation: np.ufunc, values: Ints, starts: Ints) -> Ints:
    if len(starts) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(operation.reduceat(values, starts), dtype=np.int64)


def _flags(flags: Ints, starts: Ints) -> Ints:
    told = _reduce(np.bitwise_or, flags, starts) & ~int(CONFIRMING)
    confirmed = _reduce(np.minimum, flags & CONFIRMING, starts) > 0
    checked = _reduce(np.minimum, flags & BarFlag.CHECKED, starts) > 0
    return np.where(checked, told | BarFlag.CHECKED, np.where(confirmed, told | BarFlag.SPANNED, told))


def _sums(values: Ints, starts: Ints) -> Ints:
    if len(values) and float(np.abs(values).max()) * _longest(values, starts) > _SAFE:
        return _exact_sums(values, starts)
    return _reduce(np.add, values, starts)


def _longest(values: Ints, starts: Ints) -> int:
    return int(np.diff(starts, append=len(values)).max())


def _exact_sums(values: Ints, starts: Ints) -> Ints:
    groups = np.split(values, starts[1:])
    sums = [sum(group.tolist()) for group in groups]
    _check_range(max(sums))
    return np.array(sums, dtype=np.int64)


def _products(prices: Ints, quantities: Ints) -> Ints:
    if len(prices) and float(prices.max()) * float(quantities.max()) > _SAFE:
        _check_range(max(p * q for p, q in zip(prices.tolist(), quantities.tolist(), strict=True)))
    return prices * quantities


def _check_range(value: int) -> None:
    if value > INT64_MAX:
        raise OutOfRange(f"a volume of {value} at its exponent does not fit 64 bits")
