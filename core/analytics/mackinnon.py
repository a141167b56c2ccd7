"""MacKinnon's distributions of unit-root and cointegration statistics: p-values and critical values from his tables."""

import math
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.polynomial.polynomial import polyval

from core.analytics.lags import Trend, terms
from core.analytics.mackinnon_tables import CRITICAL, GREATEST, LARGE_P, LEAST, LEFT_TAIL_ENDS, SMALL_P
from core.errors import BadParameter
from core.market import Floats


@dataclass(frozen=True, slots=True)
class CriticalValues:
    """The statistic below which a test rejects at 1, 5 and 10 %."""

    one: float
    five: float
    ten: float


@overload
def p_value(statistic: float, trend: Trend, series: int = 1) -> float: ...
@overload
def p_value(statistic: Floats, trend: Trend, series: int = 1) -> Floats: ...
def p_value(statistic: float | Floats, trend: Trend, series: int = 1) -> float | Floats:
    """The asymptotic probability of a statistic as low as this, or lower, where there is a unit root; of any shape.

    `series` is 1 for a series that is given, and for the residual of a cointegrating regression the number of series in it,
    1 to 6; `trend` is that regression's. Below the table's range p is 0, above it 1, NaN where the statistic is NaN. Raise
    BadParameter. MacKinnon (1994).
    """
    row = _row(trend, series, LEAST)
    values = np.asarray(statistic, dtype=np.float64)
    inside = np.clip(values, LEAST[trend][row], min(GREATEST[trend][row], 50.0))
    small = polyval(inside, SMALL_P[trend][row])
    large = polyval(inside, LARGE_P[trend][row])
    p = _normal(np.where(inside <= LEFT_TAIL_ENDS[trend][row], small, large))
    p = np.where(values < LEAST[trend][row], 0.0, np.where(values > GREATEST[trend][row], 1.0, p))
    return float(p) if np.ndim(statistic) == 0 else p


def critical_values(trend: Trend, series: int, n: float) -> CriticalValues:
    """What a statistic from `n` rows has to be below; asymptotic where `n` is infinite. `trend` and `series` as in `p_value`.

    Raise BadParameter; without a constant there is a table for one series alone. MacKinnon (2010).
    """
    if trend == "n" and series != 1:
        raise BadParameter(f"no critical values are known of {series} series without a constant: take the trend 'c'")
    row = _row(trend, series, CRITICAL)
    if not n > 0:
        raise BadParameter(f"critical values of a test on {n} rows: expected a number above 0")
    return CriticalValues(*(float(polyval(1.0 / n, level)) for level in CRITICAL[trend][row]))


def _row(trend: Trend, series: int, table: Mapping[Trend, Sized]) -> int:
    terms(trend)
    rows = len(table[trend])
    if series not in range(1, rows + 1):
        raise BadParameter(f"the table has no distribution for {series} series: expected 1 to {rows}")
    return int(series) - 1


def _normal(quantile: Floats) -> Floats:
    """The standard normal's distribution function, by the error function of the standard library."""
    p = 0.5 * np.frompyfunc(math.erfc, 1, 1)(quantile / -math.sqrt(2.0))
    return np.asarray(p, dtype=np.float64)
