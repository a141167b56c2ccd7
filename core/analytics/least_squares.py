"""Least squares of y on any design: by an orthogonal factorisation of centred and scaled columns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import BadSeries, Degenerate, NotEnoughData
from core.market import Floats

#: A column of which less than this share is its own is a combination of those before it.
_LEAST_SHARE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """y on the columns of a design and a constant: `slopes` with `slope_errors`, shape (k,), and the intercept with its.

    `residual_std` has n - k - 1 degrees of freedom. `covariance`, shape (k + 1, k + 1), is of the intercept and the slopes.
    """

    intercept: float
    slopes: Floats
    intercept_error: float
    slope_errors: Floats
    r_squared: float
    residual_std: float
    residuals: Floats
    covariance: Floats
    n: int


def least_squares(design: npt.ArrayLike, y: npt.ArrayLike) -> LeastSquares:
    """Least squares of `y`, shape (n,), on the columns of `design`, shape (n, k), and a constant, in any units.

    Columns are centred and scaled first, and the solution is refined once, so that digits go neither into a level nor into a
    unit. Raise BadSeries, NotEnoughData for fewer than k + 2 rows, Degenerate where a column is a combination of the others.
    """
    columns, target = np.array(design, dtype=np.float64, ndmin=2), np.asarray(y, dtype=np.float64)
    if columns.ndim != 2 or target.ndim != 1 or len(columns) != len(target):
        raise BadSeries(f"a design of shape {columns.shape} for y of shape {target.shape}: expected (n, k) and (n,)")
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise BadSeries("the design or y has values that are not finite: leave those rows out")
    n, k = columns.shape
    if n < k + 2:
        raise NotEnoughData(k + 2, n, "rows")
    centre_x, centre_y = _mean(columns), float(_mean(target))
    columns, target = columns - centre_x, target - centre_y
    scale = np.sqrt((columns * columns).sum(axis=0))
    if not (scale > 0).all():
        raise Degenerate(f"column {int(np.argmin(scale))} of the design does not vary: leave it out")
    factor, triangle = np.linalg.qr(columns / scale)
    own = np.abs(np.diagonal(triangle))
    if (own < _LEAST_SHARE).any():
        raise Degenerate(f"column {int(own.argmin())} of the design is a combination of those before it: leave it out")
    slopes = np.linalg.solve(triangle, factor.T @ target) / scale
    slopes = slopes + np.linalg.solve(triangle, factor.T @ (target - columns @ slopes)) / scale
    residuals = target - columns @ slopes
    shift = float(residuals.mean())
    residuals -= shift
    squares, total = float(residuals @ residuals), float(target @ target)
    variance = squares / (n - k - 1)
    inverse = np.linalg.solve(triangle, np.eye(k)) / scale[:, None]
    spread = inverse @ inverse.T
    covariance = np.empty((k + 1, k + 1))
    covariance[1:, 1:] = spread
    covariance[0, 1:] = covariance[1:, 0] = -spread @ centre_x
    covariance[0, 0] = 1.0 / n + centre_x @ spread @ centre_x
    covariance *= variance
    errors = np.sqrt(np.diagonal(covariance))
    return LeastSquares(
        intercept=float(centre_y - centre_x @ slopes + shift),
        slopes=slopes,
        intercept_error=float(errors[0]),
        slope_errors=errors[1:],
        r_squared=1.0 - squares / total if total > 0 else 0.0,
        residual_std=float(np.sqrt(variance)),
        residuals=residuals,
        covariance=covariance,
        n=n,
    )


def _mean(values: Floats) -> Floats:
    """The mean, corrected by that of what it leaves."""
    first = values.mean(axis=0)
    return np.asarray(first + (values - first).mean(axis=0), dtype=np.float64)
