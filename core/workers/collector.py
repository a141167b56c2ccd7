"""Collecting as one thing: reader, buffer and ingest, started and stopped in order, and how they all are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.feed.base import Listing, Venue
from core.feed.buffer import FrameBuffer
from core.feed.journal import Journal
from core.feed.rest import RestClient
from core.feed.stream import Patience, StreamReader
from core.health import Event, FeedState, Health, StoreHealth
from core.market import Symbol
from core.monitor import Bus
from core.store import Store
from core.workers.ingest import IngestWorker
from core.workers.preparation import Preparation

#: How long a closing desk goes on trying to write to a store that refuses [s].
_LAST_WRITES_SECONDS = 10.0
_CONNECTED = (FeedState.WAITING, FeedState.LIVE, FeedState.SILENT)


@dataclass(frozen=True, slots=True)
class Intake:
    """How much may wait between socket and store [frames], and how long anything is waited for [s]."""

    queue_frames: int
    block_seconds: float
    flush_seconds: float
    patience: Patience


class Collector:
    """One market's feed into its store. `start` and `stop` are called once each, by the runtime."""

    def __init__(
        self,
        name: str,
        banner: str | None,
        venue: Venue,
        bases: Sequence[str],
        client: RestClient,
        symbols: Sequence[Symbol],
        store: Store,
        bus: Bus,
        clock_us: Callable[[], int],
        intake: Intake,
    ) -> None:
        self._name, self._banner, self._store, self._clock_us = name, banner, store, clock_us
        self._symbols = tuple(symbols)
        self._journal = Journal(clock_us)
        self._buffer = FrameBuffer(intake.queue_frames, intake.block_seconds)
        self._stream = StreamReader(venue, bases, self._symbols, self._buffer, self._journal, intake.patience, clock_us)
        self._ingest = IngestWorker(
            venue, self._buffer, store, bus, clock_us, intake.flush_seconds, self._journal, self._stream.renew
        )
        self._preparation = Preparation(client, venue, self._symbols, store, bus, self._learn, self._journal.note)
        self._started_us = clock_us()

    def start(self) -> None:
        """Check the symbols, then listen."""
        listed = self._preparation.ask()
        for symbol in self._symbols:
            known = listed.get(symbol) if listed else None
            self._ingest.follow(symbol, known.scale if known else None, listed is None or known is not None)
        if listed is not None:
            self._without_unlisted(listed)
        self._ingest.start()
        self._stream.start()
        self._preparation.start()

    def stop(self) -> int:
        """Stop listening, store what was received, and end; how many trades the store would not take."""
        self._stream.stop()
        self._ingest.join(_LAST_WRITES_SECONDS)
        self._preparation.stop()
        return self._ingest.counts.lost

    def health(self) -> Health:
        """Everything about the collecting, at one moment."""
        counts = self._ingest.counts
        state, words = self._ingest.store_state()
        feed = self._journal.health()
        return Health(
            market=self._name,
            banner=self._banner,
            started_us=self._started_us,
            now_us=self._clock_us(),
            watermark_us=self._ingest.watermark_us or None,
            feed=feed,
            queue=self._buffer.health(),
            store=StoreHealth(
                state, words, str(self._store.url.database), self._store.size_bytes(), counts.flushes, counts.failures
            ),
            symbols=self._ingest.symbols(feed.state in _CONNECTED),
            malformed=counts.malformed,
            errors=counts.failures + counts.lost,
            events=self.events(),
        )

    def events(self) -> tuple[Event, ...]:
        """The connection's history, oldest first."""
        return self._journal.events()

    def _learn(self, listed: Mapping[Symbol, Listing]) -> None:
        for symbol in self._symbols:
            if symbol in listed:
                self._ingest.listed(symbol, listed[symbol].scale)
            else:
                self._ingest.unlisted(symbol)
        self._without_unlisted(listed)

    def _without_unlisted(self, listed: Mapping[Symbol, Listing]) -> None:
        unknown = [symbol for symbol in self._symbols if symbol not in listed]
        if not unknown:
            return
        self._journal.note("unlisted", f"the venue does not list {', '.join(map(str, unknown))}: check the names")
        self._stream.listen_to([symbol for symbol in self._symbols if symbol in listed])
