"""The fall of autocovariances: plain sums, a distance that one low value does not decide, and errors that hold."""

import math

import numpy as np
import pytest

from core.analytics.centre import centred
from core.analytics.decay import Decay, decay
from core.market import Floats
from tests.analytics.reference_dynamics import ornstein


def _decay(values: Floats, lags: int | None = None) -> Decay:
    found = decay(centred(values).deviations, lags)
    assert found is not None
    return found


def test_the_ratio_is_that_of_plain_sums() -> None:
    values = ornstein(np.random.default_rng(1), 20, 501)[0]
    d = values - values.mean()
    at = {k: float(d[k:] @ d[: 501 - k]) / (501 - k) for k in (0, 1, 8)}
    found = _decay(values, 7)
    assert found.ratio == pytest.approx(at[8] / at[1], rel=1e-12)
    assert found.log_phi == pytest.approx(math.log(at[8] / at[1]) / 7, rel=1e-12)
    assert found.noise == pytest.approx(max(0.0, at[0] * math.exp(found.log_phi) / at[1] - 1), rel=1e-9)


def test_the_noise_is_measured() -> None:
    rng = np.random.default_rng(2)
    path = ornstein(rng, 50, 50_000)[0]
    for share in (0.3, 1.0):
        found = _decay(path + share * rng.standard_normal(50_000))
        assert found.noise == pytest.approx(share**2, rel=0.1)
        assert found.distance == pytest.approx(50, rel=0.3)


@pytest.mark.parametrize(("bars", "n", "noise"), [(3, 5000, 0.0), (10, 5000, 1.0), (10, 2000, 3.0)])
def test_the_statistic_at_the_truth_has_its_spread(bars: float, n: int, noise: float) -> None:
    """Far from the random walk, or where noise is nearly all: a standard deviation of one."""
    rng = np.random.default_rng(3)
    truth = np.array([-math.log(2) / bars])
    found = [_decay(path + noise * rng.standard_normal(n), 5) for path in ornstein(rng, bars, n, 500)]
    assert np.std([float(f.statistic(truth)[0]) for f in found]) == pytest.approx(1, abs=0.15)
    shares = [float(f.noise_share(truth)[0]) for f in found]
    assert np.mean(shares) < 0.1 if noise == 0 else np.mean(shares) > 0.3


def test_the_statistic_rises_as_the_truth_falls() -> None:
    found = _decay(ornstein(np.random.default_rng(4), 20, 400)[0])
    statistic = found.statistic(-np.geomspace(1e-5, 5, 200))
    assert (np.diff(statistic) >= 0).all()
    assert statistic[0] < -2 < 2 < statistic[-1]


def test_nothing_persists_in_what_alternates() -> None:
    assert decay(centred(np.tile([1.0, -1.0], 20)).deviations) is None
