"""Reversion, correlation, lead-lag and alignment against what analysts use, interleaved in one process."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.tsa.arima.model import ARIMA

from core.analytics import synchronous
from core.analytics.alignment import align
from core.analytics.correlation import cross_correlation, pearson, spearman
from core.analytics.leadlag import hayashi_yoshida, lead_lag
from core.analytics.persistence import hurst, variance_ratio
from core.analytics.rank_windows import rolling_spearman
from core.analytics.reversion import half_life_ar1, half_life_autocovariance
from core.market import Floats, Ints
from tests.benchmarks.compared import Row, compared
from tests.benchmarks.report import Options, Table

_LAGS = 50_000 * np.arange(-40, 41)


def run(options: Options) -> list[Table]:
    rng = np.random.default_rng(1)
    ticks, bars = (20_000, 10_000) if options.quick else (100_000, 86_400)
    rows = [*_of_ticks(rng, ticks), *_of_windows(rng, bars), *_of_spreads(rng, bars), *_of_bars(rng, bars)]
    return [compared("Reversion, correlation, lead-lag, alignment", rows, options)]


def _of_ticks(rng: np.random.Generator, count: int) -> list[Row]:
    times = [rng.integers(1, 1_728_000, count).cumsum() for _ in range(2)]
    prices = [100 * np.exp(1e-4 * rng.standard_normal(count).cumsum()) for _ in range(2)]
    legs = (times[0], prices[0], times[1], prices[1])
    lists = (times[0].tolist(), np.log(prices[0]).tolist(), times[1].tolist(), np.log(prices[1]).tolist())
    return [
        Row(
            f"Hayashi-Yoshida, {count:,} + {count:,} trades",
            "two pointers, plain Python",
            lambda: hayashi_yoshida(*legs).covariance,
            lambda: _two_pointers(*lists),
            lambda ours, theirs: abs(ours - theirs),
        ),
        Row(
            f"lead-lag curve, {len(_LAGS)} lags",
            "two pointers, each lag",
            lambda: lead_lag(*legs, _LAGS),
            lambda: _two_pointers(*lists),
            share=1 / len(_LAGS),
        ),
        Row("pair-synchronous bars, k = 1", "-", lambda: synchronous.bars(*legs), None),
    ]


def _two_pointers(times_y: list[int], y: list[float], times_x: list[int], x: list[float]) -> float:
    total, i, j = 0.0, 1, 1
    while i < len(y) and j < len(x):
        if max(times_y[i - 1], times_x[j - 1]) < min(times_y[i], times_x[j]):
            total += (y[i] - y[i - 1]) * (x[j] - x[j - 1])
        if times_y[i] <= times_x[j]:
            i += 1
        else:
            j += 1
    return total


def _of_windows(rng: np.random.Generator, n: int) -> list[Row]:
    x = rng.standard_normal(n)
    y = x + rng.standard_normal(n)
    rows = [
        Row(
            f"Pearson with interval, {n:,} rows",
            "scipy pearsonr",
            lambda: pearson(y, x).value,
            lambda: stats.pearsonr(y, x)[0],
            lambda ours, theirs: abs(ours - theirs),
        ),
        Row(
            f"Spearman with interval, {n:,} rows",
            "scipy spearmanr",
            lambda: spearman(y, x).value,
            lambda: stats.spearmanr(y, x)[0],
            lambda ours, theirs: abs(ours - theirs),
        ),
        Row(
            f"cross-correlation, {n:,} rows, 81 lags",
            "pandas corr of shifted",
            lambda: cross_correlation(y, x, 40).values[41],
            lambda: pd.Series(y).corr(pd.Series(x).shift(1)),
            share=1 / 81,
        ),
    ]
    for window in (60, 300):
        ends = range(window - 1, n, n // 100)
        rows.append(
            Row(
                f"rolling Spearman, {n:,} rows, window {window}",
                "scipy spearmanr, each window",
                lambda w=window: rolling_spearman(y, x, w),
                lambda w=window, e=ends: np.array(
                    [stats.spearmanr(y[t - w + 1 : t + 1], x[t - w + 1 : t + 1])[0] for t in e]
                ),
                lambda ours, theirs, e=ends: float(np.abs(ours[list(e)] - theirs).max()),
                share=len(ends) / (n - window + 1),
            )
        )
    return rows


def _of_spreads(rng: np.random.Generator, n: int) -> list[Row]:
    spread = _reverting(rng, n)
    short = spread[:1440]
    return [
        Row(
            f"half-life AR(1) with interval, {n:,} bars",
            "statsmodels OLS",
            lambda: half_life_ar1(spread).phi,
            lambda: sm.OLS(spread[1:], sm.add_constant(spread[:-1])).fit().params[1],
            lambda ours, theirs: abs(ours - theirs),
        ),
        Row(
            "half-life by autocovariances, 1,440 bars",
            "statsmodels ARIMA(1,0,1)",
            lambda: half_life_autocovariance(short),
            lambda: ARIMA(short, order=(1, 0, 1)).fit(),
        ),
        Row(f"half-life by autocovariances, {n:,} bars", "-", lambda: half_life_autocovariance(spread), None),
        Row(f"Hurst, exact local Whittle, {n:,} bars", "-", lambda: hurst(spread), None),
        Row(f"variance ratio, lag 10, {n:,} bars", "-", lambda: variance_ratio(spread, 10), None),
    ]


def _reverting(rng: np.random.Generator, n: int) -> Floats:
    spread = rng.standard_normal(n)
    for t in range(1, n):
        spread[t] += 0.99 * spread[t - 1]
    return spread


def _of_bars(rng: np.random.Generator, n: int) -> list[Row]:
    step = 1_000_000
    legs = [_thinned(rng, n, step) for _ in range(2)]

    def ours() -> tuple[Floats, Floats]:
        found = align(*legs[0], *legs[1], step, 30, "fill")
        return found.y, found.x

    def theirs() -> tuple[Floats, Floats]:
        columns = [pd.Series(values, index=times) for times, values in legs]
        grid = np.arange(min(c.index[0] for c in columns), max(c.index[-1] for c in columns) + step, step)
        joined = pd.concat([c.reindex(grid).ffill(limit=30) for c in columns], axis=1).dropna()
        return joined[0].to_numpy(), joined[1].to_numpy()

    def apart(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> float:
        return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))

    return [Row(f"alignment by filling, {n:,} seconds, 60 % traded", "pandas reindex, ffill", ours, theirs, apart)]


def _thinned(rng: np.random.Generator, n: int, step: int) -> tuple[Ints, Floats]:
    kept = np.flatnonzero(rng.random(n) < 0.6)
    return kept * step, rng.standard_normal(len(kept)).cumsum()
