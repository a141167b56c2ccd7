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
        self._connections = 0
        self._frames = 0
        self._bytes = 0
        self._last_frame_us: int | None = None
        self._alive_at = 0.0

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

    def connected(self, url: str) -> int:
        """Count a connection; the answer is its number, from 1."""
        with self._lock:
            self._url = url
            self._connections += 1
            return self._connections

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
        """The number of the newest connection, from 1; 0 before the first."""
        return self._connections

    @property
    def state(self) -> FeedState:
        return self._state

    def events(self) -> tuple[Event, ...]:
        with self._lock:
            return tuple(self._events)

    def health(self) -> FeedHealth:
        with self._lock:
            return FeedHealth(
                self._state,
                self._since_us,
                self._url,
                self._words,
                self._connections,
                self._frames,
                self._bytes,
                self._last_frame_us,
            )
