"""How fast a spread comes back: half-lives, with intervals that hold near the random walk too."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics import near_unity
from core.analytics.autoregression import autoregression
from core.analytics.centre import centred
from core.analytics.decay import decay
from core.analytics.persistence import Hurst, VarianceRatio, hurst, variance_ratio
from core.analytics.series import checked
from core.errors import BadParameter

__all__ = ["HalfLife", "Hurst", "VarianceRatio", "half_life_ar1", "half_life_autocovariance", "hurst", "variance_ratio"]

#: A half-life is estimated from so many observations at the least.
_LEAST = 10


@dataclass(frozen=True, slots=True)
class HalfLife:
    """After how many bars half of a deviation is gone, and the 95 % interval from `low` to `high`.

    inf: no reversion; as `high`: a random walk cannot be ruled out. NaN: no decay can be measured, because the spread
    alternates or has no persistent part. `low` is 0 where the decay may be faster than a bar can show. `phi` is the
    share of a deviation that is left after one bar, and `continuous` is log(1/2) / log(phi) [bars], which `bars` of the
    autocovariance equals; `n` counts the observations.
    """

    bars: float
    low: float
    high: float
    method: Literal["ar1", "autocovariance"]
    n: int
    phi: float
    continuous: float

    @property
    def is_short(self) -> bool:
        """Whether the sample has fewer than ten half-lives, so that the estimate is likely far too short (Yu 2012)."""
        return not self.n >= 10 * self.bars


def half_life_ar1(spread: npt.ArrayLike) -> HalfLife:
    """The half-life -log(2) / (phi - 1) [bars] from the least-squares regression of the change on the level.

    `spread`: shape (n,), n >= 10. The regression has a constant. It is biased down in short samples, and far down
    where the prices bounce: see `half_life_autocovariance`. The interval inverts the t-test of phi with quantiles for
    roots near one, so that it covers as it says on random walks too. Raise NotEnoughData, BadSeries, Degenerate.

    Chan (2013), Algorithmic Trading, eq. 2.5; Stock (1991), J. Monetary Economics 28; Mikusheva (2007), Econometrica
    75.
    """
    values = checked(spread, _LEAST, "the spread")
    fit = autoregression(centred(values, "the spread").deviations)
    lowest = highest = phi = fit.phi
    if fit.error:
        lowest, highest = near_unity.interval(
            lambda log_phi: (phi - np.exp(log_phi)) / fit.error, fit.steps, near_unity.REGRESSION
        )
    low = 0.0 if lowest <= 0 < highest else _linear(lowest)
    return HalfLife(_linear(phi), low, _linear(highest), "ar1", len(values), phi, _continuous(phi))


def half_life_autocovariance(spread: npt.ArrayLike, lags: int | None = None) -> HalfLife:
    """The half-life log(1/2) / log(phi) [bars] from autocovariances at lags from one on, which noise leaves alone.

    An AR(1) seen through white noise (bid-ask bounce, rounding) is an ARMA(1,1): its autocovariances fall by phi a bar
    from lag 1 on, while lag 0 has the noise in it. phi is the ratio of those at lags 1 + `lags` and 1, to the power
    1 / `lags`; by default `lags` is where the ratio has fallen to a half. `spread`: shape (n,), n >= 10. The interval
    has the noise in its standard error and the quantiles of roots near one.
    Raise NotEnoughData, BadSeries, Degenerate, BadParameter where `lags` is not from 1 to n / 2.

    Staudenmayer and Buonaccorsi (2005), J. American Statistical Association 100; Bartlett (1946).
    """
    values = checked(spread, _LEAST, "the spread")
    if lags is not None and not 1 <= lags <= len(values) // 2:
        raise BadParameter(f"lags is {lags}: expected from 1 to {len(values) // 2}, half of the observations")
    found = decay(centred(values, "the spread").deviations, lags)
    if found is None:
        return HalfLife(math.nan, math.nan, math.nan, "autocovariance", len(values), 0.0, math.nan)
    phi = max(found.ratio, 0.0) ** (1 / found.distance)
    bars = _continuous(phi)
    lowest, highest = near_unity.interval(found.statistic, found.n, near_unity.AUTOCOVARIANCE, found.noise_share)
    low = 0.0 if lowest <= 0 < highest else _continuous(lowest)
    return HalfLife(bars, low, _continuous(highest), "autocovariance", len(values), phi, bars)


def _linear(phi: float) -> float:
    if phi >= 1:
        return math.inf
    return math.log(2) / (1 - phi) if phi > 0 else math.nan


def _continuous(phi: float) -> float:
    if phi >= 1:
        return math.inf
    return -math.log(2) / math.log(phi) if phi > 0 else math.nan
