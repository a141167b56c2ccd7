"""Rates and lags over the last moments."""

import numpy as np

from core.workers.meters import LagMeter, RateMeter, Rhythm

SECOND = 1_000_000


def test_rate_over_ten_seconds() -> None:
    meter = RateMeter()
    assert meter.rate(0) == 0
    meter.add(0, 50)
    meter.add(5 * SECOND, 50)
    assert meter.rate(9 * SECOND) == 10
    assert meter.rate(10 * SECOND) == 5
    assert meter.rate(15 * SECOND) == 0


def test_lags() -> None:
    meter = LagMeter()
    assert meter.percentiles(0) == (None, None)
    meter.add(0, np.arange(0, 101_000, 1000))
    assert meter.percentiles(0) == (50.0, 99.0)
    meter.add(61 * SECOND, np.array([-1_270_000]))
    assert meter.percentiles(61 * SECOND) == (-1270.0, -1270.0)
    assert meter.percentiles(122 * SECOND) == (None, None), "a lag of two minutes ago is not the last minute's"


def test_a_burst_is_sampled_evenly() -> None:
    meter = LagMeter()
    meter.add(0, np.arange(100_000) * 1000)
    p50, p99 = meter.percentiles(0)
    assert p50 is not None
    assert p99 is not None
    assert abs(p50 - 50_000) < 1000
    assert abs(p99 - 99_000) < 1000


def test_patience_is_learned_from_silences_and_not_from_losses() -> None:
    rhythm = Rhythm()
    now = 0
    for _ in range(100):
        now += SECOND
        rhythm.beat(now)
    learned = rhythm.patience_seconds()
    assert learned == 5.0
    for _ in range(40):
        now += 60 * SECOND
        rhythm.beat(now, follows=False)
    assert rhythm.patience_seconds() == learned
    for _ in range(40):
        now += 60 * SECOND
        rhythm.beat(now)
    assert rhythm.patience_seconds() == 300.0
