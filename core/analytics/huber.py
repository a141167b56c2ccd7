"""Huber's regression on any design: squares for small residuals, distances for those beyond 1.345 robust deviations.

Huber (1964), Annals of Mathematical Statistics 35; (1981), Robust Statistics, sections 7.6 for the errors and 7.8 for the weights.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.least_squares import least_squares
from core.errors import Degenerate
from core.market import Floats

#: Where squares end, in deviations: 95 % as efficient as least squares where errors are normal.
TUNING = 1.345
#: The median distance of normal errors from 0, in standard deviations.
_NORMAL_MEDIAN = 0.6744897501960817
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Huber:
    """y on the columns of a design and a constant: `slopes` with `slope_errors`, shape (k,), and the intercept.

    `deviation` is the robust one of the residuals: their median distance from 0 over 0.6745. `weights`, shape (n,), are 1 where a row
    counts in full. Errors are None where more than half of the rows lie on the plane.
    """

    intercept: float
    slopes: Floats
    slope_errors: Floats | None
    deviation: float
    weights: Floats
    n: int


def robust_deviation(residuals: Floats) -> float:
    """The median distance from 0, as a standard deviation of normal values."""
    return float(np.median(np.abs(residuals))) / _NORMAL_MEDIAN


def weights(residuals: Floats, deviation: float) -> Floats:
    """What each row counts for, 0 to 1, for a `deviation` above 0."""
    reach = TUNING * deviation
    return np.asarray(reach / np.maximum(np.abs(residuals), reach), dtype=np.float64)


def residual_variance(residuals: Floats, deviation: float, terms: int) -> float | None:
    """By what the inverse of the design's squares is to be multiplied, `terms` counting the constant; None where no row is inside."""
    reach, n = TUNING * deviation, len(residuals)
    inside = float((np.abs(residuals) <= reach).mean())
    if inside == 0:
        return None
    score = np.clip(residuals, -reach, reach)
    correction = 1.0 + terms / n * (1.0 - inside) / inside
    return (correction / inside) ** 2 * float(score @ score) / (n - terms)


def huber_regression(design: npt.ArrayLike, y: npt.ArrayLike) -> Huber:
    """Huber's regression of `y`, shape (n,), on the columns of `design`, shape (n, k), and a constant, by iterated weights.

    The same as R's MASS rlm and statsmodels' RLM (errors H1), but for where they stop. For one column `hedge.huber` is faster. Raise as
    `least_squares` does, Degenerate where the rows that count leave a column without variance.
    """
    fit = least_squares(design, y)
    columns, target = np.asarray(design, dtype=np.float64), np.asarray(y, dtype=np.float64)
    centre = columns.mean(axis=0)
    columns = columns - centre
    size = np.sqrt((columns * columns).sum(axis=0))
    columns /= size
    level, slopes = fit.intercept + float(centre @ fit.slopes), fit.slopes * size
    n, k = columns.shape
    counts, deviation = np.ones(n), 0.0
    for _ in range(_MOST_STEPS):
        residuals = target - level - columns @ slopes
        deviation = robust_deviation(residuals)
        if deviation <= 1e-15 * float(np.abs(target).max()):
            break
        counts = weights(residuals, deviation)
        before = level, slopes
        level, slopes = _weighted(columns, target, counts)
        moved = max(abs(level - before[0]), float(np.abs(slopes - before[1]).max()))
        if moved <= 1e-14 * max(abs(level), float(np.abs(slopes).max())):
            break
    variance = residual_variance(target - level - columns @ slopes, deviation, k + 1) if deviation > 0 else None
    triangle = np.linalg.qr(columns, mode="r")
    inverse = np.linalg.solve(triangle, np.eye(k))
    own = np.sqrt((inverse * inverse).sum(axis=1)) / size
    return Huber(
        intercept=level - float(centre @ (slopes / size)),
        slopes=slopes / size,
        slope_errors=None if variance is None else own * math.sqrt(variance),
        deviation=deviation,
        weights=counts,
        n=n,
    )


def _weighted(columns: Floats, target: Floats, counts: Floats) -> tuple[float, Floats]:
    """The level and the slopes that are nearest to the target, each row's square times what it counts."""
    total = float(counts.sum())
    centre_x, centre_y = counts @ columns / total, float(counts @ target) / total
    root = np.sqrt(counts)
    factor, triangle = np.linalg.qr((columns - centre_x) * root[:, None])
    if (np.abs(np.diagonal(triangle)) <= 1e-13).any():
        raise Degenerate("the rows that count leave a column without variance of its own: there is no robust slope")
    slopes = np.linalg.solve(triangle, factor.T @ ((target - centre_y) * root))
    return centre_y - float(centre_x @ slopes), slopes
