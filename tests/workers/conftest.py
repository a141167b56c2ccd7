"""Frames as the venue sends them, and an ingest worker on its own."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.feed.binance import BinanceSpot
from core.feed.budget import Budget
from core.feed.buffer import FrameBuffer, Received
from core.feed.journal import Journal
from core.feed.rest import RestClient
from core.health import FeedState, SymbolHealth
from core.market import Scale, Symbol
from core.monitor import Bus, Change
from core.store import Store
from core.workers.ingest import IngestWorker, Source
from tests.trading import BTC, ETH, PATIENCE, SCALE, Deal, wait_until


def frame(deal: Deal, symbol: Symbol = BTC, event_after_us: int = 1000) -> bytes:
    event = {
        "e": "trade", "E": deal.time_us + event_after_us, "s": symbol.name, "t": deal.id, "p": deal.price,
        "q": deal.quantity, "T": deal.time_us, "m": deal.maker, "M": True,
    }  # fmt: skip
    return json.dumps({"stream": f"{symbol.name.lower()}@trade", "data": event}).encode()


VENUE = BinanceSpot()


def rest_client(base: str) -> RestClient:
    return RestClient([base], Budget(VENUE.weight_per_minute, time.time), 5.0)


class Ingesting:
    """A worker over a store, fed by the test."""

    def __init__(self, store: Store, capacity: int = 10_000, scales: dict[Symbol, Scale | None] | None = None) -> None:
        self.store = store
        self.buffer = FrameBuffer(capacity, 0.0)
        self.journal = Journal(self.clock)
        self.changes: list[Change] = []
        self.renewed = 0
        bus = Bus()
        bus.subscribe(self.changes.append)
        source = Source(VENUE, self.journal, self._renew)
        self.worker = IngestWorker([source], self.buffer, store, bus, self.clock, 0.01)
        for symbol, scale in (scales or {BTC: SCALE, ETH: SCALE}).items():
            self.worker.follow(symbol, scale)

    @staticmethod
    def clock() -> int:
        return time.time_ns() // 1000

    def _renew(self, connection: int) -> None:
        self.renewed = connection

    def start(self) -> "Ingesting":
        self.worker.start()
        return self

    def put(self, *frames: bytes, connection: int = 1) -> bool:
        return self.buffer.put(Received(self.clock(), connection, list(frames), venue=VENUE.name))

    def deals(self, *deals: Deal, symbol: Symbol = BTC, connection: int = 1) -> bool:
        return self.put(*(frame(deal, symbol) for deal in deals), connection=connection)

    def health(self, symbol: Symbol = BTC) -> SymbolHealth:
        return next(each for each in self.worker.symbols((BTC, ETH)) if each.symbol == symbol)

    def wait_stored(self, count: int, symbol: Symbol = BTC) -> SymbolHealth:
        wait_until(lambda: self.health(symbol).stored >= count)
        return self.health(symbol)

    def live(self) -> "Ingesting":
        self.journal.enter(FeedState.LIVE, "trades arrive")
        return self

    def notes(self, kind: str) -> list[str]:
        return [event.words for event in self.journal.events() if event.kind == kind]

    def finish(self, seconds: float = PATIENCE) -> None:
        self.buffer.close()
        self.worker.join(seconds)


@pytest.fixture
def ingesting(store: Store) -> Iterator[Callable[..., Ingesting]]:
    """Make workers over `store` that end with the test."""
    with ExitStack() as stack:

        def make(**options: object) -> Ingesting:
            made = Ingesting(store, **options)
            stack.callback(made.finish, 0.0)
            return made.start()

        yield make
