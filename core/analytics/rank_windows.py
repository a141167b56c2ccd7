"""Rank correlation in a moving window, exactly: ranks are kept as whole numbers while the window moves on."""

import numpy as np
import numpy.typing as npt

from core.analytics.series import paired
from core.errors import BadParameter
from core.market import Floats

_Ranks = npt.NDArray[np.int32]

#: So many windows are done together: enough for whole-array steps, few enough to stay in the cache.
_ROWS = 16_384


def rolling_spearman(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> Floats:
    """Spearman's correlation of the last `window` rows of `y` and `x`, shape (n,); NaN before the first full window.

    NaN also where all values of a window are the same. Ties share the mean of their ranks. Exact but for the last
    division. The work is n times `window`. Raise BadSeries, NotEnoughData, BadParameter where `window` is below 3 or
    above n.
    """
    first, second = (np.unique(leg, return_inverse=True)[1].astype(np.int32) for leg in paired(y, x))
    n = len(first)
    if not 3 <= window <= n:
        raise BadParameter(f"the window is {window} rows: expected from 3 to the {n} rows there are")
    found = np.full(n, np.nan)
    for end in range(window - 1, n, _ROWS):
        rows = slice(end - window + 1, min(end + _ROWS, n))
        found[end : rows.stop] = _correlations(first[rows], second[rows], window)
    return found


def _correlations(y: _Ranks, x: _Ranks, window: int) -> Floats:
    """One for each full window of two columns.

    With s the sum of signs of a value's differences from all in its window, twice its rank less the mean rank, the
    correlation is that of s. Along the loop each value grows older by a row a step, in all windows at once.
    """
    full = len(y) - window + 1
    of_y, of_x = _SignSums(y, window), _SignSums(x, window)
    yx, yy, xx = (np.zeros(full) for _ in range(3))
    for age in range(window):
        newest = slice(window - 1 - age, window - 1 - age + full)
        s, q = of_y.sums[newest].astype(np.float64), of_x.sums[newest].astype(np.float64)
        yx += s * q
        yy += s * s
        xx += q * q
        of_y.grow_older(age)
        of_x.grow_older(age)
    scale = np.sqrt(yy * xx)
    found = np.divide(yx, scale, out=np.full(full, np.nan), where=scale > 0)
    return np.asarray(np.clip(found, -1, 1), dtype=np.float64)


class _SignSums:
    """For each value, the sum of the signs of its differences from all in the window that ends `age` rows later."""

    def __init__(self, values: _Ranks, window: int) -> None:
        self._values = values
        self._window = window
        self.sums = np.zeros(len(values), dtype=np.int32)
        for distance in range(1, window):
            self.sums[distance:] += self._signs(distance)

    def grow_older(self, age: int) -> None:
        """Move each window on by a row, from `age` to the next: one value comes in, another leaves."""
        if age + 1 < self._window:
            self.sums[: -(age + 1)] -= self._signs(age + 1)
            leaving = self._window - age - 1
            self.sums[leaving:] -= self._signs(leaving)

    def _signs(self, distance: int) -> npt.NDArray[np.int8]:
        """The sign of each value less the one `distance` rows before, from row `distance` on."""
        later, earlier = self._values[distance:], self._values[:-distance]
        return (later > earlier).view(np.int8) - (later < earlier).view(np.int8)
