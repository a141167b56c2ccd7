"""How often a z-score goes far from 0, and whether it comes back."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import BadParameter, BadSeries
from core.market import Floats


@dataclass(frozen=True, slots=True)
class Excursions:
    """Of `bars` rows with a z-score: `count` times it went to `level` or beyond on one side, and `returned` of them to 0.

    An excursion lasts until the z-score reaches 0 or changes its side; the last one may still be out. `longest` is the longest
    one from the first bar beyond the level to the last before the return [bars].
    """

    level: float
    count: int
    returned: int
    longest: int
    bars: int

    @property
    def is_out(self) -> bool:
        """Whether the last excursion is not over."""
        return self.returned < self.count


def excursions(z: npt.ArrayLike, level: float = 2.0) -> Excursions:
    """The excursions of a z-score, shape (n,), oldest first; rows that are NaN are left out, as if time stood still.

    Raise BadParameter where `level` is not above 0, BadSeries where `z` is not one-dimensional.
    """
    if not (math.isfinite(level) and level > 0):
        raise BadParameter(f"the level is {level}: expected a number above 0, such as 2")
    values = np.asarray(z, dtype=np.float64)
    if values.ndim != 1:
        raise BadSeries(f"z-scores of shape {values.shape}: expected one dimension")
    known = values[~np.isnan(values)]
    starts, ends = _spans(known, level)
    return Excursions(
        level=level,
        count=len(starts),
        returned=int((ends < len(known)).sum()),
        longest=int((ends - starts).max(initial=0)),
        bars=len(known),
    )


def _spans(z: Floats, level: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The first row beyond the level of each excursion and the row that ends it, n where none does."""
    side = np.sign(z)
    turns = np.flatnonzero(np.append(True, side[1:] != side[:-1])[: len(z)])
    ends = np.append(turns[1:], len(z)) if len(turns) else turns
    beyond = np.abs(z) >= level
    counted = np.concatenate(([0], np.cumsum(beyond)))
    reaches = counted[ends] > counted[turns]
    firsts = np.searchsorted(counted, counted[turns[reaches]] + 1) - 1
    return firsts, ends[reaches]
