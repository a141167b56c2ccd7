"""Slow and plain ways to what reversion, correlation, lead-lag and alignment compute, and markets with known truth."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from core.analytics import near_unity, reversion
from core.analytics.autoregression import autoregression
from core.analytics.decay import decay
from core.market import Floats, Ints


def ornstein(rng: np.random.Generator, bars: float, n: int, paths: int = 1) -> Floats:
    """Stationary AR(1) paths of standard deviation 1 and a half-life of `bars` (inf: walks of unit steps), (paths, n)."""
    phi = 2.0 ** (-1 / bars)
    shocks = rng.standard_normal((n, paths)) * (math.sqrt(1 - phi * phi) if phi < 1 else 1.0)
    if phi < 1:
        shocks[0] /= math.sqrt(1 - phi * phi)
    for t in range(1, n):
        shocks[t] += phi * shocks[t - 1]
    return shocks.T


def half_life_quantiles(n: int = 4096, paths: int = 20_000, seed: int = 1) -> dict[str, list[tuple[float, float]]]:
    """The 2.5 and 97.5 % quantiles of both half-lives' statistics at each local-to-unity parameter of `near_unity`.

    This made the tables there.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float]]] = {"ar1": [], "autocovariance": []}
    for c in near_unity.C:
        bars = -n * math.log(2) / c if c else math.inf
        statistics: dict[str, list[float]] = {"ar1": [], "autocovariance": []}
        for start in range(0, paths, 500):
            for path in ornstein(rng, bars, n, min(500, paths - start)):
                fit = autoregression(path - path.mean())
                statistics["ar1"].append((fit.phi - math.exp(c / fit.steps)) / fit.error)
                found_decay = decay(path - path.mean())
                at_truth = np.array([c / n])
                statistics["autocovariance"].append(found_decay.statistic(at_truth)[0] if found_decay else -math.inf)
        for name, values in statistics.items():
            low, high = np.quantile(values, (0.025, 0.975))
            found[name].append((round(float(low), 3), round(float(high), 3)))
    return found


def long_check(paths: int = 4000, seed: int = 2) -> list[tuple[int, float, float, float, float]]:
    """(n, true half-life, noise, coverage of the regression's interval, of the autocovariances') over the whole range.

    Both should be 0.95; the regression's is expected to fail with noise. `noise` is in standard deviations of the spread.
    """
    rng = np.random.default_rng(seed)
    found = []
    for n in (100, 300, 1440, 10_080):
        for bars in (2, 5, 20, 100, 300, math.inf):
            for noise in (0.0, 0.3):
                counts = np.zeros(2)
                for path in ornstein(rng, bars, n, paths):
                    values = path + noise * path.std() * rng.standard_normal(n)
                    plain, robust = reversion.half_life_ar1(values), reversion.half_life_autocovariance(values)
                    linear = math.log(2) / (1 - 2 ** (-1 / bars)) if math.isfinite(bars) else math.inf
                    counts += [plain.low <= linear <= plain.high, robust.low <= bars <= robust.high]
                found.append((n, bars, noise, float(counts[0]) / paths, float(counts[1]) / paths))
    return found


needs_80_bits = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant != 63, reason="np.longdouble is not the 80-bit format of x86 here"
)


def exact_autoregression(values: Floats) -> tuple[float, float]:
    """(phi, constant) of the regression of each value on the one before, in 80 bits and in two passes."""
    before, after = values[:-1].astype(np.longdouble), values[1:].astype(np.longdouble)
    b, a = before - before.mean(), after - after.mean()
    b, a = b - b.mean(), a - a.mean()
    phi = (b * a).sum() / (b * b).sum()
    return float(phi), float(after.mean() - phi * before.mean())


def exact_correlation(a: Floats, b: Floats) -> float:
    one, two = a.astype(np.longdouble), b.astype(np.longdouble)
    one, two = one - one.mean(), two - two.mean()
    one, two = one - one.mean(), two - two.mean()
    return float((one * two).sum() / np.sqrt((one * one).sum() * (two * two).sum()))


def double_loop(times_y: Ints, prices_y: Floats, times_x: Ints, prices_x: Floats, lag: int = 0) -> float:
    """Hayashi-Yoshida's covariance of log returns by its definition: over all pairs of spans that overlap."""
    y, x = _last_of_each(times_y, prices_y), _last_of_each(times_x + lag, prices_x)
    products = [
        (math.log(p1) - math.log(p0)) * (math.log(q1) - math.log(q0))
        for (t0, p0), (t1, p1) in pairwise(y)
        for (u0, q0), (u1, q1) in pairwise(x)
        if max(t0, u0) < min(t1, u1)
    ]
    return math.fsum(products)


def _last_of_each(times: Ints, prices: Floats) -> list[tuple[int, float]]:
    return sorted(dict(zip(times.tolist(), prices.tolist(), strict=True)).items())


@dataclass(frozen=True, slots=True)
class Ticks:
    """Trades of two symbols whose log prices move together with a known correlation: times [us] and prices."""

    times_y: Ints
    prices_y: Floats
    times_x: Ints
    prices_x: Floats

    def columns(self) -> tuple[Ints, Floats, Ints, Floats]:
        return self.times_y, self.prices_y, self.times_x, self.prices_x


def trading(
    rng: np.random.Generator,
    steps: int,
    step_us: int,
    correlation: float,
    chance: float,
    delay: int = 0,
    noise: float = 0,
) -> Ticks:
    """Two walks of 1 bp a step, each traded in a step with `chance`; y's common part comes `delay` steps after x's.

    `noise` [bp] is the standard deviation of bounce on each trade.
    """
    common, of_y, of_x = rng.standard_normal((3, steps + delay))
    y = np.cumsum(math.sqrt(correlation) * common[:steps] + math.sqrt(1 - correlation) * of_y[:steps])
    x = np.cumsum(math.sqrt(correlation) * common[delay:] + math.sqrt(1 - correlation) * of_x[:steps])
    legs = []
    for path in (y, x):
        rows = np.flatnonzero(rng.random(steps) < chance)
        prices = 100 * np.exp(1e-4 * (path[rows] + noise * rng.standard_normal(len(rows))))
        legs.append((1_723_161_600_000_000 + rows * step_us, prices))
    return Ticks(*legs[0], *legs[1])
