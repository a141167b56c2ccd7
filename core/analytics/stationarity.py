"""Is a series stationary, or does it wander: the augmented Dickey-Fuller test."""

from dataclasses import dataclass

import numpy.typing as npt

from core.analytics import mackinnon
from core.analytics.lags import Lags, Trend
from core.analytics.mackinnon import CriticalValues
from core.analytics.regression import dickey_fuller
from core.analytics.series import checked


@dataclass(frozen=True, slots=True)
class Adf:
    """`statistic` is the t of the level with `lags` lagged changes, from a regression of `n` rows: the series' less 1 + lags.

    `p_value` is of the null that the series has a unit root, by the asymptotic distribution; `critical_values` are those of n rows.
    """

    statistic: float
    p_value: float
    lags: int
    n: int
    trend: Trend
    critical_values: CriticalValues


def adf(values: npt.ArrayLike, trend: Trend = "c", lags: Lags = "aic", max_lag: int | None = None) -> Adf:
    """The augmented Dickey-Fuller test of a series that is given, shape (n,), oldest first, in any unit.

    Not for the residual of a regression or a filter: what was fitted looks more stationary than it is (`cointegration` has
    the test for that). `lags` is their number or the criterion that chooses it, up to `max_lag`
    (`lags.default_max` where None). Raise NotEnoughData, BadSeries, BadParameter, and Degenerate where the series does not vary
    but for the trend, or is explained by its past without error. Dickey and Fuller (1979); Said and Dickey (1984).
    """
    found = dickey_fuller(checked(values), trend, lags, max_lag)
    return Adf(
        found.statistic,
        mackinnon.p_value(found.statistic, trend),
        found.lags,
        found.n,
        trend,
        mackinnon.critical_values(trend, 1, found.n),
    )
