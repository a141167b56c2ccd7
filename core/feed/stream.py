"""Listen to a venue: connect, stay connected, and hand every frame on. The thread that reads only enqueues."""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Event, Lock, Thread

import numpy as np
from loguru import logger

from core.errors import ConnectionRefused, FeedError, GeoBlocked
from core.feed.backoff import backoff
from core.feed.base import Venue
from core.feed.buffer import FrameBuffer, Received
from core.feed.connection import Connection, ConnectionEnded
from core.feed.journal import Journal
from core.health import FeedState
from core.market import Symbol

#: Symbols that go into the address; more are subscribed to by messages, so that the address stays short.
SYMBOLS_IN_URL = 100
MOST_SYMBOLS = 1024
_POLL_SECONDS = 0.2
#: A read that gives little is followed by a breath: a thousand wake-ups a second cost more than the trades.
_BREATH_SECONDS = 0.005
_BREATH_BELOW_BYTES = 8192
_BLOCKED_SECONDS = 300.0
#: After so many times the patience with silence, a connection that only pings is given up.
_SILENCES = 5
#: A connection that has lived so long was a good one, and the next delay starts small again.
_GOOD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is borne [s]."""

    first_frame_seconds: float
    silence_seconds: float


class StreamReader:
    """The reading thread of one venue. `bases` are tried in turn where one answers HTTP 451."""

    def __init__(
        self,
        venue: Venue,
        bases: Sequence[str],
        symbols: Sequence[Symbol],
        buffer: FrameBuffer,
        journal: Journal,
        patience: Patience,
        clock_us: Callable[[], int],
    ) -> None:
        self._venue = venue
        self._bases = deque(base for base in bases if base)
        self._blocked: set[str] = set()
        self._symbols = tuple(symbols)
        self._buffer = buffer
        self._journal = journal
        self._patience = patience
        self._clock_us = clock_us
        self._stop = Event()
        self._renew = Event()
        self._lock = Lock()
        self._outgoing: deque[str] = deque()
        self._request_ids = count(1)
        self._thread = Thread(target=self._run, name="feed-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread; frames received so far stay in the buffer."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()  # what it has read must be in the buffer before that is closed
        self._buffer.close()

    def renew(self, connection: int) -> None:
        """Leave `connection`, if it is still the one, for a new one."""
        if connection == self._journal.connection:
            self._renew.set()

    def listen_to(self, symbols: Sequence[Symbol]) -> None:
        """Change what is listened to, on the living connection."""
        with self._lock:
            added = [symbol for symbol in symbols if symbol not in self._symbols]
            removed = [symbol for symbol in self._symbols if symbol not in symbols]
            self._symbols = tuple(symbols)
            if added:
                self._outgoing.append(self._venue.subscribe(added, next(self._request_ids)))
            if removed:
                self._outgoing.append(self._venue.unsubscribe(removed, next(self._request_ids)))

    def _run(self) -> None:
        delays = backoff(random.random)
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._session()
                if time.monotonic() - started > _GOOD_SECONDS:
                    continue
                wait = next(delays)  # a venue that announces its end at once would have us connect in a loop
            except GeoBlocked as error:
                wait = self._next_base(error)
            except ConnectionRefused as error:
                wait = max(next(delays), error.retry_after or 0.0)
                self._journal.enter(FeedState.RECONNECTING, f"{error}; next try in {wait:.0f} s")
            except FeedError as error:
                delays = backoff(random.random) if time.monotonic() - started > _GOOD_SECONDS else delays
                wait = next(delays)
                self._journal.enter(FeedState.RECONNECTING, f"{error}; next try in {wait:.1f} s")
            except Exception:  # noqa: BLE001 - whatever happens, the desk goes on listening
                logger.exception("the feed reader met an error that it does not know")
                wait = next(delays)
                self._journal.enter(FeedState.RECONNECTING, "an unknown error, see the log; trying again")
            if not self._stop.is_set():
                logger.warning("feed: {}", self._journal.health().words)
            self._stop.wait(wait)
        self._journal.enter(FeedState.STOPPED, "stopped by the desk")

    def _next_base(self, error: GeoBlocked) -> float:
        self._blocked.add(self._bases[0])
        self._bases.rotate(-1)
        if self._blocked.issuperset(self._bases):
            self._blocked.clear()
            self._journal.enter(FeedState.BLOCKED, f"{error}; next try in {_BLOCKED_SECONDS:.0f} s")
            return _BLOCKED_SECONDS
        self._journal.note("blocked", f"{error}; trying {self._bases[0]}")
        return 0.0

    def _session(self) -> None:
        """One connection from its opening to its end. Raise FeedError saying how it ended; return where we ended it."""
        with self._lock:
            symbols = self._symbols
            self._outgoing.clear()
            if symbols[SYMBOLS_IN_URL:]:
                self._outgoing.append(self._venue.subscribe(symbols[SYMBOLS_IN_URL:], next(self._request_ids)))
        if not self._bases:
            raise FeedError("no address to listen to: set BINANCE_WS_URL")
        base = self._bases[0]
        self._renew.clear()
        self._journal.enter(FeedState.CONNECTING, f"connecting to {base}")
        connection = Connection.open(self._venue.stream_url(base, symbols[:SYMBOLS_IN_URL]))
        try:
            number = self._journal.connected(base)
            self._journal.enter(FeedState.WAITING, f"connected to {base}; waiting for the first trade")
            self._read_on(connection, number)
        finally:
            connection.close()

    def _read_on(self, connection: Connection, number: int) -> None:
        watch = _Watch(self._patience, time.monotonic())
        next_send = watch.opened
        while not (self._stop.is_set() or self._renew.is_set()):
            if self._outgoing and time.monotonic() >= next_send:
                connection.send(self._outgoing.popleft())
                next_send = time.monotonic() + self._venue.pace_seconds
            before = connection.bytes
            try:
                messages = connection.read(_POLL_SECONDS)
            except ConnectionEnded as end:
                self._hand_on(end.messages, number)
                raise
            size = connection.bytes - before
            if messages:
                self._hand_on(messages, number)
                self._journal.received(len(messages), size)
            self._judge(watch, messages, size)
            if size and size < _BREATH_BELOW_BYTES:
                self._stop.wait(_BREATH_SECONDS)

    def _hand_on(self, messages: list[bytes], number: int) -> None:
        if messages:
            self._buffer.put(Received(self._clock_us(), number, messages))

    def _judge(self, watch: "_Watch", messages: list[bytes], size: int) -> None:
        """Tell living, waiting and silent connections apart; raise FeedError for a dead one."""
        now = time.monotonic()
        if size:
            watch.last_byte = now
            self._journal.alive(now)
        if messages and (watch.delivers or self._venue.parse(messages, np.zeros(len(messages), np.int64)).observed):
            watch.last_data, watch.delivers = now, True
            self._journal.enter(FeedState.LIVE, "trades arrive")
        elif now - watch.last_byte > self._patience.silence_seconds:
            raise FeedError(f"not a byte, not even a ping, for {now - watch.last_byte:.0f} s: the connection is dead")
        elif not watch.delivers and now - watch.opened > self._patience.first_frame_seconds:
            self._journal.enter(
                FeedState.SILENT, "connected and subscribed, but no trade has come: check the symbols and the address"
            )
        elif watch.delivers and now - watch.last_data > self._patience.silence_seconds:
            self._journal.enter(FeedState.SILENT, "the connection lives, but trades have stopped")
        if now - max(watch.last_data, watch.opened) > _SILENCES * self._patience.silence_seconds:
            raise FeedError(f"no trade for {now - watch.last_data:.0f} s, pings only: trying a new connection")


class _Watch:
    """When a connection last did what."""

    def __init__(self, patience: Patience, now: float) -> None:
        self.patience = patience
        self.opened = self.last_byte = self.last_data = now
        self.delivers = False
