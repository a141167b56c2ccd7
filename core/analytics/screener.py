"""All pairs of a universe of symbols through one funnel, and what to think of those that come out.

The funnel stands on the first part of the rows, the formation. The rest, held out, is looked at only for the survivors with
the hedge ratio frozen, and ranks them: what selected them out of thousands cannot judge them.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from core.analytics.funnel import NOT_ASKED, Funnel, Rules, Stage
from core.analytics.heldout import HeldOut, held_out, persistence
from core.analytics.multiple import Adjustment, adjusted, expected_false
from core.analytics.pairwise import PairTests, tested
from core.analytics.screened import Screen, ScreenedPair
from core.analytics.standardised import standardised
from core.analytics.tiles import Tile, all_pairs, tiles
from core.analytics.traits import Traits, traits
from core.analytics.universe import Universe, return_correlations
from core.market import Bools, Floats, Ints

__all__ = ["Rules", "Screen", "ScreenedPair", "Stage", "Universe", "screen"]

T = TypeVar("T")
#: Told how far a screen is, from 0 to 1, and what it does; may raise to end it.
Step = Callable[[float, str], None]
#: The shares of a screen's work up to the end of the tests, and of the held-out rows.
_TESTED, _HELD_OUT = 0.75, 0.8


def screen(
    universe: Universe, rules: Rules | None = None, executor: Executor | None = None, step: Step = lambda *_: None
) -> Screen:
    """Every pair of the universe's symbols through the funnel of `rules`; the tests by `executor`, if there is one.

    `step` is called between the parts of the work, on this thread. The executor may be any of `concurrent.futures`' kind: it is given picklable functions and values. Nothing in the result
    depends on it. Raise NotEnoughData where the rows before the holdout are too few to test.
    """
    asked = rules or Rules()
    formation = universe.rows - int(universe.rows * asked.holdout)
    asked.question().most(formation)
    levels = np.log(universe.closes) if asked.price == "log" else universe.closes
    pairs, funnel = all_pairs(len(universe)), Funnel(len(universe) * (len(universe) - 1) // 2)
    faults = _look_at_symbols(universe, levels[:, :formation], asked, pairs, funnel)
    correlation = return_correlations(universe.closes[:, :formation], pairs)
    funnel.stage("correlation", *asked.correlated(correlation))
    tests, found = _examine_all(levels[:, :formation], pairs, np.flatnonzero(funnel.alive), asked, executor, step)
    funnel.stage("distinct", "two symbols that are not one but for scale", ~tests.near_identical)
    p_values = _PValues.of(tests, asked)
    funnel.stage("cointegration", *asked.cointegrated(p_values.adjusted))
    passed = np.flatnonzero(funnel.alive)
    funnel.stage("half_life", *asked.reverting(found.half_life))
    funnel.stage("crossings", *asked.crossing(found.crossings))
    survivors = np.flatnonzero(funnel.alive)
    step(_TESTED, "the rows held out")
    apart = _hold_out(levels[:, formation:], tests, survivors, asked)
    lasting = persistence(
        levels[:, :formation], pairs[passed], asked, executor,
        lambda share: step(_HELD_OUT + (1 - _HELD_OUT) * share, "how lasting each pair is"),
    )  # fmt: skip
    return Screen(
        symbols=universe.names,
        rules=asked,
        rows=universe.rows,
        formation=formation,
        stages=tuple(funnel.stages),
        tested=p_values.tests,
        expected_false=expected_false(asked.level, p_values.tests),
        ranking=_ranking(survivors, apart, p_values.decisive),
        fell=funnel.fell,
        correlation=correlation,
        tests=tests,
        decisive=p_values.decisive,
        adjusted=p_values.adjusted,
        bh=p_values.bh,
        by=p_values.by,
        traits=found,
        held_out=_column(len(pairs), survivors, apart),
        persistence=_column(len(pairs), passed, lasting),
        faults=faults,
    )


@dataclass(frozen=True, slots=True)
class _PValues:
    """One p-value a pair and the same adjusted over all pairs tested, shape (pairs,); NaN where the pair was not tested."""

    decisive: Floats
    adjusted: Floats
    bh: Floats
    by: Floats
    tests: int

    @classmethod
    def of(cls, tests: PairTests, rules: Rules) -> "_PValues":
        decisive = np.where(tests.near_identical, np.nan, tests.decisive(rules.orders))
        known = ~np.isnan(decisive)

        def over_all(method: Adjustment) -> Floats:
            found = np.full(len(decisive), np.nan)
            found[known] = adjusted(decisive[known], method)
            return found

        return cls(decisive, over_all(rules.adjustment), over_all("bh"), over_all("by"), int(known.sum()))


def _look_at_symbols(universe: Universe, levels: Floats, rules: Rules, pairs: Ints, funnel: Funnel) -> tuple[str, ...]:
    """What is wrong with each symbol alone, in words; its pairs fall out."""
    varies, liquid = standardised(levels, rules.trend).varies, universe.liquid(rules)
    funnel.stage("variation", "two symbols that vary", _both(varies, pairs))
    asks = rules.liquidity()
    funnel.stage("liquidity", asks or NOT_ASKED, _both(liquid, pairs) if asks else None)

    def fault(symbol: int) -> str:
        if not varies[symbol]:
            return f"{universe.names[symbol]} does not vary"
        return "" if liquid[symbol] else universe.flow(symbol)

    return tuple(fault(symbol) for symbol in range(len(universe)))


def _both(flags: Bools, pairs: Ints) -> Bools:
    """Whether both symbols of each pair have the flag."""
    return np.asarray(flags[pairs[:, 0]] & flags[pairs[:, 1]], dtype=np.bool_)


def _examine_all(
    levels: Floats, pairs: Ints, wanted: Ints, rules: Rules, executor: Executor | None, step: Step
) -> tuple[PairTests, Traits]:
    """The tests and the traits of all `pairs`, unknown for those that are not `wanted`."""
    tests, found = PairTests.blank(pairs), Traits.blank(len(pairs))
    cut = tiles(levels, pairs[wanted], rules.question())
    done = 0
    for places, part, its_traits in (executor.map if executor else map)(_examined, cut):
        done += len(places)
        step(_TESTED * done / len(wanted), f"{done:,} of {len(wanted):,} pairs tested")
        tests.put(wanted[places], part)
        found.put(wanted[places], its_traits)
    return tests, found


def _examined(tile: Tile) -> tuple[Ints, PairTests, Traits]:
    part = tested(tile)
    return tile.places, part, traits(tile, part)


def _hold_out(levels: Floats, tests: PairTests, numbers: Ints, rules: Rules) -> list[HeldOut | None]:
    """How each of the pairs of `numbers` does on rows that had no part in choosing it."""
    found = []
    for number in numbers.tolist():
        order = int(tests.better[number])
        legs = int(tests.first[number]), int(tests.second[number])
        y, x = levels[legs[order]], levels[legs[1 - order]]
        found.append(held_out(y, x, float(tests.hedge_ratio[number, order]), rules.question()))
    return found


def _ranking(survivors: Ints, apart: Sequence[HeldOut | None], p_values: Floats) -> tuple[int, ...]:
    """The survivors by the statistic on the rows held out; those without one last, by the p-value that chose them."""

    def place(row: int) -> tuple[float, float]:
        found = apart[row]
        return (math.inf if found is None else found.statistic, float(p_values[survivors[row]]))

    return tuple(int(survivors[row]) for row in sorted(range(len(survivors)), key=place))


def _column(pairs: int, places: Ints, values: Sequence[T | None]) -> tuple[T | None, ...]:
    """One entry a pair: of `values` at `places`, None at all others."""
    found: list[T | None] = [None] * pairs
    for place, value in zip(places.tolist(), values, strict=True):
        found[place] = value
    return tuple(found)
