"""Spot aggregates in place of single trades."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from core.candles import from_trades
from core.errors import OutOfRange
from core.market import MINUTE, SECOND, Symbol, Trades
from core.store import Commit, Store
from tests.store.conftest import Put
from tests.trading import BTC, NOW_US, PATIENCE, Deal, told, trades


class Aggregate(NamedTuple):
    """Trades of one taker order at one price."""

    first: int
    last: int
    quantity: str
    at: float = 0.0
    price: str = "100.00"


def rows(*aggregates: Aggregate, symbol: Symbol = BTC) -> Trades:
    plain = trades((Deal(a.first, a.at, a.price, a.quantity) for a in aggregates), symbol=symbol)
    return replace(plain, trade_count=np.array([a.last - a.first + 1 for a in aggregates], dtype=np.int64))


def store_rows(store: Store, batch: Trades) -> int:
    return store.append(Commit((batch,), now_us=NOW_US)).result(PATIENCE)[batch.symbol].new


def test_an_aggregate_makes_the_same_bar_as_its_trades(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(6, 2))
    assert store_rows(store, rows(Aggregate(2, 5, "4.00000", 1))) == 1
    bar = next(iter(told(store.reader.candles(BTC, MINUTE)).values()))
    assert (str(bar.volume), bar.trade_count, bar.first_trade_id, bar.last_trade_id) == ("6.00000", 6, 1, 6)
    found = store.reader.trades_after(BTC, 0, 10)
    assert found.trade_id.tolist() == [1, 2, 6]
    assert found.last_id.tolist() == [1, 5, 6]


def test_only_what_is_missing_of_it_is_added(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(2, 1, "100.00", "0.25000"), Deal(6, 2))
    store_rows(store, rows(Aggregate(2, 5, "4.00000", 1)))
    found = store.reader.trades_after(BTC, 2, 1)
    assert (found.trade_id[0], found.last_id[0], found.quantity[0]) == (3, 5, 375_000)
    assert store_rows(store, rows(Aggregate(2, 5, "4.00000", 1))) == 0, "a second time it adds nothing"


def test_holes_within_it_share_what_is_left(store: Store, put: Put) -> None:
    """Trade 3 is known, 2 and 4 are not: their sum is, how it was split nobody tells."""
    put(store, Deal(1, 0), Deal(3, 1, "100.00", "0.25000"), Deal(5, 2))
    store_rows(store, rows(Aggregate(2, 4, "1.00000", 1)))
    found = store.reader.trades_after(BTC, 0, 10)
    assert found.trade_id.tolist() == [1, 2, 3, 4, 5]
    assert found.quantity.tolist() == [100_000, 75_000, 25_000, 0, 100_000]


def test_singles_that_an_aggregate_covers_are_duplicates(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 2))
    store_rows(store, rows(Aggregate(2, 5, "4.00000", 1)))
    before = told(store.reader.candles(BTC, SECOND))
    assert put(store, Deal(3, 1), Deal(5, 1)).new == 0
    assert told(store.reader.candles(BTC, SECOND)) == before
    assert put(store, Deal(6, 1)).new == 1


def test_an_aggregate_smaller_than_its_stored_parts_is_refused(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(2, 1), Deal(6, 2))
    with pytest.raises(OutOfRange, match="holds no more than what is stored"):
        store_rows(store, rows(Aggregate(2, 5, "0.50000", 1)))


def test_the_last_id_is_what_the_last_row_covers(store: Store, put: Put) -> None:
    put(store, Deal(1, 0))
    store_rows(store, rows(Aggregate(2, 5, "4.00000", 1)))
    last = store.reader.last(BTC)
    assert last is not None
    assert last.sequence.last == 5
    assert put(store, Deal(4, 1)).new == 0


def test_a_usdm_row_covers_one_id(store: Store) -> None:
    perpetual = Symbol("BTCUSDT", perpetual=True)
    assert store_rows(store, rows(Aggregate(1, 3, "1.00000"), Aggregate(2, 2, "1.00000"), symbol=perpetual)) == 2
    bars = store.reader.candles(perpetual, MINUTE)
    assert (bars.trade_count[0], bars.last_trade_id[0]) == (4, 2)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_was_stored_before_the_bars_come_out_right(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Orders of one price each; some of their trades are stored, the aggregates of all fill the rest."""
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=8))
    deals: list[Deal] = []
    aggregates: list[Aggregate] = []
    for order, size in enumerate(sizes):
        fills = [
            Deal(len(deals) + i + 1, order * 0.7, f"{100 + order}.00", f"{data.draw(st.integers(1, 9))}.00000")
            for i in range(size)
        ]
        total = sum(float(fill.quantity) for fill in fills)
        aggregates.append(Aggregate(fills[0].id, fills[-1].id, f"{total:.5f}", order * 0.7, f"{100 + order}.00"))
        deals += fills
    known = data.draw(st.lists(st.sampled_from(deals), unique=True))
    store = fresh(tmp_path_factory)
    try:
        if known:
            store_rows(store, trades(known))
        store_rows(store, rows(*aggregates))
        for interval in (SECOND, MINUTE):
            assert told(store.reader.candles(BTC, interval)) == told(from_trades(trades(deals), interval))
        assert not _uncovered(store, len(deals))
    finally:
        store.close()


def fresh(folders: pytest.TempPathFactory) -> Store:
    return Store.open(make_url(f"sqlite:///{folders.mktemp('aggregates') / 'desk.db'}"), "simulated", NOW_US)


def _uncovered(store: Store, last: int) -> set[int]:
    found = store.reader.trades_after(BTC, 0, 1000)
    covered = {i for a, b in zip(found.trade_id.tolist(), found.last_id.tolist(), strict=True) for i in range(a, b + 1)}
    return set(range(1, last + 1)) - covered
