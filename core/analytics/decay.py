"""How autocovariances fall with the lag, and how well that is known: what the noise-robust half-life stands on."""

import math
from dataclasses import dataclass

import numpy as np

from core.market import Floats

#: A ratio at or below 0 has no logarithm: this stands in.
_LEAST_RATIO = 1e-6


@dataclass(frozen=True, slots=True)
class Decay:
    """The fall of an AR(1) seen through white noise, from lag 1 to lag 1 + `distance`.

    `ratio` is that of the two autocovariances, `log_phi` its logarithm a bar (at most -1 / n; of a ratio at or below
    0 a stand-in), `noise` the variance of the noise over that of the AR(1).
    """

    ratio: float
    distance: int
    log_phi: float
    noise: float
    n: int

    def statistic(self, log_phi: Floats) -> Floats:
        """(ratio - truth) / standard error if the truth were `log_phi`, shape (m,): rises as that falls.

        The AR(1)'s own part is taken in logarithms, which is near normal soonest; that of the noise as Fieller does, the far
        autocovariance less the true ratio times the near one, which holds also where noise leaves little of these. The
        error is Bartlett's formula, summed.
        """
        own, of_noise = self._own(), self._of_noise(log_phi)
        share = of_noise / (own + of_noise)
        error = np.sqrt((own + of_noise) / self.n) / math.exp(self.log_phi)
        plain, above = self.ratio - np.exp(self.distance * log_phi), max(self.ratio, _LEAST_RATIO)
        in_logarithms = above * (math.log(above) - self.distance * log_phi)
        return np.asarray((share * plain + (1 - share) * in_logarithms) / error, dtype=np.float64)

    def noise_share(self, log_phi: Floats) -> Floats:
        """The share of the noise in the variance of the statistic, 0 to 1, shape (m,)."""
        of_noise = self._of_noise(log_phi)
        return np.asarray(of_noise / (of_noise + self._own()), dtype=np.float64)

    def _own(self) -> float:
        """n times the variance that the AR(1) has without noise, in units of its squared variance."""
        squared, left = math.exp(2 * self.log_phi), math.exp(2 * self.distance * self.log_phi)
        return 1 - left + 2 * ((squared - left) / (1 - squared) - (self.distance - 1) * left)

    def _of_noise(self, log_phi: Floats) -> Floats:
        left, there = math.exp(2 * self.distance * self.log_phi), np.exp(2 * self.distance * log_phi)
        return np.asarray(self.noise * (1 - left + (1 + there) * (1 + self.noise) - 2 * there), dtype=np.float64)


def decay(deviations: Floats, lags: int | None = None) -> Decay | None:
    """The decay of `deviations` (see `centre`), shape (n,), n >= 10, over `lags` lags or where about half is left.

    None where the autocovariance at lag 1 is not above 0: nothing persists.
    """
    n = len(deviations)
    covariances = _autocovariances(deviations)
    if covariances[1] <= 0:
        return None
    distance = lags or _halving(covariances)
    ratio = float(covariances[1 + distance] / covariances[1])
    log_phi = min(math.log(max(ratio, _LEAST_RATIO)) / distance, -1 / n)
    noise = max(float(covariances[0] / covariances[1]) * math.exp(log_phi) - 1, 0.0)
    return Decay(ratio, distance, log_phi, noise, n)


def _autocovariances(deviations: Floats) -> Floats:
    """The autocovariances at lags 0 to n / 2 + 1, each over its own number of products."""
    n = len(deviations)
    transform = np.fft.rfft(deviations, 1 << (2 * n - 1).bit_length())
    products = np.fft.irfft(transform * transform.conj())[: n // 2 + 2]
    return np.asarray(products / (n - np.arange(len(products))), dtype=np.float64)


def _halving(covariances: Floats) -> int:
    """After how many lags the autocovariances from lag 1 on have halved, at least 1, where something is left.

    By the regression of each on the one before, over twice that reach: a single one that is low by chance must not
    decide.
    """
    longest = len(covariances) - 2
    fallen = covariances[2:] <= covariances[1] / 2
    bars = int(fallen.argmax()) + 1 if fallen.any() else longest
    for _ in range(3):
        reach = min(longest, max(3, 2 * bars + 1))
        near, far = covariances[1 : reach + 1], covariances[2 : reach + 2]
        phi = float(near @ far) / float(near @ near)
        if not 0 < phi < 1:
            bars = reach if phi >= 1 else 1
            break
        bars = min(longest, max(1, round(-math.log(2) / math.log(phi))))
    left = np.flatnonzero(covariances[2 : bars + 2] > 0)
    return int(left[-1]) + 1 if len(left) else 1
