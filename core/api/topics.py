"""What the stream can tell: each topic knows when it has news, and reads and encodes them once for everyone.

A new kind of topic is a class here and a line in ``open_topic``.
"""

import asyncio
from typing import Protocol

import msgspec

from core.api import encode
from core.api.protocol import BadRequest, Kind, News
from core.api.schemas_health import Pulse
from core.api.topics_pair import PairTopic
from core.errors import MarketError
from core.market import Candles, Interval, Symbol
from core.monitor import Change, Monitor

#: Bars of a snapshot: the newest ones.
SNAPSHOT_BARS = 500
#: The watermark may lag behind the newest bars, so a delta is given room for more than a snapshot's.
_DELTA_BARS = 2 * SNAPSHOT_BARS
_HEALTH_SECONDS = 1.0


class Topic(Protocol):
    """One subject. `note`, `due` and the answers run on the event loop; reading happens on threads."""

    @property
    def name(self) -> str:
        """The canonical name."""
        ...

    @property
    def poll_seconds(self) -> float | None:
        """Seconds between two looks, or None for a topic that waits for changes."""
        ...

    def note(self, change: Change) -> None:
        """Remember what a commit changed."""
        ...

    @property
    def due(self) -> bool:
        """Whether there may be news."""
        ...

    async def snapshot(self) -> bytes:
        """The whole as it is now, as JSON."""
        ...

    async def news(self) -> News | None:
        """What changed since the last call; what a failed call would have told stays due."""
        ...


def open_topic(name: str, monitor: Monitor, known: tuple[Symbol, ...]) -> Topic:
    """The topic of that name. Raise BadRequest where there is none; `known` are the symbols being collected."""
    kind, _, rest = name.partition(":")
    if kind == "bars" and ":" in rest:
        symbol_text, _, interval_text = rest.rpartition(":")
        try:
            symbol, interval = Symbol.parse(symbol_text), Interval.parse(interval_text)
        except MarketError as error:
            raise BadRequest(f"{name!r}: {error}") from error
        if symbol not in known:
            names = ", ".join(map(str, known)) or "none"
            raise BadRequest(f"{name!r}: {symbol} is not being collected; collected are: {names}")
        return BarsTopic(monitor, symbol, interval)
    if name == "health":
        return HealthTopic(monitor)
    if kind == "pair" and rest:
        return PairTopic.open(name, monitor, known)
    raise BadRequest(
        f"{name!r} is not a topic: expected bars:<SYMBOL>:<INTERVAL>, such as bars:BTCUSDT:1m, pair:y=ETHUSDT&x=BTCUSDT, or health"
    )


class BarsTopic:
    """The bars of a symbol and interval.

    A delta has every bar that a commit may have changed: those from the earliest touched trade on, and those told as
    forming that the watermark has confirmed since. `changed_from` [epoch ms] says where it begins. Where that lies
    further back than a snapshot reaches, a snapshot is sent in its place, and `changed_from` says how far back a
    chart that shows more has to ask again.
    """

    poll_seconds = None

    def __init__(self, monitor: Monitor, symbol: Symbol, interval: Interval) -> None:
        self.name = f"bars:{symbol}:{interval}"
        self._monitor = monitor
        self._symbol = symbol
        self._interval = interval
        self._touched_us: int | None = None
        self._reading_us: int | None = None  # being told; stays where the reading fails
        self._forming_us: int | None = None  # open time of the earliest bar that was told as forming
        self._watermark_us = 0

    def note(self, change: Change) -> None:
        self._watermark_us = max(self._watermark_us, change.watermark_us)
        if self._symbol in change.touched:
            self._touched_us = _earlier(self._touched_us, self._interval.floor(change.touched[self._symbol]))

    @property
    def due(self) -> bool:
        return self._start_us() is not None

    async def snapshot(self) -> bytes:
        bars, data = await asyncio.to_thread(self._read, None, None)
        self._forming_us = _earlier(self._forming_us, _first_forming(bars))
        return data

    async def news(self) -> News | None:
        start_us = self._reading_us = self._start_us()
        if start_us is None:
            return None
        self._touched_us = None
        whole = (self._watermark_us - start_us) // self._interval.us >= SNAPSHOT_BARS
        bars, data = await asyncio.to_thread(self._read, None if whole else start_us, start_us)
        self._reading_us = None
        told_before = self._forming_us if self._forming_us is not None and self._forming_us < start_us else None
        self._forming_us = _earlier(told_before, _first_forming(bars))
        return News(Kind.SNAPSHOT if whole else Kind.DELTA, data)

    def _start_us(self) -> int | None:
        forming_us = self._forming_us
        if forming_us is not None and forming_us + self._interval.us > self._watermark_us:
            forming_us = None
        return _earlier(_earlier(self._touched_us, self._reading_us), forming_us)

    def _read(self, start_us: int | None, changed_from_us: int | None) -> tuple[Candles, bytes]:
        limit = SNAPSHOT_BARS if start_us is None else _DELTA_BARS
        bars = self._monitor.candles(self._symbol, self._interval, start_us, None, limit)
        data = {
            "watermark": bars.watermark_us or None,
            "changed_from": None if changed_from_us is None else changed_from_us // 1000,
            "candles": encode.columns(bars),
        }
        return bars, msgspec.json.encode(data)


class HealthTopic:
    """The pulse of the desk, whole, once a second where it changed."""

    name = "health"
    poll_seconds = _HEALTH_SECONDS
    due = True

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._last = b""

    def note(self, change: Change) -> None:
        """Not needed: the counters change all the time."""

    async def snapshot(self) -> bytes:
        return await asyncio.to_thread(self._read)

    async def news(self) -> News | None:
        data = await asyncio.to_thread(self._read)
        if data == self._last:
            return None
        self._last = data
        return News(Kind.SNAPSHOT, data)

    def _read(self) -> bytes:
        return Pulse.of(self._monitor.health()).model_dump_json().encode()


def _earlier(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _first_forming(bars: Candles) -> int | None:
    forming = bars.open_time_us[bars.open_time_us + bars.interval.us > bars.watermark_us]
    return int(forming[0]) if len(forming) else None
