"""What the feed is doing, and what it did: kept by the reading thread, read by everyone."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from core.health import Event, FeedHealth, FeedState

_EVENTS_KEPT = 200


class Journal:
    """The state of the connection since when, its counters, and its history in words, newest last."""

    def __init__(self, clock_us: Callable[[], int]) -> None:
        self._clock_us = clock_us
        self._lock = Lock()
        self._events: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._state = FeedState.STARTING
        self._words = "not connected yet"
        self._since_us = clock_us()
        self._url = ""
        self._connections = self._connection = self._handovers = 0
        self._frames = 0
        self._bytes = 0
        self._last_frame_us: int | None = None
        self._alive_at = 0.0
        self._behind: str | None = None

    def enter(self, state: FeedState, words: str) -> None:
        """Note a change of state; staying in it with other words is noted too."""
        with self._lock:
            if (state, words) == (self._state, self._words):
                return
            now = self._clock_us()
            if state is not self._state:
                self._since_us = now
            self._state, self._words = state, words
            self._events.append(Event(now, state.value, words))

    def note(self, kind: str, words: str) -> None:
        """Note an event that changes no state."""
        with self._lock:
            self._events.append(Event(self._clock_us(), kind, words))

    def falls_behind(self, words: str) -> None:
        """Trades arrive long after they were made, until `catches_up`."""
        with self._lock:
            self._behind = words
            self._events.append(Event(self._clock_us(), FeedState.BEHIND.value, words))

    def catches_up(self) -> None:
        """Trades arrive in time again."""
        with self._lock:
            self._behind = None
            self._events.append(Event(self._clock_us(), FeedState.LIVE.value, "trades arrive in time again"))

    def connected(self, url: str) -> int:
        """Count a connection, which is the current one from now on; the answer is its number, from 1."""
        with self._lock:
            self._url = url
            self._connections += 1
            self._connection = self._connections
            return self._connection

    def succeeding(self) -> int:
        """Count a connection that is opened beside the current one; the answer is its number."""
        with self._lock:
            self._connections += 1
            return self._connections

    def handed_over(self, connection: int, url: str, words: str) -> None:
        """Note that `connection`, opened beside the current one, has taken its place."""
        with self._lock:
            self._connection, self._url = connection, url
            self._handovers += 1
            self._events.append(Event(self._clock_us(), "handover", words))

    def received(self, frames: int, size: int) -> None:
        """Count what one read gave."""
        with self._lock:
            self._frames += frames
            self._bytes += size
            self._last_frame_us = self._clock_us()

    def alive(self, now: float) -> None:
        """Note that a byte came, a ping's perhaps, at `now` on the monotonic clock."""
        self._alive_at = now

    @property
    def alive_at(self) -> float:
        """When the last byte came, on the monotonic clock [s]; 0 before the first."""
        return self._alive_at

    @property
    def connection(self) -> int:
        """The number of the current connection, or of the last where there is none, from 1; 0 before the first."""
        return self._connection

    @property
    def state(self) -> FeedState:
        return self._state

    def events(self) -> tuple[Event, ...]:
        with self._lock:
            return tuple(self._events)

    def health(self) -> FeedHealth:
        with self._lock:
            behind = self._behind if self._state is FeedState.LIVE else None
            return FeedHealth(
                self._state if behind is None else FeedState.BEHIND,
                self._since_us,
                self._url,
                self._words if behind is None else behind,
                self._connections,
                self._frames,
                self._bytes,
                self._last_frame_us,
                handovers=self._handovers,
            )
