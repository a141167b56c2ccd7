"""Volatility: the definitions, known truth of each estimator, and the factor to a year."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analytics.volatility import bars_per_year, garman_klass, parkinson, realised, standard
from core.errors import AnalysisError, BadParameter, BadSeries, NotEnoughData
from core.market import MINUTE_US, Floats


def _bars(seed: int, bars: int = 3000, steps: int = 2000, volatility: float = 0.01) -> tuple[Floats, ...]:
    """Open, high, low and close of a walk that is looked at `steps` times a bar."""
    moves = np.random.default_rng(seed).standard_normal((bars, steps)) * (volatility / math.sqrt(steps))
    path = np.concatenate((np.zeros((bars, 1)), np.cumsum(moves, axis=1)), axis=1)
    start = np.concatenate(([0.0], np.cumsum(path[:-1, -1])))
    levels = (np.exp(start + extreme) for extreme in (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1]))
    return tuple(100 * level for level in levels)


def test_each_estimator_finds_the_truth_at_its_efficiency() -> None:
    """1 % a bar. The ranges miss a little, as a path that is looked at in steps does."""
    open, high, low, close = _bars(1, 3000)
    assert realised(close).per_bar == pytest.approx(0.01, rel=0.04)
    assert standard(close).per_bar == pytest.approx(0.01, rel=0.04)
    assert parkinson(high, low).per_bar == pytest.approx(0.01, rel=0.025)
    assert garman_klass(open, high, low, close).per_bar == pytest.approx(0.01, rel=0.025)


def test_ranges_are_several_times_as_efficient() -> None:
    open, high, low, close = _bars(2, 4000, 300)
    groups = [slice(start, start + 20) for start in range(0, 4000, 20)]
    spread = {
        "realised": np.var([realised(close[g]).per_bar ** 2 for g in groups]),
        "parkinson": np.var([parkinson(high[g], low[g]).per_bar ** 2 for g in groups]),
        "garman_klass": np.var([garman_klass(open[g], high[g], low[g], close[g]).per_bar ** 2 for g in groups]),
    }
    assert 3 < spread["realised"] / spread["parkinson"] < 8
    assert 4.5 < spread["realised"] / spread["garman_klass"] < 12


def test_the_definitions() -> None:
    close = np.array([100.0, 101.0, 99.0])
    r = np.diff(np.log(close))
    assert realised(close).per_bar == pytest.approx(math.sqrt((r**2).sum() / 2), rel=1e-14)
    assert standard(close).per_bar == pytest.approx(r.std(ddof=1), rel=1e-14)
    assert parkinson([102.0], [99.0]).per_bar == pytest.approx(
        math.log(102 / 99) / math.sqrt(4 * math.log(2)), rel=1e-14
    )
    expected = 0.5 * math.log(102 / 99) ** 2 - (2 * math.log(2) - 1) * math.log(101 / 100) ** 2
    assert garman_klass([100.0], [102.0], [99.0], [101.0]).per_bar == pytest.approx(math.sqrt(expected), rel=1e-14)
    assert realised(close).n == 2
    assert parkinson([102.0], [99.0]).n == 1


def test_a_year_has_as_many_bars_as_said() -> None:
    assert bars_per_year(MINUTE_US) == 525_600
    assert bars_per_year(MINUTE_US, days=252) == 362_880
    assert realised([100.0, 101.0]).annualised(525_600) == pytest.approx(math.log(1.01) * math.sqrt(525_600))
    for wrong in (0, -1, math.nan, math.inf):
        with pytest.raises(BadParameter):
            realised([100.0, 101.0]).annualised(wrong)
        with pytest.raises(BadParameter):
            bars_per_year(MINUTE_US, days=wrong)
    with pytest.raises(BadParameter):
        bars_per_year(0)


def test_a_price_that_does_not_move_has_no_volatility() -> None:
    flat = np.full(10, 5.0)
    assert realised(flat).per_bar == standard(flat).per_bar == parkinson(flat, flat).per_bar == 0
    assert garman_klass(flat, flat, flat, flat).per_bar == 0


@given(st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_the_unit_of_the_price_does_not_matter(scale: float, seed: int) -> None:
    open, high, low, close = _bars(seed, 20, 10)
    assert realised(scale * close).per_bar == pytest.approx(realised(close).per_bar, rel=1e-8)
    assert parkinson(scale * high, scale * low).per_bar == pytest.approx(parkinson(high, low).per_bar, rel=1e-8)
    scaled = garman_klass(scale * open, scale * high, scale * low, scale * close)
    assert scaled.per_bar == pytest.approx(garman_klass(open, high, low, close).per_bar, rel=1e-8)


@given(
    hnp.arrays(
        np.float64, st.tuples(st.just(4), st.integers(0, 12)), elements=st.floats(allow_nan=True, allow_infinity=True)
    )
)
def test_any_numbers_give_an_answer_or_an_error(rows: Floats) -> None:
    ordered = np.sort(rows, axis=0)
    for volatility in (
        lambda: realised(rows[0]),
        lambda: standard(rows[0]),
        lambda: parkinson(ordered[3], ordered[0]),
        lambda: garman_klass(ordered[1], ordered[3], ordered[0], ordered[2]),
    ):
        try:
            assert 0 <= volatility().per_bar < math.inf
        except AnalysisError:
            continue


def test_what_is_no_bar_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="needs 2 rows of close, found 1"):
        realised([1.0])
    with pytest.raises(NotEnoughData):
        standard([1.0, 2.0])
    with pytest.raises(NotEnoughData):
        parkinson([], [])
    with pytest.raises(BadSeries, match="close is 0 in row 1: expected prices above 0"):
        realised([1.0, 0.0])
    with pytest.raises(BadSeries, match="low 3 is above high 2 in row 0"):
        parkinson([2.0], [3.0])
    with pytest.raises(BadSeries, match="close 9 is above high 3 in row 0"):
        garman_klass([2.0], [3.0], [1.0], [9.0])
    with pytest.raises(BadSeries, match="one length"):
        parkinson([2.0, 3.0], [1.0])
