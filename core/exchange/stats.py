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

    def streaming(self) -> "list[Connection]":
        """The open WebSockets."""
        return [connection for connection in list(self.connections) if connection.streaming]

    def lost(self, connection: "Connection") -> None:
        self.connections.pop(connection, None)

    def body(self) -> str:
        """The log as JSON: by symbol the trades made public since the start, the first and the last id; frames by stream.

        `first_id` is None until the first one is out, `last_id` is then the newest of before.
        """
        symbols = {
            symbol: {
                "trades": self._market.emitted[symbol],
                "last_id": self._market.last_ids.get(symbol),
                "first_id": self._market.first_ids.get(symbol),
            }
            for symbol in self._market.quoted
        }
        return wire.dumps(
            {
                "symbols": symbols, "frames": dict(self._hub.sent), "accepted": self.accepted,
                "streams_opened": self.streams_opened, "streaming": len(self.streaming()),
                "connections": len(self.connections), "closes": dict(self.closes), "answers": dict(self.answers),
            }
        )  # fmt: skip
