"""Everything that listens to one venue: reader, preparation, watch, repair and reconciliation, started and stopped in order."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf

from core.feed.base import Listing, Venue
from core.feed.budget import Budget
from core.feed.buffer import FrameBuffer
from core.feed.journal import Journal
from core.feed.rest import RestClient
from core.feed.stream import Patience, StreamReader
from core.health import BudgetHealth, FeedHealth, RepairHealth
from core.market import Symbol
from core.monitor import Bus, Change
from core.store import Store
from core.workers.ingest import IngestWorker, Source
from core.workers.preparation import Preparation
from core.workers.reconcile import Reconciler
from core.workers.repair import RepairWorker
from core.workers.watch import Watch

#: The watch has more to do than to wait until a venue may be asked again [s].
_WATCH_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """A venue, where to reach it, and which of its symbols to collect."""

    venue: Venue
    ws_bases: tuple[str, ...]
    rest_bases: tuple[str, ...]
    symbols: tuple[Symbol, ...]


class Line:
    """The desk's side of one venue. `reconcile_seconds` 0 compares nothing."""

    def __init__(
        self, place: Place, buffer: FrameBuffer, patience: Patience, clock_us: Callable[[], int], reconcile_seconds: float
    ) -> None:  # fmt: skip
        self.place, self._clock_us, self._reconcile_seconds = place, clock_us, reconcile_seconds
        self.journal = Journal(clock_us)
        self._budget = Budget(place.venue.weight_per_minute, time.time)
        self._stream = StreamReader(
            place.venue, place.ws_bases, place.symbols, buffer, self.journal, patience, clock_us
        )  # fmt: skip
        self.source = Source(place.venue, self.journal, self._stream.renew)

    def prepare(self, store: Store, ingest: IngestWorker, bus: Bus) -> None:
        """Ask what there is, and make ingest follow it."""
        self._ingest = ingest
        venue, symbols, note = self.place.venue, self.place.symbols, self.journal.note
        self._preparation = Preparation(self._client(), venue, symbols, store, bus, self._learn, note)
        self._repair = RepairWorker(self._client(), venue, symbols, store, ingest, bus, self._clock_us, note)
        self._watch = Watch(
            self._client(_WATCH_PATIENCE_SECONDS),
            venue,
            symbols,
            ingest,
            self.journal,
            self._clock_us,
            self._stream.renew,
            self._repair.call,
        )
        self._reconciler = Reconciler(
            self._client(), venue, symbols, store, ingest, self._watch.clock.now_us, note, self._repair.call,
            self._reconcile_seconds,
        )  # fmt: skip
        listed = self._preparation.ask()
        for symbol in symbols:
            known = listed.get(symbol) if listed else None
            ingest.follow(symbol, known.scale if known else None, listed is None or known is not None)
        if listed is not None:
            self._without_unlisted(listed)

    def start(self, bus: Bus) -> None:
        self._stream.start()
        self._preparation.start()
        self._watch.start()
        self._repair.start()
        if self._reconcile_seconds:
            self._reconciler.start()
        self._unsubscribe = bus.subscribe(self._on_change)

    def stop_listening(self) -> None:
        """End the stream: what was read is in the buffer."""
        self._stream.stop()

    def stop(self) -> None:
        """End everything else."""
        self._unsubscribe()
        for worker in (self._reconciler, self._repair, self._watch, self._preparation):
            worker.stop()

    def feed(self) -> FeedHealth:
        """How the stream is."""
        offset, error = self._watch.clock.offset_ms()
        newest = self._ingest.newest_us(self.place.venue.name)
        return replace(
            self.journal.health(), name=self.place.venue.name, clock_offset_ms=offset, clock_error_ms=error,
            behind_ms=self._watch.behind_ms(), newest_us=newest[0] if newest else None, symbols=self.place.symbols,
        )  # fmt: skip

    def repair(self) -> RepairHealth:
        return self._repair.health()

    def given_up(self) -> Mapping[Symbol, int]:
        """How many ids of each symbol cannot be had any more."""
        return self._repair.given_up()

    def budget(self) -> BudgetHealth:
        return self._budget.state()

    def _client(self, patience_seconds: float = inf) -> RestClient:
        return RestClient(self.place.rest_bases, self._budget, patience_seconds=patience_seconds)

    def _on_change(self, change: Change) -> None:
        if change.gaps:
            self._repair.call()

    def _learn(self, listed: Mapping[Symbol, Listing]) -> None:
        for symbol in self.place.symbols:
            if symbol in listed:
                self._ingest.listed(symbol, listed[symbol].scale)
            else:
                self._ingest.unlisted(symbol)
        self._without_unlisted(listed)

    def _without_unlisted(self, listed: Mapping[Symbol, Listing]) -> None:
        unknown = [symbol for symbol in self.place.symbols if symbol not in listed]
        if not unknown:
            return
        self.journal.note("unlisted", f"the venue does not list {', '.join(map(str, unknown))}: check the names")
        self._stream.listen_to([symbol for symbol in self.place.symbols if symbol in listed])
