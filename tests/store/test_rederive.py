"""Bars made anew from stored trades."""

from dataclasses import replace

import numpy as np
from sqlalchemy import text

from core import candles
from core.market import MINUTE, SECOND, STORED_INTERVALS, BarFlag, BarSource, Interval, Trades
from core.store import Commit, Store
from tests.store.conftest import Put
from tests.store.test_gaps import gap
from tests.trading import ALL_IDS, BTC, NOW_US, PATIENCE, START_US, Deal, meant, said, told, trades

#: A trade a second for five minutes; the desk misses those of the second to the fourth.
DEALS = [Deal(i + 1, i + 0.5, f"{100 + i % 7}.00", f"{1 + i % 3}.00000", i % 2 == 0) for i in range(300)]
MISSED = slice(70, 230)


def with_a_seeded_gap(store: Store, put: Put) -> None:
    before, after = DEALS[: MISSED.start], DEALS[MISSED.stop :]
    hole = gap(before[-1].id + 1, after[0].id - 1, before[-1].at, after[0].at)
    put(store, *before, *after, opened={BTC: (hole,)})
    for interval in STORED_INTERVALS:
        bars = candles.from_trades(trades(DEALS), interval)
        bars.source[:] = BarSource.SEEDED
        bars.first_trade_id[:] = bars.last_trade_id[:] = 0
        store.seed([bars]).result(PATIENCE)


def sources(store: Store, interval: Interval) -> list[int]:
    return store.reader.candles(BTC, interval).source.tolist()


def test_seeded_bars_stand_in_until_their_trades_come(store: Store, put: Put) -> None:
    with_a_seeded_gap(store, put)
    assert sources(store, MINUTE) == [0, 0, 1, 0, 0], "minutes with a trade of the desk's own are its own"
    assert sources(store, SECOND) == [0] * 70 + [1] * 160 + [0] * 70
    put(store, *DEALS[70:200], filling={BTC: ALL_IDS})
    assert sources(store, MINUTE) == [0, 0, 0, 0, 0]
    assert sources(store, SECOND) == [0] * 199 + [1] * 31 + [0] * 70, "the second at the edge of the hole waits"
    put(store, *DEALS[200:230], filling={BTC: ALL_IDS})
    for interval in STORED_INTERVALS:
        bars = store.reader.candles(BTC, interval)
        assert told(bars) == told(candles.from_trades(trades(DEALS), interval))
        assert set(bars.source.tolist()) == {BarSource.OWN}
        assert set((bars.flags & BarFlag.GAP).tolist()) == {0}
    assert store.reader.candles(BTC, MINUTE).revision[2] == 1, "a bar that is replaced is amended"


def test_a_change_tells_of_the_bars_that_were_replaced(store: Store, put: Put) -> None:
    with_a_seeded_gap(store, put)
    put(store, *DEALS[70:150], filling={BTC: ALL_IDS})
    done = put(store, *DEALS[150:230], filling={BTC: ALL_IDS})
    assert done.touched_us is not None
    assert done.touched_us <= START_US + 149_500_000


def test_damaged_bars_are_made_anew(store: Store, put: Put) -> None:
    put(store, *DEALS)
    expected = {interval: told(store.reader.candles(BTC, interval)) for interval in STORED_INTERVALS}
    at = START_US + 120_000_000
    store.writer.submit(
        lambda connection: connection.execute(text(f"UPDATE bars SET volume = volume + 7 WHERE open_time_us = {at}"))
    ).result(PATIENCE)
    assert told(store.reader.candles(BTC, MINUTE)) != expected[MINUTE]
    assert store.rederive(BTC, at, at + MINUTE.us).result(PATIENCE) == 61
    for interval in STORED_INTERVALS:
        assert told(store.reader.candles(BTC, interval)) == expected[interval]


def test_the_first_bar_stays_partial_and_a_gap_stays_marked(store: Store, put: Put) -> None:
    put(store, *DEALS[:100], *DEALS[130:], opened={BTC: (gap(101, 130, 99.5, 130.5),)})
    store.rederive(BTC, START_US, START_US + 5 * MINUTE.us).result(PATIENCE)
    flags = store.reader.candles(BTC, MINUTE).flags
    assert flags.tolist() == [BarFlag.PARTIAL, BarFlag.GAP, BarFlag.GAP, 0, 0]


def test_stored_trades_are_corrected(store: Store, put: Put) -> None:
    put(store, *DEALS)
    store.writer.submit(
        lambda connection: connection.execute(text("UPDATE trades SET price = price + 1 WHERE trade_id IN (5, 77)"))
    ).result(PATIENCE)
    assert store.correct(trades(DEALS[:100])).result(PATIENCE) == 2
    assert store.correct(trades(DEALS)).result(PATIENCE) == 0
    found = store.reader.trades_after(BTC, 0, 1000)
    assert np.array_equal(found.price, trades(DEALS).price)


def _orders(deals: list[Deal]) -> Trades:
    """One aggregate for each three of `deals`."""
    single = trades(deals)
    firsts = single.take(slice(0, None, 3))
    return replace(
        firsts,
        quantity=np.add.reduceat(single.quantity, np.arange(0, len(deals), 3)),
        trade_count=np.full(len(firsts), 3),
    )


ORDERS = [Deal(i + 1, i // 3, f"{100 + i // 3}.00", f"{1 + i}.00000", i // 3 % 2 == 0) for i in range(60)]


def test_single_trades_and_their_aggregates_say_the_same(store: Store, put: Put) -> None:
    put(store, *ORDERS)
    assert store.correct(_orders(ORDERS)).result(PATIENCE) == 0
    assert said(store.reader.trades_after(BTC, 0, 100)) == meant(ORDERS)


def test_aggregates_and_their_single_trades_say_the_same(store: Store, put: Put) -> None:
    put(store, *ORDERS[:30])
    store.append(Commit((_orders(ORDERS[30:]),), now_us=NOW_US)).result(PATIENCE)
    assert store.correct(trades(ORDERS)).result(PATIENCE) == 0
    found = store.reader.trades_after(BTC, 0, 100)
    assert (len(found), int(found.trade_count.sum())) == (40, 60)


def test_an_aggregate_that_is_wrong_gives_way_to_all_of_its_trades(store: Store, put: Put) -> None:
    put(store, *ORDERS[:30])
    store.append(Commit((_orders(ORDERS[30:]),), now_us=NOW_US)).result(PATIENCE)
    store.writer.submit(
        lambda connection: connection.execute(
            text("UPDATE trades SET signed_quantity = signed_quantity * 2 WHERE trade_id IN (37, 43)")
        )
    ).result(PATIENCE)
    assert store.correct(trades(ORDERS[:44])).result(PATIENCE) == 1, "of 43 to 45 not all is told"
    assert store.correct(trades(ORDERS)).result(PATIENCE) == 1
    found = store.reader.trades_after(BTC, 0, 100)
    assert int(found.trade_count.sum()) == 60
    assert found.quantity.sum() == trades(ORDERS).quantity.sum()


def test_single_trades_that_are_wrong_give_way_to_their_aggregate(store: Store, put: Put) -> None:
    put(store, *ORDERS)
    store.writer.submit(
        lambda connection: connection.execute(text("UPDATE trades SET price = price + 1 WHERE trade_id = 38"))
    ).result(PATIENCE)
    assert store.correct(_orders(ORDERS)).result(PATIENCE) == 3
    found = store.reader.trades_after(BTC, 36, 1)
    assert (found.trade_id[0], found.last_id[0]) == (37, 39)
    assert store.reader.trades_after(BTC, 0, 100).quantity.sum() == trades(ORDERS).quantity.sum()


def test_what_is_missing_is_left_to_the_repair_of_gaps(store: Store, put: Put) -> None:
    put(store, *ORDERS[:31], *ORDERS[32:])
    assert store.correct(_orders(ORDERS)).result(PATIENCE) == 0
    assert len(store.reader.trades_after(BTC, 0, 100)) == 59


def test_seeded_bars_are_not_made_of_a_part_of_their_trades(store: Store, put: Put) -> None:
    put(store, *DEALS[:70], *DEALS[100:110])
    bars = candles.from_trades(trades(DEALS), MINUTE).take(slice(2, 5))
    bars.source[:] = BarSource.SEEDED
    store.seed([bars]).result(PATIENCE)
    before = told(store.reader.candles(BTC, MINUTE))
    store.rederive(BTC, START_US, START_US + 5 * MINUTE.us).result(PATIENCE)
    assert told(store.reader.candles(BTC, MINUTE)) == before


def test_an_order_without_quantity_has_no_side(store: Store, put: Put) -> None:
    """What is left of a sold aggregate in two holes is with the first of them: the second says nothing of its side."""
    sold = [deal._replace(maker=True, price="100.00", at=1.0) for deal in ORDERS[:6]]
    put(store, sold[0], sold[2], sold[4])
    whole = replace(trades(sold[:1]), quantity=trades(sold).quantity.sum(keepdims=True), trade_count=np.array([6]))
    store.append(Commit((whole,), now_us=NOW_US)).result(PATIENCE)
    assert store.correct(whole).result(PATIENCE) == 0


def test_the_bars_of_corrected_trades_are_made_anew_with_them(store: Store, put: Put) -> None:
    put(store, *DEALS)
    expected = told(store.reader.candles(BTC, MINUTE))
    wrong = trades([DEALS[80]._replace(price="500.00")])
    assert store.correct(wrong).result(PATIENCE) == 1
    assert told(store.reader.candles(BTC, MINUTE)) != expected
    assert store.correct(trades([DEALS[80]])).result(PATIENCE) == 1
    assert told(store.reader.candles(BTC, MINUTE)) == expected
