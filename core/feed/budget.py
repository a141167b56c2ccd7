"""What a venue's REST may be asked in this minute, and how long it must be left alone: it counts, and asks nobody."""

import time
from collections.abc import Callable
from threading import Lock

from core.health import BudgetHealth
from core.market import SECOND_US, iso

_MINUTE = 60.0
#: Shares of the venue's weight: the foreground leaves the rest unused; the background uses no more than the second itself,
#: and nothing beyond the third of what all use together.
_FOREGROUND, _BACKGROUND, _BACKGROUND_OF_ALL = 0.95, 0.5, 0.8
#: So much later than this machine's minutes the venue's may begin [s].
_APART = 10.0
#: A ban of unknown length, and the longest that the venue documents [s].
_BAN, _LONGEST_BAN = 120.0, 3 * 86_400.0
_BANNED = 418
_NEVER = float("-inf")


class Budget:
    """One venue's request weight, shared by all its clients: the venue counts by address, in minutes of the UTC clock.

    `clock` tells the wall time [s], and `elapsed` a time that nobody sets [s], by which bans are measured. The venue's
    own count wins where it is higher, for other programs may ask from the same address. Where its answers show that its
    minutes begin later than this machine's, the difference is remembered.
    """

    def __init__(
        self, per_minute: int, clock: Callable[[], float], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._lock = Lock()
        self._refusal = _Refusal(elapsed)
        self._behind = 0.0  # the venue's minutes begin so much later than this machine's [s]
        self._minute = 0
        self._used = self._in_background = 0

    def wait_seconds(self, weight: int, background: bool = False) -> float:
        """How long a request of `weight` has to wait before it is worth asking again; 0 where it may go now."""
        with self._lock:
            return self._wait(weight, background)

    def claim(self, weight: int, background: bool = False) -> float:
        """As `wait_seconds`; where that is 0, `weight` is charged in the same breath."""
        with self._lock:
            wait = self._wait(weight, background)
            if wait == 0.0:
                self._charge(weight, background)
            return wait

    def charge(self, weight: int, background: bool = False) -> None:
        """A request of `weight` goes out, whether there is room for it or not."""
        with self._lock:
            self._turn()
            self._charge(weight, background)

    def heard(self, used: int | None) -> None:
        """The venue says that `used` weight is used in its present minute; None where it does not say."""
        if used is None:
            return
        with self._lock:
            second = self._turn()
            if 2 * used < self._used and self._behind + second <= _APART:
                # What was heard at first was of the minute before. (A little less: an answer overtaken by another.)
                self._behind += second
                self._used, self._in_background = used, min(self._in_background, used)
            else:
                self._used = max(self._used, used)

    def refused(self, status: int, retry_after: float | None = None, until_us: int | None = None) -> None:
        """The venue refused with HTTP `status` 429 or 418, for `retry_after` seconds or until its time `until_us`.

        Where it gives neither: until the next minute after 429; after 418 for two minutes, and for twice as long as the
        last time where a ban follows upon another.
        """
        with self._lock:
            seconds = retry_after if retry_after is not None else 0.0
            if seconds <= 0.0 and until_us is not None:
                seconds = until_us / SECOND_US - self._clock()
            if seconds <= 0.0 and status != _BANNED:
                seconds = _MINUTE - self._turn()
            self._refusal.begin(status, seconds)

    def state(self) -> BudgetHealth:
        """How much is used, and whether the venue has to be left alone."""
        with self._lock:
            self._turn()
            words = f"{self._used:,} of {self._per_minute:,} request weight used in this minute"
            wait = self._refusal.seconds_left()
            if wait == 0.0:
                return BudgetHealth(self._used, self._per_minute, None, words)
            until_us = round((self._clock() + wait) * SECOND_US)
            words = f"refused with HTTP {self._refusal.status}: nothing is asked before {iso(until_us)}; {words}"
            return BudgetHealth(self._used, self._per_minute, until_us, words)

    def _wait(self, weight: int, background: bool) -> float:
        second = self._turn()
        ban = self._refusal.seconds_left()
        if ban > 0.0:
            return ban
        if self._used == 0:  # nothing is gained by waiting for another minute
            return 0.0
        has_room = self._has_room(self._used + weight, self._in_background + weight, background)
        return 0.0 if has_room else _MINUTE - second

    def _has_room(self, used: int, in_background: int, background: bool) -> bool:
        if background:
            most_of_all, most = _BACKGROUND_OF_ALL * self._per_minute, _BACKGROUND * self._per_minute
            return used <= most_of_all and in_background <= most
        return used <= _FOREGROUND * self._per_minute

    def _charge(self, weight: int, background: bool) -> None:
        self._used += weight
        self._in_background += weight if background else 0

    def _turn(self) -> float:
        """Begin a new minute if it is time; the second of the minute [0 to 60)."""
        minute, second = divmod(self._clock() - self._behind, _MINUTE)
        if minute > self._minute:
            self._used = self._in_background = 0
        self._minute = int(minute)  # a clock that was set back: the count goes on
        return second


class _Refusal:
    """How long a venue that has refused is left alone."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._until = _NEVER
        self._ban_seconds, self._ban_until = 0.0, _NEVER
        self.status = 0

    def seconds_left(self) -> float:
        return max(0.0, self._until - self._elapsed())

    def begin(self, status: int, seconds: float) -> None:
        """From now on, for `seconds`; where that is not above 0, for as long as a ban lasts by rule."""
        now = self._elapsed()
        if status == _BANNED and now >= self._ban_until:
            again = self._ban_seconds > 0.0 and now < self._ban_until + self._ban_seconds
            self._ban_seconds = seconds if seconds > 0.0 else 2 * self._ban_seconds if again else _BAN
        seconds = min(seconds if seconds > 0.0 else self._ban_seconds, _LONGEST_BAN)
        if now + seconds > self._until:
            self._until, self.status = now + seconds, status
        if status == _BANNED:
            self._ban_until = max(self._ban_until, now + seconds)
