"""What a venue is to the desk: text in, trades out, and where to listen. No I/O.

A new venue is one file that satisfies Venue; nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from core.market import Candles, Interval, Ints, Scale, Symbol, Trades


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Trades of one symbol in the order of their frames, with the time at which the venue sent each."""

    trades: Trades
    event_time_us: Ints


class ControlKind(StrEnum):
    """What a message that carries no trade says."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Control:
    """An answer or announcement of the venue; `frame` is the row of the one that said it."""

    kind: ControlKind
    words: str
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame, or a trade in it, that is not what the protocol says; `sample` is its beginning."""

    reason: str
    sample: str


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """What a batch of frames came to. `ignored` frames were sound, but no trades."""

    observed: tuple[Observed, ...]
    controls: tuple[Control, ...]
    malformed: tuple[Malformed, ...]
    ignored: int


class Request(NamedTuple):
    """A GET request to a venue, and what it costs of the venue's budget."""

    path: str
    params: Mapping[str, str]
    weight: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the venue lists it."""

    symbol: Symbol
    status: str
    scale: Scale


class Venue(Protocol):
    """A venue's protocol. Implementations are free of I/O."""

    #: As users read it: ``Binance spot``.
    name: str
    #: Least time between two messages to the venue [s].
    pace_seconds: float
    #: How often the venue pings [s]: a connection without a byte for several times so long is dead.
    ping_seconds: float
    #: How long the venue lets a connection live [s].
    connection_seconds: float
    #: The request weight that the venue grants in each minute of the clock.
    weight_per_minute: int
    #: How far back trades can be had by id [us]; None where there is no end to it.
    repairable_us: int | None

    def stream_url(self, base: str, symbols: Sequence[Symbol]) -> str:
        """Where to connect to hear `symbols`."""
        ...

    def subscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        """The message that adds `symbols` to a connection."""
        ...

    def unsubscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        """The message that takes `symbols` off a connection."""
        ...

    def parse(self, frames: Sequence[bytes], received_us: Ints) -> Messages:
        """Read `frames`, of which each was received at the time beside it. Raises nothing."""
        ...

    def listing_request(self, symbols: Sequence[Symbol]) -> Request:
        """The request that tells of `symbols`, or of all where there are none."""
        ...

    def read_listing(self, body: bytes) -> Mapping[Symbol, Listing]:
        """The answer to it. Raise MalformedMessage where it is not one."""
        ...

    def klines_request(self, symbol: Symbol, interval: Interval, before_us: int, limit: int) -> Request:
        """The request for the last `limit` bars that were open before `before_us`."""
        ...

    def read_klines(self, body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
        """The answer to it, as bars without trade ids; empty intervals are left out.

        Raise MalformedMessage where it is not one, or where `scale` would lose digits.
        """
        ...

    def klines_interval(self, interval: Interval) -> bool:
        """Whether the venue has bars of `interval`."""
        ...

    def time_request(self) -> Request:
        """The request for the venue's clock."""
        ...

    def read_time(self, body: bytes) -> int:
        """The answer to `time_request` [us]. Raise MalformedMessage where it is not one."""
        ...

    def newest_requests(self, symbols: Sequence[Symbol]) -> Sequence[tuple[Sequence[Symbol], Request]]:
        """The requests that tell the newest trade id of `symbols`, each with the symbols that it is about."""
        ...

    def read_newest(self, body: bytes, symbols: Sequence[Symbol]) -> Mapping[Symbol, int]:
        """The answer to one of them; symbols that never traded are absent. Raise MalformedMessage."""
        ...

    def page_request(self, symbol: Symbol, first_id: int) -> Request:
        """The request for a page of trades from `first_id` on, ascending."""
        ...

    def read_page(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        """The answer to it, ascending by id, perhaps empty. Raise MalformedMessage."""
        ...

    def aggregates_request(self, symbol: Symbol, from_us: int) -> Request | None:
        """The request for a page of aggregates from a trade time on: for where `page_request` is not served, or not so far back.

        None where the venue has no other way.
        """
        ...

    def read_aggregates(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        """The answer to it: rows that each cover the ids of an aggregate, ascending. Raise MalformedMessage."""
        ...
