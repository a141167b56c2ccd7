"""What is known of the wholeness of a symbol's bars."""

from dataclasses import dataclass

import numpy as np

from core.health import Gap
from core.market import Candles, Floats
from core.quality import Quality, bar_quality, window_quality


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known to be missing of a symbol, and the event time up to which its stream is known to be whole.

    It is read before the bars that it is held against: what changes in between then errs on the safe side. Bars that end
    after `watermark_us` are still forming.
    """

    gaps: tuple[Gap, ...]
    proven_us: int
    watermark_us: int

    def window(self, bars: Candles) -> Quality:
        """How much of the window of `bars` is proven. A forming bar, which nothing can prove yet, does not count beside others."""
        closed = int(np.searchsorted(bars.open_time_us, self.watermark_us - bars.interval.us, side="right"))
        return window_quality(bars.take(slice(0, closed)) if closed else bars, self.gaps, self.proven_us)

    def present(self, bars: Candles) -> Floats:
        """A lower bound of the share of each bar's trades that is there, from 0 to 1; NaN where it is unknown."""
        return bar_quality(bars, self.gaps, self.proven_us)
