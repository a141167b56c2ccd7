"""What a venue is to the desk: text in, trades out, and where to listen. No I/O.

A new venue is one file that satisfies Venue; nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

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
    """An answer or announcement of the venue."""

    kind: ControlKind
    words: str


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


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the venue lists it."""

    symbol: Symbol
    status: str
    scale: Scale


class Venue(Protocol):
    """A venue's protocol. Implementations are free of I/O."""

    #: Least time between two messages to the venue [s].
    pace_seconds: float

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

    def listing_request(self, symbols: Sequence[Symbol]) -> tuple[str, dict[str, str]]:
        """Path and parameters of the request that tells of `symbols`."""
        ...

    def read_listing(self, body: bytes) -> Mapping[Symbol, Listing]:
        """The answer to it. Raise MalformedMessage where it is not one."""
        ...

    def klines_request(
        self, symbol: Symbol, interval: Interval, before_us: int, limit: int
    ) -> tuple[str, dict[str, str]]:
        """Path and parameters of the request for the last `limit` bars that were open before `before_us`."""
        ...

    def read_klines(self, body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
        """The answer to it, as bars without trade ids; empty intervals are left out.

        Raise MalformedMessage where it is not one, or where `scale` would lose digits.
        """
        ...

    def read_time(self, body: bytes) -> int:
        """The answer to `time_request` [us]. Raise MalformedMessage where it is not one."""
        ...

    def time_request(self) -> tuple[str, dict[str, str]]:
        """Path and parameters of the request for the venue's clock."""
        ...
