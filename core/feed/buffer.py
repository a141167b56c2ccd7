"""The queue between the socket's thread and the store's: bounded, and honest about what it could not take."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Condition

from core.health import QueueHealth


@dataclass(frozen=True, slots=True)
class Received:
    """Frames of one read of a venue's socket, when they were read, and on which connection since the start (from 1)."""

    received_us: int
    connection: int
    frames: Sequence[bytes]
    dropped: int = 0  # frames lost just before these, because the queue was full
    venue: str = ""  # Venue.name


class FrameBuffer:
    """Frames on their way to the store. A full buffer holds the producer back, for a while; then it drops and counts."""

    def __init__(self, capacity: int, block_seconds: float) -> None:
        self._capacity = capacity
        self._block_seconds = block_seconds
        self._changed = Condition()
        self._items: deque[Received] = deque()
        self._depth = 0
        self._wanted = 1
        self._dropped = 0
        self._dropped_since = 0
        self._blocked_seconds = 0.0
        self._high_water = 0
        self._taken_in = 0
        self._closed = self._woken = False

    def put(self, item: Received) -> bool:
        """Add `item`, waiting for room if need be. False where it was dropped."""
        with self._changed:
            if self._is_full_for(item) and not self._dropped_since:  # once dropping, go on until there is room
                self._wait_for_room(item)
            if self._is_full_for(item):
                self._dropped += len(item.frames)
                self._dropped_since += len(item.frames)
                return False
            if self._dropped_since:
                item = replace(item, dropped=self._dropped_since)
                self._dropped_since = 0
            self._items.append(item)
            self._taken_in += 1
            self._depth += len(item.frames)
            self._high_water = max(self._high_water, self._depth)
            if self._depth >= self._wanted:
                self._changed.notify_all()
            return True

    def take(self, enough: int, timeout: float) -> list[Received]:
        """Everything there is, once `enough` frames wait, or after `timeout` seconds, a `wake` or the end."""
        with self._changed:
            self._wanted = enough
            self._changed.wait_for(lambda: self._depth >= enough or self._closed or self._woken, timeout)
            self._woken = False
            return self._pop(2 * enough)

    def _pop(self, most: int) -> list[Received]:
        taken: list[Received] = []
        count = 0
        while self._items and (not taken or count + len(self._items[0].frames) <= most):
            taken.append(self._items.popleft())
            count += len(taken[-1].frames)
        self._depth -= count
        self._changed.notify_all()
        return taken

    @property
    def taken_in(self) -> int:
        """How many items were added since the start, the dropped ones apart."""
        with self._changed:
            return self._taken_in

    def wake(self) -> None:
        """Let who waits in `take` have a look at once: there is other work."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer; what is in the buffer can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def drained(self) -> bool:
        """Closed and empty."""
        with self._changed:
            return self._closed and not self._items

    def health(self) -> QueueHealth:
        with self._changed:
            return QueueHealth(self._depth, self._capacity, self._dropped, self._blocked_seconds, self._high_water)

    def _is_full_for(self, item: Received) -> bool:
        return bool(self._depth) and self._depth + len(item.frames) > self._capacity

    def _wait_for_room(self, item: Received) -> None:
        started = time.monotonic()
        self._changed.notify_all()
        self._changed.wait_for(lambda: self._closed or not self._is_full_for(item), self._block_seconds)
        self._blocked_seconds += time.monotonic() - started
