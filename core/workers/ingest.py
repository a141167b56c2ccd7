"""From the buffer into the store: parse, prove continuity, commit trades with their bars, tell the bus.

A batch is worked on until it is committed: a write that fails is tried again until it succeeds, while the buffer fills and
holds the socket back.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from itertools import groupby
from threading import Event, Lock, Thread
from typing import NamedTuple

import numpy as np
from loguru import logger

from core.errors import DeskError, StoreCorrupt, StoreError, StoreUnavailable
from core.feed.backoff import backoff
from core.feed.base import Control, ControlKind, Messages, Observed, Venue
from core.feed.buffer import FrameBuffer, Received
from core.feed.journal import Journal
from core.health import FeedState, StoreState, SymbolHealth
from core.market import Scale, Symbol, Trades
from core.monitor import Bus, Change
from core.store import Commit, Store, Stored
from core.workers.tracker import Step, SymbolTracker
from core.workers.watermark import Watermark

#: Frames that make a batch worth writing before its time has come.
ENOUGH_FRAMES = 5000
_MALFORMED_LOGGED = 20
#: Pages of repair that are stored between two batches of the stream, which comes first.
_PAGES_A_ROUND = 4


class IngestCounts(NamedTuple):
    """Counters since the start."""

    flushes: int
    failures: int
    malformed: int
    ignored: int
    lost: int


class Source(NamedTuple):
    """A venue whose frames come through the buffer, its journal, and whom to tell that it will close a connection."""

    venue: Venue
    journal: Journal
    on_shutdown_notice: Callable[[int], None]


class _Chore(NamedTuple):
    """Something to do between two batches: which symbol, what to ask of its tracker, and who waits for it."""

    symbol: Symbol
    ask: Callable[[SymbolTracker, int], Step | None]
    repairs: bool
    done: "Future[int]"


class IngestWorker:
    """The thread between buffer and store."""

    def __init__(
        self,
        sources: Sequence[Source],
        buffer: FrameBuffer,
        store: Store,
        bus: Bus,
        clock_us: Callable[[], int],
        flush_seconds: float,
    ) -> None:
        self._sources = {source.venue.name: source for source in sources}
        self._buffer, self._store, self._bus = buffer, store, bus
        self._clock_us = clock_us
        self._flush_seconds = flush_seconds
        self._chores: deque[_Chore] = deque()
        self._chores_lock, self._ended = Lock(), False
        self._processed = 0
        self._newest_us: dict[str, tuple[int, float]] = {}
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

    def repair(self, trades: Trades) -> "Future[int]":
        """Store `trades` (ascending, of one symbol), which were fetched to fill holes; the future tells how many were new.

        It comes with a DeskError where they cannot be stored.
        """
        return self._later(trades.symbol, lambda tracker, _: tracker.repaired(trades), repairs=True)

    def announce(self, symbol: Symbol, newest_id: int, time_us: int, cause: str) -> "Future[int]":
        """The venue has trades of `symbol` up to `newest_id`, made by `time_us`; the future tells how many were not known of.

        They are a gap from now on. `cause` says why they did not come.
        """

        def ask(tracker: SymbolTracker, now: int) -> Step | None:
            opened = tracker.announced(newest_id, time_us, cause, now)
            return Step(None, opened, None) if opened else None

        return self._later(symbol, ask, repairs=False)

    def reopen(self, symbol: Symbol) -> "Future[int]":
        """The ledger of `symbol` was changed in the store: look what it says is missing."""

        def ask(tracker: SymbolTracker, _: int) -> None:
            last = self._store.reader.last(symbol)  # between two batches: nothing is on its way there
            if last is not None:
                tracker.reopen(last.sequence.holes)

        return self._later(symbol, ask, repairs=False)

    def last_id(self, symbol: Symbol) -> int | None:
        """The greatest trade id known of `symbol`; None before the first."""
        with self._lock:
            sequence = self._trackers[symbol].sequence
        return sequence.last if sequence else None

    def newest_us(self, venue: str) -> tuple[int, float] | None:
        """The newest event of `venue` in the last batch stored [us], and when that was stored on the steady clock [s]."""
        return self._newest_us.get(venue)

    def _later(self, symbol: Symbol, ask: Callable[[SymbolTracker, int], Step | None], repairs: bool) -> "Future[int]":
        done: Future[int] = Future()
        with self._chores_lock:
            if self._ended:
                done.set_exception(StoreUnavailable("the desk is closing"))
            else:
                self._chores.append(_Chore(symbol, ask, repairs, done))
        self._buffer.wake()
        return done

    def received(self) -> int:
        """How many pieces the queue has taken since the start."""
        return self._buffer.taken_in

    def processed(self) -> int:
        """How many of them have been read and stored."""
        return self._processed

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

    def symbols(self, connected: Collection[Symbol]) -> tuple[SymbolHealth, ...]:
        """How each symbol is; `connected` are those whose connection lives."""
        with self._lock:
            return tuple(tracker.health(symbol in connected) for symbol, tracker in self._trackers.items())

    def _run(self) -> None:
        while not self._buffer.drained:
            received: list[Received] = []
            try:
                received = self._buffer.take(ENOUGH_FRAMES, self._flush_seconds)
                if received:
                    self._ingest(received)
                    self._processed += len(received)
                else:
                    self._idle()
                self._do_chores()
            except Exception:  # noqa: BLE001 - the thread must live on; the log has the traceback, health the words
                self._counts = self._counts._replace(failures=self._counts.failures + 1)
                with self._lock:
                    for tracker in self._trackers.values():
                        tracker.undo()
                self._processed += len(received)
                logger.exception("a batch could not be ingested")
                self._note("error", "a batch could not be ingested, see the log")
        self._end()

    def _ingest(self, received: Sequence[Received]) -> None:
        observed: list[Observed] = []
        steps: dict[Symbol, Step] = {}
        newest: dict[str, int] = {}
        now = self._clock_us()
        for name, items in groupby(sorted(received, key=lambda item: item.venue), key=lambda item: item.venue):
            seen = self._read(self._sources[name], list(items), steps, now)
            observed += seen
            if seen:
                newest[name] = max(int(each.event_time_us.max()) for each in seen)
        watermark = self._watermark.after(observed)
        if steps or watermark:
            self._commit(steps, watermark, now)
        stored = time.monotonic()
        self._newest_us.update({name: (event_us, stored) for name, event_us in newest.items()})

    def _read(
        self, source: Source, items: Sequence[Received], steps: dict[Symbol, Step], now: int
    ) -> Sequence[Observed]:
        """What one venue's frames say; what they lead to is added to `steps`."""
        frames = [frame for item in items for frame in item.frames]
        times = np.repeat([item.received_us for item in items], [len(item.frames) for item in items])
        messages = source.venue.parse(frames, times)
        connection = items[-1].connection
        self._count_unstored(source, messages)
        said_on = np.repeat([item.connection for item in items], [len(item.frames) for item in items])
        for control in messages.controls:
            self._heed(source, control, int(said_on[control.frame]))
        dropped = sum(item.dropped for item in items)
        if dropped:
            source.journal.note("dropped", f"{dropped} frames were dropped: the queue was full")
        with self._lock:
            for seen in messages.observed:
                tracker = self._trackers.get(seen.trades.symbol)
                step = tracker.step(seen, connection, dropped > 0, now) if tracker else None
                if step is not None:
                    steps[seen.trades.symbol] = step
        return messages.observed

    def _idle(self) -> None:
        """Let time pass for the bars while a living connection brings nothing; a dead one proves nothing."""
        listening = [source.journal for source in self._sources.values() if source.journal.state is FeedState.LIVE]
        if not listening:
            return
        watermark = self._watermark.in_silence(max(journal.alive_at for journal in listening))
        if watermark:
            self._commit({}, watermark, self._clock_us())

    def _do_chores(self) -> None:
        """What others asked for: a few pieces at a time, so that the stream does not wait."""
        for _ in range(min(_PAGES_A_ROUND, len(self._chores))):
            chore = self._chores.popleft()
            try:
                chore.done.set_result(self._do(chore))
            except DeskError as error:
                chore.done.set_exception(error)
            except BaseException as error:
                chore.done.set_exception(error)
                raise
        if self._chores:
            self._buffer.wake()

    def _do(self, chore: _Chore) -> int:
        """Bring one piece to the store, once; how many rows were new, or ids newly missing. Raise DeskError."""
        now = self._clock_us()
        with self._lock:
            tracker = self._trackers[chore.symbol]
            step = chore.ask(tracker, now)
        if step is None:
            return 0
        try:
            stored = self._append(_commit_of({chore.symbol: step}, 0, now))
        except DeskError:
            with self._lock:
                tracker.undo()
            raise
        result = stored.get(chore.symbol, Stored(0, 0, None))
        with self._lock:
            tracker.confirm_repair(result.new, result.holes)
        if result.touched_us is not None:
            self._bus.publish(Change(self._watermark.time_us, {chore.symbol: result.touched_us}))
        return result.new if chore.repairs else sum(gap.last_id - gap.first_id + 1 for gap in step.opened)

    def _end(self) -> None:
        """Enter what was received and not stored into the ledger, if the store takes that; nobody waits for chores now."""
        now = self._clock_us()
        with self._lock:
            opened = {symbol: tracker.unstored(now) for symbol, tracker in self._trackers.items()}
        if any(opened.values()):
            try:
                self._append(Commit((), opened={symbol: gaps for symbol, gaps in opened.items() if gaps}, now_us=now))
            except DeskError as error:
                logger.error("the last gaps could not be entered into the ledger; the next start finds them: {}", error)
        with self._chores_lock:
            self._ended = True
        while self._chores:
            self._chores.popleft().done.set_exception(StoreUnavailable("the desk is closing"))

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
                self._committed(stored, watermark, bool(commit.opened))
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
                news = self._trackers[symbol].fail(len(step.trades or ()), words)
            if news:
                logger.error("store: {}", words)
                self._note("refused", words)

    def _committed(self, stored: Mapping[Symbol, Stored], watermark: int, gaps: bool) -> None:
        if self._store_state is not StoreState.OK:
            self._note("store", "the database takes writes again")
        self._store_state, self._store_words = StoreState.OK, "every batch was committed"
        self._counts = self._counts._replace(flushes=self._counts.flushes + 1)
        with self._lock:
            for symbol, result in stored.items():
                self._trackers[symbol].confirm(result.new, result.duplicates, result.holes)
        touched = {symbol: result.touched_us for symbol, result in stored.items() if result.touched_us is not None}
        self._bus.publish(Change(watermark or self._watermark.time_us, touched, gaps))

    def _count_unstored(self, source: Source, messages: Messages) -> None:
        self._counts = self._counts._replace(
            malformed=self._counts.malformed + len(messages.malformed), ignored=self._counts.ignored + messages.ignored
        )
        for bad in messages.malformed:
            if self._counts.malformed <= _MALFORMED_LOGGED:
                logger.warning("malformed: {}; it began {!r}", bad.reason, bad.sample)
                source.journal.note("malformed", bad.reason)

    def _heed(self, source: Source, control: Control, connection: int) -> None:
        source.journal.note(control.kind.value, control.words)
        if control.kind is ControlKind.SHUTDOWN:
            source.on_shutdown_notice(connection)

    def _note(self, kind: str, words: str) -> None:
        """Note what concerns every venue."""
        for source in self._sources.values():
            source.journal.note(kind, words)


def _commit_of(steps: Mapping[Symbol, Step], watermark: int, now: int) -> Commit:
    return Commit(
        trades=tuple(step.trades for step in steps.values() if step.trades is not None),
        opened={symbol: step.opened for symbol, step in steps.items() if step.opened},
        filling={symbol: step.filling for symbol, step in steps.items() if step.filling is not None},
        watermark_us=watermark,
        now_us=now,
    )
