"""Paths of raw trades that come at their own times, and which spans between trades overlap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.instants import FURTHEST_US, checked_times
from core.analytics.returns import log_ratio
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats, Ints

#: A search is moved on by single rows so often, then what is still behind is searched for anew.
_STEPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A leg at its distinct trade times [us]: levels from the first one, times `unit` in the unit of the input.

    `variance` is the sum of squared changes of the levels, above 0.
    """

    times: Ints
    levels: Floats
    variance: float
    unit: float

    @classmethod
    def of(cls, times_us: npt.ArrayLike, prices: npt.ArrayLike, log: bool, name: str, spacing_us: int = 1) -> "Path":
        """The path of trades, oldest first, of log prices or of prices; the last one in each `spacing_us` [us] counts.

        Raise BadSeries, NotEnoughData below two distinct times, Degenerate where the price never changes, BadParameter.
        """
        if not 0 < spacing_us <= FURTHEST_US:
            raise BadParameter(f"the spacing of trades is {spacing_us} us: expected 1 or more")
        values = checked(prices, 1, f"the prices of {name}")
        at = checked_times(times_us, len(values), f"the times of {name}")
        if log and values.min() <= 0:
            raise BadSeries(f"the prices of {name} hold {values.min():g}: logarithms need prices above 0")
        cell = at // spacing_us if spacing_us > 1 else at
        last = np.append(cell[1:] != cell[:-1], True)
        if not last.all():
            at, values = at[last], values[last]
        if len(at) < 2:
            raise NotEnoughData(2, len(at), f"distinct trade times of {name}")
        exponent = 0 if log else min(int(np.frexp(np.abs(values).max())[1]), 1023)
        scaled = np.ldexp(values, -exponent)
        levels = log_ratio(values, values[0]) if log else scaled - scaled[0]
        changes = np.diff(levels)
        variance = float(changes @ changes)
        if variance == 0:
            raise Degenerate(f"the price of {name} is {values[0]:g} in all {len(values)} trades: it has to vary")
        return cls(at, levels, variance, float(np.ldexp(1.0, exponent)))


class Overlaps:
    """Which spans of `other` each span of `path` overlaps, while `path` is moved later and later.

    Spans are (earlier trade, later trade]. Those that overlap one span follow one another, so that it is enough to know
    where they start and end.
    """

    def __init__(self, path: Path, other: Path) -> None:
        self._times = path.times
        self._changes = np.diff(path.levels)
        self._levels = np.concatenate((other.levels[:1], other.levels, other.levels[-1:]))
        edge = np.iinfo(np.int64)
        self._bounds = np.concatenate(([edge.min], other.times, [edge.max]))
        self._spacing = max(1, int(other.times[-1] - other.times[0]) // len(other.times))
        self._shift: int | None = None
        self._after: Ints = np.zeros(0, dtype=np.int64)
        self._ends = self._after

    def covariance(self, shift: int) -> float:
        """The sum of products of changes over spans that overlap, with `path` later by `shift` [us]; shifts ascend."""
        times = self._times + shift
        self._move(times, shift)
        together = self._bounds.take(self._after) == times
        self._ends = self._after[1:] + 1
        self._ends -= together[1:]
        return float(self._changes @ self._between(self._levels))

    def squares(self) -> float:
        """The sum of squared products of changes over spans that overlap, at the last shift."""
        sums = np.zeros(len(self._levels))
        np.cumsum(np.diff(self._levels[1:-1]) ** 2, out=sums[2:-1])
        sums[-1] = sums[-2]
        return float(self._changes**2 @ self._between(sums))

    def _move(self, times: Ints, shift: int) -> None:
        """Set `_after`: for each time, how many of the other path's are at or before it."""
        following = self._bounds[1:]
        if self._shift is not None and shift - self._shift <= 2 * self._spacing:
            behind = np.flatnonzero(following.take(self._after) <= times)
            for _ in range(_STEPS):
                self._after[behind] += 1
                behind = behind[following[self._after[behind]] <= times[behind]]
                if not len(behind):
                    break
            self._after[behind] = np.searchsorted(following[:-1], times[behind], "right")
        else:
            self._after = _at_or_before(following[:-1], times)
        self._shift = shift

    def _between(self, padded: Floats) -> Floats:
        """The change, over all spans that each span overlaps, of a column of the other with both its ends doubled."""
        return padded.take(self._ends) - padded.take(self._after[:-1])


def _at_or_before(known: Ints, times: Ints) -> Ints:
    """How many of `known` are at or before each of `times`, both ascending."""
    if 8 * len(times) < len(known):
        return np.searchsorted(known, times, "right")
    order = np.argsort(np.concatenate((known, times)), kind="stable")  # a merge, twice as fast as so many searches
    return np.flatnonzero(order >= len(known)) - np.arange(len(times))
