"""From the buffer into the store: parse, prove continuity, commit trades with their bars, tell the bus.

Nothing is taken off the conveyor before it is committed: a write that fails is tried again until it succeeds, while the
buffer fills and holds the socket back.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Event, Lock, Thread
from typing import NamedTuple

import numpy as np
from loguru import logger

from core.errors import DeskError, StoreCorrupt, StoreError, StoreUnavailable
from core.feed.backoff import backoff
from core.feed.base import Control, ControlKind, Malformed, Messages, Observed, Venue
from core.feed.buffer import FrameBuffer, Received
from core.feed.journal import Journal
from core.health import FeedState, StoreState, SymbolHealth
from core.market import Scale, Symbol
from core.monitor import Bus, Change
from core.store import Commit, Store, Stored
from core.workers.tracker import Step, SymbolTracker
from core.workers.watermark import Watermark

#: Frames that make a batch worth writing before its time has come.
ENOUGH_FRAMES = 5000
_MALFORMED_LOGGED = 20


class IngestCounts(NamedTuple):
    """Counters since the start."""

    flushes: int
    failures: int
    malformed: int
    ignored: int
    lost: int


class IngestWorker:
    """The thread between buffer and store."""

    def __init__(
        self,
        venue: Venue,
        buffer: FrameBuffer,
        store: Store,
        bus: Bus,
        clock_us: Callable[[], int],
        flush_seconds: float,
        journal: Journal,
        on_shutdown_notice: Callable[[int], None],
    ) -> None:
        self._venue, self._buffer, self._store, self._bus = venue, buffer, store, bus
        self._clock_us = clock_us
        self._flush_seconds = flush_seconds
        self._note = journal.note
        self._journal = journal
        self._on_shutdown_notice = on_shutdown_notice
        self._lock = Lock()
        self._trackers: dict[Symbol, SymbolTracker] = {}
        self._counts = IngestCounts(0, 0, 0, 0, 0)
        self._store_state, self._store_words = StoreState.OK, "every batch was committed"
        self._watermark = Watermark(store.reader.watermark_us())
        self._given_up = Event()
        self._thread = Thread(target=self._run, name="ingest", daemon=True)

    def follow(self, symbol: Symbol, scale: Scale | None, listed: bool = True) -> None:
        """Expect trades of `symbol`, going on where its record stands."""
        last = self._store.reader.last(symbol)
        with self._lock:
            tracker = self._trackers[symbol] = SymbolTracker(symbol, scale, last)
            if not listed:
                tracker.unlisted()

    def listed(self, symbol: Symbol, scale: Scale) -> None:
        """The venue told how fine the numbers of `symbol` are."""
        with self._lock:
            self._trackers[symbol].listed(scale)

    def unlisted(self, symbol: Symbol) -> None:
        """The venue does not know `symbol`."""
        with self._lock:
            self._trackers[symbol].unlisted()

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until the closed buffer is drained and committed; after `seconds` give up on a store that refuses."""
        self._thread.join(seconds)
        self._given_up.set()
        self._thread.join()

    @property
    def counts(self) -> IngestCounts:
        return self._counts

    @property
    def watermark_us(self) -> int:
        return self._watermark.time_us

    def store_state(self) -> tuple[StoreState, str]:
        return self._store_state, self._store_words

    def symbols(self, connected: bool) -> tuple[SymbolHealth, ...]:
        """How each symbol is."""
        now = self._clock_us()
        with self._lock:
            return tuple(tracker.health(now, connected) for tracker in self._trackers.values())

    def _run(self) -> None:
        while not self._buffer.drained:
            try:
                received = self._buffer.take(ENOUGH_FRAMES, self._flush_seconds)
                if received:
                    self._ingest(received)
                else:
                    self._idle()
            except Exception:  # noqa: BLE001 - the thread must live on; the log has the traceback, health the words
                self._counts = self._counts._replace(failures=self._counts.failures + 1)
                with self._lock:
                    for tracker in self._trackers.values():
                        tracker.undo()
                logger.exception("a batch could not be ingested")
                self._note("error", "a batch could not be ingested, see the log")

    def _ingest(self, received: Sequence[Received]) -> None:
        frames = [frame for item in received for frame in item.frames]
        times = np.repeat([item.received_us for item in received], [len(item.frames) for item in received])
        messages = self._venue.parse(frames, times)
        self._count_unstored(messages)
        for control in messages.controls:
            self._heed(control, received[-1].connection)
        dropped = sum(item.dropped for item in received)
        if dropped:
            self._note("dropped", f"{dropped} frames were dropped: the queue was full")
        now = self._clock_us()
        with self._lock:
            steps = self._steps(messages.observed, received[-1].connection, dropped > 0, now)
        watermark = self._watermark.after(messages.observed)
        if steps or watermark:
            self._commit(steps, watermark, now)

    def _steps(self, observed: Sequence[Observed], connection: int, dropped: bool, now: int) -> dict[Symbol, Step]:
        steps: dict[Symbol, Step] = {}
        for seen in observed:
            tracker = self._trackers.get(seen.trades.symbol)
            step = tracker.step(seen, connection, dropped, now) if tracker else None
            if step is not None:
                steps[seen.trades.symbol] = step
        return steps

    def _idle(self) -> None:
        """Let time pass for the bars while a living connection brings nothing; a dead one proves nothing."""
        if self._journal.state is not FeedState.LIVE:
            return
        watermark = self._watermark.in_silence(self._journal.alive_at)
        if watermark:
            self._commit({}, watermark, self._clock_us())

    def _commit(self, steps: Mapping[Symbol, Step], watermark: int, now: int) -> None:
        """Write until it is written. A symbol that the store refuses for good is left out, and says so."""
        commit = _commit_of(steps, watermark, now)
        delays = backoff(lambda: 1.0, 0.2, 5.0)
        while True:
            try:
                stored = self._append(commit)
            except (StoreUnavailable, StoreCorrupt) as error:
                if not self._may_retry(error, next(delays), commit):
                    return
            except DeskError as error:
                if len(steps) <= 1:
                    self._refused(steps, error)
                    return
                for symbol, step in steps.items():
                    self._commit({symbol: step}, 0, now)
                self._commit({}, watermark, now)
                return
            else:
                self._committed(stored, watermark)
                return

    def _append(self, commit: Commit) -> Mapping[Symbol, Stored]:
        if self._given_up.is_set():
            raise StoreUnavailable("the desk is closing and the database did not take what came before")
        return self._store.append(commit).result()

    def _may_retry(self, error: StoreError, delay: float, commit: Commit) -> bool:
        """Wait before another try; False when the desk is closing and the time for that is over."""
        self._counts = self._counts._replace(failures=self._counts.failures + 1)
        state = StoreState.FAILED if isinstance(error, StoreCorrupt) else StoreState.RETRYING
        if (state, str(error)) != (self._store_state, self._store_words):
            logger.error("store: {}", error)
            self._note("store", str(error))
        self._store_state, self._store_words = state, str(error)
        if self._given_up.wait(delay):
            lost = sum(len(trades) for trades in commit.trades)
            self._counts = self._counts._replace(lost=self._counts.lost + lost)
            logger.error("{} trades could not be stored before the end: {}", lost, error)
            return False
        return True

    def _refused(self, steps: Mapping[Symbol, Step], error: DeskError) -> None:
        for symbol, step in steps.items():
            words = f"trades of {symbol} are refused: {error}"
            with self._lock:
                news = self._trackers[symbol].fail(len(step.trades), words)
            if news:
                logger.error("store: {}", words)
                self._note("refused", words)

    def _committed(self, stored: Mapping[Symbol, Stored], watermark: int) -> None:
        if self._store_state is not StoreState.OK:
            self._note("store", "the database takes writes again")
        self._store_state, self._store_words = StoreState.OK, "every batch was committed"
        self._counts = self._counts._replace(flushes=self._counts.flushes + 1)
        with self._lock:
            for symbol, result in stored.items():
                self._trackers[symbol].confirm(result.new, result.duplicates)
        touched = {symbol: result.touched_us for symbol, result in stored.items() if result.touched_us is not None}
        self._bus.publish(Change(watermark or self._watermark.time_us, touched))

    def _count_unstored(self, messages: Messages) -> None:
        self._counts = self._counts._replace(
            malformed=self._counts.malformed + len(messages.malformed), ignored=self._counts.ignored + messages.ignored
        )
        for bad in messages.malformed:
            self._tell_malformed(bad)

    def _tell_malformed(self, bad: Malformed) -> None:
        if self._counts.malformed <= _MALFORMED_LOGGED:
            logger.warning("malformed: {}; it began {!r}", bad.reason, bad.sample)
            self._note("malformed", bad.reason)

    def _heed(self, control: Control, connection: int) -> None:
        self._note(control.kind.value, control.words)
        if control.kind is ControlKind.SHUTDOWN:
            self._on_shutdown_notice(connection)


def _commit_of(steps: Mapping[Symbol, Step], watermark: int, now: int) -> Commit:
    return Commit(
        trades=tuple(step.trades for step in steps.values()),
        opened={symbol: step.opened for symbol, step in steps.items() if step.opened},
        holes_left={symbol: step.holes_left for symbol, step in steps.items() if step.holes_left is not None},
        watermark_us=watermark,
        now_us=now,
    )
