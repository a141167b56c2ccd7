"""How far bars are final: the watermark over event time."""

import time
from collections.abc import Callable, Sequence

from core.feed.base import Observed
from core.market import HOUR_US, SECOND_US

#: How long bars wait for stragglers of other symbols before the watermark passes them [us].
GRACE_US = 250_000
#: While nothing trades, the venue's time is guessed from ours; this much behind, so that a slow frame is not late [us].
_SILENT_GRACE_US = 1_000_000
#: An event further ahead than this has to be confirmed by the next batch: one absurd time would make all else late [us].
_LEAP_US = HOUR_US


class Watermark:
    """Follows the newest event by a grace; and in silence, the time that has passed since. It never goes back."""

    def __init__(self, time_us: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.time_us = time_us
        self._monotonic = monotonic
        self._newest_us = 0
        self._leaped_us = 0
        self._at = 0.0

    def after(self, observed: Sequence[Observed]) -> int:
        """The watermark after these trades; 0 where it does not move."""
        newest = self._newest(observed)
        if newest > self._newest_us:
            self._newest_us, self._at = newest, self._monotonic()
        return self._move_to(newest - GRACE_US)

    def in_silence(self, alive_at: float) -> int:
        """The watermark while nothing trades; 0 where it moves by less than a second.

        Time counts up to `alive_at`, the monotonic time of the connection's last byte: what is only late may still come.
        """
        if not self._newest_us:
            return 0
        passed_us = max(0, int((alive_at - self._at) * SECOND_US))
        guess = self._newest_us + passed_us - GRACE_US - _SILENT_GRACE_US
        return self._move_to(guess) if guess >= self.time_us + SECOND_US else 0

    def _newest(self, observed: Sequence[Observed]) -> int:
        """The newest event; one that leaps ahead counts only when the next batch is there too."""
        newest = max((int(seen.event_time_us.max()) for seen in observed), default=0)
        known = self._newest_us or self.time_us
        if not known or newest <= known + _LEAP_US:
            self._leaped_us = 0
            return newest
        if self._leaped_us and newest >= self._leaped_us - _LEAP_US:
            self._leaped_us = 0
            return newest
        self._leaped_us = newest
        near = [seen.event_time_us[seen.event_time_us <= known + _LEAP_US] for seen in observed]
        return max((int(times.max()) for times in near if len(times)), default=0)

    def _move_to(self, time_us: int) -> int:
        if time_us <= self.time_us:
            return 0
        self.time_us = time_us
        return time_us
