"""Correlations: scipy and 80 bits, ties, intervals that cover, and lags that point the right way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from core.analytics.correlation import (
    cross_correlation,
    fisher_interval,
    pearson,
    ranks,
    rolling_pearson,
    rolling_rank,
    spearman,
)
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics.reference_dynamics import exact_correlation, needs_80_bits

EITHER = pytest.mark.parametrize("correlation", [pearson, spearman])


def _related(rng: np.random.Generator, n: int, correlation: float = 0.6) -> tuple[Floats, Floats]:
    common, own = rng.standard_normal((2, n))
    return common, correlation * common + math.sqrt(1 - correlation**2) * own


@needs_80_bits
@pytest.mark.parametrize("level", [0.0, 1.0, 1e5, 1e8])
def test_pearson_is_right_to_the_last_digits(level: float) -> None:
    a, b = _related(np.random.default_rng(1), 1440)
    assert pearson(level + a, level + b).value == pytest.approx(exact_correlation(level + a, level + b), rel=1e-13)


def test_scipy_agrees() -> None:
    a, b = _related(np.random.default_rng(2), 300)
    tied_a, tied_b = np.round(a, 1), np.round(b)
    assert pearson(a, b).value == pytest.approx(stats.pearsonr(a, b)[0], rel=1e-13)
    interval = stats.pearsonr(a, b).confidence_interval(0.9)
    assert (pearson(a, b, 0.9).low, pearson(a, b, 0.9).high) == pytest.approx(tuple(interval), rel=1e-12)
    assert spearman(tied_a, tied_b).value == pytest.approx(stats.spearmanr(tied_a, tied_b)[0], rel=1e-13)
    assert np.array_equal(ranks(tied_a), stats.rankdata(tied_a))


@EITHER
@pytest.mark.parametrize(("truth", "n"), [(0.0, 30), (0.8, 30), (-0.5, 300)])
def test_the_interval_covers_at_its_level(correlation, truth: float, n: int) -> None:
    """95 % of 800 normal samples, within four binomial standard errors."""
    rng = np.random.default_rng(3)
    target = truth if correlation is pearson else 6 / math.pi * math.asin(truth / 2)
    found = [correlation(*_related(rng, n, truth)) for _ in range(800)]
    covered = sum(c.low <= target <= c.high for c in found) / 800
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 800))


@EITHER
def test_the_same_series_correlates_at_one_exactly(correlation) -> None:
    a = np.random.default_rng(4).standard_normal(50)
    assert (correlation(a, a).value, correlation(a, a).low, correlation(a, a).high) == (1, 1, 1)
    assert correlation(a, -a).value == -1
    assert correlation(a, 3 * a + 7).value == pytest.approx(1, rel=1e-15)


def test_ranks_tell_apart_what_is_far_below_the_rest() -> None:
    a = np.array([1e-30, 2e-30, 3e-30, 4e-30, 1.0])
    assert spearman(a, [1, 2, 3, 4, 5]).value == 1


@EITHER
@given(data=st.data())
def test_any_numbers_give_an_answer_or_an_error(correlation, data: st.DataObject) -> None:
    series = hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(allow_nan=True, allow_infinity=True))
    try:
        found = correlation(data.draw(series), data.draw(series))
    except AnalysisError:
        return
    assert -1 <= found.low <= found.value <= found.high <= 1


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32 - 1))
def test_shift_and_scale_change_nothing(shift: float, scale: float, seed: int) -> None:
    a, b = _related(np.random.default_rng(seed), 40)
    assert pearson(scale * a + shift, b).value == pytest.approx(pearson(a, b).value, abs=1e-9)
    assert spearman(np.exp(a), b).value == spearman(a, b).value
    assert pearson(a, b).value == pearson(b, a).value == pytest.approx(-pearson(-a, b).value, rel=1e-14)


@EITHER
def test_what_cannot_be_answered_says_so(correlation) -> None:
    with pytest.raises(NotEnoughData, match="needs 4"):
        correlation([1.0, 2.0], [2.0, 3.0])
    with pytest.raises(Degenerate, match=r"a is 0\.1 in all 7 rows"):
        correlation(np.full(7, 0.1), np.arange(7.0))
    with pytest.raises(BadSeries, match="7 rows and x has 8"):
        correlation(np.arange(7.0), np.arange(8.0))
    with pytest.raises(BadParameter, match=r"0\.95"):
        correlation(np.arange(7.0), np.arange(7.0) ** 2, level=95)


def test_intervals_of_many_keep_what_is_unknown() -> None:
    low, high = fisher_interval([math.nan, 0.5, 1.0], 28)
    assert math.isnan(low[0])
    assert math.isnan(high[0])
    assert (low[1], high[1]) == pytest.approx(
        (math.tanh(math.atanh(0.5) - 0.392), math.tanh(math.atanh(0.5) + 0.392)), abs=1e-5
    )
    assert (low[2], high[2]) == (1, 1)
    with pytest.raises(NotEnoughData):
        fisher_interval(0.5, 3)


def test_correlation_of_unrelated_prices_is_no_evidence_and_that_of_returns_is() -> None:
    """Independent walks of 60 bars: the levels are beyond 0.7 in one of six, the returns never."""
    rng = np.random.default_rng(5)
    levels = returned = 0
    for _ in range(600):
        y, x = rng.standard_normal((2, 60)).cumsum(axis=1)
        levels += abs(pearson(y, x).value) > 0.7
        returned += abs(pearson(np.diff(y), np.diff(x)).value) > 0.7
    assert 0.1 < levels / 600 < 0.25
    assert returned == 0


def test_cross_correlation_is_the_plain_sum_and_points_to_the_leader() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal(500)
    y = np.roll(x, 3) + 0.5 * rng.standard_normal(500)  # y follows x by three rows
    found = cross_correlation(y, x, 10)
    assert found.best_lag == 3
    a, b = y - y.mean(), x - x.mean()
    plain = [sum(a[t + k] * b[t] for t in range(500) if 0 <= t + k < 500) for k in range(-10, 11)]
    assert found.values == pytest.approx(np.array(plain) / math.sqrt(a @ a * (b @ b)), rel=1e-10)
    assert found.lags.tolist() == list(range(-10, 11))
    assert cross_correlation(x, y, 10).best_lag == -3


def test_cross_correlations_of_unrelated_series_keep_to_the_band() -> None:
    rng = np.random.default_rng(7)
    outside = [
        np.abs(f.values) > f.band for f in (cross_correlation(*rng.standard_normal((2, 1000)), 20) for _ in range(100))
    ]
    assert np.mean(outside) == pytest.approx(0.05, abs=0.015)


def test_cross_correlation_refuses_lags_without_rows() -> None:
    for lag in (-1, 9):
        with pytest.raises(BadParameter, match="from 0 to 8"):
            cross_correlation(np.arange(10.0), np.arange(10.0) ** 2, lag)
    assert len(cross_correlation(np.arange(10.0), np.arange(10.0) ** 2, 8).values) == 17


@pytest.mark.parametrize("rolling", [rolling_pearson, rolling_rank])
def test_rolling_correlation_is_that_of_each_windows_returns(rolling) -> None:
    rng = np.random.default_rng(8)
    x = np.exp(1e-3 * rng.standard_normal(300).cumsum())
    y = x * np.exp(1e-3 * rng.standard_normal(300).cumsum())
    found = rolling(y, x, 40)
    single = pearson if rolling is rolling_pearson else spearman
    assert np.isnan(found.values[:40]).all()
    assert len(found.values) == 300
    for row in (40, 111, 299):
        expected = single(np.diff(np.log(y))[row - 40 : row], np.diff(np.log(x))[row - 40 : row])
        assert found.values[row] == pytest.approx(expected.value, rel=1e-10)
        assert (found.low[row], found.high[row]) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_a_leg_that_stands_still_has_no_correlation() -> None:
    y = np.concatenate((np.full(50, 2.0), 2 + np.random.default_rng(9).random(50)))
    x = 2 + np.random.default_rng(10).random(100)
    for found in (rolling_pearson(y, x, 20), rolling_rank(y, x, 20)):
        assert np.isnan(found.values[:50]).all()
        assert np.isnan(found.low[:50]).all()
        assert np.isfinite(found.values[52:]).all()


def test_rolling_correlation_refuses_windows_without_returns() -> None:
    for window in (3, 10):
        with pytest.raises(BadParameter, match="from 4 to the 9"):
            rolling_pearson(np.arange(1.0, 11), np.arange(1.0, 11), window)
    with pytest.raises(BadSeries, match="above 0"):
        rolling_pearson(np.arange(10.0), np.arange(1.0, 11), 5)
    assert np.isfinite(rolling_pearson(np.arange(10.0) ** 2, np.arange(10.0) ** 3, 5, "difference").values[5:]).all()
