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
from core.analytics.products import ROUNDING
from core.analytics.regression import dickey_fuller
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

    One regression without lagged changes, corrected for what the residuals have in common; `lags` are 12 (n / 100)^(1/4) rounded up,
    or what so few rows allow, where None. With strong negative correlation, as of bouncing prices, it rejects far too often:
    `stationarity.adf` with lags by AIC does not. Raise NotEnoughData, BadSeries, BadParameter, and Degenerate where the series
    does not vary but for the trend, or follows from its past without error. Phillips and Perron (1988), Biometrika 75.
    """
    series = _unit(values)
    _check(trend)
    n = len(series) - 1
    taken = min(math.ceil(12.0 * (n / 100.0) ** 0.25), n - 4) if lags is None else lags
    if isinstance(taken, bool) or not isinstance(taken, (int, np.integer)) or not 0 <= taken <= n - 4:
        raise BadParameter(f"lags is {lags!r}: expected a whole number from 0 to {n - 4}, or None")
    t = dickey_fuller(series, trend, 0, None).statistic  # it refuses what has no noise to test against
    design = np.column_stack([series[:-1], *([np.arange(1.0, n + 1)] if trend == "ct" else [])])
    fit = least_squares(design, np.diff(series))
    residuals = fit.residuals
    own = float(residuals @ residuals) / n
    long_run = (
        own
        + 2.0
        * sum(  # above 0 with these weights
            (1.0 - lag / (taken + 1.0)) * float(residuals[lag:] @ residuals[:-lag]) / n for lag in range(1, taken + 1)
        )
    )
    statistic = math.sqrt(own / long_run) * t
    statistic -= 0.5 * (long_run - own) / math.sqrt(long_run) * n * float(fit.slope_errors[0]) / fit.residual_std
    return PhillipsPerron(
        statistic, mackinnon.p_value(statistic, trend), int(taken), n, trend, mackinnon.critical_values(trend, 1, n)
    )


def kpss(values: npt.ArrayLike, trend: Trend = "c") -> Kpss:
    """Kwiatkowski, Phillips, Schmidt and Shin's test that a series is stationary about its mean or line, by statsmodels.

    `values`: shape (n,), n >= 10, in any unit; the lags are chosen as Hobijn, Franses and Ooms (1998) do. Raise NotEnoughData,
    BadSeries, BadParameter, and Degenerate where nothing but rounding is left about the mean or line, or no lags can be
    chosen. Kwiatkowski et al. (1992), J. Econometrics 54.
    """
    left = _unit(values)
    _check(trend)
    left = left - left.mean()
    if trend == "ct":
        time = np.linspace(-1.0, 1.0, len(left))
        left = left - (time @ left) / (time @ time) * time
    spread = float(np.ptp(left))
    if spread <= ROUNDING:
        raise Degenerate(f"nothing but rounding is left about the {'mean' if trend == 'c' else 'line'}: it has to vary")
    from statsmodels.tsa.stattools import kpss as test  # a second to load, and nobody else needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the table's end, which `bounded` tells
        try:
            statistic, p, lags, _ = test(left / spread, regression=trend, nlags="auto", result_object=False)[:4]
        except (OverflowError, ValueError) as error:  # it divides by a sum that is 0
            raise Degenerate("no lags can be chosen: what their number is made of is 0 in this series") from error
    return Kpss(float(statistic), float(p), not 0.01 < p < 0.1, int(lags), len(left), trend)


def _unit(values: npt.ArrayLike) -> Floats:
    """`values` in a power of two that keeps them within -1 and 1."""
    series = checked(values, _LEAST)
    return np.asarray(np.ldexp(series, -int(np.frexp(np.abs(series).max())[1])), dtype=np.float64)


def _check(trend: str) -> None:
    if trend not in ("c", "ct"):
        raise BadParameter(f"the trend is {trend!r}: take 'c' or 'ct'")
