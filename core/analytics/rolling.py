"""Rolling mean, deviation, z-score, covariance, correlation and regression: of each row, the window that ends with it.

All have the length of the input, are NaN before the first full window and NaN, never 0, where a window does not vary: where
its standard deviation is no more than rounding, 1e-12 of its level. `ddof` is 1, as in pandas. Raise NotEnoughData where the
window is longer than the series, BadSeries, BadParameter.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics import blocks
from core.analytics.series import checked, paired
from core.errors import BadParameter, NotEnoughData
from core.market import Floats

#: A standard deviation of this share of the level, or less, is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of each row's window, shape (n,) each: mean, standard deviation (ddof 1), and the z-score of the row's own value in it."""

    mean: Floats
    std: Floats
    z: Floats
    window: int


@dataclass(frozen=True, slots=True, eq=False)
class PairMoments:
    """Of each row's window of y and x, shape (n,) each: covariance (ddof 1), correlation, and least squares of y on x.

    `slope` and `intercept` with their standard errors, `r_squared`, `residual_std` (n - 2 degrees of freedom), and the
    row's own `residual`. NaN where x does not vary; `correlation` and `r_squared` where one of them does not.
    """

    covariance: Floats
    correlation: Floats
    slope: Floats
    intercept: Floats
    slope_error: Floats
    r_squared: Floats
    residual_std: Floats
    residual: Floats
    window: int


def moments(values: npt.ArrayLike, window: int, least_std: float = 0.0) -> Moments:
    """Mean, standard deviation and z-score of the last `window` rows, the row's own among them, window >= 2.

    A window whose deviation is at most `least_std` does not vary either: of a difference of prices, the rounding of the
    prices, which its own level does not tell.
    """
    series, cut = _cut(values, window, 2, "the series")
    found = blocks.means(cut)
    squares = blocks.products(cut, cut, (found.gap, found.gap))
    std = blocks.rows(cut, np.sqrt(squares / (window - 1)))
    mean = blocks.rows(cut, found.mean + found.anchor)
    varies = std > np.maximum(_ROUNDING * np.abs(mean), least_std)
    deviation = _padded(series, cut)
    deviation -= found.anchor
    deviation -= found.mean
    z = np.divide(blocks.rows(cut, deviation), std, out=np.full(len(series), np.nan), where=varies)
    return Moments(mean, std, z, window)


def mean(values: npt.ArrayLike, window: int) -> Floats:
    """The mean of the last `window` rows, window >= 1."""
    _, cut = _cut(values, window, 1, "the series")
    found = blocks.means(cut)
    return blocks.rows(cut, found.mean + found.anchor)


def std(values: npt.ArrayLike, window: int) -> Floats:
    """The standard deviation (ddof 1) of the last `window` rows; 0 where they are all the same."""
    return moments(values, window).std


def zscore(values: npt.ArrayLike, window: int, least_std: float = 0.0) -> Floats:
    """How many standard deviations the row's value lies above the mean of the last `window` rows, its own among them.

    It cannot leave ± (window - 1) / sqrt(window).
    """
    return moments(values, window, least_std).z


def prior_zscore(values: npt.ArrayLike, window: int, least_std: float = 0.0) -> Floats:
    """The z-score of the row's value in the `window` rows before it, which it has no part in. The first is in row `window`."""
    series, cut = _cut(values, window, 2, "the series")
    found = blocks.means(cut)
    squares = blocks.products(cut, cut, (found.gap, found.gap))
    deviation = np.sqrt(blocks.rows(cut, squares / (window - 1)))[:-1]
    anchor = np.broadcast_to(found.anchor, found.mean.shape).reshape(-1)[: len(series) - 1]
    offset = found.mean.reshape(-1)[: len(series) - 1]
    varies = deviation > np.maximum(_ROUNDING * np.abs(anchor + offset), least_std)
    z = np.full(len(series), np.nan)
    np.divide(series[1:] - anchor - offset, deviation, out=z[1:], where=varies)
    return z


def pair(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> PairMoments:
    """Covariance, correlation and the regression of y on x over the last `window` rows, window >= 3, shape (n,) each."""
    ours, theirs = paired(y, x, 0)
    (_, cut_y), (_, cut_x) = _cut(ours, window, 3, "y"), _cut(theirs, window, 3, "x")
    mean_y, mean_x = blocks.means(cut_y), blocks.means(cut_x)
    yy = blocks.products(cut_y, cut_y, (mean_y.gap, mean_y.gap))
    xx = blocks.products(cut_x, cut_x, (mean_x.gap, mean_x.gap))
    xy = blocks.products(cut_y, cut_x, (mean_y.gap, mean_x.gap))
    level_y, level_x = mean_y.mean + mean_y.anchor, mean_x.mean + mean_x.anchor
    varies_x, varies_y = _varies(xx, level_x, window), _varies(yy, level_y, window)
    slope = _divided(xy, xx, varies_x)
    share = _divided(slope * xy, yy, varies_y & varies_x)
    np.clip(share, 0.0, 1.0, out=share)
    scatter = np.sqrt(np.maximum(yy - slope * xy, 0.0) / (window - 2))
    residual = (_padded(ours, cut_y) - mean_y.anchor - mean_y.mean) - slope * (
        _padded(theirs, cut_x) - mean_x.anchor - mean_x.mean
    )

    def told(table: Floats) -> Floats:
        return blocks.rows(cut_y, table)

    return PairMoments(
        covariance=told(xy / (window - 1)),
        correlation=told(np.copysign(np.sqrt(share), xy)),
        slope=told(slope),
        intercept=told(level_y - slope * level_x),
        slope_error=told(_divided(scatter, np.sqrt(xx), varies_x)),
        r_squared=told(share),
        residual_std=told(scatter),
        residual=told(residual),
        window=window,
    )


def covariance(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> Floats:
    """The covariance (ddof 1) of the last `window` rows, window >= 2."""
    cut_y, cut_x, gaps = _both(y, x, window)
    return blocks.rows(cut_y, blocks.products(cut_y, cut_x, gaps) / (window - 1))


def correlation(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> Floats:
    """Pearson's correlation of the last `window` rows, window >= 2, of what is given: of returns, not prices."""
    ours, theirs = paired(y, x, 0)
    (_, cut_y), (_, cut_x) = _cut(ours, window, 2, "y"), _cut(theirs, window, 2, "x")
    mean_y, mean_x = blocks.means(cut_y), blocks.means(cut_x)
    yy = blocks.products(cut_y, cut_y, (mean_y.gap, mean_y.gap))
    xx = blocks.products(cut_x, cut_x, (mean_x.gap, mean_x.gap))
    xy = blocks.products(cut_y, cut_x, (mean_y.gap, mean_x.gap))
    known = _varies(yy, mean_y.mean + mean_y.anchor, window) & _varies(xx, mean_x.mean + mean_x.anchor, window)
    found = _divided(xy, np.sqrt(yy) * np.sqrt(xx), known)
    return blocks.rows(cut_y, np.clip(found, -1.0, 1.0, out=found))


def _both(
    y: npt.ArrayLike, x: npt.ArrayLike, window: int
) -> tuple[blocks.Blocks, blocks.Blocks, tuple[Floats, Floats]]:
    ours, theirs = paired(y, x, 0)
    (_, cut_y), (_, cut_x) = _cut(ours, window, 2, "y"), _cut(theirs, window, 2, "x")
    return cut_y, cut_x, (blocks.means(cut_y).gap, blocks.means(cut_x).gap)


def _cut(values: npt.ArrayLike, window: int, least: int, name: str) -> tuple[Floats, blocks.Blocks]:
    series = checked(values, 0, name)
    check_window(window, least, len(series))
    return series, blocks.cut(series, window)


def check_window(window: int, least: int, n: int) -> None:
    """Raise BadParameter where `window` is no whole number from `least`, NotEnoughData where it is longer than `n` rows."""
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < least:
        raise BadParameter(f"the window is {window!r} rows: expected a whole number from {least}")
    if window > n:
        raise NotEnoughData(int(window), n, "rows for one window")


def _padded(values: Floats, cut: blocks.Blocks) -> Floats:
    found = np.full(cut.ahead.mean.shape, values[-1])
    found.reshape(-1)[: cut.n] = values
    return found


def _varies(squares: Floats, level: Floats, window: int) -> npt.NDArray[np.bool_]:
    return np.asarray(np.sqrt(squares / (window - 1)) > _ROUNDING * np.abs(level), dtype=np.bool_)


def _divided(above: Floats, below: Floats, where: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=where), dtype=np.float64)
