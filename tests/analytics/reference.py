"""Published numbers, series with known truth, and the augmented Dickey-Fuller test in 80-bit floats."""

import numpy as np
import numpy.typing as npt

from core.market import Floats
from tests.analytics.reference_screener import Long, basis, left_over

#: NIST StRD Norris: y and x, slope and its error, intercept and its error, R2, residual standard deviation.
NORRIS_Y = (
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8,
    557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
)  # fmt: skip
NORRIS_X = (
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5, 11.6,
    556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
)  # fmt: skip
NORRIS = {
    "slope": 1.00211681802045,
    "slope_error": 0.000429796848199937,
    "intercept": -0.262323073774029,
    "intercept_error": 0.232818234301152,
    "r_squared": 0.999993745883712,
    "residual_std": 0.884796396144373,
}


def numacc(base: float) -> Floats:
    """NIST StRD NumAcc2 (base 1), NumAcc3 (1e6), NumAcc4 (1e7): base + .2, then base + .1 and base + .3, 500 times."""
    return np.array([base + 0.2] + [base + 0.1, base + 0.3] * 500)


def walk(seed: int, n: int, start: float = 8.0, step: float = 1e-4) -> Floats:
    """A random walk of log prices."""
    return np.asarray(start + np.cumsum(step * np.random.default_rng(seed).standard_normal(n)))


def tied(seed: int, n: int, hedge: float = 0.9, phi: float = 0.95, noise: float = 3e-4) -> tuple[Floats, Floats]:
    """y and x with y - hedge * x an AR(1): cointegrated where phi is below 1."""
    rng = np.random.default_rng(seed)
    x = walk(seed + 10_000, n)
    shocks = noise * rng.standard_normal(n)
    for row in range(1, n):
        shocks[row] += phi * shocks[row - 1]
    return np.asarray(hedge * x + shocks + 1.0), x


def adf(values: npt.ArrayLike, trend: str, lags: int | str, most: int) -> tuple[float, int]:
    """The t of the level and the number of lags, by orthogonalising twice; `most` is the greatest lag tried."""
    series = np.asarray(values, dtype=np.longdouble)
    if isinstance(lags, str):
        target, columns = _regression(series, trend, most)
        terms = len(columns) - most - 1
        left, penalty = target, np.longdouble(2) if lags == "aic" else np.log(np.longdouble(len(target)))
        criteria = []
        ordered = basis([*columns[:terms], columns[-1], *columns[terms:-1]])
        for place, column in enumerate(ordered):
            left = left - (column @ left) * column
            if place >= terms:
                criteria.append(len(target) * np.log(left @ left) + penalty * (place + 1))
        lags = int(np.argmin(criteria))
    target, columns = _regression(series, trend, lags)
    level, rest = left_over(columns[-1], columns[:-1]), left_over(target, columns)
    free = len(target) - len(columns)
    return float((level @ target) / np.sqrt(level @ level) / np.sqrt(rest @ rest / free)), lags


def _regression(series: Long, trend: str, lags: int) -> tuple[Long, list[Long]]:
    """The changes, and the columns trend, lag 1 ... lag k and level."""
    change = np.diff(series)
    terms = 0 if trend == "n" else len(trend)
    time = np.linspace(np.longdouble(-1), np.longdouble(1), len(change) - lags)
    columns = [time**power for power in range(terms)]
    columns += [change[lags - lag : len(change) - lag] for lag in range(1, lags + 1)]
    return change[lags:], [*columns, series[lags:-1]]
