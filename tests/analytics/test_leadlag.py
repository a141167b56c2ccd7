"""Hayashi-Yoshida: its double loop, known correlation however thinly legs trade, and a known delay recovered."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.leadlag import hayashi_yoshida, lead_lag, sampled_correlation
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from tests.analytics.reference_dynamics import double_loop, trading

SECOND = 1_000_000
leg = st.lists(st.tuples(st.integers(0, 30), st.floats(0.5, 2.0)), min_size=2, max_size=25).map(
    lambda ticks: (np.array(sorted(t for t, _ in ticks)), np.array([p for _, p in ticks]))
)


@given(leg, leg, st.integers(-40, 40))
def test_the_double_loop_ties_included(y, x, lag: int) -> None:
    try:
        found = hayashi_yoshida(*y, *x)
    except (NotEnoughData, Degenerate):
        return
    scale = math.sqrt(found.variance_y * found.variance_x)
    assert abs(found.covariance - double_loop(*y, *x)) <= 1e-14 * max(scale, 1)
    curve = lead_lag(*y, *x, [lag])
    assert abs(curve.correlation[0] * scale - double_loop(*y, *x, lag)) <= 1e-14 * max(scale, 1)


def test_the_double_loop_to_the_last_digits_on_long_legs() -> None:
    ticks = trading(np.random.default_rng(1), 1200, SECOND, 0.8, 0.3)
    found = hayashi_yoshida(*ticks.columns())
    assert found.covariance == pytest.approx(double_loop(*ticks.columns()), rel=1e-12)
    assert found.variance_y == pytest.approx(float((np.diff(np.log(ticks.prices_y)) ** 2).sum()), rel=1e-13)
    assert (found.n_y, found.n_x) == (len(ticks.times_y), len(ticks.times_x))


@given(leg, leg, st.lists(st.integers(-40, 40), min_size=1, max_size=30), st.sampled_from([1, 7]))
def test_a_curve_is_each_lag_alone(y, x, lags: list[int], spread: int) -> None:
    """However near the lags are, in whatever order, and where trades come in bursts."""
    try:
        curve = lead_lag(y[0] * spread, y[1], x[0] * spread, x[1], lags)
    except (NotEnoughData, Degenerate):
        return
    alone = [lead_lag(y[0] * spread, y[1], x[0] * spread, x[1], [lag]).correlation[0] for lag in lags]
    assert curve.correlation == pytest.approx(alone, abs=1e-14)


def test_bursts_of_trades_are_followed_by_search() -> None:
    rng = np.random.default_rng(8)
    bursts = np.sort(np.concatenate([start + rng.choice(200, 50, replace=False) for start in range(0, 10**6, 10**4)]))
    prices = np.exp(1e-4 * rng.standard_normal((2, len(bursts))).cumsum(axis=1))
    thin = np.arange(0, 10**6, 997)
    lags = np.arange(-2000, 2000, 130)
    curve = lead_lag(bursts, prices[0], thin, prices[1][: len(thin)], lags)
    alone = [lead_lag(bursts, prices[0], thin, prices[1][: len(thin)], [lag]).correlation[0] for lag in lags]
    assert curve.correlation == pytest.approx(alone, abs=1e-14)


@pytest.mark.parametrize(("chance", "sampled"), [(0.7, 0.43), (0.4, 0.20), (0.2, 0.09), (0.1, 0.04)])
def test_thin_trading_does_not_move_it_as_it_moves_forward_filled_bars(chance: float, sampled: float) -> None:
    """True correlation 0.80: 1 s bars lose most of it, 60 s bars some, Hayashi-Yoshida none (Epps)."""
    ticks = trading(np.random.default_rng(2), 86_400, SECOND, 0.8, chance)
    assert hayashi_yoshida(*ticks.columns()).correlation == pytest.approx(0.80, abs=0.045)
    assert sampled_correlation(*ticks.columns(), SECOND).value == pytest.approx(sampled, abs=0.02)
    assert sampled_correlation(*ticks.columns(), 60 * SECOND).value == pytest.approx(0.74, abs=0.1)


def test_where_prices_bounce_spacing_keeps_it_out() -> None:
    """Bounce of two steps' volatility goes into the variances at every trade, and 0.80 reads 0.2. Coarse sampling is nearer
    (Griffin and Oomen), and so is Hayashi-Yoshida on trades some minutes apart, which are at their own times still."""
    ticks = trading(np.random.default_rng(3), 86_400, SECOND, 0.8, 0.5, noise=2.0)
    found = {spacing: hayashi_yoshida(*ticks.columns(), spacing_us=spacing * SECOND) for spacing in (1, 30, 300)}
    sampled = {step: sampled_correlation(*ticks.columns(), step * SECOND) for step in (1, 300)}
    assert found[1].correlation < 0.35
    assert sampled[1].value < 0.1
    assert found[1].correlation < found[30].correlation - 0.2
    assert found[300].correlation == pytest.approx(0.8, abs=0.1)
    assert sampled[300].value == pytest.approx(0.8, abs=0.1)
    assert found[300].n_y == 288


def test_bounce_on_real_trades(spot_frames) -> None:
    """ETH on BTC, eleven minutes: nearly nothing trade by trade, most of what one-minute returns show once spaced."""
    legs = _prices_of(spot_frames[0])
    y, x = legs["ETHUSDT"], legs["BTCUSDT"]
    every, spaced = (hayashi_yoshida(*y, *x, spacing_us=us).correlation for us in (1, 5 * SECOND))
    assert every < 0.3
    assert spaced > 0.6
    assert sampled_correlation(*y, *x, 10 * SECOND).value > 0.7


def _prices_of(frames: list[bytes]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    trades = sorted((json.loads(frame)["data"] for frame in frames), key=lambda trade: trade["T"])
    return {
        symbol: (
            np.array([1000 * t["T"] for t in trades if t["s"] == symbol]),
            np.array([float(t["p"]) for t in trades if t["s"] == symbol]),
        )
        for symbol in ("BTCUSDT", "ETHUSDT")
    }


def test_the_error_is_that_of_unrelated_legs() -> None:
    """The spread of 300 estimates on unrelated legs is the error that each of them states."""
    rng = np.random.default_rng(4)
    found = [hayashi_yoshida(*trading(rng, 2000, SECOND, 0.0, 0.3).columns()) for _ in range(300)]
    correlations = np.array([f.correlation for f in found])
    assert correlations.mean() == pytest.approx(0, abs=4 * correlations.std() / math.sqrt(300))
    assert correlations.std() == pytest.approx(np.mean([f.error for f in found]), rel=0.15)
    assert np.mean(np.abs(correlations) > 1.96 * np.array([f.error for f in found])) < 0.1


@pytest.mark.parametrize("delay", [0, 7, 20])
def test_a_known_delay_is_recovered(delay: int) -> None:
    """x moves first, by 0.35 s in the middle case; steps of 50 ms, each leg trades in one of five."""
    ticks = trading(np.random.default_rng(5), 60_000, 50_000, 0.7, 0.2, delay)
    lags = np.arange(-40, 41) * 50_000
    curve = lead_lag(*ticks.columns(), lags)
    assert curve.best_lag_us == delay * 50_000
    assert curve.correlation[curve.lags_us == curve.best_lag_us][0] == pytest.approx(0.7, abs=0.05)
    mirrored = lead_lag(ticks.times_x, ticks.prices_x, ticks.times_y, ticks.prices_y, lags)
    assert mirrored.correlation == pytest.approx(curve.correlation[::-1], abs=1e-12)
    if delay:
        assert curve.ratio > 5
        assert mirrored.ratio == pytest.approx(1 / curve.ratio, rel=1e-9)
    else:
        assert 0.5 < curve.ratio < 2


def test_unit_and_origin_change_nothing() -> None:
    t_y, p_y, t_x, p_x = trading(np.random.default_rng(6), 3000, SECOND, 0.5, 0.3).columns()
    found = hayashi_yoshida(t_y, p_y, t_x, p_x)
    moved = hayashi_yoshida(t_y - 10**15, 7e6 * p_y, t_x - 10**15, 1e-6 * p_x)
    assert moved.correlation == pytest.approx(found.correlation, rel=1e-8)
    plain = hayashi_yoshida(t_y, p_y - 100, t_x, p_x * 1e300, log=False)
    assert plain.correlation == pytest.approx(hayashi_yoshida(t_y, p_y, t_x, p_x, log=False).correlation, rel=1e-9)


def test_the_same_leg_correlates_at_one() -> None:
    ticks = trading(np.random.default_rng(7), 3000, SECOND, 0.5, 0.3)
    found = hayashi_yoshida(ticks.times_y, ticks.prices_y, ticks.times_y, ticks.prices_y)
    assert found.correlation == pytest.approx(1, rel=1e-14)


def test_of_trades_at_one_time_the_last_counts_and_no_move_is_lost() -> None:
    t = [0, 1, 1, 1, 2]
    p = [1.0, 2.0, 5.0, 3.0, 3.0]
    found = hayashi_yoshida(t, p, [0, 1, 2], [1.0, 3.0, 3.0])
    assert found.covariance == pytest.approx(math.log(3) ** 2, rel=1e-14)
    assert found.n_y == 3


def test_legs_that_never_traded_at_the_same_time_have_no_covariance() -> None:
    assert hayashi_yoshida([0, 1, 2], [1, 2, 3], [10, 11, 12], [1, 2, 3]).covariance == 0
    assert lead_lag([0, 1, 2], [1, 2, 3], [10, 11, 12], [1, 2, 3], [-10]).correlation[0] == pytest.approx(1)


def test_what_cannot_be_answered_says_so() -> None:
    good = ([0, 1, 2], [1.0, 2.0, 3.0])
    for bad, error, words in (
        (([0, 2, 1], [1.0, 2.0, 3.0]), BadSeries, "step back in row 2"),
        (([0, 1], [1.0, 2.0, 3.0]), BadSeries, "2 rows for 3 values"),
        (([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]), BadSeries, "whole microseconds"),
        (([0, 1, 2**62], [1.0, 2.0, 3.0]), BadSeries, "since 1970"),
        (([0, 1, 2], [1.0, 0.0, 3.0]), BadSeries, "above 0"),
        (([0, 1, 2], [1.0, math.nan, 3.0]), BadSeries, "not finite"),
        (([5, 5, 5], [1.0, 2.0, 3.0]), NotEnoughData, "needs 2 distinct trade times of y, found 1"),
        (([], []), NotEnoughData, "needs"),
        (([0, 1, 2], [2.0, 2.0, 2.0]), Degenerate, "has to vary"),
    ):
        with pytest.raises(error, match=words):
            hayashi_yoshida(*bad, *good)
        with pytest.raises(error):
            lead_lag(*good, *bad, [0, 1])
    for lags in ([], [0.5], [[1]], [2**62]):
        with pytest.raises(BadParameter):
            lead_lag(*good, *good, lags)
    with pytest.raises(BadParameter, match="spacing"):
        hayashi_yoshida(*good, *good, spacing_us=0)
    with pytest.raises(BadParameter, match="longer step"):
        sampled_correlation([0, 10**15], [1, 2], [0, 10**15], [1, 2], 1)
    with pytest.raises(BadParameter):
        sampled_correlation(*good, *good, 0)
    with pytest.raises(NotEnoughData, match="needs 4 steps of 1 us in which both legs are known, found 2"):
        sampled_correlation(*good, *good, 1)
    with pytest.raises(Degenerate, match="shorter step"):
        sampled_correlation([0, 5, 6, 100], [1, 2, 1, 1], [0, 5, 6, 100], [1, 2, 1, 1], 10)


@given(
    st.lists(st.tuples(st.integers(), st.floats()), max_size=12),
    st.lists(st.tuples(st.integers(0, 9), st.floats()), max_size=12),
)
def test_any_ticks_give_an_answer_or_an_error(y, x) -> None:
    for log in (True, False):
        try:
            found = hayashi_yoshida([t for t, _ in y], [p for _, p in y], [t for t, _ in x], [p for _, p in x], log)
        except AnalysisError:
            continue
        assert math.isfinite(found.correlation)
