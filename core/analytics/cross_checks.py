"""Other tests of the same questions, to hold against `stationarity`: Phillips-Perron, and KPSS, whose null is the other way round."""

import math
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics import mackinnon
from core.analytics.least_squares import least_squares
from core.analytics.mackinnon import CriticalValues
from core.analytics.series import checked
from core.errors import BadParameter, Degenerate
from core.market import Floats

Trend = Literal["c", "ct"]
_LEAST = 10


@dataclass(frozen=True, slots=True)
class PhillipsPerron:
    """`statistic` is Z of t with `lags` autocovariances of the residual, from `n` rows; it rejects a unit root from below."""

    statistic: float
    p_value: float
    lags: int
    n: int
    trend: Trend
    critical_values: CriticalValues


@dataclass(frozen=True, slots=True)
class Kpss:
    """`statistic` rejects stationarity from above. `p_value` ends at .01 and .1, where the table does; `bounded` says that it is there."""

    statistic: float
    p_value: float
    bounded: bool
    lags: int
    n: int
    trend: Trend


def phillips_perron(values: npt.ArrayLike, trend: Trend = "c", lags: int | None = None) -> PhillipsPerron:
    """Phillips and Perron's test of a series that is given, shape (n,), n >= 10, oldest first, in any unit.

    One regression without lagged changes, corrected for what the residuals have in common; `lags` are 12 (n / 100)^(1/4) rounded up
    where None. With strong negative correlation, as of bouncing prices, it rejects far too often: `stationarity.adf` with lags by
    AIC does not. Raise NotEnoughData, BadSeries, BadParameter, Degenerate. Phillips and Perron (1988), Biometrika 75.
    """
    series = checked(values, _LEAST)
    _check(trend)
    before, after = series[:-1], series[1:]
    n = len(before)
    taken = math.ceil(12.0 * (n / 100.0) ** 0.25) if lags is None else lags
    if isinstance(taken, bool) or not 0 <= taken < n - 3:
        raise BadParameter(f"lags is {lags!r}: expected from 0 to {n - 4}")
    if np.ptp(before) == 0:
        raise Degenerate("the series does not vary")
    design = np.column_stack([before, *([np.arange(1.0, n + 1)] if trend == "ct" else [])])
    fit = least_squares(design, after)
    residuals, error = fit.residuals, float(fit.slope_errors[0])
    own = float(residuals @ residuals) / n
    if not own > 0:
        raise Degenerate("each value follows from the one before without error: there is no noise to test against")
    long_run = own + 2.0 * sum(
        (1.0 - lag / (taken + 1.0)) * float(residuals[lag:] @ residuals[:-lag]) / n for lag in range(1, taken + 1)
    )
    if not long_run > 0:
        raise Degenerate("the residuals' long-run variance is not above 0: take fewer lags")
    statistic = math.sqrt(own / long_run) * (float(fit.slopes[0]) - 1.0) / error
    statistic -= 0.5 * (long_run - own) / math.sqrt(long_run) * n * error / fit.residual_std
    return PhillipsPerron(
        statistic, mackinnon.p_value(statistic, trend), taken, n, trend, mackinnon.critical_values(trend, 1, n)
    )


def kpss(values: npt.ArrayLike, trend: Trend = "c") -> Kpss:
    """Kwiatkowski, Phillips, Schmidt and Shin's test that a series is stationary about its mean or line, by statsmodels.

    `values`: shape (n,), n >= 10; the lags are chosen as Hobijn, Franses and Ooms (1998) do. Raise NotEnoughData, BadSeries,
    BadParameter, Degenerate. Kwiatkowski et al. (1992), J. Econometrics 54.
    """
    series = checked(values, _LEAST)
    _check(trend)
    if np.ptp(series) == 0:
        raise Degenerate("the series does not vary")
    scaled: Floats = (series - series.mean()) / np.ptp(series)
    from statsmodels.tsa.stattools import kpss as test  # a second to load, and nobody else needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the table's end, which `bounded` tells
        statistic, p, lags, _ = test(scaled, regression=trend, nlags="auto", result_object=False)[:4]
    return Kpss(float(statistic), float(p), not 0.01 < p < 0.1, int(lags), len(series), trend)


def _check(trend: str) -> None:
    if trend not in ("c", "ct"):
        raise BadParameter(f"the trend is {trend!r}: take 'c' or 'ct'")
