"""The Ornstein-Uhlenbeck fit: the likelihood's maximum, known truth, errors that hold, and the time to the mean."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate, optimize, special

from core.analytics import ornstein
from core.analytics.reversion import half_life_ar1
from core.errors import AnalysisError, BadParameter, BadSeries, Degenerate, NotEnoughData
from core.market import Floats
from tests.analytics import reference_dynamics as reference


def _path(seed: int = 1, bars: float = 20, n: int = 2000, mean: float = 3.0, deviation: float = 0.5) -> Floats:
    return mean + deviation * reference.ornstein(np.random.default_rng(seed), bars, n)[0]


def test_no_parameters_are_more_likely() -> None:
    values, dt = _path(n=400), 0.5

    def surprise(parameters: Floats) -> float:
        kappa, mean, sigma = np.exp(parameters[0]), parameters[1], np.exp(parameters[2])
        phi = math.exp(-kappa * dt)
        variance = sigma**2 * (1 - phi**2) / (2 * kappa)
        left = values[1:] - mean - phi * (values[:-1] - mean)
        return 0.5 * len(left) * math.log(variance) + 0.5 * float(left @ left) / variance

    found = ornstein.fit(values, dt)
    ours = np.array([math.log(found.kappa), found.mean, math.log(found.sigma)])
    best = optimize.minimize(surprise, [-3.0, 3.0, -2.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert surprise(ours) <= best.fun + 1e-9
    assert ours == pytest.approx(best.x, rel=1e-4)


@reference.needs_80_bits
@pytest.mark.parametrize("level", [0.0, 1e5])
def test_right_to_the_last_digits(level: float) -> None:
    values = level + _path()
    phi, constant = reference.exact_autoregression(values)
    found = ornstein.fit(values)
    assert found.kappa == pytest.approx(-math.log(phi), rel=1e-11)
    assert found.mean == pytest.approx(constant / (1 - phi), rel=1e-11)


@pytest.mark.parametrize("bars", [1.5, 20])
def test_truth_is_within_its_errors_as_often_as_it_should(bars: float) -> None:
    """Each parameter within 1.96 errors in about 95 % of 300 long paths."""
    kappa = math.log(2) / bars
    fits = [ornstein.fit(_path(seed, bars)) for seed in range(300)]
    for truth, name in ((kappa, "kappa"), (3.0, "mean"), (0.5 * math.sqrt(2 * kappa), "sigma")):
        hits = [abs(getattr(f, name) - truth) < 1.96 * getattr(f, f"{name}_error") for f in fits]
        assert sum(hits) / 300 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 300)), name
    assert np.median([f.half_life for f in fits]) == pytest.approx(bars, rel=0.06)
    assert np.median([f.deviation for f in fits]) == pytest.approx(0.5, rel=0.04)


def test_the_unit_of_time_is_that_of_dt() -> None:
    bars, seconds = ornstein.fit(_path()), ornstein.fit(_path(), 60.0)
    assert seconds.half_life == pytest.approx(60 * bars.half_life, rel=1e-12)
    assert seconds.sigma == pytest.approx(bars.sigma / math.sqrt(60), rel=1e-12)
    assert seconds.time_to_mean(5.0) == pytest.approx(60 * bars.time_to_mean(5.0), rel=1e-12)
    assert bars.half_life == pytest.approx(half_life_ar1(_path()).continuous, rel=1e-10)


@pytest.mark.parametrize("deviations", [0.0, 1e-9, 0.3, 1.0, 3.0, 24.9, 25.1, 60.0, 1e6])
def test_time_to_mean_is_the_integral_of_the_mills_ratio(deviations: float) -> None:
    found = ornstein.fit(_path())
    mills = lambda z: math.sqrt(math.pi / 2) * special.erfcx(z / math.sqrt(2))  # noqa: E731
    points = [p for p in (1.0, 10.0, 100.0, 1e4) if p < deviations]
    expected = integrate.quad(mills, 0, deviations, points=points or None, limit=500, epsabs=0, epsrel=1e-12)[0]
    for side in (1, -1):
        there = found.mean + side * deviations * found.deviation
        assert found.time_to_mean(there) * found.kappa == pytest.approx(expected, rel=1e-6, abs=1e-14)
    assert ornstein._passage(deviations) == pytest.approx(expected, rel=1e-11)


def test_time_to_mean_is_what_paths_take() -> None:
    """3,000 paths from two deviations, a hundred steps a half-life; looking only at steps lengthens it by some percent."""
    rng, kappa, phi = np.random.default_rng(2), math.log(2) / 100, 2 ** (-1 / 100)
    found = ornstein.fit(_path(bars=100, n=20_000, mean=0, deviation=1))
    at, taken = np.full(3000, 2.0), np.zeros(3000)
    away = np.ones(3000, dtype=bool)
    while away.any():
        at[away] = phi * at[away] + math.sqrt(1 - phi * phi) * rng.standard_normal(int(away.sum()))
        taken[away] += 1
        away &= at > 0
    truth = ornstein._passage(2.0) / kappa
    assert taken.mean() == pytest.approx(truth * 1.05, rel=0.06)
    assert found.time_to_mean(2.0) == pytest.approx(truth, rel=0.3)


def test_without_reversion() -> None:
    found = ornstein.fit(np.arange(50.0) + 1e-3 * np.random.default_rng(0).standard_normal(50) + 1.1 ** np.arange(50))
    assert found.phi > 1
    assert found.half_life == found.deviation == found.time_to_mean(1.0) == math.inf
    assert math.isnan(found.mean)
    assert found.sigma > 0
    quiet = ornstein.fit(0.5 ** np.arange(12))
    assert quiet.half_life == pytest.approx(1)
    assert quiet.deviation == pytest.approx(0, abs=1e-9)
    assert quiet.time_to_mean(1.0) > 10
    alternating = ornstein.fit(np.tile([1.0, -1.0], 20))
    assert math.isnan(alternating.kappa)
    assert math.isnan(alternating.time_to_mean(1.0))


@given(values=hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_numbers_give_an_answer_or_an_error(values: Floats) -> None:
    try:
        found = ornstein.fit(values)
        time = found.time_to_mean(float(values[0]))
    except AnalysisError:
        return
    assert math.isnan(time) or time >= 0


def test_what_cannot_be_answered_says_so() -> None:
    with pytest.raises(NotEnoughData):
        ornstein.fit([1.0, 2.0])
    with pytest.raises(Degenerate):
        ornstein.fit(np.ones(20))
    with pytest.raises(Degenerate, match="but the last"):
        ornstein.fit([1.0] * 19 + [2.0])
    with pytest.raises(BadParameter, match="above 0"):
        ornstein.fit(_path(), 0.0)
    with pytest.raises(BadSeries, match="finite"):
        ornstein.fit(_path()).time_to_mean(math.nan)
