"""Scale versions: numbers of a symbol stay exact when its tick size changes, however trades come."""

import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import OutOfRange, StoreError
from core.market import MINUTE, SECOND, Scale
from core.store import Store, Stored, market_url
from tests.store.conftest import Put
from tests.trading import BTC, ETH, NOW_US, Deal, meant, reference_bars, said, told, trades


def versions(store: Store) -> list[tuple[int, int, int]]:
    """from_trade_id and exponents, version by version."""
    with store.reader.snapshot() as connection:
        rows = connection.execute(
            text("SELECT from_trade_id, price_exponent, quantity_exponent FROM scales ORDER BY symbol_id, version")
        )
        return [tuple(row) for row in rows]


def raw_prices(store: Store) -> list[int]:
    with store.reader.snapshot() as connection:
        return list(connection.scalars(text("SELECT price FROM trades ORDER BY trade_id")))


def check(store: Store, *deals: Deal) -> None:
    """Trades and bars are those of `deals`, in every way of asking."""
    assert said(store.reader.trades_after(BTC, 0, 1000)) == meant(deals)
    assert said(store.reader.last_trades(BTC, 2)) == meant(deals)[-2:]
    assert told(store.reader.candles(BTC, SECOND)) == reference_bars(deals, SECOND.us)
    assert told(store.reader.candles(BTC, MINUTE)) == reference_bars(deals, MINUTE.us)
    last = store.reader.last(BTC)
    assert last is not None
    assert (last.price, last.scale) == (store.reader.last_trades(BTC, 1).price[0], store.reader.scale(BTC))


def test_a_finer_tick_size_in_mid_stream(store: Store, put: Put) -> None:
    old = [Deal(1, 0.1, "100.50"), Deal(2, 1.1, "100.25")]
    new = [Deal(3, 1.2, "100.251", "1.5"), Deal(4, 2.2, "100.2")]
    put(store, *old)
    put(store, *new, scale=Scale(3, 5))
    assert versions(store) == [(0, 2, 5), (3, 3, 5)]
    assert raw_prices(store) == [10_050, 10_025, 100_251, 100_200]
    assert store.reader.scale(BTC) == Scale(3, 5)
    check(store, *old, *new)


def test_a_coarser_tick_size_keeps_the_scale(store: Store, put: Put) -> None:
    put(store, Deal(1, 0, "100.25"))
    put(store, Deal(2, 1, "100.5", "2"), scale=Scale(1, 0))
    assert versions(store) == [(0, 2, 5)]
    check(store, Deal(1, 0, "100.25"), Deal(2, 1, "100.5", "2"))


def test_a_late_trade_is_stored_at_the_version_of_its_id(store: Store, put: Put) -> None:
    put(store, Deal(1, 0, "100.25"), Deal(5, 1, "100.25"))
    put(store, Deal(9, 2, "100.251"), scale=Scale(3, 5))
    put(store, Deal(3, 0.5, "99.75"), scale=Scale(3, 5))
    assert raw_prices(store) == [10_025, 9_975, 10_025, 100_251]
    check(store, Deal(1, 0, "100.25"), Deal(3, 0.5, "99.75"), Deal(5, 1, "100.25"), Deal(9, 2, "100.251"))


def test_a_late_trade_that_does_not_fit_its_version(store: Store, put: Put) -> None:
    """It is known to be finer than its id's version says: that version ends before it, and what follows is brought up."""
    put(store, Deal(1, 0, "100.25"), Deal(5, 1, "100.25"))
    put(store, Deal(9, 2, "100.251"), scale=Scale(3, 5))
    put(store, Deal(3, 0.5, "99.755"), scale=Scale(3, 5))
    assert raw_prices(store) == [10_025, 99_755, 100_250, 100_251]
    check(store, Deal(1, 0, "100.25"), Deal(3, 0.5, "99.755"), Deal(5, 1, "100.25"), Deal(9, 2, "100.251"))
    put(store, Deal(2, 0.4, "99.7501"), scale=Scale(4, 5))
    put(store, Deal(7, 1.5, "1.00"))
    check(store, Deal(1, 0, "100.25"), Deal(2, 0.4, "99.7501"), Deal(3, 0.5, "99.755"), Deal(5, 1, "100.25"),
          Deal(7, 1.5, "1.00"), Deal(9, 2, "100.251"))  # fmt: skip


def test_bars_of_an_older_version_are_lifted_and_told_at_the_finest(store: Store, put: Put) -> None:
    untouched, touched = Deal(1, 0, "100.25", "0.5"), Deal(2, 65, "100.50", "0.25", maker=True)
    put(store, untouched, touched)
    finer = Deal(3, 65.5, "100.5001", "0.250001")
    put(store, finer, scale=Scale(4, 6))
    with store.reader.snapshot() as connection:
        rows = connection.execute(text("SELECT scale_version, open FROM bars ORDER BY interval_s, open_time_us"))
        assert [tuple(row) for row in rows] == [(0, 10_025), (1, 1_005_000), (0, 10_025), (1, 1_005_000)]
    check(store, untouched, touched, finer)


PLACES = st.integers(0, 4)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.lists(
        st.lists(
            st.builds(
                Deal,
                id=st.integers(1, 25),
                at=st.integers(0, 4).map(float),
                price=PLACES.flatmap(lambda p: st.decimals("0.1", "999", places=max(p, 1)).map(str)),
                quantity=PLACES.flatmap(lambda p: st.decimals("1", "99", places=p).map(str)),
            ),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_order_of_any_scales_is_exact(put: Put, batches: list[list[Deal]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(market_url(f"sqlite:///{folder}/desk.db", "binance"), "binance", NOW_US)
        try:
            kept: dict[int, Deal] = {}
            for batch in batches:
                exact = trades(batch, Scale(4, 4))
                put(store, *batch, scale=exact.least_scale())
                kept = {**{deal.id: deal for deal in batch}, **kept}
            check(store, *kept.values())
        finally:
            store.close()


def test_a_scale_without_room_for_sums_is_refused(store: Store, put: Put) -> None:
    with pytest.raises(OutOfRange, match="no room"):
        put(store, Deal(1, price="1", quantity="1"), scale=Scale(10, 9))
    assert store.reader.symbols() == []


def test_old_bars_that_do_not_fit_the_finest_scale_are_an_error_and_not_a_wrong_number(store: Store, put: Put) -> None:
    put(store, Deal(1, 0, "90000.00", "900000"))
    put(store, Deal(2, 90, "90000.00001", "1.00000001"), scale=Scale(5, 8))
    with pytest.raises(OutOfRange, match="does not fit 64 bits"):
        store.reader.candles(BTC, MINUTE)


def test_a_bar_that_cannot_be_lifted_is_an_error_and_not_a_float(store: Store, put: Put) -> None:
    put(store, Deal(1, 0, "90000.00", "900000"))
    with pytest.raises(StoreError, match="REAL value in INTEGER column"):
        put(store, Deal(2, 1, "90000.00001", "1.00000001"), scale=Scale(5, 8))
    check(store, Deal(1, 0, "90000.00", "900000"))


def test_what_another_process_wrote_is_seen(store: Store, open_store, put: Put) -> None:
    """The writer's memory of ids and scales holds only as long as nobody else has written."""
    other = open_store()
    put(store, Deal(1, 0))
    assert put(other, Deal(1, 0), Deal(2, 1)) == Stored(1, 1, Deal(2, 1).time_us)
    assert put(store, Deal(2, 1), Deal(3, 2)) == Stored(1, 1, Deal(3, 2).time_us)
    put(other, Deal(4, 3, "1.001"), scale=Scale(3, 5))
    put(store, Deal(5, 4))
    check(store, Deal(1, 0), Deal(2, 1), Deal(3, 2), Deal(4, 3, "1.001"), Deal(5, 4))
    put(other, Deal(1), symbol=ETH)
    assert put(store, Deal(1), symbol=ETH) == Stored(0, 1, None)
