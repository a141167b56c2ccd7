"""What Binance's markets answer over REST. A reader raises MalformedMessage where an answer is not what it should be.

Source: Binance, "REST API" of the spot documents and "Market Data" of the USD-M ones.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import numpy as np

from core.errors import InvalidSymbol, MalformedMessage, MarketError
from core.feed import klines
from core.feed.base import Listing
from core.feed.binance_columns import EARLIEST_US, LATEST_US, covered, integers, page
from core.feed.binance_wire import symbol_of
from core.market import INT64_MAX, Candles, Interval, Scale, Symbol, Trades, parse_decimal, to_us

_EIGHT_DECIMALS = "0.00000001"
#: openTime, open, high, low, close, volume, closeTime, quoteVolume, count, takerBuyBase, takerBuyQuote, ignored.
_Kline = tuple[int, str, str, str, str, str, int, str, int, str, str, Any]
#: Those of Binance's bars that begin and end where the desk's do.
INTERVALS = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w")
_T = TypeVar("_T")


class _Time(msgspec.Struct, rename="camel"):
    server_time: int


class _Filter(msgspec.Struct, rename="camel"):
    filter_type: str = ""
    tick_size: str = _EIGHT_DECIMALS
    step_size: str = _EIGHT_DECIMALS


class _Listed(msgspec.Struct, rename="camel"):
    symbol: str
    status: str = ""
    contract_type: str = ""
    filters: list[_Filter] = []


class _ExchangeInfo(msgspec.Struct):
    symbols: list[_Listed]


class _Single(msgspec.Struct, rename="camel", gc=False):
    id: int
    price: str
    qty: str
    time: int
    is_buyer_maker: bool


class _Aggregate(msgspec.Struct, gc=False):
    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741 - the venue's name
    T: int
    m: bool


def decoded(body: bytes, type_: type[_T], what: str) -> _T:
    """`body` as `type_`. Raise MalformedMessage, naming `what`, where it is not one."""
    with _as_the_protocol_says(what):
        return msgspec.json.decode(body, type=type_)


def read_time(body: bytes) -> int:
    """The venue's time [us]."""
    time_us = to_us(decoded(body, _Time, "the answer to time").server_time)
    if not EARLIEST_US <= time_us <= LATEST_US:
        raise MalformedMessage(f"the venue's time is {time_us} us: expected a time between 2010 and 2100")
    return time_us


def read_listing(body: bytes, perpetual: bool) -> Mapping[Symbol, Listing]:
    """The venue's symbols, or its perpetuals; entries whose names are no symbols are left out."""
    what = "exchangeInfo"
    rows = decoded(body, _ExchangeInfo, what).symbols
    with _as_the_protocol_says(what):
        named = [(symbol_of(row.symbol, perpetual), row) for row in rows if _is_asked_for(row, perpetual)]
        found = {symbol: _listing(symbol, row) for symbol, row in named if symbol is not None}
        if named and not found:
            raise InvalidSymbol(f"{named[0][1].symbol[:60]!r} is not a symbol")
    return found


def read_klines(body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
    """Bars in which something was traded, as seeded bars."""
    what = "the answer to klines"
    rows = [row for row in decoded(body, list[_Kline], what) if row[8] > 0]
    with _as_the_protocol_says(what):
        return klines.candles(rows, symbol, interval, scale)


def read_singles(body: bytes, symbol: Symbol, received_us: int) -> Trades:
    """Single trades, numbered by themselves."""
    what = f"a page of trades of {symbol}"
    rows = decoded(body, list[_Single], what)

    def columns(some: Sequence[_Single]) -> Trades:
        ids = integers([row.id for row in some])
        return page(
            symbol,
            ids,
            np.ones_like(ids),
            [row.price for row in some],
            [row.qty for row in some],
            [row.time for row in some],
            [row.is_buyer_maker for row in some],
            received_us,
        )

    with _as_the_protocol_says(what):
        return _sound(rows, columns)


def read_aggregates(body: bytes, symbol: Symbol, received_us: int) -> Trades:
    """Aggregates, numbered as the symbol's market counts: by their first trade, or by themselves."""
    what = f"a page of aggregates of {symbol}"
    rows = decoded(body, list[_Aggregate], what)

    def columns(some: Sequence[_Aggregate]) -> Trades:
        return page(
            symbol,
            integers([row.a if symbol.counts_aggregates else row.f for row in some]),
            covered([row.f for row in some], [row.l for row in some]),
            [row.p for row in some],
            [row.q for row in some],
            [row.T for row in some],
            [row.m for row in some],
            received_us,
        )

    with _as_the_protocol_says(what):
        return _sound(rows, columns)


def read_aggregate_ids(body: bytes) -> list[int]:
    """The numbers of aggregates, as they come."""
    found = [row.a for row in decoded(body, list[_Aggregate], "a page of aggregates")]
    if not all(0 <= number <= INT64_MAX for number in found):
        raise MalformedMessage(f"an aggregate's number is none: found {found[:3]}")
    return found


def _sound(rows: Sequence[_T], columns: Callable[[Sequence[_T]], Trades]) -> Trades:
    """`rows` as trades, without those that are none; raises what `columns` does where that does not help."""
    try:
        return columns(rows)
    except (MarketError, OverflowError):
        sound = [row for row in rows if _is_sound(row, columns)]
        if not sound or len(sound) == len(rows):
            raise
        return columns(sound)


def _is_sound(row: _T, columns: Callable[[Sequence[_T]], Trades]) -> bool:
    try:
        columns([row])
    except (MarketError, OverflowError):
        return False
    return True


def offers(interval: Interval, intervals: Collection[str]) -> bool:
    """Whether `interval` is one of `intervals`."""
    return str(interval) in intervals


def names(symbols: Sequence[Symbol]) -> str:
    """`symbols` as the JSON list that a parameter takes."""
    return msgspec.json.encode([symbol.name for symbol in symbols]).decode()


@contextmanager
def _as_the_protocol_says(what: str) -> Iterator[None]:
    try:
        yield
    except (msgspec.MsgspecError, UnicodeDecodeError, MarketError, OverflowError) as error:
        raise MalformedMessage(f"{what} is not what the protocol says: {error}") from error


def _is_asked_for(row: _Listed, perpetual: bool) -> bool:
    """Spot symbols have no type of contract; among others there are some that expire."""
    return not perpetual or not row.contract_type or "PERPETUAL" in row.contract_type


def _listing(symbol: Symbol, row: _Listed) -> Listing:
    price = next((f.tick_size for f in row.filters if f.filter_type == "PRICE_FILTER"), _EIGHT_DECIMALS)
    quantity = next((f.step_size for f in row.filters if f.filter_type == "LOT_SIZE"), _EIGHT_DECIMALS)
    return Listing(symbol, row.status, Scale(parse_decimal(price)[1], parse_decimal(quantity)[1]))
