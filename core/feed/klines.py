"""Binance's own bars as the desk's: twelve fields a row, exact."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import InvalidDecimal
from core.feed.decimals import column
from core.market import (
    PRICE_COLUMNS,
    QUANTITY_COLUMNS,
    QUOTE_COLUMNS,
    BarSource,
    Candles,
    Interval,
    Ints,
    Scale,
    Symbol,
    multiplied,
    to_us,
)

_PRICES = dict(zip(PRICE_COLUMNS, (1, 2, 3, 4), strict=True))
_QUANTITIES = dict(zip(QUANTITY_COLUMNS, (5, 9), strict=True))
_QUOTES = dict(zip(QUOTE_COLUMNS, (7, 10), strict=True))
#: These bars name no trades.
_NO_ID = -1


def candles(rows: Sequence[tuple[Any, ...]], symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
    """`rows` as seeded bars, final as far as they go. Raise MarketError where `scale` would lose digits."""
    by_exponent = ((_PRICES, scale.price), (_QUANTITIES, scale.quantity), (_QUOTES, scale.quote))
    numbers: dict[str, Any] = {
        name: _at([row[place] for row in rows], exponent)
        for places, exponent in by_exponent
        for name, place in places.items()
    }
    count = len(rows)
    open_time_us = np.array([to_us(row[0]) for row in rows], dtype=np.int64)
    return Candles(
        symbol=symbol,
        interval=interval,
        scale=scale,
        watermark_us=int(open_time_us[-1]) + interval.us if count else 0,
        open_time_us=open_time_us,
        trade_count=np.array([row[8] for row in rows], dtype=np.int64),
        first_trade_id=np.full(count, _NO_ID, dtype=np.int64),
        last_trade_id=np.full(count, _NO_ID, dtype=np.int64),
        revision=np.zeros(count, dtype=np.int64),
        source=np.full(count, BarSource.SEEDED, dtype=np.int64),
        flags=np.zeros(count, dtype=np.int64),
        **numbers,
    )


def _at(texts: list[str], exponent: int) -> Ints:
    if not texts:
        return np.zeros(0, dtype=np.int64)
    values, found = column(texts)
    if found <= exponent:
        return multiplied(values, 10 ** (exponent - found))
    exact, rest = np.divmod(values, 10 ** (found - exponent))
    if rest.any():
        raise InvalidDecimal(f"a number among {texts[0]!r} ... needs more than {exponent} decimals")
    return np.asarray(exact, dtype=np.int64)
