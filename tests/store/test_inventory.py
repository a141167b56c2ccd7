"""What is said to be stored, against what was stored."""

from dataclasses import replace

import numpy as np
import pytest

from core.market import MINUTE, MINUTE_US, BarSource, Scale, Symbol
from core.store import Store
from core.store.gaps import GapRecord
from tests.store.conftest import Put
from tests.trading import BTC, ETH, NOW_US, PATIENCE, START_US, Deal


def deals(minutes: range, each: int = 2) -> list[Deal]:
    return [Deal(1 + minute * each + i, at=60 * minute + i) for minute in minutes for i in range(each)]


def test_a_record_counts_what_was_put_in(store: Store, put: Put) -> None:
    put(store, *deals(range(90)), watermark=90 * 60)
    found = store.reader.record(BTC)
    assert found is not None
    assert (found.symbol, found.scale, found.rows) == (BTC, Scale(2, 5), 180)
    assert (found.first_trade_us, found.last_trade_us) == (START_US, START_US + (89 * 60 + 1) * 1_000_000)
    assert (found.first_bar_us, found.last_bar_us) == (START_US, START_US + 89 * MINUTE_US)
    assert (found.own, found.lent) == (90, 0)
    assert (found.day_trades, found.day_hours) == (180, 1.5)
    assert found.trades_a_day == pytest.approx(180 * 24 / 1.5)


def test_missing_trades_are_not_rows(store: Store, put: Put) -> None:
    put(store, *(deal for deal in deals(range(90)) if not 11 <= deal.id <= 20), watermark=90 * 60)
    gap = GapRecord(11, 20, START_US, START_US + MINUTE_US, "reconnected", START_US)
    store.open_gap(BTC, gap).result(PATIENCE)
    found = store.reader.record(BTC)
    assert found is not None
    assert found.rows == 170


def test_the_exchanges_minutes_are_counted_apart(store: Store, put: Put) -> None:
    put(store, *deals(range(10, 20)), watermark=20 * 60)
    history = store.reader.candles(BTC, MINUTE, limit=3)
    lent = np.full(3, BarSource.SEEDED, dtype=np.int64)
    earlier = replace(history, open_time_us=history.open_time_us - 15 * MINUTE_US, source=lent)
    store.seed([earlier]).result(PATIENCE)
    found = store.reader.record(BTC)
    assert found is not None
    assert (found.own, found.lent) == (10, 3)
    assert found.first_bar_us == int(earlier.open_time_us[0])
    assert found.trades_a_day is None, "ten minutes are no pace of a day"


def test_a_stranger_has_no_record_and_who_never_traded_an_empty_one(store: Store, put: Put) -> None:
    assert store.reader.record(ETH) is None
    assert store.reader.record(Symbol("LUNAUSDT")) is None


def test_the_disk_is_that_of_the_file(store: Store, put: Put) -> None:
    put(store, *deals(range(90)), watermark=90 * 60)
    found = store.reader.disk()
    assert found.size_bytes == store.size_bytes()
    assert found.free_bytes is not None
    assert found.free_bytes > 0
    assert found.created_us == NOW_US
