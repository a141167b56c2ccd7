"""What the rows that chose a pair cannot tell of it: how it did on rows held out, and in each of several parts."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from core.analytics.funnel import Rules
from core.analytics.pairwise import engle_granger_all
from core.analytics.stationarity import adf
from core.analytics.tiles import LEAST_ROWS, Question
from core.analytics.traits import crossings, half_lives
from core.errors import AnalysisError
from core.market import Floats, Ints


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The spread with the hedge ratio frozen, on `n` rows that had no part in choosing it.

    Nothing of the hedge is fitted there, so that the table of a single series holds. `half_life` [bars] is inf where the
    spread does not come back and None where it alternates; `crossings` are those of its mean, or its trend's.
    """

    statistic: float
    p_value: float
    lags: int
    half_life: float | None
    crossings: int
    n: int


@dataclass(frozen=True, slots=True)
class Persistence:
    """In which of several parts of the rows, oldest first, the pair passes at the level by itself, unadjusted."""

    passed: tuple[bool, ...]
    rows: int  # of each part

    @property
    def share(self) -> float:
        return sum(self.passed) / len(self.passed)


def held_out(y: Floats, x: Floats, hedge_ratio: float, question: Question) -> HeldOut | None:
    """How the spread y - hedge_ratio x does on these rows, shape (n,) each; None where they are too few or do not vary."""
    if len(y) < LEAST_ROWS:
        return None
    spread = y - hedge_ratio * x
    try:
        test = adf(spread, question.trend, question.lags, question.max_lag)
    except AnalysisError:
        return None
    powers = np.vander(np.linspace(-1.0, 1.0, len(y)), len(question.trend))
    residual = (spread - powers @ np.linalg.lstsq(powers, spread, rcond=None)[0])[None]
    half_life = float(half_lives(residual)[0])
    back = None if np.isnan(half_life) else half_life
    return HeldOut(test.statistic, test.p_value, test.lags, back, int(crossings(residual)[0]), len(y))


def persistence(
    levels: Floats, pairs: Ints, rules: Rules, executor: Executor | None, step: Callable[[float], None] = lambda _: None
) -> Sequence[Persistence | None]:
    """For each of `pairs`, shape (k, 2), of the rows of `levels`; None where `windows` are 0 or leave too few rows.

    `step` is told the share of the parts that are done, before each.
    """
    question, windows = rules.question(), rules.windows
    rows = levels.shape[1] // windows if windows else 0
    try:
        question.most(rows)
    except AnalysisError:
        return [None] * len(pairs)
    used = np.unique(pairs)
    local = np.searchsorted(used, pairs)
    start = levels.shape[1] - rows * windows
    tests = []
    for i in range(windows):
        step(i / windows)
        part = levels[used, start + i * rows : start + (i + 1) * rows]
        tests.append(engle_granger_all(part, question, local, executor))
    passed = np.array([part.decisive(rules.orders) <= rules.level for part in tests])
    return [Persistence(tuple(bool(flag) for flag in column), rows) for column in passed.T]
