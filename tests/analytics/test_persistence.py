"""Variance ratios and Hurst exponents: arch's figures, 80 bits, size on random walks, and truth on both sides of a walk."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.datasets import macrodata

from core.analytics.persistence import hurst, variance_ratio
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics.reference_dynamics import needs_80_bits, ornstein


@pytest.fixture(scope="module")
def inflation() -> Floats:
    return np.diff(np.log(macrodata.load_pandas().data["cpi"].to_numpy()))


def test_arch_on_inflation(inflation: Floats) -> None:
    """arch 8.0, arch/tests/unitroot/test_unitroot.py."""
    plain = variance_ratio(inflation, 2, debiased=False)
    assert plain.value == pytest.approx(0.5652091980, abs=1e-10)
    assert variance_ratio(inflation, 2).statistic == pytest.approx(-3.5153378, abs=1e-7)


def test_ratio_at_one_bar_is_one_and_says_nothing() -> None:
    found = variance_ratio(np.random.default_rng(0).standard_normal(100).cumsum(), 1)
    assert found.value == pytest.approx(1, rel=1e-14)
    assert math.isnan(found.statistic)
    assert math.isnan(found.p_value)


@needs_80_bits
@pytest.mark.parametrize("lag", [2, 5, 30])
def test_ratio_is_right_to_the_last_digits(lag: int) -> None:
    values = 1e5 + np.random.default_rng(1).standard_normal(2000).cumsum()
    exact = values.astype(np.longdouble)
    n = len(exact) - 1
    drift = (exact[-1] - exact[0]) / n
    many = ((exact[lag:] - exact[:-lag] - lag * drift) ** 2).sum() / (
        lag * (n - lag + 1) * (1 - np.longdouble(lag) / n)
    )
    one = ((np.diff(exact) - drift) ** 2).sum() / (n - 1)
    assert variance_ratio(values, lag).value == pytest.approx(float(many / one), rel=1e-12)


@pytest.mark.parametrize("robust", [True, False])
def test_size_on_random_walks(robust: bool) -> None:
    """5 % of 1,000 walks, within four binomial standard errors."""
    rng = np.random.default_rng(2)
    rejected = [variance_ratio(rng.standard_normal(500).cumsum(), 5, robust).p_value < 0.05 for _ in range(1000)]
    assert sum(rejected) / 1000 == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 1000))


def test_the_robust_error_holds_where_volatility_comes_in_clusters() -> None:
    rng = np.random.default_rng(3)
    rejections = {True: 0, False: 0}
    for _ in range(400):
        volatility = np.exp(np.repeat(rng.standard_normal(50), 20))
        walk = (volatility * rng.standard_normal(1000)).cumsum()
        for robust in rejections:
            rejections[robust] += variance_ratio(walk, 10, robust).p_value < 0.05
    assert rejections[True] / 400 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)
    assert rejections[False] / 400 > 0.2


def test_reversion_is_below_one_and_trend_above() -> None:
    rng = np.random.default_rng(4)
    back = variance_ratio(ornstein(rng, 5, 2000)[0], 20)
    on = variance_ratio(ornstein(rng, 5, 2000)[0].cumsum(), 20)
    assert back.value < 0.7
    assert back.statistic < -4
    assert on.value > 5
    assert on.statistic > 4


@pytest.mark.parametrize("drift", [0.0, 0.02])
def test_hurst_reads_a_half_on_random_walks(drift: float) -> None:
    """The interval has 0.5 in it in 95 % of 300 walks; the mean is 0.5."""
    rng = np.random.default_rng(5)
    found = [hurst((drift + rng.standard_normal(1000)).cumsum()) for _ in range(300)]
    assert np.mean([h.value for h in found]) == pytest.approx(0.5, abs=0.025)
    inside = sum(h.low <= 0.5 <= h.high for h in found) / 300
    assert inside > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 300)


@pytest.mark.parametrize(("memory", "n"), [(0.0, 2000), (0.25, 2000), (0.7, 2000), (1.0, 2000), (1.3, 2000)])
def test_hurst_of_fractional_noise_is_its_memory_less_a_half(memory: float, n: int) -> None:
    rng = np.random.default_rng(6)
    steps = np.arange(1, 2 * n)
    weights = np.concatenate(([1.0], np.cumprod((steps - 1 + memory) / steps)))
    paths = [np.convolve(rng.standard_normal(2 * n), weights)[n : 2 * n] for _ in range(40)]
    assert np.mean([hurst(path).value for path in paths]) == pytest.approx(memory - 0.5, abs=0.04)


def test_a_fast_reverting_level_reads_below_a_walk_and_bounce_does_not_make_one() -> None:
    rng = np.random.default_rng(7)
    assert hurst(ornstein(rng, 5, 5000)[0]).high < 0.3
    walk = rng.standard_normal(20_000).cumsum()
    assert hurst(walk + rng.standard_normal(20_000)).high > 0.47


@given(shift=st.floats(-100, 100), scale=st.floats(1e-6, 1e6), seed=st.integers(0, 2**32 - 1))
def test_shift_and_scale_change_nothing(shift: float, scale: float, seed: int) -> None:
    values = np.random.default_rng(seed).standard_normal(80).cumsum()
    moved = scale * (values + shift)
    assert variance_ratio(moved, 3).value == pytest.approx(variance_ratio(values, 3).value, rel=1e-7)
    assert hurst(moved).value == pytest.approx(hurst(values).value, abs=1e-3)


@given(values=hnp.arrays(np.float64, st.integers(0, 90), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_numbers_give_an_answer_or_an_error(values: Floats) -> None:
    try:
        ratio = variance_ratio(values, 2)
        assert ratio.value >= 0
        assert math.isnan(ratio.p_value) or 0 <= ratio.p_value <= 1
        found = hurst(values)
        assert -1.6 < found.low < found.value < found.high < 3
    except AnalysisError:
        return


def test_what_cannot_be_answered_says_so() -> None:
    with pytest.raises(NotEnoughData, match="needs 4 observations, found 2"):
        variance_ratio([1.0, 2.0], 2)
    with pytest.raises(NotEnoughData, match="needs 64"):
        hurst(np.arange(10.0))
    with pytest.raises(BadParameter, match="from 1"):
        variance_ratio(np.arange(10.0), 0)
    with pytest.raises(BadParameter, match=r"0\.3 to 0\.8"):
        hurst(np.arange(100.0), 0.9)
    with pytest.raises(Degenerate, match="all changes"):
        variance_ratio(np.arange(100.0) * 0.1, 2)
    for statistic in (hurst, lambda values: variance_ratio(values, 2)):
        with pytest.raises(Degenerate, match="has to vary"):
            statistic(np.ones(100))
        with pytest.raises(BadSeries, match="not finite"):
            statistic([*range(100), math.inf])
        with pytest.raises(BadSeries, match="one dimension"):
            statistic(np.ones((50, 2)))
