"""How much of x moves with y: the hedge ratio, by several estimators, each with its error and what it stands on."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.centre import Centred, centred
from core.analytics.huber import residual_variance, robust_deviation, weights
from core.analytics.reverting import least_persistent, least_predictable
from core.analytics.series import paired
from core.analytics.theil_sen import MedianSlope, median_slope
from core.errors import BadParameter, Degenerate
from core.market import Floats

Estimator = Literal["ols", "tls", "huber", "theil_sen", "min_half_life", "box_tiao"]
_MOST_STEPS = 100
_LEAST = 3


@dataclass(frozen=True, slots=True)
class HedgeRatio:
    """y = intercept + slope * x, from `n` rows: hold -slope of x for each y (of prices), or in value (of logs).

    `slope_error` and `intercept_error` are standard errors, None where the estimator gives none; they take the rows as
    independent, which prices are not: of two unrelated walks they are far too small. `residual_std` is what the line leaves,
    `r_squared` the share of y's variance that it does not; both about the line itself, whatever it was fitted to. `low` and
    `high` bound a 95 % interval of the slope.
    """

    estimator: str
    slope: float
    intercept: float
    slope_error: float | None
    intercept_error: float | None
    low: float | None
    high: float | None
    r_squared: float
    residual_std: float
    n: int


class _Legs:
    """Both series about their means, each in a unit of its own."""

    def __init__(self, y: npt.ArrayLike, x: npt.ArrayLike) -> None:
        ours, theirs = paired(y, x, _LEAST)
        self.y: Centred = centred(ours, "y")
        self.x: Centred = centred(theirs, "x")
        self.n = len(ours)
        self.rate = self.y.unit / self.x.unit
        self.mean_y, self.mean_x = self.y.mean * self.y.unit, self.x.mean * self.x.unit

    def told(self, estimator: str, slope: float, error: float | None, shift: float = 0.0) -> HedgeRatio:
        """The line of this slope, both in the units of the legs, through the means but for `shift`."""
        residuals = self.y.deviations - slope * self.x.deviations - shift
        squares, total = float(residuals @ residuals), float(self.y.deviations @ self.y.deviations)
        spread = math.sqrt(squares / (self.n - 2))
        found = slope * self.rate
        told = None if error is None else error * self.rate
        reach = None if told is None else 1.959963984540054 * told
        power = float(self.x.deviations @ self.x.deviations)
        level_error = (
            None
            if error is None
            else math.sqrt(spread * spread / self.n + (self.x.mean * error) ** 2 if power > 0 else 0.0)
        )
        return HedgeRatio(
            estimator=estimator,
            slope=found,
            intercept=self.mean_y - found * self.mean_x + shift * self.y.unit,
            slope_error=told,
            intercept_error=None if level_error is None else level_error * self.y.unit,
            low=None if reach is None else found - reach,
            high=None if reach is None else found + reach,
            r_squared=1.0 - squares / total,
            residual_std=spread * self.y.unit,
            n=self.n,
        )


def ols(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """Least squares of y on x with an intercept, shape (n,) each, n >= 3.

    Without an intercept a slope of prices would be about the ratio of their means. Raise NotEnoughData, BadSeries, Degenerate.
    """
    legs = _Legs(y, x)
    slope, error = _least_squares(legs)
    return legs.told("ols", slope, error)


def _least_squares(legs: _Legs) -> tuple[float, float]:
    y, x = legs.y.deviations, legs.x.deviations
    power = float(x @ x)
    slope = float(x @ y) / power
    slope += float(x @ (y - slope * x)) / power
    residuals = y - slope * x
    return slope, math.sqrt(float(residuals @ residuals) / (legs.n - 2) / power)


def total_least_squares(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """The line that is nearest to all points, both legs taken to be in error alike: that of x on y is the same line.

    For legs in comparable units alone, such as logs. The error is from the asymptotic variance of the first principal
    direction. Raise NotEnoughData, BadSeries, Degenerate, where no direction is the first too. Pearson (1901),
    Philosophical Magazine 2; Anderson (1963), Annals of Mathematical Statistics 34.
    """
    legs = _Legs(y, x)
    ours, theirs = legs.y.deviations * legs.rate, legs.x.deviations  # one unit for both: that of x
    yy, xx, xy = float(ours @ ours), float(theirs @ theirs), float(theirs @ ours)
    difference = yy - xx
    root = math.hypot(difference, 2.0 * xy)
    if not (xy and math.isfinite(root)):
        raise Degenerate("y and x have no common direction, or are in units too far apart: take logs, or scale them")
    slope = (difference + root) / (2.0 * xy) if difference >= 0 else 2.0 * xy / (root - difference)
    large, small = 0.5 * (yy + xx + root), max(0.5 * (yy + xx - root), 0.0)
    error = (1.0 + slope * slope) * math.sqrt(large * small / legs.n) / root * math.sqrt(legs.n / (legs.n - 2))
    return legs.told("tls", slope / legs.rate, error / legs.rate)


def huber(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """Huber's regression of y on x: squares for small residuals, distances for those beyond 1.345 robust deviations.

    By iterated weights, as `huber.huber_regression` of one column. Raise NotEnoughData, BadSeries, Degenerate. Huber (1964, 1981, section 7.6 for the errors).
    """
    legs = _Legs(y, x)
    y_, x_ = legs.y.deviations, legs.x.deviations
    slope, shift = _least_squares(legs)[0], 0.0
    deviation = 0.0
    for _ in range(_MOST_STEPS):
        residuals = y_ - slope * x_ - shift
        deviation = robust_deviation(residuals)
        if deviation <= 1e-15:  # more than half of the rows are on the line
            return legs.told("huber", slope, None, shift)
        before = slope, shift
        slope, shift = _weighted(y_, x_, weights(residuals, deviation))
        if max(abs(slope - before[0]), abs(shift - before[1])) <= 1e-13 * max(1.0, abs(slope)):
            break
    variance = residual_variance(y_ - slope * x_ - shift, deviation, 2)
    error = None if variance is None else math.sqrt(variance / float(x_ @ x_))
    return legs.told("huber", slope, error, shift)


def _weighted(y: Floats, x: Floats, counts: Floats) -> tuple[float, float]:
    total = float(counts.sum())
    mean_y, mean_x = float(counts @ y) / total, float(counts @ x) / total
    from_x = x - mean_x
    power = float((counts * from_x) @ from_x)
    if power <= 0:
        raise Degenerate("x does not vary among the rows that are near the line: there is no robust slope")
    slope = float((counts * from_x) @ (y - mean_y)) / power
    return slope, mean_y - slope * mean_x


def theil_sen(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """The median of all slopes between two rows of different x, and the median of what it leaves as intercept; exact.

    `low` and `high` are Sen's interval (1968), from Kendall's score; there is no standard error. Up to 29 % of the rows may be
    anything. Raise NotEnoughData, BadSeries, Degenerate. See `theil_sen.median_slope`.
    """
    legs = _Legs(y, x)
    guess, error = _least_squares(legs)
    found: MedianSlope = median_slope(legs.y.deviations, legs.x.deviations, guess, 4.0 * error)
    shift = float(np.median(legs.y.deviations - found.slope * legs.x.deviations))
    told = legs.told("theil_sen", found.slope, None, shift)
    return _bounded(told, found.low * legs.rate, found.high * legs.rate)


def _bounded(told: HedgeRatio, low: float, high: float) -> HedgeRatio:
    return HedgeRatio(
        told.estimator, told.slope, told.intercept, None, None, low, high, told.r_squared, told.residual_std, told.n
    )


def of_line(y: npt.ArrayLike, x: npt.ArrayLike, slope: float, estimator: str) -> HedgeRatio:
    """How y and x lie about a line of this slope through their means, whoever found it. Raise NotEnoughData, BadSeries, Degenerate."""
    legs = _Legs(y, x)
    if not math.isfinite(slope):
        raise BadParameter(f"the slope is {slope}: expected a number")
    return legs.told(estimator, slope / legs.rate, None)


def min_half_life(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """The line whose residual has the shortest AR(1) half-life, shape (n,) each, n >= 10: see `reverting.least_persistent`."""
    return of_line(y, x, least_persistent(y, x), "min_half_life")


def box_tiao(y: npt.ArrayLike, x: npt.ArrayLike) -> HedgeRatio:
    """The line whose residual is the least predictable, shape (n,) each, n >= 10: see `reverting.least_predictable`."""
    return of_line(y, x, least_predictable(y, x), "box_tiao")


_BY_NAME: Mapping[str, Callable[[npt.ArrayLike, npt.ArrayLike], HedgeRatio]] = {
    "ols": ols,
    "tls": total_least_squares,
    "huber": huber,
    "theil_sen": theil_sen,
    "min_half_life": min_half_life,
    "box_tiao": box_tiao,
}


def estimate(y: npt.ArrayLike, x: npt.ArrayLike, estimator: Estimator = "ols") -> HedgeRatio:
    """The hedge ratio by the estimator of this name. Raise as that does, BadParameter where there is none."""
    found = _BY_NAME.get(estimator)
    if found is None:
        raise BadParameter(f"the estimator is {estimator!r}: expected one of {', '.join(_BY_NAME)}")
    return found(y, x)
