"""Where to connect to next, and when: addresses in turn, back-off, and what a refusing venue asked for. No I/O."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.errors import ConnectionRefused, FeedError, GeoBlocked
from core.feed.backoff import backoff
from core.health import FeedState

_BLOCKED_SECONDS = 300.0
#: A connection that has lived so long was a good one, and the next delay starts small again.
_GOOD_SECONDS = 30.0


class Verdict(NamedTuple):
    """What a failed attempt leads to where nothing else is connected; no state where another address is tried at once."""

    state: FeedState | None
    words: str


class Attempts:
    """The attempts of one reader to connect. Times are on the steady clock [s]; `random` gives numbers from 0 to 1."""

    def __init__(self, bases: Sequence[str], random: Callable[[], float]) -> None:
        self._bases = deque(base for base in bases if base)
        self._blocked: set[str] = set()
        self._random = random
        self._delays = backoff(random)
        #: No attempt is made before.
        self.not_before = 0.0

    @property
    def base(self) -> str:
        """The address to try. Raise FeedError where there is none."""
        if not self._bases:
            raise FeedError("no address to listen to: set BINANCE_WS_URL")
        return self._bases[0]

    def failed(self, error: FeedError, now: float) -> Verdict:
        """An attempt failed with `error`, or a connection ended with it."""
        state, wait = FeedState.RECONNECTING, 0.0
        if isinstance(error, GeoBlocked):
            state, wait = FeedState.BLOCKED, _BLOCKED_SECONDS
            self._blocked.add(self.base)
            self._bases.rotate(-1)
            if not self._blocked.issuperset(self._bases):
                return Verdict(None, f"{error}; trying {self.base}")
            self._blocked.clear()
        elif isinstance(error, ConnectionRefused):
            wait = max(next(self._delays), error.retry_after or 0.0)
        else:
            wait = next(self._delays)
        self.not_before = max(self.not_before, now + wait)
        wait = self.not_before - now
        return Verdict(state, f"{error}; next try in {wait:.{0 if wait >= 10 else 1}f} s")

    def lived(self, seconds: float) -> bool:
        """A connection lived so long; whether that was long enough for delays to start small again."""
        if seconds > _GOOD_SECONDS:
            self._delays = backoff(self._random)
        return seconds > _GOOD_SECONDS

    def replaced(self, seconds: float, early: bool, now: float) -> None:
        """A connection that lived so long was handed over, perhaps `early`: before its age was the reason.

        A short life that ends early delays the next: a venue that announces its end at once would have us connect in a loop.
        """
        if not self.lived(seconds) and early:
            self.not_before = max(self.not_before, now + next(self._delays))
