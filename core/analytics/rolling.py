"""Rolling mean, deviation, z-score, covariance, correlation and regression: of each row, the window that ends with it.

All have the length of the input, are NaN before the first full window and NaN, never 0, where a window does not vary: where
its standard deviation is no more than rounding, 1e-12 of its level, or so small that its square is lost (1e-145). `ddof` is 1, as
in pandas. Raise NotEnoughData where the window is longer than the series, BadSeries (for values beyond 1e150, too), BadParameter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics import blocks
from core.analytics.series import checked, paired
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import Floats

#: A standard deviation of this share of the level, or less, is rounding.
_ROUNDING = 1e-12
#: One of this size, or less, is made of squares that a float cannot hold in full.
LEAST_STD = 1e-145
#: Squares of larger values, and sums of them, are no numbers.
_LARGEST = 1e150


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
    series = _checked(values, window, 2, "the series")

    def told(part: Floats) -> tuple[Floats, ...]:
        cut = blocks.cut(part, window)
        found = blocks.means(cut)
        squares = blocks.products(cut, cut, (found.gap, found.gap))
        std = blocks.rows(cut, np.sqrt(squares / (window - 1)))
        mean = blocks.rows(cut, found.mean + found.anchor)
        deviation = _padded(part, cut)
        deviation -= found.anchor
        deviation -= found.mean
        varies = std > _least(mean, least_std)
        z = np.divide(blocks.rows(cut, deviation), std, out=np.full(len(part), np.nan), where=varies)
        return mean, std, z

    mean, std, z = _by_chunks(told, window, series)
    return Moments(mean, std, z, window)


def mean(values: npt.ArrayLike, window: int) -> Floats:
    """The mean of the last `window` rows, window >= 1."""

    def told(part: Floats) -> tuple[Floats, ...]:
        cut = blocks.cut(part, window)
        found = blocks.means(cut)
        return (blocks.rows(cut, found.mean + found.anchor),)

    return _by_chunks(told, window, _checked(values, window, 1, "the series"))[0]


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
    series = _checked(values, window, 2, "the series")

    def told(part: Floats) -> tuple[Floats, ...]:
        cut = blocks.cut(part, window)
        found = blocks.means(cut)
        squares = blocks.products(cut, cut, (found.gap, found.gap))
        deviation = np.sqrt(blocks.rows(cut, squares / (window - 1)))[:-1]
        anchor = np.broadcast_to(found.anchor, found.mean.shape).reshape(-1)[: len(part) - 1]
        offset = found.mean.reshape(-1)[: len(part) - 1]
        varies = deviation > _least(anchor + offset, least_std)
        z = np.full(len(part), np.nan)
        np.divide(part[1:] - anchor - offset, deviation, out=z[1:], where=varies)
        return (z,)

    return _by_chunks(told, window, series)[0]


def pair(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> PairMoments:
    """Covariance, correlation and the regression of y on x over the last `window` rows, window >= 3, shape (n,) each."""

    def told(ours: Floats, theirs: Floats) -> tuple[Floats, ...]:
        cut_y, cut_x = blocks.cut(ours, window), blocks.cut(theirs, window)
        mean_y, mean_x, yy, xx, xy = _products(cut_y, cut_x)
        level_y, level_x = mean_y.mean + mean_y.anchor, mean_x.mean + mean_x.anchor
        varies_x, varies_y = _varies(xx, level_x, window), _varies(yy, level_y, window)
        slope = _divided(xy, xx, varies_x)
        share = _divided(slope * xy, yy, varies_y & varies_x)
        np.clip(share, 0.0, 1.0, out=share)
        scatter = np.sqrt(np.maximum(yy - slope * xy, 0.0) / (window - 2))
        residual = (_padded(ours, cut_y) - mean_y.anchor - mean_y.mean) - slope * (
            _padded(theirs, cut_x) - mean_x.anchor - mean_x.mean
        )
        tables = (
            xy / (window - 1),
            np.copysign(np.sqrt(share), xy),
            slope,
            level_y - slope * level_x,
            _divided(scatter, np.sqrt(xx), varies_x),
            share,
            scatter,
            residual,
        )
        return tuple(blocks.rows(cut_y, table) for table in tables)

    columns = _by_chunks(told, window, *_both(y, x, window, 3))
    covariance, correlation, slope, intercept, slope_error, r_squared, residual_std, residual = columns
    return PairMoments(
        covariance, correlation, slope, intercept, slope_error, r_squared, residual_std, residual, window
    )


def covariance(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> Floats:
    """The covariance (ddof 1) of the last `window` rows, window >= 2."""

    def told(ours: Floats, theirs: Floats) -> tuple[Floats, ...]:
        cut_y, cut_x = blocks.cut(ours, window), blocks.cut(theirs, window)
        gaps = blocks.means(cut_y).gap, blocks.means(cut_x).gap
        return (blocks.rows(cut_y, blocks.products(cut_y, cut_x, gaps) / (window - 1)),)

    return _by_chunks(told, window, *_both(y, x, window, 2))[0]


def correlation(y: npt.ArrayLike, x: npt.ArrayLike, window: int) -> Floats:
    """Pearson's correlation of the last `window` rows, window >= 2, of what is given: of returns, not prices."""

    def told(ours: Floats, theirs: Floats) -> tuple[Floats, ...]:
        cut_y, cut_x = blocks.cut(ours, window), blocks.cut(theirs, window)
        mean_y, mean_x, yy, xx, xy = _products(cut_y, cut_x)
        known = _varies(yy, mean_y.mean + mean_y.anchor, window) & _varies(xx, mean_x.mean + mean_x.anchor, window)
        found = _divided(xy, np.sqrt(yy) * np.sqrt(xx), known)
        return (blocks.rows(cut_y, np.clip(found, -1.0, 1.0, out=found)),)

    return _by_chunks(told, window, *_both(y, x, window, 2))[0]


def _products(cut_y: blocks.Blocks, cut_x: blocks.Blocks) -> tuple[blocks.Means, blocks.Means, Floats, Floats, Floats]:
    """Both means, and the sums of products yy, xx and xy."""
    mean_y, mean_x = blocks.means(cut_y), blocks.means(cut_x)
    return (
        mean_y,
        mean_x,
        blocks.products(cut_y, cut_y, (mean_y.gap, mean_y.gap)),
        blocks.products(cut_x, cut_x, (mean_x.gap, mean_x.gap)),
        blocks.products(cut_y, cut_x, (mean_y.gap, mean_x.gap)),
    )


def _by_chunks(told: Callable[..., tuple[Floats, ...]], window: int, *series: Floats) -> tuple[Floats, ...]:
    """What is told of each row of the series, shape (n,) each, a chunk of them at a time."""
    n = len(series[0])
    found: tuple[Floats, ...] = ()
    for begin, first, end in blocks.chunks(n, window):
        columns = told(*(values[begin:end] for values in series))
        if end - first == n:
            return columns
        found = found or tuple(np.empty(n) for _ in columns)
        for whole, column in zip(found, columns, strict=True):
            whole[first:end] = column[first - begin :]
    return found


def _both(y: npt.ArrayLike, x: npt.ArrayLike, window: int, least: int) -> tuple[Floats, Floats]:
    ours, theirs = paired(y, x, 0)
    return _checked(ours, window, least, "y"), _checked(theirs, window, least, "x")


def _checked(values: npt.ArrayLike, window: int, least: int, name: str) -> Floats:
    series = checked(values, 0, name)
    check_window(window, least, len(series))
    check_size(series, name)
    return series


def check_size(series: Floats, name: str = "the series") -> None:
    """Raise BadSeries where the square of a value is no number."""
    if max(series.max(initial=0.0), -series.min(initial=0.0)) > _LARGEST:
        row = int(np.argmax(np.abs(series)))
        raise BadSeries(
            f"{name} is {series[row]:g} in row {row}: expected values within {_LARGEST:g}, as squares of larger ones are no "
            "numbers; leave that row out, or take a larger unit"
        )


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
    return np.asarray(np.sqrt(squares / (window - 1)) > _least(level), dtype=np.bool_)


def _least(level: Floats, least_std: float = 0.0) -> Floats:
    """The standard deviation up to which a window of this level does not vary."""
    return np.maximum(_ROUNDING * np.abs(level), max(least_std, LEAST_STD))


def _divided(above: Floats, below: Floats, where: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=where), dtype=np.float64)
