"""The exchange's own log: what it traded, sent and closed, for tests to compare a client with."""

from collections import Counter
from typing import TYPE_CHECKING

from core.exchange import wire
from core.exchange.hub import Hub
from core.exchange.market import Market

if TYPE_CHECKING:
    from core.exchange.connection import Connection


class Stats:
    """Counts since the start, and the open connections."""

    def __init__(self, market: Market, hub: Hub) -> None:
        self._market = market
        self._hub = hub
        self.connections: dict[Connection, None] = {}
        self.accepted = 0
        self.streams_opened = 0
        self.closes: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()

    def opened(self, connection: "Connection") -> None:
        self.accepted += 1
        self.connections[connection] = None

    def lost(self, connection: "Connection") -> None:
        self.connections.pop(connection, None)

    def body(self) -> str:
        """The log as JSON: per symbol the trades made public since the start, the first and the last id; frames by stream."""
        symbols = {
            symbol: {
                "trades": self._market.emitted[symbol],
                "last_id": self._market.last_ids.get(symbol),
                "first_id": self._first_id(symbol),
            }
            for symbol in self._market.quoted
        }
        return wire.dumps(
            {
                "symbols": symbols, "frames": dict(self._hub.sent), "accepted": self.accepted,
                "streams_opened": self.streams_opened,
                "connections": len(self.connections), "closes": dict(self.closes), "answers": dict(self.answers),
            }
        )  # fmt: skip

    def _first_id(self, symbol: str) -> int | None:
        """The first id that was made public since the start; None before it."""
        count, last = self._market.emitted[symbol], self._market.last_ids.get(symbol)
        return None if not count or last is None else last - count + 1
