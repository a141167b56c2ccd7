"""Hedge ratios beside NIST, R, scipy and statsmodels; what outliers, units, intercepts and order do to each."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, theilslopes
from statsmodels.datasets import longley, stackloss

from core.analytics import hedge
from core.analytics.hedge import Estimator, estimate, huber, ols, theil_sen, total_least_squares
from core.analytics.huber import huber_regression
from core.analytics.inversions import count_inversions, inverted_pairs
from core.analytics.least_squares import least_squares
from core.analytics.theil_sen import median_slope
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from tests.analytics.reference import NORRIS, NORRIS_X, NORRIS_Y, tied, walk
from tests.analytics.reference_hedge import (
    FILIP,
    FILIP_ERRORS,
    FILIP_R_SQUARED,
    FILIP_RESIDUAL_STD,
    FILIP_X,
    FILIP_Y,
    STACKLOSS,
    STACKLOSS_DEVIATION,
)

ESTIMATORS: tuple[Estimator, ...] = ("ols", "tls", "huber", "theil_sen", "min_half_life", "box_tiao")


def test_nist_norris() -> None:
    found = ols(NORRIS_Y, NORRIS_X)
    for name, value in NORRIS.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12), name
    far = ols(np.array(NORRIS_Y) + 1e6, np.array(NORRIS_X) + 1e6)
    assert far.slope == pytest.approx(NORRIS["slope"], rel=1e-11)


def test_nist_longley() -> None:
    data = longley.load_pandas()
    found = least_squares(data.exog.to_numpy(), data.endog.to_numpy())
    wanted = (
        -3482258.63459582,
        15.0618722713733,
        -0.035819179292591,
        -2.02022980381683,
        -1.03322686717359,
        -0.0511041056535807,
        1829.15146461355,
    )
    np.testing.assert_allclose([found.intercept, *found.slopes], wanted, rtol=1e-12)
    theirs = sm.OLS(data.endog, sm.add_constant(data.exog)).fit()
    np.testing.assert_allclose([found.intercept_error, *found.slope_errors], theirs.bse, rtol=1e-6)
    assert found.r_squared == pytest.approx(theirs.rsquared, rel=1e-9)


def test_nist_filip() -> None:
    """Ten columns of which the last 1e-10 is their own: seven digits are left; without centring and scaling, none."""
    found = least_squares(np.vander(FILIP_X, 11, increasing=True)[:, 1:], FILIP_Y)
    np.testing.assert_allclose([found.intercept, *found.slopes], FILIP, rtol=1e-6)
    np.testing.assert_allclose([found.intercept_error, *found.slope_errors], FILIP_ERRORS, rtol=1e-6)
    assert found.r_squared == pytest.approx(FILIP_R_SQUARED, rel=1e-9)
    assert found.residual_std == pytest.approx(FILIP_RESIDUAL_STD, rel=1e-7)


def test_stack_loss_by_r_and_statsmodels() -> None:
    data = stackloss.load_pandas()
    found = huber_regression(data.exog.to_numpy(), data.endog.to_numpy())
    np.testing.assert_allclose([*found.slopes, found.intercept], STACKLOSS, rtol=5e-5)  # R stops at 1e-4
    assert found.deviation == pytest.approx(STACKLOSS_DEVIATION, rel=1e-4)
    theirs = sm.RLM(data.endog, sm.add_constant(data.exog), M=sm.robust.norms.HuberT()).fit(tol=1e-14, maxiter=2000)
    np.testing.assert_allclose([found.intercept, *found.slopes], theirs.params, rtol=1e-9)
    assert found.slope_errors is not None
    np.testing.assert_allclose(found.slope_errors, theirs.bse.iloc[1:], rtol=1e-9)
    np.testing.assert_allclose(found.weights, theirs.weights, rtol=1e-9)


@pytest.mark.parametrize("n", [8, 300])
def test_huber_of_one_column_is_the_hedge(n: int) -> None:
    x = walk(n, n)
    y = 0.95 * x + 1e-3 * np.random.default_rng(n).standard_t(2, n)
    found, same = huber(y, x), huber_regression(x[:, None], y)
    assert found.slope == pytest.approx(same.slopes[0], rel=1e-9)
    assert same.slope_errors is not None
    assert found.slope_error == pytest.approx(same.slope_errors[0], rel=1e-9)
    assert found.intercept == pytest.approx(same.intercept, rel=1e-9)


def test_huber_tells_a_plane_that_most_rows_lie_on() -> None:
    design = np.random.default_rng(2).standard_normal((40, 2))
    y = 3.0 + design @ [1.5, -0.5]
    y[:5] += 100
    found = huber_regression(design, y)
    np.testing.assert_allclose([found.intercept, *found.slopes], [3.0, 1.5, -0.5], rtol=1e-9)
    assert (found.weights[:5] < 1e-9).all()
    with pytest.raises(Degenerate):
        huber_regression(np.ones((40, 1)), y)
    with pytest.raises(NotEnoughData):
        huber_regression(design[:3], y[:3])


def test_least_squares_refuses_what_has_no_solution() -> None:
    x = walk(0, 30)
    with pytest.raises(Degenerate, match="combination"):
        least_squares(np.column_stack((x, 2 * x)), x)
    with pytest.raises(Degenerate, match="vary"):
        least_squares(np.ones((30, 1)), x)
    with pytest.raises(NotEnoughData):
        least_squares(np.column_stack((x, x**2))[:3], x[:3])
    with pytest.raises(BadSeries):
        least_squares(np.full((30, 1), np.nan), x)
    with pytest.raises(BadSeries):
        least_squares(x, x)


@pytest.mark.parametrize("n", [20, 400, 3000])
def test_huber_is_statsmodels(n: int) -> None:
    rng = np.random.default_rng(n)
    x = walk(n, n)
    y = 0.95 * x + 1e-3 * rng.standard_t(2, n)
    theirs = sm.RLM(y, sm.add_constant(x - x.mean()), M=sm.robust.norms.HuberT()).fit(tol=1e-14, maxiter=500)
    found = huber(y, x)
    assert found.slope == pytest.approx(theirs.params[1], rel=1e-9)
    assert found.slope_error == pytest.approx(theirs.bse[1], rel=1e-9)
    assert found.intercept + found.slope * x.mean() == pytest.approx(theirs.params[0], rel=1e-12)


def test_sen_1968() -> None:
    found = median_slope(np.array([9.0, 15, 19, 20, 45, 55, 78]), np.array([1.0, 2, 3, 4, 10, 12, 18]), 4.0, 0.1, 0.93)
    assert (found.slope, found.low, found.high) == pytest.approx((4.0, 26 / 7, 4.375), abs=1e-12)
    assert found.slopes == 21


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(*(2 * [st.integers(-6, 6) | st.floats(-3, 3).map(lambda value: round(value, 6))])),
        min_size=3,
        max_size=40,
    ),
    st.floats(-5, 5),
    st.sampled_from([1e-9, 0.1, 100.0]),
)
def test_theil_sen_is_the_median_of_all_slopes_wherever_it_begins(
    rows: list[tuple[float, float]], guess: float, width: float
) -> None:
    y, x = np.array(rows, dtype=float).T
    if len(np.unique(x)) < 2:
        with pytest.raises(Degenerate):
            median_slope(y, x, guess, width)
        return
    slopes = np.sort([(y[i] - y[j]) / (x[i] - x[j]) for i in range(len(x)) for j in range(i) if x[i] != x[j]])
    found = median_slope(y, x, guess, width)
    assert found.slope == pytest.approx(np.median(slopes), rel=1e-9, abs=1e-9)
    assert found.slopes == len(slopes)


@pytest.mark.parametrize("n", [10, 100, 1000, 2500])
@pytest.mark.parametrize("ties", [False, True])
def test_theil_sen_and_its_interval_are_scipys(n: int, ties: bool) -> None:
    for seed in range(3):
        rng = np.random.default_rng(100 * n + seed)
        x = rng.standard_normal(n).cumsum()
        y = 0.9 * x + rng.standard_normal(n)
        if ties:
            x, y = np.round(x), np.round(y)
        theirs = theilslopes(y, x, 0.95, method="separate")
        found = theil_sen(y, x)
        assert (found.slope, found.low, found.high) == pytest.approx(
            (theirs.slope, theirs.low_slope, theirs.high_slope), abs=1e-12
        )
        assert found.slope_error is None


def test_theil_sen_of_many_rows_is_where_kendalls_tau_is_zero() -> None:
    y, x = tied(1, 20_000)
    y, x = np.log(np.round(np.exp(y), 2)), np.log(np.round(np.exp(x), 1))
    found = theil_sen(y, x)
    reach = 1e-5
    below = kendalltau(x, y - (found.slope - reach) * x).statistic
    above = kendalltau(x, y - (found.slope + reach) * x).statistic
    assert below > 0 > above


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, 70), st.integers(0, 1000))
def test_inversions_are_those_of_a_double_loop(n: int, seed: int) -> None:
    ranks = np.random.default_rng(seed).permutation(n)
    pairs = {(i, j) for i in range(n) for j in range(i + 1, n) if ranks[i] > ranks[j]}
    assert count_inversions(ranks) == len(pairs)
    first, second = inverted_pairs(ranks)
    assert len(first) == len(pairs)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == pairs


def test_total_least_squares_does_not_choose_a_leg() -> None:
    for seed in range(10):
        y, x = tied(seed, 300, hedge=1.7)
        assert total_least_squares(y, x).slope * total_least_squares(x, y).slope == pytest.approx(1.0, abs=1e-12)
        assert ols(y, x).slope * ols(x, y).slope == pytest.approx(ols(y, x).r_squared, rel=1e-9)
    u, _, v = np.linalg.svd(np.column_stack((y - y.mean(), x - x.mean())), full_matrices=False)
    assert total_least_squares(y, x).slope == pytest.approx(v[0, 0] / v[0, 1], rel=1e-12)
    assert u.shape == (300, 2)


def test_errors_are_the_spread_of_the_estimates() -> None:
    rng = np.random.default_rng(3)
    for name, factor in (("ols", 1.0), ("huber", 1.0), ("tls", 1.0)):
        slopes, errors = [], []
        for _ in range(300):
            truth = rng.standard_normal(200)
            noise = 0.3 if name == "tls" else 0.0
            x = truth + noise * rng.standard_normal(200)
            found = estimate(1.5 * truth + 0.3 * rng.standard_normal(200), x, name)  # type: ignore[arg-type]
            slopes.append(found.slope)
            errors.append(found.slope_error)
        assert np.mean(slopes) == pytest.approx(1.5, abs=0.02)
        assert np.std(slopes) == pytest.approx(factor * np.mean(errors), rel=0.12)


def test_bad_ticks_move_least_squares_and_not_the_robust() -> None:
    y, x = tied(7, 1000, phi=0.5)
    spoilt = y.copy()
    spoilt[::100] += 0.05
    spoilt[x > np.quantile(x, 0.99)] += 0.05
    for name, low, high in (("ols", 0.3, 99), ("tls", 0.5, 999), ("huber", 0, 0.05), ("theil_sen", 0, 0.05)):
        moved = abs(estimate(spoilt, x, name).slope - estimate(y, x, name).slope)  # type: ignore[arg-type]
        assert low <= moved <= high, name


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.sampled_from(ESTIMATORS), st.integers(0, 500), st.integers(-30, 30), st.integers(-30, 30), st.floats(-100, 100)
)
def test_units_carry_over(name: Estimator, seed: int, power_y: int, power_x: int, shift: float) -> None:
    y, x = walk(seed, 60, 0.0, 1.0), walk(seed + 900, 60, 0.0, 1.0)
    if name == "tls":  # both legs in one unit
        power_x = power_y
    before = estimate(y, x, name)
    after = estimate(np.ldexp(y + shift, power_y), np.ldexp(x - shift, power_x), name)
    rate = math.ldexp(1.0, power_y - power_x)
    assert after.slope == pytest.approx(before.slope * rate, rel=1e-7)
    assert after.intercept == pytest.approx(
        math.ldexp(before.intercept + shift + before.slope * shift, power_y), rel=1e-6, abs=math.ldexp(1e-6, power_y)
    )
    assert after.r_squared == pytest.approx(before.r_squared, abs=1e-9)


def test_the_line_is_told_for_a_slope_of_whatever_source() -> None:
    y, x = tied(2, 200)
    found, same = ols(y, x), hedge.of_line(y, x, ols(y, x).slope, "given")
    assert (same.slope, same.intercept, same.r_squared, same.residual_std) == pytest.approx(
        (found.slope, found.intercept, found.r_squared, found.residual_std), rel=1e-9
    )
    assert same.slope_error is None
    with pytest.raises(BadParameter):
        hedge.of_line(y, x, math.nan, "given")


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.sampled_from(ESTIMATORS),
    st.lists(st.tuples(*(2 * [st.floats() | st.sampled_from([0.0, 1.0, 1e300, 1e-300])])), max_size=12),
)
def test_whatever_comes_in_a_number_or_words_come_out(name: Estimator, rows: list[tuple[float, float]]) -> None:
    try:
        with np.errstate(all="ignore"):
            found = estimate([row[0] for row in rows], [row[1] for row in rows], name)
    except AnalysisError:
        return
    assert not math.isnan(found.slope)


def test_what_has_no_hedge_says_so() -> None:
    y, x = tied(0, 30)
    for name in ESTIMATORS:
        with pytest.raises(NotEnoughData):
            estimate(y[:2], x[:2], name)
        with pytest.raises(Degenerate):
            estimate(y, np.full(30, 2.5), name)
        with pytest.raises(BadSeries):
            estimate(y, x[:-1], name)
    with pytest.raises(BadParameter, match="expected one of ols"):
        estimate(y, x, "ridge")  # type: ignore[arg-type]
