"""A reader that listens to venues of the tests, and what it has handed on."""

import json
import time
from collections.abc import Callable

import numpy as np

from core.feed.binance import BinanceSpot
from core.feed.buffer import FrameBuffer, Received
from core.feed.journal import Journal
from core.feed.stream import Patience, StreamReader
from core.health import FeedState
from core.market import Symbol
from tests.raw_venue import Peer
from tests.trading import BTC, wait_until


def trade(number: int, symbol: str = "BTCUSDT") -> str:
    event = {"e": "trade", "E": 1_723_161_600_000, "s": symbol, "t": number, "p": "1.00000000", "q": "1.00000000",
             "T": 1_723_161_600_000, "m": True, "M": True}  # fmt: skip
    return json.dumps({"stream": f"{symbol.lower()}@trade", "data": event})


class Listening:
    """A reader, and what it has handed on."""

    def __init__(
        self,
        *bases: str,
        symbols: tuple[Symbol, ...] = (BTC,),
        first: float = 60,
        silence: float = 60,
        renew: float | None = None,
        overlap: float = 60,
        held: int = 100_000,
    ) -> None:
        self.journal = Journal(lambda: time.time_ns() // 1000)
        self.buffer = FrameBuffer(1_000_000, 0)
        self.received: list[Received] = []
        patience = Patience(first, silence, renew, overlap, held)
        self.reader = StreamReader(
            BinanceSpot(), bases, symbols, self.buffer, self.journal, patience, lambda: time.time_ns() // 1000
        )
        self.reader.start()

    def frames(self) -> list[bytes]:
        self.received += self.buffer.take(1_000_000, 0.0)
        return [frame for item in self.received for frame in item.frames]

    def ids(self, symbol: Symbol | None = None) -> list[int]:
        """The ids of the trades of `symbol`, or of all by symbol, in the order in which they came."""
        frames = self.frames()
        seen = BinanceSpot().parse(frames, np.zeros(len(frames), np.int64)).observed
        return [i for each in seen if symbol in (None, each.trades.symbol) for i in each.trades.trade_id.tolist()]

    def connections(self) -> list[int]:
        """By which connection each trade came."""
        self.frames()
        return [item.connection for item in self.received for _ in item.frames]

    def history(self) -> list[str]:
        return [f"{event.kind}: {event.words}" for event in self.journal.events()]

    def wait_for(self, state: FeedState) -> None:
        wait_until(lambda: any(event.kind == state for event in self.journal.events()))


def stay(peer: Peer) -> None:
    peer.hear_out()


def says(*numbers: int) -> Callable[[Peer], None]:
    """Send trades, then stay until the client leaves."""

    def act(peer: Peer) -> None:
        peer.accept().say(*map(trade, numbers))
        stay(peer)

    return act
