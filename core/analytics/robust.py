"""Rolling median, median absolute deviation and the z-score by them: what one bad tick cannot move."""

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.rolling import check_size, check_window
from core.analytics.series import checked
from core.market import Floats

#: A median absolute deviation times this is the standard deviation of normal values: 1 / normal quantile of 3/4.
NORMAL = 1.4826022185056018
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class RobustMoments:
    """Of each row's window, shape (n,) each, NaN before the first full one: median, `deviation` and the row's z-score.

    `deviation` is the median distance from the median times 1.4826, which estimates a standard deviation. `z` is NaN where
    that is no more than rounding, as where more than half of the window are the same.
    """

    median: Floats
    deviation: Floats
    z: Floats
    window: int


class OrderedWindow:
    """The last `window` values in order."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._arrived: deque[float] = deque()
        self._ordered: list[float] = []

    @property
    def is_full(self) -> bool:
        return len(self._arrived) == self.window

    def push(self, value: float) -> None:
        """Take the next value; the oldest goes when there are more than `window`."""
        if self.is_full:
            oldest = self._arrived.popleft()
            del self._ordered[bisect_left(self._ordered, oldest)]
        self._arrived.append(value)
        insort(self._ordered, value)

    def copy(self) -> "OrderedWindow":
        """One of its own, with the same values."""
        found = OrderedWindow(self.window)
        found._arrived, found._ordered = self._arrived.copy(), self._ordered.copy()
        return found

    def z(self, value: float, least_deviation: float = 0.0) -> float:
        """The z-score of `value`, NaN where the window is not full or does not vary."""
        if not self.is_full:
            return math.nan
        centre = self.median()
        deviation = NORMAL * self.deviation(centre)
        varies = deviation > max(_ROUNDING * abs(centre), least_deviation)
        return (value - centre) / deviation if varies else math.nan

    def median(self) -> float:
        """The middle value, or the mean of the two. The window must not be empty."""
        ordered = self._ordered
        half = len(ordered) // 2
        return ordered[half] if len(ordered) % 2 else 0.5 * (ordered[half - 1] + ordered[half])

    def deviation(self, centre: float) -> float:
        """The median distance from `centre`."""
        count = len(self._ordered)
        upper = self._distance(centre, count // 2 + 1)
        return upper if count % 2 else 0.5 * (self._distance(centre, count // 2) + upper)

    def _distance(self, centre: float, count: int) -> float:
        """The `count`-th smallest distance: that many neighbours in order are within it, and no other run is closer."""
        ordered = self._ordered
        low, high, reach = 0, len(ordered) - count, count - 1
        while low < high:  # the first run of which the last value is at least as far away as the first
            middle = (low + high) // 2
            if ordered[middle + reach] - centre >= centre - ordered[middle]:
                high = middle
            else:
                low = middle + 1
        found = max(ordered[low + reach] - centre, centre - ordered[low])
        if low:
            found = min(found, max(ordered[low - 1 + reach] - centre, centre - ordered[low - 1]))
        return found


def moments(values: npt.ArrayLike, window: int, least_deviation: float = 0.0) -> RobustMoments:
    """Median, deviation and z-score of the last `window` rows, the row's own among them, window >= 3; exact.

    A window whose deviation is at most `least_deviation` does not vary. Raise NotEnoughData, BadSeries, BadParameter.
    Hampel (1974), J. American Statistical Association 69.
    """
    series = checked(values, 0)
    check_window(window, 3, len(series))
    check_size(series)
    medians, deviations = np.full(len(series), np.nan), np.full(len(series), np.nan)
    ordered = OrderedWindow(int(window))
    for row, value in enumerate(series.tolist()):
        ordered.push(value)
        if ordered.is_full:
            centre = ordered.median()
            medians[row], deviations[row] = centre, ordered.deviation(centre)
    deviations *= NORMAL
    varies = deviations > np.maximum(_ROUNDING * np.abs(medians), least_deviation)
    z = np.divide(series - medians, deviations, out=np.full(len(series), np.nan), where=varies)
    return RobustMoments(medians, deviations, z, int(window))
