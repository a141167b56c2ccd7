"""The Ornstein-Uhlenbeck process behind a spread: how strongly it is pulled, to where, and how long it takes."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.autoregression import autoregression
from core.analytics.centre import Centred, centred
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries

_LEAST = 10
#: From here on the Mills ratio is its asymptotic series, right to 1e-14.
_FAR = 25.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


@dataclass(frozen=True, slots=True)
class Ou:
    """dX = kappa (mean - X) dt + sigma dW, sampled every `dt`.

    `kappa` is per unit of `dt`, `sigma` in units of X per square root of it, `half_life` in units of `dt`,
    `deviation` the stationary standard deviation of X. The errors are one standard error each. Without reversion
    (`phi` >= 1) `half_life` and `deviation` are inf, `mean` and the errors NaN; where X alternates (`phi` <= 0) there
    is no such process, and all but `phi`, `n` and `dt` are NaN.
    """

    kappa: float
    mean: float
    sigma: float
    half_life: float
    deviation: float
    kappa_error: float
    mean_error: float
    sigma_error: float
    phi: float
    n: int
    dt: float

    def time_to_mean(self, value: float) -> float:
        """The expected time [units of dt] until X, now at `value`, first touches its mean: inf or NaN as `half_life`.

        Raise BadSeries where `value` is not finite. Ricciardi and Sato (1988), J. Applied Probability 25.
        """
        if not math.isfinite(value):
            raise BadSeries(f"the value is {value}: expected a finite number")
        if not math.isfinite(self.half_life):
            return self.half_life
        away = abs(value - self.mean)
        if self.deviation == 0:
            return math.inf if away else 0.0  # without noise it only comes nearer
        return _passage(away / self.deviation) / self.kappa


def fit(spread: npt.ArrayLike, dt: float = 1.0) -> Ou:
    """The maximum-likelihood fit of an Ornstein-Uhlenbeck process to `spread`, shape (n,), n >= 10, sampled every `dt`.

    Exact: the transition is an AR(1) with phi = exp(-kappa dt), estimated given the first value (ddof 0). Errors by
    the delta method. kappa is biased up by about 4 / (n dt): see `reversion` for half-lives with an honest interval.
    Raise NotEnoughData, BadSeries, Degenerate, BadParameter.

    Tang and Chen (2009), J. Econometrics 149, section 2.
    """
    if not (math.isfinite(dt) and dt > 0):
        raise BadParameter(f"dt is {dt}: expected a time above 0 between two observations")
    values = checked(spread, _LEAST, "the spread")
    return _process(centred(values, "the spread"), dt)


def _process(spread: Centred, dt: float) -> Ou:
    transition, unit = autoregression(spread.deviations), spread.unit
    phi, variance, steps = transition.phi, transition.variance, transition.steps
    nan = math.nan
    if phi <= 0:
        return Ou(nan, nan, nan, nan, nan, nan, nan, nan, phi, steps + 1, dt)
    kappa, remaining = -math.log(phi) / dt, 1 - phi * phi
    growth = -math.expm1(-2 * kappa * dt) / (2 * kappa) if kappa else dt  # of the variance over dt, per sigma squared
    sigma = math.sqrt(variance / growth) * unit
    if phi >= 1:
        return Ou(kappa, nan, sigma, math.inf, math.inf, nan, nan, nan, phi, steps + 1, dt)
    slope = 2 * phi / remaining - 1 / (phi * kappa * dt)  # of the logarithm of sigma squared along phi
    return Ou(
        kappa=kappa,
        mean=(spread.mean + transition.constant / (1 - phi)) * unit,
        sigma=sigma,
        half_life=math.log(2) / kappa,
        deviation=sigma / math.sqrt(2 * kappa),
        kappa_error=math.sqrt(remaining / steps) / (phi * dt),
        mean_error=math.sqrt(variance / steps) / (1 - phi) * unit,
        sigma_error=sigma / 2 * math.sqrt((2 + slope * slope * remaining) / steps),
        phi=phi,
        n=steps + 1,
        dt=dt,
    )


def _passage(deviations: float) -> float:
    """The expected time to the mean [1 / kappa] from so many standard deviations: the integral of the Mills ratio."""
    near = min(deviations, _FAR)
    pieces = max(1, math.ceil(near))
    width = near / pieces
    total = 0.0
    for piece in range(pieces):
        for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
            total += weight * _mills(width * (piece + (node + 1) / 2))
    total *= width / 2
    return total + (_far(deviations) - _far(_FAR) if deviations > _FAR else 0.0)


def _far(at: float) -> float:
    """The integral of the Mills ratio's asymptotic series, but for a constant."""
    inverse = 1 / (at * at)
    return math.log(at) + inverse * (1 / 2 - inverse * (3 / 4 - inverse * (15 / 6 - inverse * 105 / 8)))


def _mills(at: float) -> float:
    return math.exp(at * at / 2) * math.sqrt(math.pi / 2) * math.erfc(at / math.sqrt(2))
