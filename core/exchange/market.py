"""A market: tapes, a clock, and a pump that makes time pass."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

from core.exchange.hub import Hub
from core.exchange.klines import Klines
from core.exchange.tape import Tape

MarketKind = Literal["spot", "usdm"]
Drain = Callable[[], Awaitable[None]]


class Quoted:
    """A listed symbol: its tape and the klines made from it.

    `warm` says that its last 24 hours have been added up once, so that a ticker costs little.
    """

    def __init__(self, tape: Tape, warm: bool = True) -> None:
        self.tape = tape
        self.klines = Klines(tape)
        self.warm = warm

    def behind(self, tape: Tape) -> "Quoted":
        """The same symbol with a tape that lacks its newest trades."""
        quoted = Quoted(tape, self.warm)
        quoted.klines = self.klines.of_prefix(tape)
        return quoted


class Market(Protocol):
    """What the exchange trades, simulated or recorded."""

    #: whose protocol is spoken
    kind: MarketKind
    #: as the ready line says it: ``spot simulated market``
    description: str
    #: trades made public since the start by symbol, and the first and last id of each
    emitted: Counter[str]
    first_ids: dict[str, int]
    last_ids: dict[str, int]

    @property
    def quoted(self) -> Mapping[str, Quoted]:
        """What is listed, by symbol."""

    def now_us(self) -> int:
        """The exchange's clock [us]."""

    def subscribed(self, stream: str) -> None:
        """Somebody has subscribed to `stream`."""

    async def run(self, hub: Hub, drain: Drain) -> None:
        """Publish until there is nothing more to come. `drain` waits until every reader has taken what was sent."""
