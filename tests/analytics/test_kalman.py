"""The filter beside least squares, 80-bit matrices and statsmodels' likelihood; its noise, its scale and its honesty."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from core.analytics.kalman import MOST_FITTED, Kalman, Noise, kalman, likeliest_noise
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics.reference import NORRIS, NORRIS_X, NORRIS_Y, tied, walk
from tests.analytics.reference_screener import needs_80_bits


def drifting(
    seed: int, n: int, walk_of_slope: float, walk_of_level: float = 0.0, noise: float = 2e-4
) -> tuple[Floats, Floats, Floats]:
    """y, x and the true slope, a random walk."""
    rng = np.random.default_rng(seed)
    x = walk(seed + 1, n, step=1e-3)
    slope = 0.95 + walk_of_slope * np.cumsum(rng.standard_normal(n))
    level = 7.0 + walk_of_level * np.cumsum(rng.standard_normal(n))
    return slope * (x - x[0]) + level + noise * rng.standard_normal(n), x, slope


def in_matrices(y: Floats, x: Floats, found: Kalman) -> tuple[np.ndarray, np.ndarray]:
    """Slopes before each row and innovations, by plain matrices of 80 bits and Joseph's form."""
    filter_, noise = found.filter, found.noise
    state = np.zeros(2, dtype=np.longdouble)
    variance = np.diag([np.longdouble(filter_.start_level_variance), np.longdouble(filter_.start_slope_variance)])
    walking = np.diag([np.longdouble(noise.intercept), np.longdouble(noise.slope)])
    slopes, innovations = [], []
    for y_, x_ in zip(y, x, strict=True):
        row = np.array([1, np.longdouble(x_) - np.longdouble(filter_.reference_x)])
        variance = variance + walking
        slopes.append(state[1])
        innovations.append(np.longdouble(y_) - np.longdouble(filter_.reference_y) - row @ state)
        gain = variance @ row / (row @ variance @ row + np.longdouble(noise.observation))
        state = state + gain * innovations[-1]
        left = np.eye(2, dtype=np.longdouble) - np.outer(gain, row)
        variance = left @ variance @ left.T + np.longdouble(noise.observation) * np.outer(gain, gain)
    return np.array(slopes), np.array(innovations)


@needs_80_bits
@pytest.mark.parametrize("scale", [1.0, 1e5, 1e-5])
def test_80_bits(scale: float) -> None:
    y, x, _ = drifting(1, 1500, 1e-3)
    y, x = scale * np.exp(y), np.exp(x)
    found = kalman(y, x)
    slopes, innovations = in_matrices(y, x, found)
    assert np.isnan(found.slope[:2]).all()
    np.testing.assert_allclose(found.slope[20:], slopes[20:].astype(float), rtol=1e-8)
    np.testing.assert_allclose(
        found.innovation[20:], innovations[20:].astype(float), atol=1e-9 * scale * np.ptp(y / scale)
    )
    np.testing.assert_allclose(
        found.intercept[20:] + found.slope[20:] * x[20:] + found.innovation[20:], y[20:], rtol=1e-12
    )


def test_without_walks_it_is_least_squares() -> None:
    found = kalman(NORRIS_Y, NORRIS_X, Noise(1.0, 0.0, 0.0))
    state, filter_ = found.state, found.filter
    assert state.slope == pytest.approx(NORRIS["slope"], abs=1e-8)
    intercept = filter_.reference_y + state.level - state.slope * filter_.reference_x
    assert intercept == pytest.approx(NORRIS["intercept"], abs=2e-6)
    assert math.sqrt(state.slope_variance) * NORRIS["residual_std"] == pytest.approx(NORRIS["slope_error"], rel=1e-6)


def test_one_step_at_a_time_is_the_batch() -> None:
    y, x, _ = drifting(2, 600, 1e-3)
    found = kalman(y, x)
    state = found.filter.start()
    for row, (y_, x_) in enumerate(zip(y.tolist(), x.tolist(), strict=True)):
        after, step = found.filter.step(state, y_, x_)
        assert found.filter.step(state, y_, x_) == (after, step)  # nothing was taken
        if row > 1:
            assert (step.slope, step.intercept, step.slope_error, step.innovation, step.z) == pytest.approx(
                (found.slope[row], found.intercept[row], found.slope_error[row], found.innovation[row], found.z[row]),
                rel=1e-12,
                abs=1e-15,
            )
        state = after
    assert state == found.state


def test_no_row_knows_of_a_later_one() -> None:
    y, x, _ = drifting(3, MOST_FITTED + 400, 1e-3)
    for rows, noise in ((300, likeliest_noise(y, x)), (MOST_FITTED + 100, None)):
        whole, part = kalman(y, x, noise), kalman(y[:rows], x[:rows], noise)
        np.testing.assert_array_equal(whole.z[:rows], part.z)
        np.testing.assert_array_equal(whole.slope[:rows], part.slope)


@pytest.mark.parametrize(("walk_of_slope", "walk_of_level"), [(2e-3, 0.0), (0.0, 1e-4), (1e-3, 2e-4), (0.0, 0.0)])
def test_the_noise_is_the_likeliest(walk_of_slope: float, walk_of_level: float) -> None:
    y, x, _ = drifting(4, 1000, walk_of_slope, walk_of_level)
    found = likeliest_noise(y, x)

    def cost(logs: Floats) -> float:
        return -kalman(y, x, Noise(*np.exp(np.clip(logs, -60, 5)))).log_likelihood

    start = np.log([found.observation, found.intercept, found.slope])
    best = min(
        minimize(cost, start + shift, method="Nelder-Mead", options={"maxiter": 250}).fun for shift in (0.0, 1.0, -2.0)
    )
    assert -kalman(y, x, found).log_likelihood - best < 0.6  # a twentieth of an e-fold of variance, and no more


def test_the_innovations_are_what_they_are_said_to_be() -> None:
    """Standard normal, unrelated, and the slope within its band: where the model is true."""
    inside, all_z = [], []
    for seed in range(8):
        y, x, slope = drifting(10 + seed, 1500, 1e-3)
        found = kalman(y, x)
        all_z.append(found.z[50:])
        inside.append(np.abs(found.slope[50:] - slope[49:-1]) < 1.96 * found.slope_error[50:])
    z = np.concatenate(all_z)
    assert np.std(z) == pytest.approx(1.0, abs=0.03)
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 0.03
    assert np.mean(inside) == pytest.approx(0.95, abs=0.06)


def test_memory_is_long_where_the_hedge_stands_and_short_where_it_walks() -> None:
    still, moving = (kalman(*drifting(5, 1500, step)[:2]).memory_bars for step in (0.0, 5e-2))
    assert still > 100
    assert 1 <= moving < 15


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.integers(0, 100), st.integers(-30, 30), st.integers(-30, 30))
def test_units_do_not_matter(seed: int, power_y: int, power_x: int) -> None:
    """Constants copied from prices of 10 to 100 make another filter on 1e5 and on 1e-5; these are chosen by the data."""
    y, x, _ = drifting(seed, 200, 1e-3)
    before = kalman(y, x)
    after = kalman(np.ldexp(y, power_y), np.ldexp(x, power_x))
    np.testing.assert_allclose(after.z[2:], before.z[2:], rtol=1e-6, atol=1e-6)
    assert after.memory_bars == pytest.approx(before.memory_bars, rel=1e-6)


def test_the_noise_is_chosen_on_the_first_rows() -> None:
    y, x, _ = drifting(6, MOST_FITTED + 500, 1e-3)
    assert kalman(y, x).noise == likeliest_noise(y[:MOST_FITTED], x[:MOST_FITTED])


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.lists(st.tuples(*(2 * [st.floats() | st.sampled_from([0.0, 1.0, 1e300])])), max_size=20))
def test_whatever_comes_in_numbers_or_words_come_out(rows: list[tuple[float, float]]) -> None:
    try:
        with np.errstate(all="ignore"):
            found = kalman([row[0] for row in rows], [row[1] for row in rows])
    except AnalysisError:
        return
    assert len(found.z) == len(rows)
    assert not np.isnan(found.slope[2:]).any()


@pytest.mark.parametrize("unit_y", [1e-300, 1e-160, 1e-100, 1.0, 1e100, 1e160, 1e300])
@pytest.mark.parametrize("unit_x", [1e-300, 1e-100, 1.0, 1e100, 1e300])
def test_in_units_that_no_float_can_square_it_says_so(unit_y: float, unit_x: float) -> None:
    y, x = np.exp(walk(1, 60, 0.0, 0.01)), np.exp(walk(2, 60, 0.0, 0.01))
    rate = unit_y / unit_x
    if not (1e-120 < unit_y < 1e120 and 1e-120 < rate < 1e120):
        with pytest.raises(BadSeries, match=r"squares|units"):
            kalman(y * unit_y, x * unit_x)
        return
    found = kalman(y * unit_y, x * unit_x)
    np.testing.assert_allclose(found.z[2:], kalman(y, x).z[2:], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("far", [1e140, 1e200])
@pytest.mark.parametrize("leg", [0, 1])
def test_a_row_that_is_absurdly_far_away_is_told_or_borne(leg: int, far: float) -> None:
    legs = [walk(1, 60), walk(2, 60)]
    legs[leg][40] = far
    try:
        found = kalman(*legs, Noise(1e-8, 1e-10, 1e-8))
    except BadSeries:
        return
    assert np.isfinite(found.slope[2:]).all()
    assert np.isfinite(found.z[2:]).all()


def test_what_cannot_be_filtered_says_so() -> None:
    y, x = tied(0, 60)
    with pytest.raises(NotEnoughData):
        kalman(y[:9], x[:9])
    with pytest.raises(Degenerate, match="x does not vary"):
        kalman(y, np.full(60, 2.0))
    with pytest.raises(BadParameter):
        Noise(0.0, 1.0, 1.0)
    with pytest.raises(BadParameter):
        Noise(1.0, -1.0, math.nan)
