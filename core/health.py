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
    BEHIND = "behind"  # trades arrive, but long after they were made
    SILENT = "silent"  # connected, frames have stopped or never came
    RECONNECTING = "reconnecting"
    BLOCKED = "blocked"  # HTTP 451: not served in this place
    STOPPED = "stopped"


#: A stream is behind when its newest trade was this old when it was stored [us].
BEHIND_US = 3_000_000


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


class GapState(StrEnum):
    """What became of a hole in a symbol's trade ids."""

    OPEN = "open"
    REPAIRING = "repairing"
    CLOSED = "closed"
    LOST = "lost"  # the venue does not give these trades any more; `words` says why


@dataclass(frozen=True, slots=True)
class Gap:
    """One entry of the gap ledger: trade ids first_id..last_id that were found missing, both inclusive.

    `next_id` is the first id that is still missing, None once the gap is closed. `from_us` and `to_us` are the trade times
    around what is still missing. `attempts` counts how often its repair was begun, `tried_us` is when it last was.
    """

    symbol: Symbol
    first_id: int
    last_id: int
    next_id: int | None
    from_us: int
    to_us: int
    cause: str
    state: GapState
    attempts: int
    detected_us: int
    tried_us: int | None
    closed_us: int | None
    words: str
    gap_id: int = 0

    @property
    def missing(self) -> int:
        """How many ids are still missing."""
        return 0 if self.next_id is None else self.last_id - self.next_id + 1


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A symbol's own minutes since `from_us` beside the venue's own bars.

    `matched` are equal in every field and `spanning` differ by no more than an aggregate that spans their boundary
    explains. `differing` still differ; `worst` is the largest relative difference among them, None where there is none.
    `waiting` are not compared yet: the venue's bars are asked for when they are surely final, and gaps are filled first.
    """

    symbol: Symbol
    from_us: int
    matched: int
    spanning: int
    differing: int
    waiting: int
    worst: float | None

    @property
    def compared(self) -> int:
        return self.matched + self.spanning + self.differing

    @property
    def match_rate(self) -> float | None:
        """The share of the compared minutes that the venue's own bars confirm; None where none was compared."""
        return (self.matched + self.spanning) / self.compared if self.compared else None


@dataclass(frozen=True, slots=True)
class Difference:
    """A minute that differs from the venue's own: in which fields, by how many trades, and by which share at most."""

    symbol: Symbol
    open_time_us: int
    fields: tuple[str, ...]
    own_count: int
    reference_count: int
    relative: float
    found_us: int
    attempts: int


@dataclass(frozen=True, slots=True)
class BudgetHealth:
    """The request weight of a venue's REST: `used` of `per_minute` in the present minute of the clock, by whomever.

    `refused_until_us` is when the venue may be asked again, None where it may be asked now.
    """

    used: int
    per_minute: int
    refused_until_us: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the connection history, in words."""

    time_us: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The connection to one venue: `since_us` is when it entered `state`; counters run since the start.

    `clock_offset_ms` is how far this machine's clock is ahead of the venue's, `clock_error_ms` how wrong that may be at most.
    `behind_ms` is how old the newest trade was when it was stored, by the venue's clock, and `newest_us` its event time [us].
    `handovers` counts connections
    that took the place of a living one. `symbols` are those that it is to carry.
    """

    state: FeedState
    since_us: int
    url: str
    words: str
    connections: int = 0
    frames: int = 0
    bytes: int = 0
    last_frame_us: int | None = None
    name: str = ""
    clock_offset_ms: float | None = None
    clock_error_ms: float | None = None
    behind_ms: float | None = None
    newest_us: int | None = None
    handovers: int = 0
    symbols: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class SymbolHealth:
    """One symbol's stream: counters since the start, rates over the last ten seconds, lags over the last minute.

    `gaps` and `missing` are of the whole record, `given_up` is what of `missing` cannot be had any more. `lost` is what went
    missing since the start and still is, `repaired` how many rows were fetched again. A silence (`silent_seconds`, on the
    steady clock) longer than `patience_seconds`, which follows the symbol's own rhythm, is looked into.

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
    repaired: int = 0
    given_up: int = 0
    silent_seconds: float | None = None
    patience_seconds: float | None = None
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
    """The database. `damage` is what an examination of the file found, in words; empty where none was made or all is sound."""

    state: StoreState
    words: str
    location: str
    size_bytes: int | None
    flushes: int
    failures: int
    damage: str = ""


@dataclass(frozen=True, slots=True)
class RepairHealth:
    """The repairing of one venue's gaps: what is left, and what was fetched since the start."""

    name: str
    words: str
    open_gaps: int
    missing: int
    repaired: int
    requests: int


@dataclass(frozen=True, slots=True)
class Health:
    """Everything at one moment."""

    market: str
    banner: str | None
    started_us: int
    now_us: int
    watermark_us: int | None
    feeds: tuple[FeedHealth, ...]
    queue: QueueHealth
    store: StoreHealth
    symbols: tuple[SymbolHealth, ...]
    malformed: int
    errors: int
    events: tuple[Event, ...]
    repairs: tuple[RepairHealth, ...] = ()
    budgets: tuple[BudgetHealth, ...] = ()

    @property
    def feed(self) -> FeedHealth:
        """The feed that is worst off: what holds for it is what a user has to know."""
        return max(self.feeds, key=lambda feed: _WORSE.index(feed.state))

    @property
    def collecting(self) -> bool:
        """Trades of every venue arrive and are stored."""
        arriving = all(feed.state in (FeedState.LIVE, FeedState.BEHIND) for feed in self.feeds)
        return arriving and self.store.state is StoreState.OK


#: Feed states from best to worst.
_WORSE = (
    FeedState.LIVE, FeedState.STOPPED, FeedState.BEHIND, FeedState.STARTING, FeedState.WAITING, FeedState.CONNECTING,
    FeedState.SILENT, FeedState.RECONNECTING, FeedState.BLOCKED,
)  # fmt: skip
