"""Optimal thresholds: the cycle beside a simulation, the optimum beside a search, and what cannot be traded."""

import math

import numpy as np
import pytest
from scipy.special import erfi

from core.analytics.ornstein import Ou, fit
from core.analytics.thresholds import _erfi, cycle, thresholds
from core.errors import BadParameter, Degenerate
from tests.analytics.reference import tied, walk


def process(half_life: float = 20.0, deviation: float = 1.0) -> Ou:
    kappa = math.log(2) / half_life
    sigma = deviation * math.sqrt(2 * kappa)
    return Ou(kappa, 0.0, sigma, half_life, deviation, 0.0, 0.0, 0.0, math.exp(-kappa), 1000, 1.0)


def test_the_imaginary_error_function() -> None:
    for at in (0.0, 0.1, 1.0, 3.0, 4.3):
        assert _erfi(at) == pytest.approx(float(erfi(at)), rel=1e-12)


def test_the_cycle_of_a_simulated_process() -> None:
    """From one side to the other and back, on a path fine enough that thresholds are met where they are."""
    steps, half_life, entry = 1_500_000, 1000.0, 0.8
    found = process(half_life)
    phi = math.exp(-found.kappa)
    shocks = np.random.default_rng(1).standard_normal(steps) * math.sqrt(1 - phi * phi)
    side, rounds, value, first, last = 0, 0, 0.0, 0, 0
    for at, shock in enumerate(shocks.tolist()):
        value = phi * value + shock
        if value <= -entry and side != -1:
            side = -1
            rounds, first, last = rounds + 1, first or at, at
        elif value >= entry and side != 1:
            side = 1
    assert (last - first) / (rounds - 1) == pytest.approx(cycle(found, entry), rel=0.12)


@pytest.mark.parametrize("cost", [0.01, 0.3, 1.0, 3.0])
def test_no_other_threshold_is_better(cost: float) -> None:
    found = process()
    best = thresholds(found, cost)
    rates = [2 * (2 * entry - cost) / cycle(found, entry) for entry in np.linspace(cost / 2 + 1e-3, 6, 2000)]
    assert best.rate >= max(rates) * (1 - 1e-9)
    assert best.profit == pytest.approx(2 * (2 * best.entry - cost))
    assert best.rate == pytest.approx(best.profit / best.duration)


def test_costs_widen_and_speed_scales() -> None:
    entries = [thresholds(process(), cost).entry for cost in (0.0, 0.1, 0.5, 2.0)]
    assert entries == sorted(entries)
    slow, fast = thresholds(process(40.0), 0.5), thresholds(process(20.0), 0.5)
    assert slow.entry == pytest.approx(fast.entry, rel=1e-6)
    assert slow.rate == pytest.approx(fast.rate / 2, rel=1e-6)
    wide = thresholds(process(20.0, deviation=10.0), 5.0)
    assert (wide.entry, wide.rate) == pytest.approx((fast.entry, 10 * fast.rate), rel=1e-6)


def test_of_a_fitted_spread() -> None:
    y, x = tied(3, 3000, phi=0.9)
    spread = y - 0.9 * x
    assert 0.3 < thresholds(fit(spread), 0.2 * float(np.std(spread))).entry < 1.5


def test_what_cannot_be_traded_says_so() -> None:
    with pytest.raises(BadParameter):
        thresholds(process(), -0.1)
    with pytest.raises(Degenerate, match="12 standard deviations"):
        thresholds(process(), 12.5)
    line = fit(np.cumsum(np.abs(walk(1, 200, 0.0, 1.0))))
    with pytest.raises(Degenerate, match="does not revert"):
        thresholds(line, 0.1)
