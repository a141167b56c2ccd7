"""Intervals for the root of an autoregression that hold from fast reversion to the random walk.

Near one, the statistic of a root is not normal: its distribution depends on c = n log(phi). So the interval has all
phi that the statistic does not reject by its quantiles there. Stock (1991), J. Monetary Economics 28; Mikusheva
(2007), Econometrica 75.
"""

import math
from collections.abc import Callable

import numpy as np

from core.market import Floats

Quantiles = tuple[tuple[float, ...], tuple[float, ...]]

#: c, and the 2.5 and 97.5 % quantiles of (estimate - truth) / error of AR(1) paths with phi = exp(c / n): of the
#: regression, then of the autocovariances. From a random walk, c = 0, towards -inf, where both are normal. Simulated,
#: 20,000 paths of 4,096 steps each, by tests/analytics/reference_dynamics.py.
_TABLE = (
    (0.0, -3.132, 0.236, -2.469, -0.014),
    (-1.0, -2.976, 0.499, -2.411, -0.015),
    (-2.0, -2.876, 0.65, -2.372, -0.02),
    (-3.0, -2.78, 0.774, -2.351, -0.024),
    (-5.0, -2.686, 0.985, -2.294, 0.271),
    (-7.0, -2.602, 1.098, -2.25, 0.691),
    (-10.0, -2.525, 1.251, -2.208, 1.125),
    (-15.0, -2.447, 1.409, -2.163, 1.535),
    (-20.0, -2.371, 1.44, -2.148, 1.7),
    (-30.0, -2.342, 1.559, -2.097, 1.849),
    (-50.0, -2.258, 1.619, -2.054, 1.924),
    (-75.0, -2.215, 1.718, -2.031, 1.966),
    (-100.0, -2.184, 1.718, -2.023, 1.921),
    (-150.0, -2.134, 1.792, -1.967, 1.939),
    (-200.0, -2.094, 1.78, -1.974, 1.938),
    (-300.0, -2.047, 1.83, -1.956, 1.998),
)
_NORMAL = 1.96
_COLUMNS = tuple(zip(*_TABLE, strict=True))
C = _COLUMNS[0]
REGRESSION: Quantiles = (_COLUMNS[1], _COLUMNS[2])
AUTOCOVARIANCE: Quantiles = (_COLUMNS[3], _COLUMNS[4])


def interval(
    statistic: Callable[[Floats], Floats],
    n: int,
    quantiles: Quantiles,
    normal_share: Callable[[Floats], Floats] | None = None,
) -> tuple[float, float]:
    """The least and greatest phi in [0, 1] that `statistic`, a function of log(phi) that falls, does not reject at 5 %.

    `normal_share` is the share of the statistic's variance that is normal whatever phi is.
    """
    c = np.concatenate((-np.geomspace(20.0 * n, 1e-3, 1500), [0.0]))
    at = 1 / np.sqrt(1 - c)
    known = np.concatenate(([0.0], 1 / np.sqrt(1 - np.array(C[::-1]))))
    lower = np.interp(at, known, (-_NORMAL, *quantiles[0][::-1]))
    upper = np.interp(at, known, (_NORMAL, *quantiles[1][::-1]))
    normal = np.zeros(len(c)) if normal_share is None else normal_share(c / n)
    middle = (lower + upper) / 2 * np.sqrt(1 - normal)
    reach = np.sqrt((1 - normal) * ((upper - lower) / 2) ** 2 + normal * _NORMAL**2)
    found = statistic(c / n)
    return _root(c, found - middle - reach, n), _root(c, found - middle + reach, n)


def _root(c: Floats, excess: Floats, n: int) -> float:
    """phi where `excess`, falling along `c`, comes down to 0: 0 where it is below from the start, 1 if it never is."""
    above = np.flatnonzero(excess > 0)
    if not len(above):
        return 0.0
    row = int(above[-1])
    if row == len(c) - 1:
        return 1.0
    share = float(excess[row] / (excess[row] - excess[row + 1]))
    return math.exp(float(c[row] + share * (c[row + 1] - c[row])) / n)
