"""How the desk is: what the feed, the ingest and the store say of themselves, as values.

Workers keep the counters and hand out these frozen snapshots; pages, API and commands only read them. ``None`` means
unknown, and is shown as a dash.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.market import Scale, Symbol


class FeedState(StrEnum):
    """What the connection to the venue is doing."""

    STARTING = "starting"
    CONNECTING = "connecting"
    WAITING = "waiting"  # connected and subscribed, no frame yet
    LIVE = "live"
    SILENT = "silent"  # connected, frames have stopped or never came
    RECONNECTING = "reconnecting"
    BLOCKED = "blocked"  # HTTP 451: not served in this place
    STOPPED = "stopped"


class SymbolState(StrEnum):
    """What is known of one symbol's stream."""

    WAITING = "waiting"  # subscribed, no first trade yet
    LIVE = "live"
    QUIET = "quiet"  # no trade for long, while the connection lives
    STALE = "stale"  # the connection is down
    UNKNOWN = "unknown"  # the venue does not list it
    FAILED = "failed"  # its trades cannot be stored; `words` says why


class StoreState(StrEnum):
    """What the database is doing."""

    OK = "ok"
    RETRYING = "retrying"  # the last write failed and is tried again
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the connection history, in words."""

    time_us: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The connection: `since_us` is when it entered `state`; counters run since the start."""

    state: FeedState
    since_us: int
    url: str
    words: str
    connections: int = 0
    frames: int = 0
    bytes: int = 0
    last_frame_us: int | None = None


@dataclass(frozen=True, slots=True)
class SymbolHealth:
    """One symbol's stream: counters since the start, rates over the last ten seconds, lags over the last minute.

    `gaps` and `missing` are of the whole record, `lost` is what went missing since the start.

    `lag` is receive time minus event time [ms], on this machine's clock: a clock that is off shifts it, below 0 even.
    """

    symbol: Symbol
    state: SymbolState
    words: str
    scale: Scale | None = None
    first_trade_id: int | None = None
    last_trade_id: int | None = None
    last_trade_us: int | None = None
    last_received_us: int | None = None
    last_price: int | None = None
    rate: float = 0.0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    rejected: int = 0
    gaps: int = 0
    missing: int = 0
    lost: int = 0
    lag_p50_ms: float | None = None
    lag_p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The queue between socket and store, in frames."""

    depth: int
    capacity: int
    dropped: int
    blocked_seconds: float
    high_water: int


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """The database."""

    state: StoreState
    words: str
    location: str
    size_bytes: int | None
    flushes: int
    failures: int


@dataclass(frozen=True, slots=True)
class Health:
    """Everything at one moment."""

    market: str
    banner: str | None
    started_us: int
    now_us: int
    watermark_us: int | None
    feed: FeedHealth
    queue: QueueHealth
    store: StoreHealth
    symbols: tuple[SymbolHealth, ...]
    malformed: int
    errors: int
    events: tuple[Event, ...]

    @property
    def collecting(self) -> bool:
        """Trades arrive and are stored."""
        return self.feed.state is FeedState.LIVE and self.store.state is StoreState.OK
