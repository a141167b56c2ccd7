"""What came of a screen: columns over all its pairs, and any one pair with words."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np

from core.analytics.funnel import PASSED, Rules, Stage, StageName
from core.analytics.heldout import HeldOut, Persistence
from core.analytics.pairwise import PairTests
from core.analytics.traits import Traits
from core.market import Floats, Ints


@dataclass(frozen=True, slots=True)
class ScreenedPair:
    """A pair of a screen, y on x in the order with the smaller p-value. What was not reached or cannot be known is None.

    `p_value` is of y on x, `reverse_p_value` of x on y, `combined` twice the smaller, at most 1. `decisive` is the one that
    the rules go by; `adjusted`, `bh` and `by` are that over all pairs tested, by the rules' method and by the two that bound
    the false discovery rate. `half_life` [bars] is that of the residual over the formation, inf where it does not
    come back. `fell_at` names the stage that the pair fell out at, None for a survivor; `why` says it in words.
    `rank` is 1 for the survivor that did best on the rows held out.
    """

    number: int
    y: str
    x: str
    hedge_ratio: float | None
    statistic: float | None
    lags: int | None
    p_value: float | None
    reverse_p_value: float | None
    combined: float | None
    decisive: float | None
    adjusted: float | None
    bh: float | None
    by: float | None
    r_squared: float | None
    correlation: float | None
    half_life: float | None
    crossings: int | None
    near_identical: bool
    fell_at: StageName | None
    why: str
    rank: int | None
    held_out: HeldOut | None
    persistence: Persistence | None


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of `symbols`, its pairs in columns of shape (pairs,) (`tests` as in `PairTests`), NaN and -1 where unknown.

    Pairs were chosen on the rows 0 to `formation`, those from there to `rows` were held out. `tested` pairs were tested, in
    both orders; were none of them cointegrated, `expected_false` of them, at the most, would be expected below
    `rules.level` without adjustment. `ranking` holds the numbers of the survivors, best on the rows held out first.
    """

    symbols: tuple[str, ...]
    rules: Rules
    rows: int
    formation: int
    stages: tuple[Stage, ...]
    tested: int
    expected_false: float
    ranking: tuple[int, ...]
    fell: Ints = field(repr=False)  # the number of the stage, or PASSED
    correlation: Floats = field(repr=False)
    tests: PairTests = field(repr=False)
    decisive: Floats = field(repr=False)  # NaN where the pair was not tested, the near-identical among them
    adjusted: Floats = field(repr=False)
    bh: Floats = field(repr=False)
    by: Floats = field(repr=False)
    traits: Traits = field(repr=False)
    held_out: tuple[HeldOut | None, ...] = field(repr=False)  # (pairs,) of the survivors
    persistence: tuple[Persistence | None, ...] = field(repr=False)  # (pairs,) of those that are cointegrated
    faults: tuple[str, ...] = field(repr=False)  # of each symbol, why its pairs were not looked at; empty for none

    def __post_init__(self) -> None:
        for owner in (self, self.tests, self.traits):
            for column in fields(owner):
                value = getattr(owner, column.name)
                if isinstance(value, np.ndarray):
                    value.setflags(write=False)

    def __len__(self) -> int:
        """How many pairs there are, survivors or not."""
        return len(self.tests)

    @property
    def below(self) -> int:
        """How many of the pairs tested are at the level or below without adjustment: what `expected_false` is to be held against."""
        return int(np.count_nonzero(self.decisive <= self.rules.level))

    def survivors(self) -> Iterator[ScreenedPair]:
        """The pairs that passed every stage, best on the rows held out first."""
        return (self.pair(number) for number in self.ranking)

    def closest(self, count: int) -> list[ScreenedPair]:
        """The `count` pairs tested that have the least p-values, survivors or not: what a screen without survivors shows."""
        order = np.argsort(self.decisive, kind="stable")  # NaN last
        return [self.pair(int(number)) for number in order[: min(count, self.tested)]]

    def pair(self, number: int) -> ScreenedPair:
        """All that is known of one pair. Raise IndexError where there is none of this number."""
        if not 0 <= number < len(self):
            raise IndexError(f"there is no pair {number}: take one from 0 to {len(self) - 1}")
        tests, fell = self.tests.take(slice(number, number + 1)), int(self.fell[number])
        order = int(tests.better[0])
        legs = self.symbols[int(tests.first[0])], self.symbols[int(tests.second[0])]
        return ScreenedPair(
            number=number,
            y=legs[order],
            x=legs[1 - order],
            hedge_ratio=_known(tests.hedge_ratio[0, order]),
            statistic=_known(tests.statistic[0, order]),
            lags=_counted(tests.lags[0, order]),
            p_value=_known(tests.p_value[0, order]),
            reverse_p_value=_known(tests.p_value[0, 1 - order]),
            combined=_known(tests.combined[0]),
            decisive=_known(self.decisive[number]),
            adjusted=_known(self.adjusted[number]),
            bh=_known(self.bh[number]),
            by=_known(self.by[number]),
            r_squared=_known(tests.r_squared[0, order]),
            correlation=_known(self.correlation[number]),
            half_life=_known(self.traits.half_life[number]),
            crossings=_counted(self.traits.crossings[number]),
            near_identical=bool(tests.near_identical[0]),
            fell_at=None if fell == PASSED else self.stages[fell].name,
            why=self.why(number),
            rank=self.ranking.index(number) + 1 if fell == PASSED else None,
            held_out=self.held_out[number],
            persistence=self.persistence[number],
        )

    def why(self, number: int) -> str:
        """Why the pair of this number fell out, in words; that it passed, for a survivor."""
        fell = int(self.fell[number])
        if fell == PASSED:
            return "passed every stage"
        stage = self.stages[fell]
        return f"{self._found(stage.name, number)}; asked was {stage.rule}"

    def _found(self, stage: StageName, number: int) -> str:
        if stage == "correlation":
            return f"the returns' correlation is {_words(self.correlation[number])}"
        if stage == "distinct":
            return f"near-identical, 1 - R2 is {1 - self.tests.r_squared[number].max():.1e}"
        if stage == "cointegration":
            return f"the p-value is {_words(self.decisive[number])}, adjusted {_words(self.adjusted[number])}"
        if stage == "half_life":
            return f"the half-life is {_words(self.traits.half_life[number])} bars"
        if stage == "crossings":
            return f"the residual changes its sign {self.traits.crossings[number]} times"
        faults = (self.faults[int(leg)] for leg in (self.tests.first[number], self.tests.second[number]))
        return ", ".join(fault for fault in faults if fault)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _counted(value: int) -> int | None:
    return int(value) if value >= 0 else None


def _words(value: float) -> str:
    return "not known" if math.isnan(value) else "endless" if math.isinf(value) else f"{value:.3g}"
