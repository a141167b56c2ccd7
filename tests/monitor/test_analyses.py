"""Pairs by the monitor: one answer for all who ask, a new one when a bar closes or one is changed, and the bar that forms."""

import numpy as np
import pytest

from core.errors import NotEnoughData
from core.market import MINUTE, MINUTE_US
from core.monitor import Change, Monitor
from core.pairs import PairSpec
from core.store import Store
from tests.monitor.test_monitor import Counters
from tests.store.conftest import Put
from tests.trading import BTC, ETH, START_US, Deal

SPEC = PairSpec(BTC, ETH, MINUTE, 30 * MINUTE_US, window=5)
RNG = np.random.default_rng(4)
WALK = np.cumsum(RNG.standard_normal(40))


def deals(minutes: range, first_id: int, level: float, slope: float, second: float = 0.5) -> list[Deal]:
    return [
        Deal(
            first_id + minute, at=60 * minute + second, price=f"{level + slope * WALK[minute] + 0.1 * (minute % 3):.2f}"
        )
        for minute in minutes
    ]


@pytest.fixture
def monitor(store: Store, put: Put) -> Monitor:
    put(store, *deals(range(31), 1, 100.0, 2.0), watermark=1801)
    put(store, *deals(range(31), 1, 50.0, 1.0), symbol=ETH, watermark=1801)
    return Monitor(store.reader, Counters(), market="made up")


def test_the_answer_stands_on_the_confirmed_bars_of_the_store(monitor: Monitor) -> None:
    found = monitor.analysis(SPEC)
    told = found.provenance
    assert (told.bars, told.joined, told.source) == (30, 30, "made up")
    assert (told.from_us, told.to_us) == (START_US, START_US + 30 * MINUTE_US)
    assert told.quality is not None
    assert told.quality.share == 1.0
    btc = monitor.candles(BTC, MINUTE)
    np.testing.assert_array_equal(found.series.y, btc.prices()[:30])


def test_whoever_asks_again_gets_the_same_answer(monitor: Monitor) -> None:
    assert monitor.analysis(SPEC) is monitor.analysis(PairSpec.parse(SPEC.query()))


def test_a_closed_bar_makes_a_new_answer(monitor: Monitor, store: Store, put: Put) -> None:
    before = monitor.analysis(SPEC)
    put(store, *deals(range(31, 32), 1, 100.0, 2.0), watermark=1861)
    after = monitor.analysis(SPEC)
    assert after.last.time_us == before.last.time_us + MINUTE_US
    assert after.provenance.bars == 30


def test_a_late_trade_makes_a_new_answer(monitor: Monitor, store: Store, put: Put) -> None:
    before = monitor.analysis(SPEC)
    late = Deal(32, at=60 * 10 + 30, price="150.00")
    put(store, late)
    monitor.bus.publish(Change(store.reader.watermark_us(), {BTC: START_US + 600_000_000}))
    after = monitor.analysis(SPEC)
    assert after is not before
    assert after.series.y[10] == 150.0
    assert after.provenance.revision > before.provenance.revision
    monitor.bus.publish(Change(store.reader.watermark_us(), {BTC: store.reader.watermark_us() + 1}))
    assert monitor.analysis(SPEC) is after  # a trade of the forming bar changes nothing of what is confirmed
    monitor.bus.publish(Change(store.reader.watermark_us(), gaps=True))
    assert monitor.analysis(SPEC) is not after  # its quality may be another now


def test_the_forming_bar_goes_on_from_the_answer(monitor: Monitor, store: Store, put: Put) -> None:
    moment = monitor.live(SPEC)
    assert moment is not None
    known = monitor.analysis(SPEC)
    assert moment.time_us == known.last.time_us + MINUTE_US
    assert moment.slope == known.last.slope
    put(store, Deal(32, at=60 * 30 + 1.5, price="180.00"))
    later = monitor.live(SPEC)
    assert later is not None
    assert (later.y, later.x) == (180.0, moment.x)
    assert later.z > moment.z  # type: ignore[operator]
    assert monitor.analysis(SPEC) is known


def test_no_forming_bar_without_a_trade_of_both_legs(monitor: Monitor, store: Store, put: Put) -> None:
    put(store, *deals(range(31, 32), 1, 100.0, 2.0), watermark=1861)
    assert monitor.live(SPEC) is None


def test_a_stranger_has_no_answer(monitor: Monitor) -> None:
    with pytest.raises(NotEnoughData, match="bars of both XRPUSDT and ETHUSDT"):
        monitor.analysis(PairSpec.parse({"y": "XRPUSDT", "x": "ETHUSDT"}))
