"""Half-lives: the published figures, 80 bits, known truth with and without noise, and intervals that cover."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analytics import near_unity
from core.analytics.reversion import HalfLife, half_life_ar1, half_life_autocovariance
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics.reference_dynamics import exact_autoregression, half_life_quantiles, needs_80_bits, ornstein

BOTH = pytest.mark.parametrize("half_life", [half_life_ar1, half_life_autocovariance])


@pytest.mark.parametrize(
    ("name", "bars"), [("g1_btc_eth_spot_1m_close_20240808", 71.75), ("g2_trx_spot_vs_usdm_1s_20250304", 1.77)]
)
def test_r_on_real_pairs(shared_data: Path, name: str, bars: float) -> None:
    table = np.genfromtxt(shared_data / f"{name}.csv", delimiter=",", skip_header=1)
    y, x = table[:, -2], table[:, -1]
    slope = np.cov(y, x)[0, 1] / x.var(ddof=1)
    assert half_life_ar1(y - slope * x).bars == pytest.approx(bars, abs=0.005)


@needs_80_bits
@pytest.mark.parametrize("level", [0.0, 1.0, 1e5])
def test_phi_is_right_to_the_last_digits(level: float) -> None:
    values = level + ornstein(np.random.default_rng(3), 30, 1440)[0]
    phi, _ = exact_autoregression(values)
    found = half_life_ar1(values)
    assert found.phi == pytest.approx(phi, rel=1e-13)
    assert found.bars == pytest.approx(math.log(2) / (1 - phi), rel=1e-11)
    assert found.continuous == pytest.approx(-math.log(2) / math.log(phi), rel=1e-11)


def test_autocovariance_is_the_ratio_of_two_autocovariances() -> None:
    values = ornstein(np.random.default_rng(4), 20, 500)[0]
    deviations = values - values.mean()
    at = {k: float(deviations[k:] @ deviations[:-k]) / (500 - k) for k in (1, 8)}
    assert half_life_autocovariance(values, lags=7).phi == pytest.approx((at[8] / at[1]) ** (1 / 7), rel=1e-12)


def test_noise_shortens_the_regression_and_not_the_autocovariance() -> None:
    """True 300 bars; noise of 10 and 30 % of the spread's deviation, as bid-ask bounce has it."""
    rng = np.random.default_rng(8)
    path, bounce = ornstein(rng, 300, 86_400)[0], rng.standard_normal(86_400)
    regression = [half_life_ar1(path + share * bounce).bars for share in (0.0, 0.1, 0.3)]
    robust = [half_life_autocovariance(path + share * bounce) for share in (0.0, 0.1, 0.3)]
    assert 200 < regression[0] < 400
    assert 40 < regression[1] < 70
    assert 5 < regression[2] < 10
    for found in robust:
        assert 220 < found.bars < 400
        assert found.low < 300 < found.high


def test_short_samples_bias_down_and_the_interval_knows() -> None:
    """Five half-lives in a window: the median estimate is about half of the truth, and the interval has it all the same."""
    found = [half_life_ar1(path) for path in ornstein(np.random.default_rng(9), 300, 1440, 400)]
    assert 110 < float(np.median([half.bars for half in found])) < 190
    assert _share([half.low <= 300 <= half.high for half in found]) == pytest.approx(0.95, abs=0.035)
    assert _share([math.isinf(half.high) for half in found]) > 0.5
    assert _share([half.is_short for half in found]) > 0.3
    assert not half_life_ar1(ornstein(np.random.default_rng(9), 30, 1440)[0]).is_short


def _share(cases: list[bool]) -> float:
    return sum(cases) / len(cases)


@pytest.mark.parametrize(
    ("bars", "n", "noise"),
    [(2, 200, 0.0), (5, 500, 2.0), (10, 1000, 0.3), (100, 1000, 0.1), (300, 1000, 0.0), (math.inf, 1000, 0.0)],
)
def test_the_intervals_cover_at_their_level(bars: float, n: int, noise: float) -> None:
    """95 % of 600, within four binomial standard errors, from fast reversion to the random walk, with and without noise."""
    rng = np.random.default_rng(10)
    paths = ornstein(rng, bars, n, 600)
    paths = paths + noise * rng.standard_normal(paths.shape)
    robust = [half_life_autocovariance(path) for path in paths]
    assert _share([half.low <= bars <= half.high for half in robust]) > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 600)
    if not noise:
        truth = math.log(2) / (1 - 2 ** (-1 / bars)) if math.isfinite(bars) else math.inf
        plain = [half_life_ar1(path) for path in paths]
        covered = _share([half.low <= truth <= half.high for half in plain])
        assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 600))


def test_a_random_walk_is_not_ruled_out_more_often_than_it_says() -> None:
    """`high` is finite on 2.5 % of random walks, although the estimate itself is finite on nearly all of them."""
    for half_life in (half_life_ar1, half_life_autocovariance):
        found = [half_life(path) for path in ornstein(np.random.default_rng(11), math.inf, 500, 800)]
        assert _share([math.isfinite(half.bars) for half in found]) > 0.9
        assert _share([math.isfinite(half.high) for half in found]) < 0.025 + 4 * math.sqrt(0.025 * 0.975 / 800)


def test_heavy_noise_costs_width_and_not_truth() -> None:
    """Noise of the spread's own size, and of three times it: the median estimate stays, and reversion is still told from none."""
    rng = np.random.default_rng(12)
    some = [half_life_autocovariance(p + rng.standard_normal(1024)) for p in ornstein(rng, 50, 1024, 300)]
    assert _share([math.isfinite(half.high) for half in some]) > 0.22
    much = [half_life_autocovariance(p + 3 * rng.standard_normal(1440)) for p in ornstein(rng, 20, 1440, 300)]
    assert 16 < float(np.nanmedian([half.bars for half in much])) < 25


def test_the_tables_are_those_of_the_simulation() -> None:
    found = half_life_quantiles(n=1024, paths=1500, seed=5)
    for name, table in (("ar1", near_unity.REGRESSION), ("autocovariance", near_unity.AUTOCOVARIANCE)):
        assert np.array(found[name]) == pytest.approx(np.array(table).T, abs=0.35, rel=0.15)


@BOTH
@given(
    shift=st.floats(-100, 100),
    scale=st.floats(1e-6, 1e6),
    sign=st.sampled_from([-1, 1]),
    seed=st.integers(0, 2**32 - 1),
)
def test_shift_and_scale_change_nothing(half_life, shift: float, scale: float, sign: int, seed: int) -> None:
    values = ornstein(np.random.default_rng(seed), 5, 100)[0]
    here, there = half_life(values), half_life(sign * scale * (values + shift))
    assert there.phi == pytest.approx(here.phi, rel=1e-6)
    for one, other in zip(_numbers(here), _numbers(there), strict=True):
        assert other == pytest.approx(one, rel=1e-4, nan_ok=True)


def _numbers(half: HalfLife) -> tuple[float, float, float]:
    return half.bars, half.low, half.high


@BOTH
@given(values=hnp.arrays(np.float64, st.integers(0, 80), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_numbers_give_an_answer_or_an_error(half_life, values: Floats) -> None:
    try:
        found = half_life(values)
    except AnalysisError:
        return
    assert found.n == len(values)
    assert math.isnan(found.bars) or found.bars > 0
    assert (math.isnan(found.low) and math.isnan(found.high)) or 0 <= found.low <= found.high


@BOTH
def test_what_cannot_be_answered_says_so(half_life) -> None:
    with pytest.raises(NotEnoughData, match="needs 10 observations, found 2"):
        half_life([1.0, 2.0])
    with pytest.raises(Degenerate, match="5 in all 50 rows"):
        half_life(np.full(50, 5.0))
    with pytest.raises(BadSeries, match="one dimension"):
        half_life(np.ones((10, 2)))
    with pytest.raises(BadSeries, match="not finite"):
        half_life([*range(20), math.nan])


def test_a_jump_in_the_last_row_is_no_history() -> None:
    with pytest.raises(Degenerate, match="but the last"):
        half_life_ar1([0.1] * 19 + [0.2])
    assert math.isnan(half_life_autocovariance([0.1] * 19 + [0.2]).bars)


def test_what_does_not_decay_is_inf_or_nan_and_never_a_number() -> None:
    trend = half_life_ar1(np.arange(100.0))
    assert (trend.bars, trend.low, trend.high) == (math.inf, math.inf, math.inf)
    explosive = half_life_ar1(1.05 ** np.arange(200) + 1e-3 * np.random.default_rng(1).standard_normal(200))
    assert (explosive.bars, explosive.low, explosive.high) == (math.inf, math.inf, math.inf)
    alternating = half_life_ar1(np.tile([1.0, -1.0], 50) + 0.1 * np.random.default_rng(1).standard_normal(100))
    assert math.isnan(alternating.bars)
    assert math.isnan(alternating.low)
    undecided = half_life_ar1(np.random.default_rng(6).standard_normal(30))
    assert undecided.low == 0
    assert 0 < undecided.high < math.inf
    assert math.isnan(half_life_autocovariance(np.tile([1.0, -1.0], 50)).bars)


@pytest.mark.parametrize("lags", [0, -1, 51])
def test_lags_have_to_be_in_the_sample(lags: int) -> None:
    with pytest.raises(BadParameter, match="from 1 to 50"):
        half_life_autocovariance(np.random.default_rng(0).standard_normal(100), lags)


def test_smallest_and_repeated_samples() -> None:
    for half_life in (half_life_ar1, half_life_autocovariance):
        assert half_life(np.random.default_rng(2).standard_normal(10)).n == 10
        half_life([2.0] + [1.0] * 9)
        half_life(np.repeat([1.0, 2.0, 1.5, 1.0, 3.0], 2))
