"""All pairs of a universe against a loop over statsmodels' coint, interleaved in one process with one BLAS thread."""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.stattools import coint

from core.analytics.pairwise import PairTests, engle_granger_all
from core.analytics.screener import Universe, screen
from core.analytics.tiles import Question
from core.market import Floats
from tests.benchmarks.processes import child, peak_mb
from tests.benchmarks.report import Options, Table, median

#: Seconds that a round may spend in the peer, about: it is asked for so many pairs and multiplied up.
_PEER_SECONDS = 1.0
_COLUMNS = (
    "", "tests", "desk min ms", "desk median ms", "statsmodels s", "statsmodels / desk", "differing", "greatest difference of t",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A universe and a question; `guess` is about what a test costs the peer [s]."""

    symbols: int
    rows: int
    question: Question
    guess: float

    def __str__(self) -> str:
        lags = f"lags {self.question.lags}" if isinstance(self.question.lags, int) else self.question.lags.upper()
        return f"{self.symbols} symbols, {self.rows:,} rows, {self.question.trend}, {lags}"

    @property
    def tests(self) -> int:
        return self.symbols * (self.symbols - 1)


_CASES = (
    Case(50, 1_440, Question(), 0.022),
    Case(50, 1_440, Question("ct"), 0.022),
    Case(50, 1_440, Question("ctt"), 0.022),
    Case(50, 1_440, Question(lags=1), 0.0008),
    Case(200, 1_440, Question(), 0.022),
    Case(20, 10_080, Question(), 0.4),
    Case(20, 86_400, Question(), 16.0),
)


def run(options: Options) -> list[Table]:
    """The tables, measured in a process of its own: the number of BLAS threads is fixed when numpy is loaded."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with child(
        "tests.benchmarks.statistics_screener", *(["--quick"] if options.quick else []), env=environment
    ) as measuring:
        return [Table(**table) for table in measuring.line()["tables"]]


def main() -> None:
    quick = "--quick" in sys.argv
    wide = _wide(quick)  # first: statsmodels would take more memory than all of it
    tables = [_against_statsmodels(quick), wide]
    print(json.dumps({"tables": [table.record() for table in tables]}))


def _against_statsmodels(quick: bool) -> Table:
    rounds = 2 if quick else 5
    table = Table(
        f"Engle-Granger tests of all pairs, both orders, one BLAS thread ({rounds} interleaved rounds)", _COLUMNS
    )
    for case in _CASES[:5:3] if quick else _CASES:
        table.rows.append(_compared(case, rounds))
    table.notes.append(
        "statsmodels' loop is timed on some directions, drawn anew each round, and multiplied up to all; it is given centred and "
        "scaled series, for on raw ones it is less exact. Their t are compared: another choice of lags would differ by more than 1e-4."
    )
    return table


def _compared(case: Case, rounds: int) -> list[object]:
    random = np.random.default_rng(case.symbols + case.rows)
    levels = _market(random, case.symbols, case.rows)
    scaled = (levels - levels.mean(axis=1, keepdims=True)) / levels.std(axis=1, keepdims=True)
    sample = max(1, int(_PEER_SECONDS / case.guess))
    found = engle_granger_all(levels, case.question)
    ours, theirs, wrong, apart = [], [], 0, 0.0
    for _ in range(rounds):
        ours.append(_seconds(lambda: engle_granger_all(levels, case.question)))
        chosen = [
            (int(k), int(order))
            for k, order in zip(random.integers(0, len(found), sample), random.integers(0, 2, sample), strict=True)
        ]
        answers: list[float] = []
        spent = _seconds(lambda: answers.extend(_peer(scaled, found, k, order, case.question) for k, order in chosen))  # noqa: B023
        theirs.append(spent / sample * case.tests)
        differences = [
            abs(answer - found.statistic[k, order]) for answer, (k, order) in zip(answers, chosen, strict=True)
        ]
        wrong += int(sum(difference > 1e-4 for difference in differences))
        apart = max(apart, *differences)
    ratio = median(theirs) / median(ours)
    return [str(case), case.tests, 1e3 * min(ours), 1e3 * median(ours), median(theirs), ratio, wrong, f"{apart:.1e}"]


def _peer(scaled: Floats, found: PairTests, pair: int, order: int, question: Question) -> float:
    y, x = scaled[found.first[pair]], scaled[found.second[pair]]
    y, x = (y, x) if order == 0 else (x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(question.lags, int):
            return float(coint(y, x, trend=question.trend, maxlag=question.lags, autolag=None)[0])
        return float(coint(y, x, trend=question.trend, autolag=question.lags)[0])


def _wide(quick: bool) -> Table:
    """The whole screen of many symbols, alone and on a pool of processes."""
    symbols, rows = (80, 500) if quick else (500, 1_440)
    universe = Universe(
        tuple(f"S{k}" for k in range(symbols)),
        np.exp(_market(np.random.default_rng(1), symbols, rows, followers=symbols // 10)),
    )
    table = Table(
        f"The whole screen of {symbols} symbols, {rows:,} rows: {symbols * (symbols - 1):,} tests and all that follows",
        ("", "seconds", "tests/s", "survivors", "peak MB", "peak MB of a worker"),
    )
    for processes in (0, 1, 2):
        worker: float | None = None
        if processes:
            with ProcessPoolExecutor(processes) as pool:
                list(pool.map(abs, range(processes)))  # started
                seconds, survivors = _screened(universe, pool)
                worker = max(asked.result() for asked in [pool.submit(peak_mb) for _ in range(8 * processes)])
        else:
            seconds, survivors = _screened(universe, None)
        name = f"a pool of {processes}" if processes else "in this process"
        table.rows.append([name, seconds, symbols * (symbols - 1) / seconds, survivors, peak_mb(), worker])
    table.notes.append(
        "The memory is the highest of this process so far, and of the greatest of the pool's, which are forked before the clock "
        "starts and share much of it."
    )
    return table


def _screened(universe: Universe, pool: ProcessPoolExecutor | None) -> tuple[float, int]:
    started = time.perf_counter()
    found = screen(universe, executor=pool)
    return time.perf_counter() - started, len(found.ranking)


def _market(random: np.random.Generator, symbols: int, rows: int, followers: int = 0) -> Floats:
    """Log prices of independent walks, of which the last `followers` follow the first ones, with an AR(1) between them."""
    levels = 4.0 + np.cumsum(1e-3 * random.standard_normal((symbols, rows)), axis=1)
    for follower in range(followers):
        spread = np.convolve(1e-3 * random.standard_normal(rows), 0.8 ** np.arange(60))[:rows]
        levels[-1 - follower] = 0.9 * levels[follower] + spread
    return levels


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
