"""The fastest combination: a search finds no better one, and it is the hedge that was built."""

import math

import numpy as np
import pytest

from core.analytics.hedge import estimate
from core.analytics.reverting import least_persistent, least_predictable
from core.errors import Degenerate, NotEnoughData
from tests.analytics.reference import tied, walk


def autocorrelation(values: np.ndarray) -> float:
    centred = values - values.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def test_a_search_finds_none_that_comes_back_faster() -> None:
    for seed in range(5):
        y, x = tied(seed, 800, phi=0.9)
        best = least_persistent(y, x)
        least = autocorrelation(y - best * x)
        for slope in np.linspace(best - 2, best + 2, 801):
            assert autocorrelation(y - slope * x) >= least - 1e-9


def test_the_built_hedge_is_found() -> None:
    for find in (least_persistent, least_predictable):
        found = [find(*tied(seed, 3000, hedge=0.9, phi=0.8)) for seed in range(20)]
        assert np.median(found) == pytest.approx(0.9, abs=0.03), find.__name__


def test_units_carry_over_and_the_order_does_not_matter() -> None:
    y, x = tied(3, 500)
    for find in (least_persistent, least_predictable):
        slope = find(y, x)
        assert find(1e5 * y + 7, 1e-5 * x - 3) == pytest.approx(1e10 * slope, rel=1e-6)
        assert find(x, y) == pytest.approx(1 / slope, rel=1e-6)


def test_by_name_with_the_line_it_makes() -> None:
    y, x = tied(4, 500)
    for name, find in (("min_half_life", least_persistent), ("box_tiao", least_predictable)):
        found = estimate(y, x, name)  # type: ignore[arg-type]
        assert (found.estimator, found.slope) == (name, pytest.approx(find(y, x), rel=1e-12))
        assert found.slope_error is None
        assert found.intercept == pytest.approx(float(np.mean(y) - found.slope * np.mean(x)), rel=1e-9)


def test_what_was_chosen_looks_too_good() -> None:
    """Of unrelated walks the chosen combination comes back faster than least squares' residual, by choice alone."""
    shorter = 0
    for seed in range(40):
        y, x = walk(seed, 300), walk(seed + 4000, 300)
        chosen, fitted = (y - estimate(y, x, name).slope * x for name in ("min_half_life", "ols"))  # type: ignore[arg-type]
        shorter += autocorrelation(chosen) <= autocorrelation(fitted) + 1e-12
    assert shorter == 40


def test_what_has_none_says_so() -> None:
    y, x = tied(0, 200)
    for find in (least_persistent, least_predictable):
        with pytest.raises(Degenerate, match="one but for scale"):
            find(2 * x, x)
        with pytest.raises(NotEnoughData):
            find(y[:9], x[:9])
        with pytest.raises(Degenerate):
            find(y, np.ones(200))
    assert math.isfinite(least_persistent(y, x))
