"""The combination of two series that comes back fastest, by itself or as a forecast sees it: hedges that are chosen for it.

Both are eigenvectors of two-by-two matrices of covariances one bar apart. What was chosen for coming back fast looks as if it did: a
half-life or a test of its residual is too good by construction, and belongs on bars that had no part in the choice.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics.centre import centred
from core.analytics.series import paired
from core.errors import Degenerate
from core.market import Floats

_LEAST = 10
#: A matrix of covariances that is closer to singular than this has legs that are one but for scale.
_LEAST_SHARE = 1e-10


class _Covariances(NamedTuple):
    """Of y and x about their means, each in a unit of its own: now with now, and now with one bar later, shape (2, 2) each."""

    now: Floats
    later: Floats
    rate: float


def least_persistent(y: npt.ArrayLike, x: npt.ArrayLike) -> float:
    """The slope b for which y - b x, shape (n,), n >= 10, has the least first autocorrelation, and so the shortest AR(1) half-life.

    Raise NotEnoughData, BadSeries, Degenerate where the legs are one but for scale, or y has no part in the combination.
    """
    found = _covariances(y, x)
    return _slope(found.now, found.later + found.later.T, found.rate)


def least_predictable(y: npt.ArrayLike, x: npt.ArrayLike) -> float:
    """The slope b for which a first-order vector autoregression foresees the least of y - b x, shape (n,), n >= 10.

    Raise as `least_persistent`. Box and Tiao (1977), Biometrika 64.
    """
    found = _covariances(y, x)
    foreseen = found.later.T @ np.linalg.solve(found.now, found.later)
    return _slope(found.now, foreseen + foreseen.T, found.rate)


def _covariances(y: npt.ArrayLike, x: npt.ArrayLike) -> _Covariances:
    ours, theirs = paired(y, x, _LEAST)
    leg_y, leg_x = centred(ours, "y"), centred(theirs, "x")
    both = np.stack(
        (leg_y.deviations / np.abs(leg_y.deviations).max(), leg_x.deviations / np.abs(leg_x.deviations).max())
    )
    rate = (leg_y.unit * float(np.abs(leg_y.deviations).max())) / (leg_x.unit * float(np.abs(leg_x.deviations).max()))
    now, later = both @ both.T, both[:, :-1] @ both[:, 1:].T
    if np.linalg.det(now) <= _LEAST_SHARE * now[0, 0] * now[1, 1]:
        raise Degenerate("the legs are one but for scale: nothing is left to come back")
    return _Covariances(now, later, rate)


def _slope(now: Floats, ratio: Floats, rate: float) -> float:
    """The combination with the least ``v' ratio v / v' now v``, as a slope of y on x."""
    factor = np.linalg.cholesky(now)
    inner = np.linalg.solve(factor, np.linalg.solve(factor, ratio).T)
    vector = np.linalg.solve(factor.T, np.linalg.eigh(0.5 * (inner + inner.T))[1][:, 0])
    if abs(vector[0]) <= 1e-12 * abs(vector[1]):
        raise Degenerate("what comes back fastest is x alone: y has no part in it")
    slope = float(-vector[1] / vector[0]) * rate
    if not math.isfinite(slope):
        raise Degenerate("the slope is not finite: the legs are in units too far apart")
    return slope
