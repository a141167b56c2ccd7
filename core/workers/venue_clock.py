"""What time it is at the venue, told by this machine's steady clock: a wall clock that jumps changes nothing here."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from core.feed.base import Venue
from core.feed.rest import RestClient
from core.market import SECOND_US

_SAMPLES = 8
#: A sample older than this is not used while there is a younger one: crystals drift [s].
_FRESH_SECONDS = 600.0


class _Sample(NamedTuple):
    """The venue's time at a moment of the steady clock, right to half the way there and back."""

    steady_s: float
    venue_us: int
    error_us: int


class VenueClock:
    """Asks the venue for its time, and goes on from there."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        clock_us: Callable[[], int],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._venue, self._clock_us, self._steady = client, venue, clock_us, steady
        self._samples: deque[_Sample] = deque(maxlen=_SAMPLES)
        self._lock = Lock()

    def measure(self) -> None:
        """Ask once. Raise FeedError where the venue does not answer."""
        sent = self._steady()
        told_us = self._venue.read_time(self._client.get(self._venue.time_request()))
        received = self._steady()
        half_us = int((received - sent) / 2 * SECOND_US)
        with self._lock:
            self._samples.append(_Sample((sent + received) / 2, told_us, half_us))

    def now_us(self, at: float | None = None) -> int | None:
        """The venue's time at `at` on the steady clock, now without it [us]; None where it was never told."""
        best = self._best()
        if best is None:
            return None
        at = self._steady() if at is None else at
        return best.venue_us + int((at - best.steady_s) * SECOND_US)

    def offset_ms(self) -> tuple[float | None, float | None]:
        """How far this machine's wall clock is ahead of the venue's, and how wrong that may be at most [ms]."""
        best, now = self._best(), self.now_us()
        if best is None or now is None:
            return None, None
        return (self._clock_us() - now) / 1000, best.error_us / 1000

    def _best(self) -> _Sample | None:
        """The sample with the shortest way among the fresh ones, else the last."""
        with self._lock:
            samples = list(self._samples)
        if not samples:
            return None
        horizon = self._steady() - _FRESH_SECONDS
        fresh = [sample for sample in samples if sample.steady_s >= horizon] or samples[-1:]
        return min(fresh, key=lambda sample: sample.error_us)
