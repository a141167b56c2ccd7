"""How much two series move together: Pearson, Spearman, rolling, and over lags. Correlate returns, not prices."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from core.analytics import rolling
from core.analytics.centre import centred
from core.analytics.rank_windows import rolling_spearman
from core.analytics.returns import Returns, returns
from core.analytics.series import checked, paired
from core.errors import BadParameter, NotEnoughData
from core.market import Floats, Ints

_LEAST = 4


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation of `n` pairs and its interval from `low` to `high` at the level asked for."""

    value: float
    low: float
    high: float
    n: int


def pearson(a: npt.ArrayLike, b: npt.ArrayLike, level: float = 0.95) -> Correlation:
    """The product-moment correlation of `a` and `b`, shape (n,), n >= 4, with Fisher's interval.

    The interval takes the rows as independent and normal. Raise NotEnoughData, BadSeries, BadParameter, Degenerate
    where one of them is constant. Fisher (1921), Metron 1.
    """
    first, second = paired(a, b, _LEAST)
    value = _correlation(centred(first, "a").deviations, centred(second, "b").deviations)
    low, high = fisher_interval(value, len(first), level)
    return Correlation(value, float(low), float(high), len(first))


def spearman(a: npt.ArrayLike, b: npt.ArrayLike, level: float = 0.95) -> Correlation:
    """The correlation of the ranks of `a` and `b`, shape (n,), n >= 4; ties share the mean of their ranks.

    Interval: Bonett and Wright (2000), Psychometrika 65. Raise NotEnoughData, BadSeries, BadParameter, Degenerate.
    """
    first, second = paired(a, b, _LEAST)
    for leg, name in ((first, "a"), (second, "b")):
        centred(leg, name)  # refuses a constant, in its own words
    value = _correlation(centred(ranks(first)).deviations, centred(ranks(second)).deviations)
    low, high = fisher_interval(value, len(first), level, 1 + value * value / 2)
    return Correlation(value, float(low), float(high), len(first))


def ranks(values: npt.ArrayLike) -> Floats:
    """The rank of each value from 1, ties at the mean of their ranks, shape (n,)."""
    column = checked(values)
    order = np.argsort(column)
    ordered = column[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(starts, len(column)))
    found = np.empty(len(column))
    found[order] = np.repeat(starts + (counts + 1) / 2, counts)
    return found


def fisher_interval(
    value: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95, inflation: npt.ArrayLike = 1.0
) -> tuple[Floats, Floats]:
    """(low, high) of correlations `value` of `n` pairs each, any shape, by Fisher's transformation; NaN stays NaN.

    `inflation` multiplies the variance 1 / (n - 3). Raise BadParameter where `level` is not inside 0 and 1,
    NotEnoughData where an `n` is below 4.
    """
    if not 0 < level < 1:
        raise BadParameter(f"the level of an interval is {level}: expected a share between 0 and 1, such as 0.95")
    counts = np.asarray(n)
    if counts.min() < _LEAST:
        raise NotEnoughData(_LEAST, int(counts.min()))
    correlation = np.asarray(value, dtype=np.float64)
    inside = np.clip(correlation, -1 + 1e-16, 1 - 1e-16)
    reach = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(np.asarray(inflation) / (counts - 3))
    centre = np.arctanh(inside)
    exact = np.abs(correlation) >= 1
    low, high = np.tanh(centre - reach), np.tanh(centre + reach)
    return np.where(exact, correlation, low), np.where(exact, correlation, high)


@dataclass(frozen=True, slots=True, eq=False)
class RollingCorrelation:
    """A correlation of returns for each row, with its interval, shape (n,) each; NaN before the first full window.

    NaN also where a leg does not move within the window.
    """

    values: Floats
    low: Floats
    high: Floats
    window: int


def rolling_pearson(
    y: npt.ArrayLike, x: npt.ArrayLike, window: int, kind: Returns = "log", level: float = 0.95
) -> RollingCorrelation:
    """Pearson's correlation of the last `window` returns of `y` and `x`, levels of shape (n,), with Fisher's interval.

    The first one stands in row `window`, because row 0 has no return. Raise NotEnoughData, BadSeries, BadParameter
    where `window` is not from 4 to n - 1.
    """
    return _of_returns(rolling.correlation, y, x, window, kind, level, 0.0)


def rolling_rank(
    y: npt.ArrayLike, x: npt.ArrayLike, window: int, kind: Returns = "log", level: float = 0.95
) -> RollingCorrelation:
    """Spearman's correlation of the last `window` returns, as `rolling_pearson`, with the interval of `spearman`."""
    return _of_returns(rolling_spearman, y, x, window, kind, level, 0.5)


def _of_returns(
    over_windows: Callable[[Floats, Floats, int], Floats],
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    window: int,
    kind: Returns,
    level: float,
    inflation: float,
) -> RollingCorrelation:
    one, two = (returns(leg, kind, name) for leg, name in zip(paired(y, x, _LEAST + 1), ("y", "x"), strict=True))
    if not _LEAST <= window <= len(one):
        raise BadParameter(f"the window is {window} returns: expected from {_LEAST} to the {len(one)} there are")
    values = np.concatenate(([np.nan], over_windows(one, two, window)))
    low, high = fisher_interval(values, window, level, 1 + inflation * values**2)
    return RollingCorrelation(values, low, high, window)


@dataclass(frozen=True, slots=True, eq=False)
class CrossCorrelation:
    """Correlations over lags, shape (2 max_lag + 1,) each; at a positive lag the second series moves first.

    `band` is the 95 % limit around 0 for unrelated white series. `best_lag` is where the absolute correlation is
    greatest, the shortest one where several are.
    """

    lags: Ints
    values: Floats
    band: float
    n: int

    @property
    def best_lag(self) -> int:
        strength = np.abs(self.values)
        best = np.flatnonzero(strength == strength.max())
        return int(self.lags[best[np.abs(self.lags[best]).argmin()]])


def cross_correlation(a: npt.ArrayLike, b: npt.ArrayLike, max_lag: int) -> CrossCorrelation:
    """The correlation of `a` in row t + lag with `b` in row t, shape (n,) each, for lags up to `max_lag` rows both ways.

    Means and standard deviations are of the whole series and sums are divided by n, as in a correlogram. Raise
    NotEnoughData, BadSeries, Degenerate, BadParameter where `max_lag` is not from 0 to n - 2.

    Box, Jenkins and Reinsel (1994), Time Series Analysis, section 11.1.
    """
    first, second = paired(a, b, _LEAST)
    n = len(first)
    if not 0 <= max_lag <= n - 2:
        raise BadParameter(f"max_lag is {max_lag}: expected from 0 to {n - 2}, two less than the {n} rows")
    one, two = centred(first, "a").deviations, centred(second, "b").deviations
    scale = _scale(one, two)
    lags = np.arange(-max_lag, max_lag + 1)
    values = np.array([one[k:] @ two[: n - k] if k >= 0 else one[: n + k] @ two[-k:] for k in lags.tolist()])
    return CrossCorrelation(lags, np.clip(values / scale, -1, 1), NormalDist().inv_cdf(0.975) / math.sqrt(n), n)


def _correlation(first: Floats, second: Floats) -> float:
    """The cosine of two series of deviations, within -1 and 1."""
    return min(1.0, max(-1.0, float(first @ second) / _scale(first, second)))


def _scale(first: Floats, second: Floats) -> float:
    return math.sqrt(float(first @ first) * float(second @ second))
