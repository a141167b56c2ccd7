"""Rolling moments beside 80-bit floats, on the series that break running sums; weighted, robust and streamed ones beside theirs."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import blocks, robust, rolling, streaming, weighted
from core.errors import AnalysisError, BadParameter, BadSeries, NotEnoughData
from core.market import Floats
from tests.analytics.reference import numacc, walk
from tests.analytics.reference_screener import needs_80_bits

RNG = np.random.default_rng(11)
PRICE = np.round(1e5 * np.exp(walk(1, 2000) - 8.0), 2)
SERIES = {
    "price": PRICE,
    "quiet": np.round(1e5 + 0.02 * RNG.standard_normal(2000), 2),
    "bad tick": np.concatenate((PRICE[:700], [100 * PRICE[700]], PRICE[701:])),
    "flicker": np.concatenate((PRICE[:900], 100 * PRICE[900:901], PRICE[901] + 0.01 * (np.arange(1099) % 2))),
    "tiny": 1e-9 * np.exp(walk(2, 2000)),
    "log": np.log(PRICE),
    "NumAcc3": numacc(1e6),
    "NumAcc4": numacc(1e7),
}


def windows(values: Floats, window: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), window)


def exact(values: Floats, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard deviation and z-score in two passes of 80 bits."""
    parts = windows(values, window)
    mean = parts.mean(axis=1)
    std = np.sqrt(((parts - mean[:, None]) ** 2).sum(axis=1) / (window - 1))
    with np.errstate(invalid="ignore"):
        return mean, std, (values[window - 1 :] - mean) / std


@needs_80_bits
@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("window", [2, 3, 60, 300, 1000])
def test_moments_in_80_bits(name: str, window: int) -> None:
    values = SERIES[name]
    found, (mean, std, z) = rolling.moments(values, window), exact(values, window)
    assert np.isnan(found.mean[: window - 1]).all()
    np.testing.assert_allclose(found.mean[window - 1 :], mean.astype(float), rtol=1e-12)
    np.testing.assert_allclose(found.std[window - 1 :], std.astype(float), rtol=1e-12, atol=1e-300)
    known = ~np.isnan(found.z[window - 1 :])
    assert (known == (np.ptp(windows(values, window), axis=1) > 0)).all()
    np.testing.assert_allclose(found.z[window - 1 :][known], z[known].astype(float), rtol=0, atol=1e-9)


@needs_80_bits
@pytest.mark.parametrize("name", ["price", "quiet", "bad tick", "log"])
@pytest.mark.parametrize("window", [3, 60, 300])
def test_regressions_in_80_bits(name: str, window: int) -> None:
    y, x = SERIES[name], np.round(3e3 * np.exp(walk(3, 2000) - 8.0), 2)
    parts_y, parts_x = windows(y, window), windows(x, window)
    from_y, from_x = (parts - parts.mean(axis=1)[:, None] for parts in (parts_y, parts_x))
    xx, yy, xy = (from_x**2).sum(axis=1), (from_y**2).sum(axis=1), (from_y * from_x).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope, share = xy / xx, xy / np.sqrt(xx * yy)
    found = rolling.pair(y, x, window)
    rows = slice(window - 1, None)
    np.testing.assert_allclose(found.slope[rows], slope.astype(float), rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(found.covariance[rows], (xy / (window - 1)).astype(float), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.correlation[rows], share.astype(float), atol=1e-12)
    np.testing.assert_allclose(found.r_squared[rows], (share**2).astype(float), atol=1e-12)
    residual = from_y[:, -1] - slope * from_x[:, -1]
    np.testing.assert_allclose(found.residual[rows], residual.astype(float), rtol=1e-9, atol=1e-9 * np.ptp(y))
    if window > 3:
        spread = np.sqrt(np.maximum(yy - slope * xy, 0) / (window - 2))
        np.testing.assert_allclose(found.residual_std[rows], spread.astype(float), rtol=1e-7)
        np.testing.assert_allclose(found.slope_error[rows], (spread / np.sqrt(xx)).astype(float), rtol=1e-7)
    np.testing.assert_allclose(
        found.intercept[rows], (parts_y.mean(axis=1) - slope * parts_x.mean(axis=1)).astype(float), rtol=1e-9, atol=1e-6
    )
    np.testing.assert_array_equal(rolling.covariance(y, x, window), found.covariance)


def test_what_breaks_running_sums_breaks_nothing_here() -> None:
    """A price that flickers by a tick after a bad tick, and one that stands still."""
    flicker = SERIES["flicker"]
    _, std, _ = exact(flicker[1300:], 300)
    assert np.abs(rolling.std(flicker, 300)[1599:] / std - 1).max() < 1e-9
    values = np.concatenate((PRICE[:500], [100 * PRICE[500]], np.full(800, PRICE[500])))
    found = rolling.moments(values, 300)
    assert (found.std[900:] == 0).all()
    assert np.isnan(found.z[900:]).all()


def test_nist_numacc() -> None:
    for base, digits in ((1.0, 14), (1e6, 9), (1e7, 8)):
        values = numacc(base)
        found = rolling.moments(values, len(values))
        assert found.mean[-1] == pytest.approx(base + 0.2, rel=1e-15)
        assert found.std[-1] == pytest.approx(0.1, rel=10.0**-digits)


def test_a_window_of_all_rows_is_the_sample() -> None:
    y, x = SERIES["log"][:500], SERIES["tiny"][:500]
    found = rolling.pair(y, x, 500)
    assert found.slope[-1] == pytest.approx(np.polyfit(x - x.mean(), y, 1)[0], rel=1e-10)
    assert found.correlation[-1] == pytest.approx(np.corrcoef(y, x)[0, 1], abs=1e-12)
    assert rolling.correlation(y, x, 500)[-1] == pytest.approx(found.correlation[-1], abs=1e-15)
    assert rolling.mean(y, 500)[-1] == pytest.approx(y.mean(), rel=1e-15)


def test_the_window_before_knows_nothing_of_the_bar() -> None:
    values = SERIES["price"].copy()
    before = rolling.moments(values, 50)
    z = rolling.prior_zscore(values, 50)
    assert np.isnan(z[:50]).all()
    np.testing.assert_allclose(z[50:], (values[50:] - before.mean[49:-1]) / before.std[49:-1], rtol=1e-8)
    values[800] *= 1.5
    assert rolling.prior_zscore(values, 50)[800] > 100  # alone in its own window it could not leave ±7
    assert abs(rolling.zscore(values, 50)[800]) <= 49 / math.sqrt(50) + 1e-12


@pytest.mark.parametrize("window", [2, 3, 60, 300, 2000, 5000])
def test_chunks_are_all_rows_at_once_to_the_last_bit(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = walk(5, 40_000), walk(6, 40_000)
    y[20_000] *= 100

    def told() -> list[Floats]:
        one, two = rolling.moments(y, window), rolling.pair(y, x, max(window, 3))
        return [
            *(getattr(one, name) for name in ("mean", "std", "z")),
            *(getattr(two, name) for name in ("covariance", "slope", "intercept", "slope_error", "residual")),
            rolling.prior_zscore(y, window),
            rolling.correlation(y, x, window),
            rolling.covariance(y, x, window),
            rolling.mean(y, window),
        ]

    parts = len(list(blocks.chunks(len(y), window)))
    assert parts > 1 or window == 5000
    chunked = told()
    monkeypatch.setattr(blocks, "_CHUNK", 0)
    assert list(blocks.chunks(len(y), window)) == [(0, 0, len(y))]
    for one, other in zip(chunked, told(), strict=True):
        np.testing.assert_array_equal(one, other)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(1, 100_000), st.integers(1, 20_000))
def test_chunks_cover_each_row_once_and_know_its_window(n: int, window: int) -> None:
    told = 0
    for begin, first, end in blocks.chunks(n, window):
        assert first == told < end
        assert begin == max(0, first - window)
        assert begin % window == 0
        told = end
    assert told == n


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e-140, 1e140, 1e160, 1e300])
def test_in_any_unit_a_score_is_the_same_or_there_is_none(unit: float) -> None:
    """Where squares overflow or lose digits: words or NaN, and neither 0 nor a number that is a little off."""
    values, other = 100 * np.exp(walk(7, 200, 0.0, 0.01)), 100 * np.exp(walk(8, 200, 0.0, 0.01))
    for compute in (
        lambda a, b: rolling.zscore(a, 20),
        lambda a, b: rolling.prior_zscore(a, 20),
        lambda a, b: rolling.correlation(a, b, 20),
        lambda a, b: rolling.pair(a, b, 20).slope,
        lambda a, b: weighted.moments(a, 10).z,
        lambda a, b: robust.moments(a, 20).z,
    ):
        if unit > 1e150:
            with pytest.raises(BadSeries, match="squares"):
                compute(values * unit, other * unit)
            continue
        found = compute(values * unit, other * unit)
        known = ~np.isnan(found)
        np.testing.assert_allclose(found[known], compute(values, other)[known], rtol=1e-6, atol=1e-9)
        assert known.any() or unit < 1e-150


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e-140, 1e140, 1e160, 1e300])
def test_streams_in_any_unit_too(unit: float) -> None:
    values = 100 * np.exp(walk(7, 60, 0.0, 0.01))
    for one, other in ((streaming.Rolling(20), streaming.Rolling(20)), (weighted.Fading(10), weighted.Fading(10))):
        for value in values.tolist():
            far, near = one.push(value * unit), other.push(value)
            if isinstance(far, streaming.Window) and isinstance(near, streaming.Window):
                far, near = far.z(), near.z()
            if isinstance(far, float) and not math.isnan(far):
                assert far == pytest.approx(near, rel=1e-6, abs=1e-9)
                assert 1e-150 < unit < 1e150


FINITE = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, 1.0, 1e-300])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=40), st.integers(2, 12))
def test_no_value_depends_on_what_is_outside_its_window(rows: list[tuple[float, float]], window: int) -> None:
    y, x = np.array(rows).T
    if window > len(rows):
        with pytest.raises(NotEnoughData):
            rolling.moments(y, window)
        return
    whole = rolling.moments(y, window)
    for end in range(window, len(rows) + 1):
        part = rolling.moments(y[end - window : end], window)
        scale = np.abs(y[end - window : end]).max()
        assert whole.mean[end - 1] == pytest.approx(part.mean[-1], abs=1e-13 * scale)
        assert whole.std[end - 1] == pytest.approx(part.std[-1], rel=1e-9, abs=1e-13 * scale)
        if window > 2:
            one, other = rolling.pair(y, x, window), rolling.pair(y[end - window : end], x[end - window : end], window)
            if abs(other.r_squared[-1]) > 1e-6:  # else its sign is rounding
                assert one.correlation[end - 1] == pytest.approx(other.correlation[-1], abs=1e-6, nan_ok=True)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(2, 9))
def test_streamed_moments_are_the_batch(values: list[float], window: int) -> None:
    roll = streaming.Rolling(window)
    if window > len(values):
        assert [roll.push(value) for value in values] == [None] * len(values)
        return
    batch = rolling.moments(values, window)
    for row, value in enumerate(values):
        seen, found = roll.peek(value), roll.push(value)
        assert seen == found
        assert (found is None) == (row < window - 1)
        if found:
            scale = max(map(abs, values[row - window + 1 : row + 1]))
            assert found.mean_y == pytest.approx(batch.mean[row], abs=1e-13 * scale)
            assert found.std == pytest.approx(batch.std[row], rel=1e-12, abs=1e-13 * scale)
            if max(1e-6 * scale, rolling.LEAST_STD) < batch.std[row]:
                assert found.z() == pytest.approx(batch.z[row], abs=1e-9)


@pytest.mark.parametrize("window", [2, 3, 7, 300])
def test_streamed_regressions_are_the_batch(window: int) -> None:
    y, x = SERIES["price"], np.round(3e3 * np.exp(walk(3, 2000) - 8.0), 2)
    roll = streaming.RollingPair(window)
    found = [roll.push(*row) for row in zip(y.tolist(), x.tolist(), strict=True)]
    batch = rolling.moments(y, window)
    z = np.array([math.nan if each is None else each.z() for each in found])
    np.testing.assert_allclose(z, batch.z, atol=1e-12)
    if window > 2:
        pair = rolling.pair(y, x, window)
        for name in ("slope", "intercept", "slope_error", "residual", "correlation"):
            told = np.array([math.nan if each is None else getattr(each, name) for each in found])
            np.testing.assert_allclose(told, getattr(pair, name), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("half_life", [0.5, 1, 7.5, 60, 5000])
def test_weighted_moments_are_pandas_where_pandas_is_right(half_life: float) -> None:
    values = SERIES["price"]
    found, theirs = weighted.moments(values, half_life), pd.Series(values).ewm(halflife=half_life)
    np.testing.assert_allclose(found.mean, theirs.mean(), rtol=1e-13)
    np.testing.assert_allclose(found.std, theirs.std(), rtol=1e-9)
    assert np.isnan(found.z[: math.ceil(half_life)]).all()
    fading = weighted.Fading(half_life)
    streamed = [(fading.peek(value), fading.push(value)) for value in values.tolist()]
    np.testing.assert_array_equal([a for a, _ in streamed], [b for _, b in streamed])
    np.testing.assert_allclose([z for _, z in streamed], found.z, atol=1e-11)


@pytest.mark.parametrize("window", [3, 4, 60, 61])
def test_robust_moments_are_exact(window: int) -> None:
    for values in (SERIES["price"], np.round(SERIES["price"], 0), SERIES["flicker"]):
        found = robust.moments(values, window)
        parts = np.lib.stride_tricks.sliding_window_view(values, window)
        median = np.median(parts, axis=1)
        deviation = np.median(np.abs(parts - median[:, None]), axis=1)
        np.testing.assert_array_equal(found.median[window - 1 :], median)
        np.testing.assert_allclose(found.deviation[window - 1 :], robust.NORMAL * deviation, atol=1e-9)
        assert np.isnan(found.z[window - 1 :][deviation == 0]).all()


def test_a_bad_tick_moves_no_robust_score_but_its_own() -> None:
    clean, spoilt = SERIES["price"][:700], SERIES["price"][:700].copy()
    spoilt[400] *= 100
    others = np.arange(700) != 400
    one, other = robust.moments(clean, 60).z, robust.moments(spoilt, 60).z
    assert np.nanmax(np.abs(one - other)[others]) < 0.6
    assert other[400] > 1000
    assert np.nanmax(np.abs(rolling.zscore(clean, 60) - rolling.zscore(spoilt, 60))[others]) > 1.5


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.floats(), max_size=12), st.integers(-1, 14))
def test_whatever_comes_in_numbers_or_words_come_out(values: list[float], window: int) -> None:
    for compute in (
        lambda: rolling.moments(values, window).mean,
        lambda: rolling.prior_zscore(values, window),
        lambda: rolling.correlation(values, values[::-1], window),
        lambda: rolling.pair(values, values[::-1], window).slope,
        lambda: robust.moments(values, window).z,
        lambda: weighted.moments(values, window).std,
    ):
        with np.errstate(all="ignore"):
            try:
                found = compute()
            except AnalysisError:
                continue
        assert found.shape == (len(values),)


def test_what_cannot_be_rolled_says_so() -> None:
    for window in (1, 0, -3, 2.5, True):
        with pytest.raises(BadParameter, match="window"):
            rolling.zscore(PRICE, window)  # type: ignore[arg-type]
    with pytest.raises(NotEnoughData):
        rolling.zscore(PRICE[:5], 6)
    with pytest.raises(BadSeries, match="row 3"):
        rolling.zscore([1.0, 2.0, 3.0, math.nan], 2)
    with pytest.raises(BadParameter, match="half-life"):
        weighted.moments(PRICE, 0.0)
