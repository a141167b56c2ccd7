"""Unit-root and cointegration tests, alone and in windows, against statsmodels."""

import warnings
from typing import Any

import numpy as np
from statsmodels.tsa.stattools import adfuller, coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from core.analytics.cointegration import engle_granger
from core.analytics.johansen import batch_trace
from core.analytics.rolling_tests import rolling_adf, rolling_engle_granger
from core.analytics.stationarity import adf
from core.market import Floats
from tests.benchmarks.compared import Row, compared
from tests.benchmarks.report import Options, Table

_WINDOW = 600


def run(options: Options) -> list[Table]:
    rng = np.random.default_rng(2)
    single = [row for n in ((1_440,) if options.quick else (1_440, 10_000, 86_400)) for row in _single(rng, n)]
    pairs, windows = (10, 5_000) if options.quick else (50, 86_400)
    return [
        compared("Unit-root and cointegration tests", [*single, _johansen(rng, pairs)], options),
        compared(f"The same in every window of {_WINDOW} rows", _windows(rng, windows), options),
    ]


def _pair(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Log prices of a walk and of what follows it, centred and scaled: on raw ones statsmodels is less exact."""
    x = np.cumsum(rng.standard_normal(n))
    y = 0.9 * x + np.convolve(rng.standard_normal(n), 0.95 ** np.arange(200))[:n]
    return (y - y.mean()) / y.std(), (x - x.mean()) / x.std()


def _single(rng: np.random.Generator, n: int) -> list[Row]:
    y, x = _pair(rng, n)

    def apart(ours: Any, theirs: Any) -> float:
        return abs(ours.statistic - float(theirs[0])) + (1e9 if ours.lags != theirs[1] else 0.0)

    return [
        Row(f"ADF, AIC, {n:,} rows", "adfuller", lambda: adf(y), lambda: _adfuller(y, "AIC"), apart),
        Row(f"ADF, one lag, {n:,} rows", "adfuller", lambda: adf(y, lags=1), lambda: _adfuller(y, 1), apart),
        Row(
            f"Engle-Granger, AIC, {n:,} rows",
            "coint",
            lambda: engle_granger(y, x).statistic,
            lambda: float(coint(y, x, trend="c", autolag="aic")[0]),
            lambda ours, theirs: abs(ours - theirs),
        ),
    ]


def _adfuller(values: Floats, lags: str | int) -> tuple[float, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(lags, int):
            found = adfuller(values, maxlag=lags, autolag=None, result_object=False)
        else:
            found = adfuller(values, autolag=lags, result_object=False)
    return float(found[0]), int(found[2])


def _johansen(rng: np.random.Generator, symbols: int) -> Row:
    levels = np.cumsum(rng.standard_normal((symbols, 1_440)), axis=1)
    pairs = symbols * (symbols - 1) // 2
    some = min(pairs, 100)
    chosen = np.column_stack(np.triu_indices(symbols, 1))[:some]
    return Row(
        f"Johansen's trace, {pairs:,} pairs, 1,440 rows",
        "coint_johansen",
        lambda: batch_trace(levels).trace[:some, 0],
        lambda: np.array([coint_johansen(levels[pair].T, 0, 1).trace_stat[0] for pair in chosen]),
        lambda ours, theirs: float(np.abs(ours - theirs).max()),
        share=some / pairs,
    )


def _windows(rng: np.random.Generator, n: int) -> list[Row]:
    y, x = _pair(rng, n)
    windows = n - _WINDOW + 1
    some = np.linspace(_WINDOW - 1, n - 1, 60).astype(int)

    def part(row: int) -> slice:
        return slice(row - _WINDOW + 1, row + 1)

    def apart(ours: Any, theirs: Any) -> float:
        return float(np.abs(ours.statistic[some] - theirs).max())

    def each_adf(lags: str | int) -> Floats:
        return np.array([_adfuller(y[part(row)], lags)[0] for row in some])

    def each_pair(lags: str | int) -> Floats:
        options = {"maxlag": lags, "autolag": None} if isinstance(lags, int) else {"autolag": lags}
        return np.array([float(coint(y[part(row)], x[part(row)], trend="c", **options)[0]) for row in some])

    share = len(some) / windows
    return [
        Row(f"ADF, AIC, {windows:,} windows", "adfuller", lambda: rolling_adf(y, _WINDOW), lambda: each_adf("AIC"), apart, share),
        Row(f"ADF, one lag, {windows:,} windows", "adfuller", lambda: rolling_adf(y, _WINDOW, lags=1), lambda: each_adf(1), apart, share),
        Row(f"Engle-Granger, AIC, {windows:,} windows", "coint", lambda: rolling_engle_granger(y, x, _WINDOW), lambda: each_pair("aic"), apart, share),
        Row(f"Engle-Granger, one lag, {windows:,} windows", "coint", lambda: rolling_engle_granger(y, x, _WINDOW, lags=1), lambda: each_pair(1), apart, share),
    ]  # fmt: skip
