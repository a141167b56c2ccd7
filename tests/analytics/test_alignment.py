"""Two legs on one grid: each interval is counted once, nothing comes from the future, and nothing is older than allowed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.alignment import Aligned, align
from core.analytics.correlation import pearson
from core.analytics.reversion import half_life_ar1
from core.errors import AnalysisError, BadParameter, BadSeries
from tests.analytics.reference_dynamics import ornstein

STEP = 60
legs = st.dictionaries(st.integers(0, 25), st.floats(1, 9), max_size=20).map(
    lambda bars: (np.array([STEP * t for t in sorted(bars)], dtype=np.int64), np.array([bars[t] for t in sorted(bars)]))
)


def _plain(y, x, limit: int, how: str) -> tuple[list[tuple[int, float, float, int, int]], dict[str, int]]:
    """The definition, interval by interval."""
    of_y, of_x = (dict(zip(times.tolist(), values.tolist(), strict=True)) for times, values in (y, x))
    both = sorted({*of_y, *of_x})
    rows, counts = [], {"joined": 0, "filled": 0, "dropped": 0, "absent": 0}
    for time in range(both[0], both[-1] + STEP, STEP) if both else ():
        last = [max((t for t in leg if t <= time), default=None) for leg in (of_y, of_x)]
        ages = [None if t is None else (time - t) // STEP for t in last]
        allowed = limit if how == "fill" else 0
        if all(age is not None and age <= allowed for age in ages):
            counts["joined" if ages == [0, 0] else "filled"] += 1
            rows.append((time, of_y[last[0]], of_x[last[1]], *ages))
        else:
            counts["dropped" if time in of_y or time in of_x else "absent"] += 1
    return rows, counts


@given(legs, legs, st.integers(0, 30), st.sampled_from(["inner", "fill"]))
def test_the_definition(y, x, limit: int, how: str) -> None:
    found = align(*y, *x, STEP, limit, how)
    rows, counts = _plain(y, x, limit, how)
    assert _rows(found) == rows
    assert {name: getattr(found, name) for name in counts} == counts


def _rows(found: Aligned) -> list[tuple[int, float, float, int, int]]:
    columns = (found.times, found.y, found.x, found.age_y, found.age_x)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(legs, legs, st.integers(0, 30), st.sampled_from(["inner", "fill"]), st.integers(0, 25))
def test_what_comes_later_changes_no_row(y, x, limit: int, how: str, cut: int) -> None:
    until = STEP * cut
    early = [(times[times <= until], values[times <= until]) for times, values in (y, x)]
    whole = _rows(align(*y, *x, STEP, limit, how))
    truncated = _rows(align(*early[0], *early[1], STEP, limit, how))
    assert truncated == [row for row in whole if row[0] <= until][: len(truncated)]
    last = max((int(t[-1]) for t, _ in early if len(t)), default=-1)
    assert len(truncated) == sum(row[0] <= last for row in whole)


@given(legs, legs, st.integers(0, 5))
def test_the_legs_are_treated_alike(y, x, limit: int) -> None:
    one, other = align(*y, *x, STEP, limit, "fill"), align(*x, *y, STEP, limit, "fill")
    assert [(t, b, a, d, c) for t, a, b, c, d in _rows(one)] == _rows(other)
    assert (one.joined, one.filled, one.dropped, one.absent) == (
        other.joined,
        other.filled,
        other.dropped,
        other.absent,
    )


def test_a_long_silence_costs_no_memory() -> None:
    found = align([0, 10**15], [1.0, 2.0], [0, 10**15], [3.0, 4.0], 1, 5, "fill")
    assert found.times.tolist() == [0, 1, 2, 3, 4, 5, 10**15]
    assert (found.joined, found.filled, found.absent) == (2, 5, 10**15 + 1 - 7)


def test_full_legs_are_joined_as_they_are() -> None:
    times = np.arange(1000) * STEP
    y, x = np.random.default_rng(1).standard_normal((2, 1000))
    for how in ("inner", "fill"):
        found = align(times, y, times, x, STEP, 3, how)
        assert np.array_equal(found.y, y)
        assert np.array_equal(found.x, x)
        assert (found.joined, found.filled, found.dropped, found.absent) == (1000, 0, 0, 0)


def test_filling_makes_correlation_and_half_life_wrong_and_ages_tell_where() -> None:
    """The pitfall: a leg that trades in one of five seconds. Joining alone keeps both right; the ages show what was filled."""
    rng = np.random.default_rng(2)
    n = 20_000
    common = rng.standard_normal(n)
    y, x = np.cumsum(common + 0.5 * rng.standard_normal((2, n)), axis=1)
    spread = ornstein(rng, 300, n)[0] * 3
    times = np.arange(n)
    kept = rng.random(n) < 0.2
    filled = align(times, y, times[kept], x[kept], 1, 60, "fill")
    joined = align(times, y, times[kept], x[kept], 1)
    own = filled.age_x == 0
    assert pearson(np.diff(filled.y), np.diff(filled.x)).value < 0.45
    assert pearson(np.diff(joined.y), np.diff(joined.x)).value == pytest.approx(0.8, abs=0.03)
    assert own.mean() == pytest.approx(0.2, abs=0.02)
    walk = np.cumsum(rng.standard_normal(n))
    stale = align(times, walk + spread, times[kept], walk[kept], 1, 60, "fill")
    assert half_life_ar1(stale.y - stale.x).bars < 60
    assert half_life_ar1(spread).bars > 150


def test_no_bars_align_to_no_rows() -> None:
    for how in ("inner", "fill"):
        assert len(align([], [], [], [], STEP, 1, how)) == 0
        one = align([0, STEP], [1.0, 2.0], [], [], STEP, 9, how)
        assert (len(one), one.dropped, one.joined, one.absent) == (0, 2, 0, 0)


def test_what_cannot_be_aligned_says_so() -> None:
    good = ([0, 60], [1.0, 2.0])
    for bad, words in (
        (([60, 0], [1.0, 2.0]), "step back in row 1"),
        (([0, 0], [1.0, 2.0]), "hold 0 twice, in row 1"),
        (([0, 61], [1.0, 2.0]), "no whole number of 60 us apart"),
        (([0], [1.0, 2.0]), "1 rows for 2 values"),
        (([0, 60], [1.0, np.nan]), "not finite"),
        (([0.0, 60.0], [1.0, 2.0]), "whole microseconds"),
    ):
        with pytest.raises(BadSeries, match=words):
            align(*bad, *good, STEP)
        with pytest.raises(BadSeries, match=words):
            align(*good, *bad, STEP)
    for step, limit, how in ((0, 1, "fill"), (60, -1, "fill"), (60, 1, "outer")):
        with pytest.raises(BadParameter, match="inner or fill"):
            align(*good, *good, step, limit, how)


@given(st.lists(st.tuples(st.integers(), st.floats()), max_size=8), st.integers(-2, 2**70), st.integers(-2, 2**70))
def test_any_bars_give_an_answer_or_an_error(bars, step: int, limit: int) -> None:
    try:
        found = align([t for t, _ in bars], [v for _, v in bars], [0], [1.0], step, min(limit, 1000), "fill")
    except AnalysisError:
        return
    assert len(found) == found.joined + found.filled
