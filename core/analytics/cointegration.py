"""Do two or more series move together: Engle and Granger's test of the residual of one on the others."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics import mackinnon
from core.analytics.lags import Lags, Trend, terms
from core.analytics.mackinnon import CriticalValues
from core.analytics.regression import dickey_fuller
from core.analytics.series import checked
from core.errors import BadSeries, Degenerate, NotEnoughData
from core.market import Floats

#: 1 - R2 below which two series are one but for scale: a hundred square roots of the float's precision.
NEAR_IDENTICAL = 100.0 * float(np.finfo(np.float64).eps) ** 0.5
#: What is left of a series of unit length by rounding alone, for each of its columns.
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class EngleGranger:
    """`statistic` is the t of the level in the Dickey-Fuller regression, with `lags` changes, of the residual of y on x.

    The regression over `n` rows is ``y(t) = trend + sum of hedge_ratios * x(t)``; its trend is
    ``sum of trend_coefficients[i] * t**i``, t counting rows from 0. `r_squared` is about the mean, about 0 without a constant.
    `p_value` is of the null that nothing ties the series, from the distribution for so many series, of which
    `critical_values` are at n rows; None without a constant, for which none are known. `near_identical` says that the series are
    one but for scale, such as a token and its wrapped form: what it then finds stationary is no more than rounding of prices.
    """

    statistic: float
    p_value: float
    lags: int
    n: int
    trend: Trend
    hedge_ratios: tuple[float, ...]
    trend_coefficients: tuple[float, ...]
    r_squared: float
    critical_values: CriticalValues | None
    near_identical: bool

    @property
    def hedge_ratio(self) -> float:
        """How much y moves with the (first) x."""
        return self.hedge_ratios[0]

    @property
    def intercept(self) -> float:
        """The trend at row 0; 0 without one."""
        return self.trend_coefficients[0] if self.trend_coefficients else 0.0


@dataclass(frozen=True, slots=True)
class BothOrders:
    """The test of y on x and of x on y, which differ. `p_value` is of both: twice the smaller, at most 1 (Bonferroni)."""

    y_on_x: EngleGranger
    x_on_y: EngleGranger
    p_value: float


def engle_granger(
    y: npt.ArrayLike, x: npt.ArrayLike, trend: Trend = "c", lags: Lags = "aic", max_lag: int | None = None
) -> EngleGranger:
    """Engle and Granger's test of y, shape (n,), on x, shape (n,) or (n, series), in levels or logs, oldest first.

    The residual's regression has no trend of its own. `lags` is their number or the criterion that chooses it, up to
    `max_lag` (`lags.default_max` where None). Raise NotEnoughData, BadSeries, BadParameter, and Degenerate where a series does
    not vary but for the trend and those before it, or nothing but rounding is left of y. Near-identical series are tested like
    all others, where statsmodels gives minus infinity. Engle and Granger (1987), Econometrica 55.
    """
    target, columns = _legs(y, x)
    fit = _fitted(target, columns, trend)
    found = dickey_fuller(fit.residual, "n", lags, max_lag)
    series = len(columns) + 1
    return EngleGranger(
        found.statistic,
        mackinnon.p_value(found.statistic, trend, series),
        found.lags,
        len(target),
        trend,
        fit.slopes,
        fit.trend,
        1.0 - fit.unexplained,
        None if trend == "n" else mackinnon.critical_values(trend, series, len(target) - 1),  # as Stata counts
        fit.unexplained < NEAR_IDENTICAL,
    )


def both_orders(
    y: npt.ArrayLike, x: npt.ArrayLike, trend: Trend = "c", lags: Lags = "aic", max_lag: int | None = None
) -> BothOrders:
    """`engle_granger` of y on x and of x on y, shape (n,) each, and one p-value that does not choose between them.

    The smaller of both p-values by itself would be too small: 9 % of unrelated walks are below 5 %.
    """
    first, second = checked(y, 0, "y"), checked(x, 0, "x")
    tests = engle_granger(first, second, trend, lags, max_lag), engle_granger(second, first, trend, lags, max_lag)
    return BothOrders(*tests, min(1.0, 2.0 * min(test.p_value for test in tests)))


class _Fit(NamedTuple):
    residual: Floats
    slopes: tuple[float, ...]
    trend: tuple[float, ...]
    unexplained: float


class _Leg(NamedTuple):
    """A series as ``(values + centre) * 2**exponent``: no unit overflows, and no digits go into a constant."""

    values: Floats
    centre: float
    exponent: int

    @classmethod
    def of(cls, series: Floats, about_mean: bool) -> "_Leg":
        exponent = int(np.frexp(np.abs(series).max())[1])
        unit = np.ldexp(series, -exponent)
        centre = float(unit.mean()) if about_mean else 0.0
        return cls(unit - centre, centre, exponent)


def _legs(y: npt.ArrayLike, x: npt.ArrayLike) -> tuple[Floats, list[Floats]]:
    target = checked(y, 0, "y")
    columns = np.transpose(x) if np.ndim(x) == 2 else [x]
    legs = [checked(column, 0, "x" if len(columns) == 1 else f"column {i} of x") for i, column in enumerate(columns)]
    if not legs or any(len(leg) != len(target) for leg in legs):
        raise BadSeries(
            f"y has {len(target)} rows and x the shape {np.shape(x)}: expected aligned series of one length"
        )
    return target, legs


def _fitted(y: Floats, x: list[Floats], trend: Trend) -> _Fit:
    """The least-squares fit of y on x and the trend. Raise Degenerate."""
    n, powers = len(y), terms(trend)
    if n < powers + len(x) + 2:
        raise NotEnoughData(powers + len(x) + 2, n)
    time = np.arange(n) / (n - 1)
    legs = [_Leg.of(leg, powers > 0) for leg in (*x, y)]
    residual, factor = _triangular([*(time**power for power in range(powers)), *(leg.values for leg in legs)])
    own = np.abs(np.diagonal(factor))[powers:]
    for place in np.flatnonzero(own <= _ROUNDING * n**0.5)[:1]:
        name = "y" if place == len(x) else "x" if len(x) == 1 else f"column {place} of x"
        raise Degenerate(
            f"{name} is its trend and the series before it to rounding: expected one that varies by itself"
        )
    weights = np.linalg.solve(factor[:-1, :-1], factor[:-1, -1])
    slopes = tuple(_scaled(w, legs[-1].exponent - leg.exponent) for w, leg in zip(weights[powers:], legs, strict=False))
    centre = legs[-1].centre - sum(float(w) * leg.centre for w, leg in zip(weights[powers:], legs, strict=False))
    parts = weights[:powers] / float(n - 1) ** np.arange(powers)
    parts[:1] += centre
    whole = factor[min(powers, 1) :, -1]
    return _Fit(
        residual,
        slopes,
        tuple(_scaled(part, legs[-1].exponent) for part in parts),
        float(own[-1] ** 2 / (whole @ whole)),
    )


def _triangular(columns: list[Floats]) -> tuple[Floats, Floats]:
    """What of the last column is orthogonal to those before, and the triangular factor of all.

    Gram and Schmidt's, twice: Giraud, Langou and Rozloznik (2005), Computers & Mathematics with Applications 50.
    """
    factor = np.zeros((len(columns), len(columns)))
    basis: list[Floats] = []
    for place, column in enumerate(columns):
        left = column
        for _ in range(2):
            for row, other in enumerate(basis):
                share = other @ left
                factor[row, place] += share
                left = left - share * other
        length = factor[place, place] = np.sqrt(left @ left)
        basis.append(left / length if length > 0 else left)
    return left, factor


def _scaled(value: float, exponent: int) -> float:
    with np.errstate(over="ignore"):
        found = float(np.ldexp(value, exponent))
    if not np.isfinite(found):
        raise BadSeries("y is of so much greater numbers than x that their ratio is no float: take other units")
    return found
