"""Binance's spot market: stream names, messages and listings. Text in, trades out; no I/O.

Source: Binance, "WebSocket Streams" and "REST API" of the spot documents; binance.md, sections 2 to 5.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np

from core.errors import MalformedMessage, MarketError
from core.feed import klines
from core.feed.base import Control, ControlKind, Listing, Malformed, Messages, Observed
from core.feed.decimals import column
from core.market import (
    DAY_US,
    INT64_MAX,
    MICROSECOND_THRESHOLD,
    Candles,
    Interval,
    Ints,
    Scale,
    Symbol,
    Trades,
    parse_decimal,
    to_us,
)

#: What Binance's spot market writes at most; a number that does not fit 64 bits at this many decimals is none of its.
_DECIMALS = 8
#: A trade outside these years is no trade of Binance's [us].
_EARLIEST_US, _LATEST_US = 1_262_304_000_000_000, 4_102_444_800_000_000
_SAMPLE = 200


class _Event(msgspec.Struct, gc=False):
    e: str = ""
    E: int = 0
    s: str = ""
    t: int = -1
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool | None = None


class _Error(msgspec.Struct, gc=False):
    code: int = 0
    msg: str = ""


class _Frame(msgspec.Struct, gc=False):
    """A combined-stream envelope, or a control message, which has no data."""

    data: _Event | None = None
    error: _Error | None = None


class BinanceSpot:
    """The spot market's protocol. One instance serves one reader."""

    pace_seconds = 0.5  # five messages a second are allowed, pongs among them; one in half a second held in practice

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Frame)
        self._event_decoder = msgspec.json.Decoder(_Event)
        self._symbols: dict[str, Symbol | None] = {}

    def stream_url(self, base: str, symbols: Sequence[Symbol]) -> str:
        streams = "/".join(quote(_stream(symbol), safe="@") for symbol in symbols)
        names = f"streams={streams}&" if streams else ""
        return f"{base.rstrip('/')}/stream?{names}timeUnit=MICROSECOND"

    def subscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return _request("SUBSCRIBE", symbols, request_id)

    def unsubscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return _request("UNSUBSCRIBE", symbols, request_id)

    def parse(self, frames: Sequence[bytes], received_us: Ints) -> Messages:
        """Trades by symbol, control messages, and what could not be read; other streams' frames are ignored."""
        controls: list[Control] = []
        malformed: list[Malformed] = []
        groups: dict[str, tuple[list[_Event], list[int]]] = defaultdict(lambda: ([], []))
        ignored = 0
        for row, frame in enumerate(self._decode(frames)):
            event = frame.data if frame is not None else None
            if event is None:
                event = self._bare_event(frames[row])
            if event is not None and event.e == "trade":
                events, rows = groups[event.s]
                events.append(event)
                rows.append(row)
            elif event is None or event.e == "serverShutdown":
                ignored += _read_other(frames[row], controls, malformed)
            else:
                ignored += 1
        observed = [self._observed(name, *group, received_us, malformed) for name, group in groups.items()]
        return Messages(tuple(o for o in observed if o), tuple(controls), tuple(malformed), ignored)

    def listing_request(self, symbols: Sequence[Symbol]) -> tuple[str, dict[str, str]]:
        names = json.dumps([symbol.name for symbol in symbols], separators=(",", ":"), ensure_ascii=False)
        return "/api/v3/exchangeInfo", {"symbols": names, "showPermissionSets": "false"}

    def read_listing(self, body: bytes) -> Mapping[Symbol, Listing]:
        try:
            rows = msgspec.json.decode(body, type=_ExchangeInfo).symbols
            return {listing.symbol: listing for listing in map(_listing, rows)}
        except (msgspec.MsgspecError, UnicodeDecodeError, MarketError) as error:
            raise MalformedMessage(f"exchangeInfo is not what the protocol says: {error}") from error

    def time_request(self) -> tuple[str, dict[str, str]]:
        return "/api/v3/time", {}

    def read_time(self, body: bytes) -> int:
        try:
            time_us = to_us(msgspec.json.decode(body, type=_Time).server_time)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise MalformedMessage(f"the answer to time is not what the protocol says: {error}") from error
        if not _EARLIEST_US <= time_us <= _LATEST_US:
            raise MalformedMessage(f"the venue's time is {time_us} us: expected a time between 2010 and 2100")
        return time_us

    def klines_request(
        self, symbol: Symbol, interval: Interval, before_us: int, limit: int
    ) -> tuple[str, dict[str, str]]:
        end_ms = before_us // 1000 - 1
        params = {"symbol": symbol.name, "interval": str(interval), "endTime": str(end_ms), "limit": str(limit)}
        return "/api/v3/klines", params

    def read_klines(self, body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
        try:
            rows = [row for row in msgspec.json.decode(body, type=list[_Kline]) if row[8] > 0]
            return klines.candles(rows, symbol, interval, scale)
        except (msgspec.MsgspecError, UnicodeDecodeError, MarketError, OverflowError) as error:
            raise MalformedMessage(f"klines are not what the protocol says: {error}") from error

    def _decode(self, frames: Sequence[bytes]) -> Sequence[_Frame | None]:
        """Each frame read; None where it is not an envelope of an event or a control message.

        Lines are decoded in one call. It is trusted only where lines and frames are provably one to one.
        """
        lines = b"\n".join(frames)
        if lines.count(b"\n") == len(frames) - 1:
            try:
                decoded = self._decoder.decode_lines(lines)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                pass
            else:
                if len(decoded) == len(frames):
                    return decoded
        return [self._decode_one(frame) for frame in frames]

    def _decode_one(self, frame: bytes) -> _Frame | None:
        try:
            return self._decoder.decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _bare_event(self, frame: bytes) -> _Event | None:
        """The event of a frame without envelope, as a connection to ``/ws/...`` sends it."""
        try:
            event = self._event_decoder.decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return event if event.e else None

    def _symbol(self, name: str) -> Symbol | None:
        if name not in self._symbols:
            try:
                symbol = Symbol.parse(name)
            except MarketError:
                symbol = None
            self._symbols[name] = symbol if symbol is not None and symbol.name == name else None
        return self._symbols[name]

    def _observed(
        self, name: str, events: list[_Event], rows: list[int], received_us: Ints, malformed: list[Malformed]
    ) -> Observed | None:
        symbol = self._symbol(name)
        if symbol is None:
            malformed.append(Malformed(f"{len(events)} trades of {name[:60]!r}, which is not a symbol", name[:_SAMPLE]))
            return None
        try:
            return _columns(symbol, events, received_us[rows])
        except (MarketError, OverflowError, TypeError):
            sound = [i for i, event in enumerate(events) if _is_sound(symbol, event, malformed)]
        if not sound:
            return None
        return _columns(symbol, [events[i] for i in sound], received_us[[rows[i] for i in sound]])


#: openTime, open, high, low, close, volume, closeTime, quoteVolume, count, takerBuyBase, takerBuyQuote, ignored.
_Kline = tuple[int, str, str, str, str, str, int, str, int, str, str, Any]


class _Time(msgspec.Struct, rename="camel"):
    server_time: int


class _Filter(msgspec.Struct, rename="camel"):
    filter_type: str = ""
    tick_size: str = "0.00000001"
    step_size: str = "0.00000001"


class _Listed(msgspec.Struct):
    symbol: str
    status: str = ""
    filters: list[_Filter] = []


class _ExchangeInfo(msgspec.Struct):
    symbols: list[_Listed]


def _listing(row: _Listed) -> Listing:
    price = next((f.tick_size for f in row.filters if f.filter_type == "PRICE_FILTER"), "0.00000001")
    quantity = next((f.step_size for f in row.filters if f.filter_type == "LOT_SIZE"), "0.00000001")
    scale = Scale(parse_decimal(price)[1], parse_decimal(quantity)[1])
    return Listing(Symbol.parse(row.symbol), row.status, scale)


def _stream(symbol: Symbol) -> str:
    return f"{symbol.name.lower()}@trade"


def _request(method: str, symbols: Sequence[Symbol], request_id: int) -> str:
    params = [_stream(symbol) for symbol in symbols]
    return json.dumps({"method": method, "params": params, "id": request_id}, ensure_ascii=False)


def _columns(symbol: Symbol, events: list[_Event], received_us: Ints) -> Observed:
    """`events` as columns. Raise MarketError, OverflowError or TypeError where one of them is not sound."""
    prices, price_exponent = column([event.p for event in events])
    quantities, quantity_exponent = column([event.q for event in events])
    ids = np.array([event.t for event in events], dtype=np.int64)
    traded = _microseconds([event.T for event in events])
    sent = _microseconds([event.E for event in events])
    makers = [event.m for event in events]
    if None in makers:
        raise MarketError("a trade without its side (m)")
    if prices.min() <= 0 or quantities.min() <= 0 or ids.min() < 0:
        raise MarketError("a trade id below 0, or a price or quantity not above 0")
    for values, exponent in ((prices, price_exponent), (quantities, quantity_exponent)):
        if exponent > _DECIMALS or values.max() > INT64_MAX // 10 ** (_DECIMALS - exponent):
            raise MarketError(f"a price or quantity that does not fit 64 bits at {_DECIMALS} decimals")
    if traded.min() < _EARLIEST_US or traded.max() > _LATEST_US or sent.min() < _EARLIEST_US or sent.max() > _LATEST_US:
        raise MarketError("a time outside 2010 to 2100")
    if np.abs(traded - sent).max() > DAY_US:
        raise MarketError("a trade time more than a day from the time of its message")
    trades = Trades(
        symbol,
        Scale(price_exponent, quantity_exponent),
        ids,
        prices,
        quantities,
        traded,
        received_us,
        np.array(makers, dtype=bool),
    )
    return Observed(trades, sent)


def _microseconds(times: list[int]) -> Ints:
    found = np.array(times, dtype=np.int64)
    milliseconds = (found > 0) & (found < MICROSECOND_THRESHOLD)
    return np.where(milliseconds, found * 1000, found)


def _is_sound(symbol: Symbol, event: _Event, malformed: list[Malformed]) -> bool:
    try:
        _columns(symbol, [event], np.zeros(1, dtype=np.int64))
    except (MarketError, OverflowError, TypeError) as error:
        malformed.append(Malformed(f"trade {event.t} of {symbol}: {error}", repr(event)[:_SAMPLE]))
        return False
    return True


def _read_other(frame: bytes, controls: list[Control], malformed: list[Malformed]) -> int:
    """Sort out a frame that is no envelope of an event; the answer is 1 where it is sound and nobody's concern."""
    try:
        message = msgspec.json.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        malformed.append(Malformed(f"not JSON: {error}", frame[:_SAMPLE].decode("utf-8", "replace")))
        return 0
    control = _control(message)
    if control is not None:
        controls.append(control)
        return 0
    if _looks_like_a_trade(message):
        malformed.append(Malformed("a trade with fields of wrong types", frame[:_SAMPLE].decode("utf-8", "replace")))
        return 0
    return 1


def _control(message: object) -> Control | None:
    """An acknowledgement, an error in either of its two shapes, or the announcement of a shutdown."""
    if not isinstance(message, dict):
        return None
    body = _inner(message, "data")
    if body.get("e") == "serverShutdown":
        return Control(ControlKind.SHUTDOWN, "the venue announced that it will close this connection")
    error = _inner(message, "error")
    if "code" in error and "msg" in error:
        return Control(ControlKind.REFUSED, f"request {message.get('id')} refused: {error['code']} {error['msg']}")
    if "result" in message:
        return Control(ControlKind.ACKNOWLEDGED, f"request {message.get('id')} acknowledged")
    return None


def _inner(message: dict[str, Any], key: str) -> dict[str, Any]:
    inner = message.get(key)
    return inner if isinstance(inner, dict) else message


def _looks_like_a_trade(message: object) -> bool:
    return isinstance(message, dict) and _inner(message, "data").get("e") == "trade"
