"""Minute by minute: what is there, by whose word, and what is not."""

from dataclasses import replace

import numpy as np
import pytest

from core.health import Gap, GapState
from core.market import CANDLE_COLUMNS, MINUTE, MINUTE_US, BarFlag, BarSource, Candles, Scale
from core.monitor import Monitor
from core.monitor.coverage import Cover, Coverage, cover
from core.store import Store
from tests.monitor.test_monitor import Counters
from tests.store.conftest import Put
from tests.trading import BTC, ETH, START_US, Deal


def bars(minutes: list[int]) -> Candles:
    columns = {name: np.zeros(len(minutes), dtype=np.int64) for name in CANDLE_COLUMNS}
    columns["open_time_us"] = START_US + np.array(minutes, dtype=np.int64) * MINUTE_US
    return Candles(BTC, MINUTE, Scale(2, 5), 0, **columns)


def gap(start: float, end: float, next_id: int | None = 5) -> Gap:
    times = (START_US + round(start * MINUTE_US), START_US + round(end * MINUTE_US))
    return Gap(BTC, 5, 9, next_id, *times, "reconnected", GapState.OPEN, 0, 0, None, None, "")


def covers(found: Coverage) -> list[Cover]:
    return [Cover(each) for each in found.minutes.tolist()]


def covered(given: Candles, *gaps: Gap, proven: int = 10, begun: bool = False) -> list[Cover]:
    end_us = START_US + 10 * MINUTE_US
    return covers(cover(given, gaps, START_US + proven * MINUTE_US, START_US, end_us, begun))


Q, W, L, A, G = Cover.QUIET, Cover.OWN, Cover.LENT, Cover.ABSENT, Cover.GAP


def test_before_the_first_bar_nothing_is_recorded_and_after_it_silence_is_proven() -> None:
    assert covered(bars([2, 3, 6]), proven=8) == [A, A, W, W, Q, Q, W, Q, A, A]
    assert covered(bars([2]), begun=True) == [Q, Q, W, *[Q] * 7]
    assert covered(bars([])) == [A] * 10


def test_a_gap_takes_the_minutes_it_reaches_and_a_bar_of_the_exchange_stands_in() -> None:
    given = bars([0, 1, 4, 5, 8])
    source, flags = given.source.copy(), given.flags.copy()
    source[2], flags[1], flags[3] = BarSource.SEEDED, BarFlag.GAP, BarFlag.GAP
    found = covered(replace(given, source=source, flags=flags), gap(1.5, 5.2))
    assert found == [W, G, G, G, L, G, Q, Q, W, Q]


def test_a_filled_gap_takes_nothing_and_one_from_before_reaches_in() -> None:
    assert covered(bars([0, 5]), gap(1, 3, next_id=None)) == [W, Q, Q, Q, Q, W, Q, Q, Q, Q]
    assert covered(bars([5]), gap(-9, 1.5), begun=True)[:3] == [G, G, Q]
    assert covered(bars([5]), gap(-9, -5), begun=True)[0] is Q


def test_the_worst_minute_of_a_step_stands_for_it() -> None:
    found = Coverage(BTC, START_US, np.array([W, W, Q, Q, L, W, W, G], dtype=np.int8))
    minute = [START_US + i * MINUTE_US for i in range(9)]
    assert found.runs(1)[:2] == [(minute[0], minute[2], W), (minute[2], minute[4], Q)]
    assert found.runs(2) == [
        (minute[0], minute[2], W), (minute[2], minute[4], Q), (minute[4], minute[6], L), (minute[6], minute[8], G),
    ]  # fmt: skip
    assert found.runs(3)[-1] == (minute[6], minute[8], G), "the last step is as long as there are minutes"
    assert sum(found.counts().values()) == 8


@pytest.fixture
def monitor(store: Store, put: Put) -> Monitor:
    for symbol, level in ((BTC, 100), (ETH, 50)):
        deals = [Deal(1 + m, at=60 * m + 0.5, price=f"{level + m % 7 / 10:.2f}") for m in range(40) if m != 20]
        put(store, *deals, symbol=symbol, watermark=190)
    return Monitor(store.reader, Counters())


def test_the_monitor_tells_it_of_the_store(monitor: Monitor) -> None:
    found = monitor.coverage(BTC, 60 * MINUTE_US)
    assert len(found.minutes) == 60
    assert covers(found)[-3:] == [W, W, W], "up to the watermark, which is in the fourth minute"
    assert found.counts()[A] == 57


def test_records_are_of_the_symbols_that_are_collected(monitor: Monitor) -> None:
    found = monitor.records()
    assert set(found) == set(monitor.symbols())
    record = found[BTC]
    assert record is not None
    assert record.own == 39
    assert monitor.disk().size_bytes
