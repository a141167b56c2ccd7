"""Sharpe ratios: published examples, and errors that cover as they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.backtest.sharpe import Sharpe, best_of, sharpe
from core.errors import BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats


def daily(annual: float, skewness: float, kurtosis: float, n: int) -> Sharpe:
    return Sharpe(annual / math.sqrt(250), 0, 0, 0, 0, 1, skewness, kurtosis, 0, n)


def test_the_example_of_bailey_and_lopez_de_prado() -> None:
    """The Deflated Sharpe Ratio (2014), numerical example: 5 years of days, annual variance of the trials 1/2."""
    deviation = math.sqrt(0.5 / 250)
    assert best_of(100, deviation) == pytest.approx(0.1132, abs=5e-5)
    assert daily(2.5, -3, 10, 1250).deflated(100, deviation) == pytest.approx(0.9004, abs=5e-5)
    assert daily(2.5, -3, 10, 1250).deflated(46, deviation) == pytest.approx(0.9505, abs=5e-5)
    assert daily(2.5, 0, 3, 1250).deflated(88, deviation) == pytest.approx(0.9505, abs=5e-5)


def test_one_trial_is_not_deflated() -> None:
    found = daily(1, 0, 3, 500)
    assert best_of(1, 1.0) == 0
    assert found.deflated(1, 0.5) == found.probabilistic()
    assert found.deflated(10, 0.05) < found.probabilistic()


def test_the_best_of_many_is_about_the_expected() -> None:
    """The approximation is within 2 % of the expected maximum of normals."""
    best = np.random.default_rng(5).standard_normal((20_000, 50)).max(axis=1)
    assert best_of(50, 1.0) == pytest.approx(float(best.mean()), rel=0.02)


def autocorrelated(random: np.random.Generator, n: int, phi: float) -> Floats:
    values = random.standard_normal(n + 50)
    for row in range(1, n + 50):
        values[row] += phi * values[row - 1]
    return 0.1 + values[50:]


@pytest.mark.parametrize(("phi", "least", "most"), [(0.0, 0.92, 0.975), (0.4, 0.88, 0.97), (-0.4, 0.92, 1.0)])
def test_the_interval_covers_where_profits_are_correlated(phi: float, least: float, most: float) -> None:
    random = np.random.default_rng(8)
    truth = 0.1 * math.sqrt(1 - phi * phi)
    hits = iid = 0
    for _ in range(300):
        found = sharpe(autocorrelated(random, 500, phi))
        hits += found.low <= truth <= found.high
        iid += abs(found.value - truth) <= 1.96 * found.iid_error
    assert least <= hits / 300 <= most
    if phi > 0:
        assert iid / 300 < 0.85  # what ignoring the correlation would claim to be 0.95


def test_independent_normal_profits_have_lo_s_error() -> None:
    found = sharpe(0.05 + np.random.default_rng(1).standard_normal(20_000))
    assert found.error == pytest.approx(found.iid_error, rel=0.03)
    assert found.iid_error == pytest.approx(math.sqrt((1 + found.value**2 / 2) / 20_000))
    assert found.inflation == pytest.approx(1, abs=0.05)
    assert found.over(250) == pytest.approx(found.value * math.sqrt(250), rel=0.03)


def test_skewed_profits_have_the_error_of_mertens() -> None:
    """Mertens (2002): n error^2 = 1 - skewness SR + (kurtosis - 1) SR^2 / 4, whatever the profits, where they are independent."""
    found = sharpe(np.random.default_rng(6).gamma(2.0, 1.0, 500), lags=0)
    variance = 1 - found.skewness * found.value + (found.kurtosis - 1) / 4 * found.value**2
    assert found.value > 1
    assert found.error == pytest.approx(math.sqrt(variance / 500), rel=1e-10)
    assert found.probabilistic(1.0) == pytest.approx(
        0.5 * math.erfc(-(found.value - 1) / (found.error * math.sqrt(2 * 500 / 499))), rel=1e-10
    )


def test_smooth_profits_are_annualised_less() -> None:
    """Lo (2002): positive autocorrelation makes the square root of time overstate."""
    found = sharpe(autocorrelated(np.random.default_rng(3), 5_000, 0.5), lags=40)
    assert found.inflation == pytest.approx(3.0, rel=0.2)  # (1 + phi) / (1 - phi)
    assert found.over(250) < found.value * math.sqrt(250) / 1.5


def test_moments_beside_plain_sums() -> None:
    values = np.random.default_rng(2).gamma(2.0, 1.0, 400)
    found = sharpe(values)
    wide = values.astype(np.longdouble)
    deviations = wide - wide.mean()
    scale = np.sqrt((deviations**2).mean())
    assert found.value == pytest.approx(float(wide.mean() / scale), rel=1e-13)
    assert found.skewness == pytest.approx(float((deviations**3).mean() / scale**3), rel=1e-12)
    assert found.kurtosis == pytest.approx(float((deviations**4).mean() / scale**4), rel=1e-12)


@settings(derandomize=True, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(1e-150, 1e150))
def test_units_do_not_matter(seed: int, unit: float) -> None:
    values = np.random.default_rng(seed).standard_normal(60) + 0.2
    one, other = sharpe(values), sharpe(unit * values)
    assert other.value == pytest.approx(one.value, rel=1e-10)
    assert other.error == pytest.approx(one.error, rel=1e-10)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(Degenerate, match="all profits are the same"):
        sharpe(np.full(50, 0.3))
    with pytest.raises(Degenerate):
        sharpe(np.zeros(50))
    with pytest.raises(NotEnoughData):
        sharpe(np.arange(5.0))
    with pytest.raises(BadSeries):
        sharpe([math.nan] * 20)
    with pytest.raises(BadParameter):
        sharpe(np.arange(20.0), lags=20)
    for trials, deviation in ((0, 1.0), (5, math.nan), (5, -1.0)):
        with pytest.raises(BadParameter):
            best_of(trials, deviation)
