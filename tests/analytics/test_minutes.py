"""The feature table: each feature recomputed plainly from the bars of its minute."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analytics.minutes import Bars, features
from core.errors import AnalysisError, BadParameter, BadSeries
from core.market import MINUTE_US, SECOND_US

_START = 28_718_000 * MINUTE_US


def _bars(seed: int = 1, seconds: int = 300, kept: float = 0.6) -> Bars:
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(rng.random(seconds) < kept)
    close = 100 * np.exp(1e-4 * rng.standard_normal(len(rows)).cumsum())
    open = close * np.exp(1e-4 * rng.standard_normal(len(rows)))
    high, low = np.maximum(open, close) * 1.0001, np.minimum(open, close) * 0.9999
    volume = rng.integers(0, 5, len(rows)).astype(float)
    return Bars(
        _START + rows * SECOND_US,
        open,
        high,
        low,
        close,
        volume,
        volume * close,
        volume,
        volume * rng.random(len(rows)),
    )


def test_each_minute_is_that_of_its_bars() -> None:
    bars = _bars()
    found = features(bars, SECOND_US)
    minutes = np.asarray(bars.open_time_us) // MINUTE_US
    assert found.open_time_us.tolist() == sorted({int(m) * MINUTE_US for m in minutes})
    before = None
    for row, minute in enumerate(sorted(set(minutes.tolist()))):
        own = np.flatnonzero(minutes == minute)
        close, volume = bars.close[own], bars.volume[own]
        path = np.concatenate(([bars.open[0] if before is None else before], close))
        assert found.close[row] == close[-1]
        assert found.realised[row] == pytest.approx(math.sqrt((np.diff(np.log(path)) ** 2).sum()), rel=1e-9)
        if before is None:
            assert math.isnan(found.log_return[row])
        else:
            assert found.log_return[row] == pytest.approx(math.log(close[-1] / before), rel=1e-9)
        range_ = math.log(bars.high[own].max() / bars.low[own].min())
        assert found.parkinson[row] == pytest.approx(range_ / math.sqrt(4 * math.log(2)), rel=1e-12)
        body = math.log(close[-1] / bars.open[own[0]])
        expected = math.sqrt(range_**2 / 2 - (2 * math.log(2) - 1) * body**2)
        assert found.garman_klass[row] == pytest.approx(expected, rel=1e-12)
        assert found.vwap[row] == pytest.approx((volume * close).sum() / volume.sum(), rel=1e-12)
        bought = bars.taker_buy_volume[own].sum()
        assert found.imbalance[row] == pytest.approx((2 * bought - volume.sum()) / volume.sum(), rel=1e-9)
        assert found.trades[row] == volume.sum()
        assert found.notional[row] == pytest.approx((volume * close).sum(), rel=1e-12)
        assert found.zero_share[row] == pytest.approx(1 - (volume > 0).sum() / 60)
        before = close[-1]


def test_minutes_without_bars_are_absent_and_without_volume_unknown() -> None:
    one = np.ones(3)
    times = np.array([0, 1, 200]) * SECOND_US
    found = features(Bars(times, one, one, one, one, 0 * one, 0 * one, 0 * one, 0 * one), SECOND_US)
    assert found.open_time_us.tolist() == [0, 3 * MINUTE_US]
    assert np.isnan(found.vwap).all()
    assert np.isnan(found.imbalance).all()
    assert found.zero_share.tolist() == [1, 1]
    assert len(features(Bars([], [], [], [], [], [], [], [], []), SECOND_US)) == 0


def test_what_is_no_bar_is_refused() -> None:
    one = np.ones(3)
    times = np.arange(3) * SECOND_US
    with pytest.raises(BadParameter, match="whole number of bars"):
        features(Bars(times, one, one, one, one, one, one, one, one), 7 * SECOND_US)
    with pytest.raises(BadSeries, match="one length"):
        features(Bars(times, one, one, one, one, one[:2], one, one, one), SECOND_US)
    with pytest.raises(BadSeries, match=r"close 1 is above high 0\.5"):
        features(Bars(times, one / 2, one / 2, one / 2, one, one, one, one, one), SECOND_US)
    with pytest.raises(BadSeries, match="step back"):
        features(Bars(times[::-1], one, one, one, one, one, one, one, one), SECOND_US)


@given(
    hnp.arrays(
        np.float64, st.tuples(st.just(8), st.integers(0, 6)), elements=st.floats(allow_nan=True, allow_infinity=True)
    )
)
def test_any_bars_give_a_table_or_an_error(rows) -> None:
    prices = np.sort(rows[:4], axis=0)
    try:
        found = features(
            Bars(np.arange(rows.shape[1]) * SECOND_US, prices[1], prices[3], prices[0], prices[2], *rows[4:]), SECOND_US
        )
    except AnalysisError:
        return
    assert len(found.vwap) == len(found) == len(found.zero_share)
