"""Rolling rank correlation: scipy's in each window, exactly, ties and edges of the chunks included."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from core.analytics import rank_windows
from core.analytics.rank_windows import rolling_spearman
from core.errors import AnalysisError, BadParameter, BadSeries


@pytest.mark.parametrize("window", [3, 10, 60, 400])
@pytest.mark.parametrize("digits", [0, 1, 8])
def test_each_window_is_scipys(window: int, digits: int) -> None:
    rng = np.random.default_rng(1)
    x = np.round(rng.standard_normal(400), digits)
    y = np.round(x + rng.standard_normal(400), digits)
    found = rolling_spearman(y, x, window)
    assert np.isnan(found[: window - 1]).all()
    for end in range(window - 1, 400, 7):
        one, two = y[end - window + 1 : end + 1], x[end - window + 1 : end + 1]
        if np.ptp(one) == 0 or np.ptp(two) == 0:
            assert math.isnan(found[end])
        else:
            assert found[end] == pytest.approx(stats.spearmanr(one, two)[0], abs=1e-14)


def test_chunks_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.random.default_rng(2).standard_normal((2, 500))
    whole = rolling_spearman(y, x, 20)
    monkeypatch.setattr(rank_windows, "_ROWS", 33)
    assert np.array_equal(whole, rolling_spearman(y, x, 20), equal_nan=True)


def test_the_last_window_knows_nothing_of_what_was_before() -> None:
    y, x = np.random.default_rng(3).standard_normal((2, 300))
    spoiled = y.copy()
    spoiled[:200] = 1e9
    assert np.array_equal(rolling_spearman(y, x, 50)[249:], rolling_spearman(spoiled, x, 50)[249:])


@given(
    hnp.arrays(
        np.float64, st.tuples(st.just(2), st.integers(3, 30)), elements=st.sampled_from([0.0, 1.0, 2.0, 1e300, -1e-300])
    ),
    st.integers(3, 30),
)
def test_values_are_in_range_or_not_there(legs, window: int) -> None:
    try:
        found = rolling_spearman(*legs, window)
    except AnalysisError:
        assert window > legs.shape[1]
        return
    known = found[~np.isnan(found)]
    assert np.abs(known).max(initial=0) <= 1
    assert np.array_equal(found, rolling_spearman(legs[1], legs[0], window), equal_nan=True)


def test_what_cannot_be_answered_says_so() -> None:
    with pytest.raises(BadParameter, match="from 3 to the 5 rows"):
        rolling_spearman(np.arange(5.0), np.arange(5.0), 6)
    with pytest.raises(BadParameter):
        rolling_spearman(np.arange(5.0), np.arange(5.0), 2)
    with pytest.raises(BadSeries):
        rolling_spearman(np.arange(5.0), np.arange(6.0), 3)
    assert np.isnan(rolling_spearman(np.ones(5), np.arange(5.0), 3)).all()
