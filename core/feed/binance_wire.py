"""What Binance's markets have in common on the socket: envelopes, control messages, requests. Text in, trades out.

Source: Binance, "WebSocket Streams" of the spot documents and "Websocket Market Streams" of the USD-M ones.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
import numpy as np

from core.errors import MarketError
from core.feed.base import Control, ControlKind, Malformed, Messages, Observed
from core.feed.binance_columns import EARLIEST_US, LATEST_US, columns, microseconds
from core.feed.decimals import exact_column
from core.market import DAY_US, Ints, Symbol

_SAMPLE = 200
#: What unsound numbers raise where they are made into columns.
_UNSOUND = (MarketError, OverflowError, TypeError)


class Event(msgspec.Struct, gc=False):
    """What every trade's event has; how it is numbered differs by market."""

    e: str = ""
    E: int = 0
    s: str = ""
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool | None = None


E = TypeVar("E", bound=Event)
#: The ids of events, and how many single trades each stands for. Raises MarketError or OverflowError.
Numbering = Callable[[list[E]], tuple[Ints, Ints]]


class _Error(msgspec.Struct, gc=False):
    code: int = 0
    msg: str = ""


class _Frame(msgspec.Struct, Generic[E], gc=False):
    """A combined-stream envelope, or a control message, which has no data."""

    data: E | None = None
    error: _Error | None = None


class FrameParser(Generic[E]):
    """Reads one market's frames. `kind` is the event that tells of a trade. One instance serves one reader."""

    def __init__(self, event: type[E], kind: str, perpetual: bool, numbering: Numbering[E]) -> None:
        self._kind, self._perpetual, self._numbering = kind, perpetual, numbering
        self._decoder: msgspec.json.Decoder[_Frame[E]] = msgspec.json.Decoder(_Frame[event])  # type: ignore[valid-type]
        self._event_decoder = msgspec.json.Decoder(event)
        self._symbols: dict[str, Symbol | None] = {}

    def parse(self, frames: Sequence[bytes], received_us: Ints) -> Messages:
        """Trades by symbol, control messages, and what could not be read; other streams' frames are ignored."""
        controls: list[Control] = []
        malformed: list[Malformed] = []
        groups: dict[str, tuple[list[E], list[int]]] = defaultdict(lambda: ([], []))
        ignored = 0
        kind = self._kind
        for row, frame in enumerate(self._decode(frames)):
            event = frame.data if frame is not None else None
            if event is None:
                event = self._bare_event(frames[row])
            if event is not None and event.e == kind:
                events, rows = groups[event.s]
                events.append(event)
                rows.append(row)
            elif event is None or event.e == "serverShutdown":
                ignored += _read_other(frames[row], row, kind, controls, malformed)
            else:
                ignored += 1
        observed = [self._observed(name, *group, received_us, malformed) for name, group in groups.items()]
        return Messages(tuple(o for o in observed if o), tuple(controls), tuple(malformed), ignored)

    def _decode(self, frames: Sequence[bytes]) -> Sequence[_Frame[E] | None]:
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

    def _decode_one(self, frame: bytes) -> _Frame[E] | None:
        try:
            return self._decoder.decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _bare_event(self, frame: bytes) -> E | None:
        """The event of a frame without envelope, as a connection to ``/ws/...`` sends it."""
        try:
            event = self._event_decoder.decode(frame)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return event if event.e else None

    def _symbol(self, name: str) -> Symbol | None:
        if name not in self._symbols:
            self._symbols[name] = symbol_of(name, self._perpetual)
        return self._symbols[name]

    def _observed(
        self, name: str, events: list[E], rows: list[int], received_us: Ints, malformed: list[Malformed]
    ) -> Observed | None:
        symbol = self._symbol(name)
        if symbol is None:
            malformed.append(Malformed(f"{len(events)} trades of {name[:60]!r}, which is not a symbol", name[:_SAMPLE]))
            return None
        try:
            return self._columns(symbol, events, received_us[rows])
        except _UNSOUND:
            sound = [i for i, event in enumerate(events) if self._is_sound(symbol, event, malformed)]
        if not sound:
            return None
        return self._columns(symbol, [events[i] for i in sound], received_us[[rows[i] for i in sound]])

    def _columns(self, symbol: Symbol, events: list[E], received_us: Ints) -> Observed:
        ids, counts = self._numbering(events)
        traded = microseconds([event.T for event in events])
        sent = microseconds([event.E for event in events])
        prices, quantities = [event.p for event in events], [event.q for event in events]
        trades = columns(symbol, ids, counts, prices, quantities, traded, [event.m for event in events], received_us)
        if sent.min() < EARLIEST_US or sent.max() > LATEST_US:
            raise MarketError("a time of a message outside 2010 to 2100")
        if np.abs(traded - sent).max() > DAY_US:
            raise MarketError("a trade time more than a day from the time of its message")
        return Observed(trades, sent)

    def _is_sound(self, symbol: Symbol, event: E, malformed: list[Malformed]) -> bool:
        try:
            exact_column((event.p, event.q))
            self._columns(symbol, [event], np.zeros(1, dtype=np.int64))
        except _UNSOUND as error:
            malformed.append(Malformed(f"a trade of {symbol}: {error}", repr(event)[:_SAMPLE]))
            return False
        return True


def symbol_of(name: str, perpetual: bool) -> Symbol | None:
    """The symbol that the venue calls `name`; None where that is no symbol's name."""
    try:
        symbol = Symbol.parse(name)
    except MarketError:
        return None
    return Symbol(name, perpetual) if symbol == Symbol(name) else None


def stream_query(streams: Sequence[str]) -> str:
    """The names of `streams` for a combined stream's address; empty where there are none."""
    return f"streams={'/'.join(quote(stream, safe='@') for stream in streams)}" if streams else ""


def stream_request(method: str, streams: Sequence[str], request_id: int) -> str:
    """The message that subscribes to `streams`, or unsubscribes."""
    return json.dumps({"method": method, "params": list(streams), "id": request_id}, ensure_ascii=False)


def _read_other(frame: bytes, row: int, kind: str, controls: list[Control], malformed: list[Malformed]) -> int:
    """Sort out the frame of a row that is no envelope of an event; the answer is 1 where it is sound and nobody's concern."""
    try:
        message = msgspec.json.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        malformed.append(Malformed(f"not JSON: {error}", frame[:_SAMPLE].decode("utf-8", "replace")))
        return 0
    control = _control(message)
    if control is not None:
        controls.append(replace(control, frame=row))
        return 0
    if isinstance(message, dict) and _inner(message, "data").get("e") == kind:
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
