"""Does a series wander or come back: the variance ratio and the Hurst exponent of a path."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from core.analytics.centre import centred
from core.analytics.series import checked
from core.errors import BadParameter, Degenerate
from core.market import Floats

_LEAST_HURST = 64
#: Memory d of the level is searched here: below, the level is over-differenced; above, its changes are a trend.
_MEMORY = (-1.0, 2.5)
_STEP = 0.125
#: A first look at the lowest frequencies takes means of blocks, so many at the least.
_ROUGH = 4096
#: Even 10,000 frequencies leave an error of 5e-3.
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class VarianceRatio:
    """The variance of changes over `lag` bars, over `lag` times that over one: 1 for a walk, less with reversion.

    `statistic` is standard normal on a random walk and `p_value` its two-sided level; both NaN at lag 1, where the
    ratio is 1 by definition. `n` counts the changes.
    """

    value: float
    statistic: float
    p_value: float
    lag: int
    n: int
    robust: bool


def variance_ratio(values: npt.ArrayLike, lag: int, robust: bool = True, debiased: bool = True) -> VarianceRatio:
    """The variance ratio of overlapping changes of `values` (log prices or a spread), shape (n,), n > `lag` + 1.

    The drift is taken out. `robust`: the standard error allows changing volatility; `debiased`: variances with the
    paper's degrees of freedom, else both divide by the number of changes. Raise NotEnoughData, BadSeries, BadParameter,
    Degenerate where all changes are the same.

    Lo and MacKinlay (1988), Review of Financial Studies 1, eq. 12-20.
    """
    if lag < 1:
        raise BadParameter(f"the lag of a variance ratio is {lag}: expected a number of bars from 1")
    levels = centred(checked(values, lag + 2)).deviations
    changes = np.diff(levels)
    n = len(changes)
    drift = (levels[-1] - levels[0]) / n
    squares = (changes - drift) ** 2
    one = float(squares.mean())
    if one <= (4 * np.finfo(float).eps) ** 2:
        raise Degenerate("all changes of the series are the same: there is no variance to compare")
    many = float(np.mean((levels[lag:] - levels[:-lag] - lag * drift) ** 2)) * (n - lag + 1) / (n * lag)
    if debiased:
        one *= n / (n - 1)
        many *= n / (n - lag + 1) / (1 - lag / n)
    ratio = many / one
    if lag == 1:
        return VarianceRatio(ratio, math.nan, math.nan, lag, n, robust)
    error = _robust_variance(squares, lag) if robust else 2 * (2 * lag - 1) * (lag - 1) / (3 * lag)
    statistic = math.sqrt(n) * (ratio - 1) / math.sqrt(error) if error > 0 else math.nan
    return VarianceRatio(ratio, statistic, math.erfc(abs(statistic) / math.sqrt(2)), lag, n, robust)


def _robust_variance(squares: Floats, lag: int) -> float:
    """n times the variance of the ratio where volatility may change (Lo and MacKinlay, eq. 19-20)."""
    scale = float(squares.sum()) ** 2
    return sum(4 * (1 - k / lag) ** 2 * len(squares) * float(squares[k:] @ squares[:-k]) / scale for k in range(1, lag))


@dataclass(frozen=True, slots=True)
class Hurst:
    """The Hurst exponent of a path, with its 95 % interval: 0.5 for a walk, less with reversion, more with trend.

    At 0 and below the level itself is stationary (white noise reads -0.5). `frequencies` is how many of the lowest were
    used of a series of `n`.
    """

    value: float
    low: float
    high: float
    n: int
    frequencies: int


def hurst(spread: npt.ArrayLike, power: float = 0.65) -> Hurst:
    """The Hurst exponent of the level `spread`, shape (n,), n >= 64: its memory d less a half.

    d is the exact local Whittle estimate from the n ** `power` lowest frequencies, so that bounce between bars does not
    reach it; its error is 1 / (2 sqrt(frequencies)) whatever d is. A slope of the spread of lagged differences would be
    bounded below by 0 and has no such error. Raise NotEnoughData, BadSeries, Degenerate, BadParameter.

    Shimotsu and Phillips (2005), Annals of Statistics 33; unknown mean: Shimotsu (2010), Econometric Theory 26.
    """
    if not 0.3 <= power <= 0.8:
        raise BadParameter(f"power is {power}: expected from 0.3 to 0.8")
    deviations = centred(checked(spread, _LEAST_HURST, "the spread"), "the spread").deviations
    n = len(deviations)
    frequencies = int(n**power)
    block = max(1, n // max(_ROUGH, 4 * frequencies))
    blocks = deviations[: n // block * block].reshape(-1, block).mean(axis=1)
    memory = _least(_Whittle(deviations, frequencies), _Whittle(blocks, frequencies))
    reach = NormalDist().inv_cdf(0.975) / (2 * math.sqrt(frequencies))
    return Hurst(memory - 0.5, memory - 0.5 - reach, memory - 0.5 + reach, n, frequencies)


class _Whittle:
    """The concentrated exact local Whittle objective of a series (its mean 0), as a function of the memory d."""

    def __init__(self, deviations: Floats, frequencies: int) -> None:
        self._n = len(deviations)
        self._size = _fast_length(2 * self._n - 1)
        self._levels = np.fft.rfft(deviations, self._size)
        self._ones = np.fft.rfft(np.ones(self._n), self._size)
        self._first = float(deviations[0])
        self._rows = slice(1, frequencies + 1)
        self._log_frequency = float(np.mean(np.log(2 * np.pi * np.arange(1, frequencies + 1) / self._n)))

    def __call__(self, memory: float) -> float:
        steps = np.arange(1, self._n)
        weights = np.concatenate(([1.0], np.cumprod((steps - 1 - memory) / steps)))
        start = (1 - _mean_weight(memory)) * self._first  # what is taken off the deviations from the mean
        filtered = np.fft.irfft((self._levels - start * self._ones) * np.fft.rfft(weights, self._size), self._size)
        power = np.abs(np.fft.rfft(filtered[: self._n])[self._rows]) ** 2
        return math.log(float(power.mean()) / self._n) - 2 * memory * self._log_frequency


def _mean_weight(memory: float) -> float:
    """How much the mean, rather than the first value, stands for the start: 1 for a stationary level, 0 for a walk."""
    if memory <= 0.5:
        return 1.0
    return (1 + math.cos(4 * math.pi * memory)) / 2 if memory < 0.75 else 0.0


def _least(function: Callable[[float], float], rough: Callable[[float], float]) -> float:
    """Where `function` is least, to `_TOLERANCE`: golden sections about the best point of a grid by `rough`."""
    steps = round((_MEMORY[1] - _MEMORY[0]) / _STEP)
    grid = [_MEMORY[0] + _STEP * step for step in range(steps + 1)]
    best = min(grid, key=rough)
    golden = (math.sqrt(5) - 1) / 2
    low, high = best - _STEP, best + _STEP
    inner, outer = high - golden * (high - low), low + golden * (high - low)
    at_inner, at_outer = function(inner), function(outer)
    while high - low > _TOLERANCE:
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - golden * (high - low)
            at_inner = function(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + golden * (high - low)
            at_outer = function(outer)
    return (low + high) / 2


def _fast_length(least: int) -> int:
    """The smallest product of 2, 3 and 5 from `least` on: transforms of such a length are the fastest."""
    lengths = []
    for threes in range(least.bit_length()):
        for fives in range(least.bit_length()):
            odd = 3**threes * 5**fives
            twos = (-(-least // odd) - 1).bit_length()
            lengths.append(int(odd << twos))
    return min(lengths)
