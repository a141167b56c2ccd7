"""The whole analysis of a pair, the next bar after it, and what it costs to load the statistics."""

import subprocess
import sys
import time

import numpy as np

from core.market import DAY_US, MINUTE, SECOND, Interval, Symbol
from core.pairs import Follower, Leg, PairSpec, analyze
from tests.benchmarks.processes import TELL_PEAK
from tests.benchmarks.report import Options, Table, median, percentile

_IMPORTS = (
    ("Python", "pass"),
    ("numpy and pandas", "import numpy, pandas"),
    ("the same and core.pairs, core.analytics.screener", "import numpy, pandas, core.pairs, core.analytics.screener"),
    (
        "the same and statsmodels' adfuller, coint",
        "import numpy, pandas\nfrom statsmodels.tsa.stattools import adfuller, coint",
    ),
)


def run(options: Options) -> list[Table]:
    return [_analyses(options), _imports(options)]


def _analyses(options: Options) -> Table:
    rounds = 3 if options.quick else 11
    table = Table(
        f"analyze(): hedge, spread, z-score, tests of both orders, Johansen, reversion, correlation of a day ({rounds} rounds)",
        ["", "bars", "p50 ms", "p95 ms", "next bar us", "as the batch"],
    )
    for interval in (MINUTE,) if options.quick else (MINUTE, SECOND):
        for estimator, z in (("ols", "rolling"), ("rolling_ols", "robust"), ("kalman", "innovation")):
            table.rows.append(_analyzed(interval, estimator, z, rounds))
    table.notes.append(
        "The next bar: hedge, spread and z-score of one more bar. As the batch: the greatest difference of 200 z-scores."
    )
    return table


def _analyzed(interval: Interval, estimator: str, z: str, rounds: int) -> list[object]:
    rng = np.random.default_rng(5)
    rows = DAY_US // interval.us
    x = 8.0 + np.cumsum(1e-4 * rng.standard_normal(rows + 200))
    y = 0.9 * x + np.convolve(3e-4 * rng.standard_normal(rows + 200), 0.95 ** np.arange(200))[: rows + 200]
    times = np.arange(rows + 200, dtype=np.int64) * interval.us
    spec = PairSpec(Symbol("Y"), Symbol("X"), interval, DAY_US, estimator=estimator, z=z)  # type: ignore[arg-type]

    def leg(values: np.ndarray, end: int) -> Leg:
        return Leg("leg", times[:end], np.exp(values[:end]), end)

    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        found = analyze(spec, leg(y, rows), leg(x, rows), rows * interval.us)
        spent.append(1e3 * (time.perf_counter() - started))
    follower = Follower(found)
    started = time.perf_counter()
    moments = [
        follower.push(int(times[row]), float(np.exp(y[row])), float(np.exp(x[row]))) for row in range(rows, rows + 200)
    ]
    bar_us = 1e6 * (time.perf_counter() - started) / 200
    apart = None
    if estimator == "rolling_ols":  # the others' hedge or noise would be fitted anew
        whole = analyze(spec, leg(y, rows + 200), leg(x, rows + 200), (rows + 200) * interval.us)
        apart = f"{max(abs(float(moment.z) - float(z)) for moment, z in zip(moments, whole.series.z[-200:], strict=True)):.0e}"  # type: ignore[arg-type]
    return [f"{interval}, {estimator}, {z}", rows, median(spent), percentile(spent, 95), bar_us, apart]


def _imports(options: Options) -> Table:
    rounds = 2 if options.quick else 7
    table = Table(f"Loading, in a new process ({rounds} interleaved rounds)", ["", "median s", "MB"])
    spent: dict[str, list[float]] = {name: [] for name, _ in _IMPORTS}
    size: dict[str, float] = {}
    for _ in range(rounds):
        for name, code in _IMPORTS:
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", f"{code}\n{TELL_PEAK}"], capture_output=True, text=True, check=True
            )
            spent[name].append(time.perf_counter() - started)
            size[name] = float(done.stdout)
    table.rows.extend([name, median(spent[name]), size[name]] for name, _ in _IMPORTS)
    return table
