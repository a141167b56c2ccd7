"""Engle and Granger's test beside Stata, R, statsmodels and 80-bit floats; its size, order and pitfalls."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.tsa.stattools import coint

from core.analytics import mackinnon
from core.analytics.cointegration import both_orders, engle_granger
from core.analytics.lags import default_max
from core.errors import AnalysisError, BadSeries, Degenerate, NotEnoughData
from tests.analytics.reference import tied, walk
from tests.analytics.reference_screener import engle_granger as exact
from tests.analytics.reference_screener import needs_80_bits


def egranger() -> np.ndarray:
    """The four series on which Stata's egranger was run for statsmodels' tests, made as there."""
    rs = np.random.RandomState(123)
    common = rs.randn(200).cumsum()
    series = rs.randn(200, 4)
    series[:, :2] += common[:, None]
    return np.asarray(np.round(series + np.array([1, 0, 0.5, 0]), 4))


def test_stata() -> None:
    data = egranger()
    assert data[0].tolist() == [0.6177, -1.6837, 2.7007, 0.6883]
    for trend, statistic in (("c", -5.760696844656), ("ct", -5.615251442239), ("ctt", -5.644431269946)):
        assert engle_granger(data[:, 0], data[:, 1], trend, 4).statistic == pytest.approx(statistic, rel=1e-11)  # type: ignore[arg-type]
    assert engle_granger(data[:, 0], data[:, 1:3], "c", 4).statistic == pytest.approx(-5.781087068772, rel=1e-11)
    assert engle_granger(data[:, 0], data[:, 1:], "c", 4).statistic == pytest.approx(-5.778205811661, rel=1e-11)


def test_r_on_real_closes(shared_data: Path) -> None:
    g1 = np.genfromtxt(
        shared_data / "g1_btc_eth_spot_1m_close_20240808.csv", delimiter=",", skip_header=1, usecols=(1, 2)
    )
    found = engle_granger(g1[:, 0], g1[:, 1], "c", 1)
    assert found.statistic == pytest.approx(-2.30440540302979, abs=1e-10)
    assert (found.hedge_ratio, found.intercept) == pytest.approx((18.3015988004731, 12585.6107295141), rel=1e-12)
    assert found.r_squared == pytest.approx(0.964829815307391, abs=1e-13)
    assert found.p_value > 0.3  # an R2 of .96 between unrelated closes
    g2 = np.genfromtxt(
        shared_data / "g2_trx_spot_vs_usdm_1s_20250304.csv", delimiter=",", skip_header=1, usecols=(1, 2)
    )
    found = engle_granger(g2[:, 0], g2[:, 1], "c", 1)
    assert found.statistic == pytest.approx(-12.571, abs=5e-4)
    assert (found.hedge_ratio, found.intercept) == pytest.approx((0.919837992196218, 0.0187059145089865), rel=1e-11)
    assert found.r_squared == pytest.approx(0.993005555081171, abs=1e-12)


@needs_80_bits
@pytest.mark.parametrize("trend", ["c", "ct", "ctt"])
def test_80_bits(trend: str) -> None:
    for seed, n in enumerate((14, 30, 80, 250, 699, 700, 1500)):
        for y, x in (
            tied(seed, n),
            (walk(seed, n), walk(seed + 500, n)),
            (1e5 * np.exp(walk(seed, n)), np.exp(walk(seed + 500, n))),
        ):
            for lags in ("aic", 1, "bic"):
                found = engle_granger(y, x, trend, lags)  # type: ignore[arg-type]
                statistic, chosen = exact(y, x, trend, lags, default_max(n, "n"))  # type: ignore[arg-type]
                assert found.lags == chosen
                assert abs(found.statistic - statistic) <= 1e-10 * max(1.0, abs(statistic))


@pytest.mark.parametrize("trend", ["c", "ct", "ctt"])
def test_statsmodels(trend: str) -> None:
    for seed in range(8):
        y, x = tied(seed, 150 + 61 * seed)
        y, x = ((leg - leg.mean()) / leg.std() for leg in (y, x))
        theirs = coint(y, x, trend=trend, autolag="aic")
        found = engle_granger(y, x, trend)  # type: ignore[arg-type]
        assert found.statistic == pytest.approx(theirs[0], abs=1e-8 if trend == "c" else 1e-6)
        assert found.p_value == pytest.approx(theirs[1], abs=1e-8 if trend == "c" else 1e-6)


@pytest.mark.parametrize("columns", [2, 3])
def test_several_series_are_statsmodels(columns: int) -> None:
    x = np.column_stack([walk(seed, 300, 0.0, 1.0) for seed in range(columns)])
    y = x.sum(axis=1) + np.random.default_rng(9).standard_normal(300)
    theirs = coint(y, x, trend="c", maxlag=4, autolag=None)
    found = engle_granger(y, x, "c", 4)
    assert found.statistic == pytest.approx(theirs[0], abs=1e-9)
    assert found.p_value == pytest.approx(theirs[1], abs=1e-12)
    assert found.critical_values is not None
    assert found.critical_values.five == pytest.approx(theirs[2][1], abs=1e-3)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(-30, 30), st.integers(-30, 30), st.floats(-1e3, 1e3))
def test_units_and_levels_do_not_matter(seed: int, power_y: int, power_x: int, shift: float) -> None:
    y, x = walk(seed, 120, 0.0, 1.0), walk(seed + 77, 120, 0.0, 1.0)
    before = engle_granger(y, x)
    after = engle_granger(np.ldexp(y + shift, power_y), np.ldexp(x - shift, power_x))
    assert (after.lags, after.near_identical) == (before.lags, before.near_identical)
    assert after.statistic == pytest.approx(before.statistic, rel=1e-7)
    assert after.hedge_ratio == pytest.approx(math.ldexp(before.hedge_ratio, power_y - power_x), rel=1e-7)


def test_near_identical_legs_are_labelled_where_statsmodels_has_minus_infinity() -> None:
    x = walk(3, 600)
    found = engle_granger(x * 2.0 + 1e-9 * np.random.default_rng(0).standard_normal(600), x)
    assert found.near_identical
    assert math.isfinite(found.statistic)
    assert not engle_granger(*tied(3, 600)).near_identical
    with pytest.raises(Degenerate):
        engle_granger(x, x)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(*(2 * [st.floats() | st.sampled_from([0.0, 1.0, 1e300])])), max_size=25),
    st.sampled_from(["n", "c", "ct", "ctt"]),
    st.sampled_from(["aic", 0, 3]),
)
def test_whatever_comes_in_a_number_or_words_come_out(
    rows: list[tuple[float, float]], trend: str, lags: int | str
) -> None:
    y, x = [row[0] for row in rows], [row[1] for row in rows]
    try:
        found = engle_granger(y, x, trend, lags)  # type: ignore[arg-type]
    except AnalysisError:
        return
    assert math.isfinite(found.statistic)
    assert 0 <= found.p_value <= 1


def test_what_cannot_be_tested_says_so() -> None:
    y, x = tied(0, 60)
    with pytest.raises(NotEnoughData):
        engle_granger(y[:2], x[:2])
    with pytest.raises(BadSeries):
        engle_granger(y, x[:-1])
    with pytest.raises(Degenerate):
        engle_granger(np.full(60, 3.0), x)
    with pytest.raises(Degenerate):
        engle_granger(y, np.full(60, 3.0))


def test_both_orders_are_told_and_neither_is_chosen() -> None:
    y, x = tied(5, 400)
    found = both_orders(y, x)
    assert found.y_on_x == engle_granger(y, x)
    assert found.x_on_y == engle_granger(x, y)
    assert found.p_value == min(1.0, 2 * min(found.y_on_x.p_value, found.x_on_y.p_value))
    assert engle_granger(y, x).hedge_ratio * engle_granger(x, y).hedge_ratio == pytest.approx(found.y_on_x.r_squared)


def test_size_on_unrelated_walks_by_its_own_table_by_the_wrong_one_and_by_the_better_order() -> None:
    runs, n = 500, 250
    own = wrong = better = combined = 0
    for seed in range(runs):
        found = both_orders(walk(seed, n), walk(seed + 100_000, n))
        own += found.y_on_x.p_value < 0.05
        wrong += mackinnon.p_value(found.y_on_x.statistic, "c", 1) < 0.05
        better += min(found.y_on_x.p_value, found.x_on_y.p_value) < 0.05
        combined += found.p_value < 0.05
    low, high = binom.interval(0.999, runs, 0.06)  # the asymptotic table is a little generous at 250 rows
    assert 0.5 * low <= own <= high
    assert combined <= high
    assert wrong >= 1.8 * own  # the table of a series that is given, used on a fitted residual
    assert better >= 1.25 * own


def test_noise_asks_for_lags() -> None:
    """A walk seen through a bouncing price: with one lag it looks tied to anything, with lags by AIC it does not."""
    fixed = chosen = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        y, x = (walk(seed + leg * 5000, 400, 0.0, 1.0) + 2.0 * rng.standard_normal(400) for leg in (1, 2))
        fixed += engle_granger(y, x, "c", 1).p_value < 0.05
        chosen += engle_granger(y, x, "c", "aic").p_value < 0.05
    assert fixed >= 50
    assert chosen <= 20


def test_power_on_pairs_with_known_truth() -> None:
    found = [engle_granger(*tied(seed, 500, hedge=0.9, phi=0.8)) for seed in range(50)]
    assert sum(test.p_value < 0.05 for test in found) >= 48
    assert np.mean([test.hedge_ratio for test in found]) == pytest.approx(0.9, abs=0.02)


def test_residuals_of_a_moving_hedge_are_not_to_be_tested() -> None:
    """Of unrelated walks the residual of a rolling regression is "stationary" nearly always."""
    from core.analytics import rolling
    from core.analytics.kalman import kalman
    from core.analytics.stationarity import adf

    by_window = by_filter = 0
    for seed in range(30):
        y, x = walk(seed, 1000), walk(seed + 900, 1000)
        by_window += adf(rolling.pair(y, x, 60).residual[59:]).p_value < 0.05
        by_filter += adf(kalman(y, x).innovation[20:]).p_value < 0.05
    assert by_window == 30
    assert by_filter == 30
