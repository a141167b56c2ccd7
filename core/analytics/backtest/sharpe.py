"""Sharpe ratios with their error, and what is left of the best of many tries."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from core.analytics.series import checked
from core.errors import BadParameter, Degenerate

_LEAST = 10
_EULER = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Sharpe:
    """Mean over standard deviation (ddof 0) of `n` profits, a bar each; no interest is taken off.

    `error` is its standard error where profits are correlated, skewed and fat-tailed, from autocovariances up to `lags`;
    `iid_error` where they are independent and normal. `low` and `high` bound a 95 % interval. `inflation` is how many times the
    variance of a long sum is that of independent profits. `skewness` and `kurtosis` (3 for a normal) are of the profits.
    """

    value: float
    error: float
    iid_error: float
    low: float
    high: float
    inflation: float
    skewness: float
    kurtosis: float
    lags: int
    n: int

    def over(self, bars: float) -> float:
        """The ratio of profits over so many bars, far more than `lags`: of a year, the annual ratio. Lo (2002), eq. 20."""
        return self.value * math.sqrt(bars / self.inflation) if self.inflation > 0 else math.nan

    def probabilistic(self, benchmark: float = 0.0) -> float:
        """The probability that the true ratio [per bar] is above `benchmark`. Bailey and Lopez de Prado (2012), J. Risk 15, eq. 11."""
        spread = 1 - self.skewness * self.value + (self.kurtosis - 1) / 4 * self.value**2
        if spread <= 0:
            return math.nan
        return _NORMAL.cdf((self.value - benchmark) * math.sqrt((self.n - 1) / spread))

    def deflated(self, trials: int, deviation: float | None = None) -> float:
        """The probability that the true ratio is above 0, given that it is the best of so many `trials`.

        `deviation` is the standard deviation of the ratios of all trials [per bar]; None takes the error of this one, as if no trial
        had any merit and none resembled another. Raise BadParameter. Bailey and Lopez de Prado (2014), J. Portfolio Management 40.
        """
        return self.probabilistic(best_of(trials, self.iid_error if deviation is None else deviation))


def sharpe(profits: npt.ArrayLike, lags: int | None = None) -> Sharpe:
    """The Sharpe ratio of `profits`, one a bar, shape (n,), n >= 10.

    `lags`: of the autocovariances in the error (Bartlett's weights, Newey and West 1987), by default 4 (n / 100)^(2/9). Raise
    NotEnoughData, BadSeries, BadParameter, Degenerate where all profits are the same. Lo (2002), Financial Analysts J. 58.
    """
    values = checked(profits, _LEAST, "the profits")
    n = len(values)
    most = min(n - 1, int(4 * (n / 100) ** (2 / 9))) if lags is None else lags
    if not 0 <= most < n:
        raise BadParameter(f"lags is {most}: expected from 0 to {n - 1}, one less than the profits")
    unit = float(np.abs(values).max())
    deviations = values / (unit or 1.0)
    mean = float(deviations.mean())
    deviations = deviations - mean
    variance = float(deviations @ deviations) / n
    if variance <= (4 * np.finfo(np.float64).eps) ** 2:
        raise Degenerate("all profits are the same: their Sharpe ratio is not defined")
    standard = deviations / math.sqrt(variance)
    value = mean / math.sqrt(variance)
    squared = standard * standard
    influence = standard - value / 2 * (squared - 1)
    error = math.sqrt(_long_run(influence, most) / n)
    return Sharpe(
        value=value,
        error=error,
        iid_error=math.sqrt((1 + value * value / 2) / n),
        low=value - 1.959963984540054 * error,
        high=value + 1.959963984540054 * error,
        inflation=_long_run(standard, most),
        skewness=float(squared @ standard) / n,
        kurtosis=float(squared @ squared) / n,
        lags=most,
        n=n,
    )


def best_of(trials: int, deviation: float) -> float:
    """The greatest ratio to expect of so many trials without merit whose ratios have this standard deviation. Raise BadParameter.

    Bailey and Lopez de Prado (2014), eq. 5.
    """
    if trials < 1 or not (math.isfinite(deviation) and deviation >= 0):
        raise BadParameter(
            f"{trials} trials with a deviation of {deviation}: expected at least one, and a number from 0"
        )
    if trials == 1:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return deviation * ((1 - _EULER) * first + _EULER * second)


def _long_run(values: npt.NDArray[np.float64], lags: int) -> float:
    """The variance of a long mean, times its length, by Bartlett's weights: never below 0."""
    n = len(values)
    total = float(values @ values)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(values[lag:] @ values[:-lag])
    return max(total, 0.0) / n
