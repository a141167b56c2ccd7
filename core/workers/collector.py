"""Collecting as one thing: lines to the venues, one buffer and one ingest, started and stopped in order; and how they all are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.feed.buffer import FrameBuffer
from core.feed.stream import Patience
from core.health import Event, FeedState, Health, StoreHealth, SymbolHealth
from core.monitor import Bus
from core.store import Store
from core.workers.ingest import IngestWorker
from core.workers.inspector import Inspector
from core.workers.line import Line, Place

#: How long a closing desk goes on trying to write to a store that refuses [s].
_LAST_WRITES_SECONDS = 10.0
_CONNECTED = (FeedState.WAITING, FeedState.LIVE, FeedState.BEHIND, FeedState.SILENT)


@dataclass(frozen=True, slots=True)
class Intake:
    """How much may wait between socket and store [frames], and how long anything is waited for [s]."""

    queue_frames: int
    block_seconds: float
    flush_seconds: float
    patience: Patience
    reconcile_seconds: float = 60.0


class Collector:
    """One market's feeds into its store. `start` and `stop` are called once each, by the runtime."""

    def __init__(
        self,
        name: str,
        banner: str | None,
        places: Sequence[Place],
        store: Store,
        bus: Bus,
        clock_us: Callable[[], int],
        intake: Intake,
    ) -> None:
        self._name, self._banner, self._store, self._bus, self._clock_us = name, banner, store, bus, clock_us
        self._buffer = FrameBuffer(intake.queue_frames, intake.block_seconds)
        self._lines = tuple(
            Line(place, self._buffer, intake.patience, clock_us, intake.reconcile_seconds) for place in places
        )
        self._ingest = IngestWorker(
            [line.source for line in self._lines], self._buffer, store, bus, clock_us, intake.flush_seconds
        )
        self._inspector = Inspector(store)
        self._started_us = clock_us()

    def start(self) -> None:
        """Check the symbols, then listen."""
        for line in self._lines:
            line.prepare(self._store, self._ingest, self._bus)
        self._ingest.start()
        for line in self._lines:
            line.start(self._bus)
        self._inspector.start()

    def stop(self) -> int:
        """Stop listening, store what was received, and end; how many trades the store would not take."""
        self._inspector.stop()
        for line in self._lines:
            line.stop_listening()
        self._buffer.close()
        self._ingest.join(_LAST_WRITES_SECONDS)
        for line in self._lines:
            line.stop()
        return self._ingest.counts.lost

    def health(self) -> Health:
        """Everything about the collecting, at one moment."""
        counts = self._ingest.counts
        state, words = self._ingest.store_state()
        return Health(
            market=self._name,
            banner=self._banner,
            started_us=self._started_us,
            now_us=self._clock_us(),
            watermark_us=self._ingest.watermark_us or None,
            feeds=tuple(line.feed() for line in self._lines),
            queue=self._buffer.health(),
            store=StoreHealth(
                state,
                words,
                str(self._store.url.database),
                self._store.size_bytes(),
                counts.flushes,
                counts.failures,
                self._inspector.damage,
            ),
            symbols=self._symbols(),
            malformed=counts.malformed,
            errors=counts.failures + counts.lost,
            events=self.events(),
            repairs=tuple(line.repair() for line in self._lines),
            budgets=tuple(line.budget() for line in self._lines),
        )

    def events(self) -> tuple[Event, ...]:
        """The connections' history, oldest first."""
        return tuple(
            sorted((event for line in self._lines for event in line.journal.events()), key=lambda event: event.time_us)
        )

    def _symbols(self) -> tuple[SymbolHealth, ...]:
        connected = {
            symbol for line in self._lines if line.journal.state in _CONNECTED for symbol in line.place.symbols
        }
        given_up = {symbol: ids for line in self._lines for symbol, ids in line.given_up().items()}
        return tuple(
            replace(health, given_up=given_up.get(health.symbol, 0)) for health in self._ingest.symbols(connected)
        )
