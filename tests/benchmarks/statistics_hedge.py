"""Hedge ratios, rolling moments and the filter against pandas, statsmodels, scipy and pykalman."""

import math
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from pykalman import KalmanFilter
from scipy.stats import theilslopes
from statsmodels.regression.rolling import RollingOLS

from core.analytics import robust, rolling, streaming, weighted
from core.analytics.hedge import huber, ols, theil_sen, total_least_squares
from core.analytics.kalman import Kalman, Noise, kalman, likeliest_noise
from core.market import Floats
from tests.benchmarks.compared import Row, compared
from tests.benchmarks.report import Options, Table

_WINDOW = 300


def run(options: Options) -> list[Table]:
    rng = np.random.default_rng(3)
    n = 10_000 if options.quick else 86_400
    y, x = _pair(rng, n)
    return [
        compared(f"Rolling moments, windows of {_WINDOW} rows, {n:,} rows of log prices", _rolling(y, x), options),
        compared("Hedge ratios and the filter", [*_hedges(y, x), *_filter(y, x)], options),
    ]


def _pair(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Logs of prices rounded to their tick: about 1e5 and 3e3, 1 bp a row."""
    x = np.cumsum(1e-4 * rng.standard_normal(n))
    y = 0.95 * x + np.convolve(1e-4 * rng.standard_normal(n), 0.95 ** np.arange(200))[:n]
    return np.log(np.round(1e5 * np.exp(y), 2)), np.log(np.round(3e3 * np.exp(x), 2))


def _most(ours: Any, theirs: Any) -> float:
    return float(np.nanmax(np.abs(np.asarray(ours) - np.asarray(theirs))))


def _rolling(y: Floats, x: Floats) -> list[Row]:
    frame_y, frame_x = pd.Series(y), pd.Series(x)
    over_y, over_x = frame_y.rolling(_WINDOW), frame_x.rolling(_WINDOW)
    some = np.linspace(_WINDOW, len(y), 200).astype(int)
    values = y.tolist()

    def streamed() -> list[float]:
        roll = streaming.Rolling(_WINDOW)
        found = [roll.push(value) for value in values]
        return [math.nan if each is None else each.z() for each in found]

    return [
        Row("z-score", "pandas", lambda: rolling.zscore(y, _WINDOW), lambda: (frame_y - over_y.mean()) / over_y.std(), _most),
        Row("mean, deviation, z-score, covariance, correlation, regression with errors", "RollingOLS, parameters alone",
            lambda: (rolling.moments(y, _WINDOW), rolling.pair(y, x, _WINDOW).slope)[1],
            lambda: RollingOLS(y, sm.add_constant(x), _WINDOW).fit(params_only=True).params[:, 1], _most),
        Row("slope alone", "pandas cov / var", lambda: rolling.pair(y, x, _WINDOW).slope, lambda: over_y.cov(frame_x) / over_x.var(), _most),
        Row("correlation", "pandas", lambda: rolling.correlation(y, x, _WINDOW), lambda: over_y.corr(frame_x), _most),
        Row("exponentially weighted mean, deviation, z-score", "pandas ewm, mean and std",
            lambda: weighted.moments(y, 60).std, lambda: (frame_y.ewm(halflife=60).mean(), frame_y.ewm(halflife=60).std())[1], _most),
        Row("median, MAD, z-score", "numpy, window by window", lambda: robust.moments(y, _WINDOW).median[some - 1],
            lambda: np.array([_median_and_mad(y[end - _WINDOW : end]) for end in some]), _most, len(some) / (len(y) - _WINDOW + 1)),
        Row("z-score, a bar at a time", "-", streamed, None),
    ]  # fmt: skip


def _median_and_mad(values: Floats) -> float:
    median = float(np.median(values))
    np.median(np.abs(values - median))
    return median


def _hedges(y: Floats, x: Floats) -> list[Row]:
    few = slice(0, min(10_000, len(y)))
    return [
        Row(f"least squares, {len(y):,} rows", "statsmodels OLS", lambda: ols(y, x).slope, lambda: sm.OLS(y, sm.add_constant(x)).fit().params[1], _most),
        Row(f"Huber, {len(y):,} rows", "statsmodels RLM", lambda: huber(y, x).slope,
            lambda: sm.RLM(y, sm.add_constant(x - x.mean()), M=sm.robust.norms.HuberT()).fit(tol=1e-10).params[1], _most),
        Row("Theil-Sen with interval, 10,000 rows", "scipy theilslopes", lambda: theil_sen(y[few], x[few]).slope,
            lambda: theilslopes(y[few], x[few])[0], _most),
        Row(f"Theil-Sen with interval, {len(y):,} rows", "- (30 GB)", lambda: theil_sen(y, x), None),
        Row(f"total least squares, {len(y):,} rows", "numpy svd", lambda: total_least_squares(y, x).slope, lambda: _first_direction(y, x), _most),
    ]  # fmt: skip


def _first_direction(y: Floats, x: Floats) -> float:
    vectors = np.linalg.svd(np.column_stack((y - y.mean(), x - x.mean())), full_matrices=False)[2]
    return float(vectors[0, 0] / vectors[0, 1])


def _filter(y: Floats, x: Floats) -> list[Row]:
    found = kalman(y, x)
    noise = found.noise
    part = 5_000

    def slopes(answer: Kalman) -> Floats:
        return answer.slope[100:part]

    return [
        Row(f"Kalman filter, {len(y):,} bars", "pykalman", lambda: slopes(kalman(y, x, noise)), lambda: _pykalman(y[:part], x[:part], found, noise), _most, part / len(y)),
        Row(f"Kalman filter, {len(y):,} bars", "numpy, 2 x 2 matrices", lambda: slopes(kalman(y, x, noise)), lambda: _matrices(y[:part], x[:part], found, noise), _most, part / len(y)),
        Row("its noise by likelihood, 500 bars", "-", lambda: likeliest_noise(y[:500], x[:500]), None),
    ]  # fmt: skip


def _pykalman(y: Floats, x: Floats, found: Kalman, noise: Noise) -> Floats:
    """The slope before each row: the state after the one before."""
    filter_ = found.filter
    rows = np.column_stack((np.ones(len(x)), x - filter_.reference_x))[:, None, :]
    walking = np.diag([noise.intercept, noise.slope])
    start = np.diag([filter_.start_level_variance, filter_.start_slope_variance]) + walking
    model = KalmanFilter(np.eye(2), rows, walking, [[noise.observation]], None, None, [0.0, 0.0], start)
    means, _ = model.filter(y - filter_.reference_y)
    return np.asarray(means[99:-1, 1], dtype=np.float64)


def _matrices(y: Floats, x: Floats, found: Kalman, noise: Noise) -> Floats:
    filter_ = found.filter
    state, variance = np.zeros(2), np.diag([filter_.start_level_variance, filter_.start_slope_variance])
    walking, slopes = np.diag([noise.intercept, noise.slope]), []
    for y_, x_ in zip(y - filter_.reference_y, x - filter_.reference_x, strict=True):
        row = np.array([1.0, x_])
        variance = variance + walking
        slopes.append(state[1])
        gain = variance @ row / (row @ variance @ row + noise.observation)
        state = state + gain * (y_ - row @ state)
        variance = variance - np.outer(gain, row @ variance)
    return np.array(slopes[100:])
