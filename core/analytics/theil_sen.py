"""The median of all slopes between two rows, exactly, without ever having all of them.

How many slopes are below b is how many pairs of rows are the other way round when rows go by y - b x instead of by x: an
inversion count, n log n. The count is brought to the middle by false position, and the few slopes between the last two b are then
looked at one by one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.analytics.inversions import count_inversions, inverted_pairs
from core.errors import Degenerate
from core.market import Floats, Ints

#: So many slopes, or so many a row, are looked at one by one.
_FEW = 20_000
_FEW_A_ROW = 8
_MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class MedianSlope:
    """The median of the slopes, and the interval of them that holds the true one with probability `level` (Sen 1968)."""

    slope: float
    low: float
    high: float
    level: float
    slopes: int


def median_slope(y: Floats, x: Floats, guess: float, width: float, level: float = 0.95) -> MedianSlope:
    """The median slope of finite `y` on `x`, shape (n,) each; pairs of equal x have none. `guess` ± `width` is where to begin.

    Raise Degenerate where x does not vary. Theil (1950); Sen (1968), J. American Statistical Association 63.
    """
    slopes = _Slopes(y, x, guess, width if width > 0 else abs(guess) or 1.0)
    total = slopes.total
    if not total:
        raise Degenerate("x does not vary: there is no slope")
    middle = slopes.between((total - 1) // 2, total // 2)
    deviation = math.sqrt(_variance(y, x))
    reach = NormalDist().inv_cdf(0.5 + level / 2) * deviation
    low = max(round((total - reach) / 2) - 1, 0)
    high = min(round((total + reach) / 2), total - 1)
    return MedianSlope(
        slope=0.5 * (middle[0] + middle[1]),
        low=slopes.between(low, low)[0],
        high=slopes.between(high, high)[0],
        level=level,
        slopes=total,
    )


class _Slopes:
    """All slopes, in order, without being there. Rows are by x; rows of equal x by what they are asked for."""

    def __init__(self, y: Floats, x: Floats, guess: float, width: float) -> None:
        order = np.argsort(x, kind="stable")
        self._x, self._y = x[order], y[order]
        ties = np.diff(self._x) == 0
        self._groups = np.concatenate(([0], np.cumsum(~ties))) if ties.any() else None
        n = len(x)
        self.total = n * (n - 1) // 2 - _tied(self._x)
        self._few = max(_FEW, _FEW_A_ROW * n)
        self._counts: dict[float, int] = {}
        self._guess, self._width = guess, width

    def between(self, first: int, last: int) -> tuple[float, float]:
        """The slopes of two ranks from 0 on, `last` at most one above `first`."""
        low, high = self._bracket(first, last)
        below = self._counts[low]
        found = self._from_to(low, high)
        found.partition([first - below, last - below])
        return float(found[first - below]), float(found[last - below])

    def _bracket(self, first: int, last: int) -> tuple[float, float]:
        """Two bounds with both ranks and few others between them: at least `low`, below `high`."""
        low = self._outside(lambda count: count <= first, -1.0)
        high = self._outside(lambda count: count > last, 1.0)
        for known, count in self._counts.items():
            if count <= first and known > low:
                low = known
            if count > last and known < high:
                high = known
        side = 0
        for step in range(_MOST_STEPS):
            below, above = self._counts[low], self._counts[high]
            if above - below <= self._few or math.nextafter(low, math.inf) >= high:
                break
            share = (first + 0.5 - below) / (above - below)
            if step % 4 == 3 or abs(side) > 1:
                share = 0.5
            margin = 0.25 * self._few / (above - below)  # aim a little past, to come to the other side
            share = min(max(share + (margin if side < 0 else -margin if side > 0 else 0.0), 1e-9), 1 - 1e-9)
            at = low + (high - low) * share
            if not low < at < high:
                at = low + (high - low) / 2
            if not low < at < high:
                break
            count = self._count(at)
            if count <= first:
                low, side = at, min(side, 0) - 1
            elif count > last:
                high, side = at, max(side, 0) + 1
            else:  # between the two ranks: both sides have to stay
                low = self._step_out(at, -1.0, lambda found: found <= first)
                high = self._step_out(at, 1.0, lambda found: found > last)
        return low, high

    def _outside(self, is_outside: Callable[[int], bool], direction: float) -> float:
        return self._step_out(self._guess, direction, is_outside)

    def _step_out(self, start: float, direction: float, is_outside: Callable[[int], bool]) -> float:
        width = self._width
        at = start
        while not is_outside(self._count(at)):
            at = start + direction * width
            width *= 4.0
        return at

    def _count(self, slope: float) -> int:
        """How many slopes are below this one."""
        known = self._counts.get(slope)
        if known is None:
            known = self._counts[slope] = count_inversions(self._ranks(slope)[0])
        return known

    def _ranks(self, slope: float) -> tuple[Ints, Ints]:
        """The rank of each row by what the slope leaves of it, and the rows by rank; equal ones in the order of x."""
        left = self._y - slope * self._x
        order = np.argsort(left, kind="stable")
        if self._groups is not None:  # rows of equal x are never the wrong way round
            by_rank = np.argsort(self._groups[order], kind="stable")
            sorted_rows = order[by_rank]
            ranks = np.empty(len(order), dtype=np.int64)
            ranks[order] = np.arange(len(order))
            return ranks[sorted_rows], order
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        return ranks, order

    def _from_to(self, low: float, high: float) -> Floats:
        """Every slope from `low` on and below `high`."""
        _, order = self._ranks(low)
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[self._ranks(high)[1]] = np.arange(len(order))
        first, second = inverted_pairs(ranks[order])
        one, other = order[first], order[second]
        apart = self._x[one] != self._x[other]
        one, other = one[apart], other[apart]
        with np.errstate(over="ignore"):
            return np.asarray((self._y[one] - self._y[other]) / (self._x[one] - self._x[other]), dtype=np.float64)


def _tied(ordered: Floats) -> int:
    """How many pairs of an ordered series are equal."""
    repeats = _repeats(ordered)
    return int((repeats * (repeats - 1) // 2).sum())


def _repeats(ordered: Floats) -> Ints:
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return np.diff(starts, append=len(ordered))


def _variance(y: Floats, x: Floats) -> float:
    """The variance of Kendall's score where y and x are unrelated, with ties (Sen 1968, eq. 2.6)."""

    def term(count: Ints) -> float:
        wide = count.astype(np.float64)
        return float((wide * (wide - 1) * (2 * wide + 5)).sum())

    n = np.array([len(x)])
    # where nearly all values are tied, what this leaves out would bring it back above 0
    return max(term(n) - term(_repeats(np.sort(x))) - term(_repeats(np.sort(y))), 0.0) / 18.0
