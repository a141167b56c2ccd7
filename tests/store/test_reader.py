"""Questions to the store: pages, limits, and one moment for all of an answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.errors import StoreError
from core.market import MINUTE, SECOND, Interval, Symbol
from core.store import Reader, Store
from core.store.catalogue import SCALE_UNKNOWN
from tests.store.conftest import Put
from tests.trading import BTC, ETH, PATIENCE, START_US, Deal, meant, reference_bars, said, told

#: Sparse: most seconds and many minutes have no trade.
DEALS = [Deal(i, at=(i * i * 7) % 4000 + i % 7 / 10, price=f"{100 + i % 13}.50") for i in range(1, 90)]


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory, put: Put) -> Reader:
    """A reader of DEALS, of which two in three came late."""
    from core.store import market_url
    from tests.trading import NOW_US

    store = Store.open(
        market_url(f"sqlite:///{tmp_path_factory.mktemp('sparse')}/desk.db", "binance"), "binance", NOW_US
    )
    for third in (0, 2, 1):
        put(store, *DEALS[third::3])
    store.writer.close()
    return store.reader


@settings(
    deadline=None, derandomize=True, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["1s", "7s", "1m", "90s", "15m", "1h", "1w"]),
    st.none() | st.integers(-10, 4100),
    st.none() | st.integers(-10, 4100),
    st.integers(0, 30),
)
def test_pages_of_bars(sparse: Reader, interval: str, start: int | None, end: int | None, limit: int) -> None:
    length = Interval.parse(interval)
    start_us, end_us = (None if s is None else START_US + s * 1_000_000 + 300_000 for s in (start, end))
    everything = reference_bars(DEALS, length.us)
    inside = [t for t in sorted(everything) if (start_us is None or t >= start_us) and (end_us is None or t < end_us)]
    chosen = inside[:limit] if start is not None else inside[max(0, len(inside) - limit) :]
    found = sparse.candles(BTC, length, start_us, end_us, limit)
    assert told(found) == {t: everything[t] for t in chosen}
    assert (found.interval, found.symbol) == (length, BTC)


def test_nothing_is_known_of_a_stranger(reader: Reader) -> None:
    assert len(reader.candles(BTC, MINUTE)) == len(reader.candles(BTC, Interval.parse("7s"))) == 0
    assert len(reader.last_trades(BTC, 5)) == len(reader.trades_after(BTC, 0, 5)) == 0
    assert reader.id_range(BTC, None, None) is None
    assert reader.last(BTC) is None
    assert reader.scale(BTC) == SCALE_UNKNOWN
    assert reader.symbols() == []
    assert reader.watermark_us() == 0


def test_pages_of_trades(sparse: Reader) -> None:
    found, after = [], 0
    while len(page := sparse.trades_after(BTC, after, 20)):
        assert len(page) <= 20
        found += said(page)
        after = int(page.trade_id[-1])
    assert found == meant(DEALS)
    assert said(sparse.trades_after(BTC, 10, 100, last_id=13)) == meant(DEALS[10:13])
    assert said(sparse.last_trades(BTC, 3)) == meant(DEALS[-3:])


@pytest.mark.parametrize(
    ("start", "end"), [(None, None), (0, 4000), (600, 1200), (610, 615), (None, 120), (3900, None), (5000, None)]
)
def test_the_range_of_ids_holds_every_trade_of_the_time(sparse: Reader, start: int | None, end: int | None) -> None:
    bounds = [None if s is None else START_US + s * 1_000_000 for s in (start, end)]
    inside = [
        d.id for d in DEALS
        if (bounds[0] is None or d.time_us >= bounds[0]) and (bounds[1] is None or d.time_us < bounds[1])
    ]  # fmt: skip
    found = sparse.id_range(BTC, *bounds)
    if found is None:
        assert inside == []
    else:
        assert all(found[0] <= i <= found[1] for i in inside)
        minutes = {(d.time_us // MINUTE.us) for d in DEALS if d.id in (found[0], found[1])}
        low = -(10**18) if bounds[0] is None else bounds[0] // MINUTE.us
        high = 10**18 if bounds[1] is None else -(-bounds[1] // MINUTE.us)
        assert all(low <= minute <= high for minute in minutes), "no wider than the minutes asked for"


def test_where_a_record_stands(store: Store, put: Put) -> None:
    put(store, Deal(5, 1, "2.00"), Deal(6, 0.5, "3.00"))
    last = store.reader.last(BTC)
    assert last is not None
    assert (last.sequence.first, last.sequence.last, last.price) == (5, 6, 300)
    assert last.trade_time_us == START_US + 500_000
    assert store.reader.last(ETH) is None


def test_an_answer_stands_at_one_moment(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), watermark=1)
    with store.reader.snapshot() as connection:
        count = text("SELECT count(*) FROM trades")
        before = connection.scalar(count)
        put(store, Deal(2, 1), watermark=2)
        assert connection.scalar(count) == before == 1
    assert len(store.reader.trades_after(BTC, 0, 10)) == 2


def test_bars_and_watermark_are_of_one_commit(store: Store, put: Put) -> None:
    """Each commit brings one trade and the watermark just behind it: whoever reads finds both or neither."""
    put(store, Deal(1, 1), watermark=1)
    done = threading.Event()
    seen: list[tuple[int, int]] = []

    def read() -> None:
        while True:
            last_round = done.is_set()
            bars = store.reader.candles(BTC, SECOND)
            seen.append((len(bars), (bars.watermark_us - START_US) // 1_000_000))
            if last_round:
                return

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for second in range(2, 60):
            put(store, Deal(second, second), watermark=second)
    finally:
        done.set()
        thread.join(PATIENCE)
    assert seen[-1] == (59, 59)
    assert all(count == watermark for count, watermark in seen)


def test_many_readers_at_once(store: Store, put: Put) -> None:
    put(store, Deal(1))
    with ExitStack() as stack:
        for _ in range(40):
            connection = stack.enter_context(store.reader.snapshot())
            assert connection.scalar(text("SELECT count(*) FROM trades")) == 1


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="readonly"), store.reader.snapshot() as connection:
        connection.execute(text("DELETE FROM trades"))


def test_readers_do_not_wait_for_the_writer(store: Store, put: Put) -> None:
    put(store, Deal(1))
    entered, leave = threading.Event(), threading.Event()

    def work(connection: object) -> None:
        entered.set()
        assert leave.wait(PATIENCE)

    unit = store.writer.submit(work)
    assert entered.wait(PATIENCE)
    try:
        assert len(store.reader.candles(BTC, MINUTE)) == 1
    finally:
        leave.set()
    unit.result(PATIENCE)


def test_a_driver_error_is_told_in_the_desks_words(reader: Reader) -> None:
    with (
        pytest.raises(StoreError, match="refused a statement: no such table") as caught,
        reader.snapshot() as connection,
    ):
        connection.execute(text("SELECT * FROM absent"))
    assert isinstance(caught.value.__cause__, OperationalError)


def test_read_only_of_what_is_no_desk(tmp_path, open_store: Callable[..., Store]) -> None:
    import sqlite3
    from contextlib import closing

    from core.store import market_url

    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError, match="not a database of the desk"):
        Store.read_only(market_url(f"sqlite:///{tmp_path / 'other.db'}", "binance"))
    store = open_store()
    reader = Store.read_only(store.url)
    assert reader.watermark_us() == 0
    reader.close()


def test_both_legs_of_a_pair_stand_at_one_moment(store: Store, put: Put) -> None:
    put(store, *DEALS)
    put(store, *(Deal(i, at=40.0 * i, price="3.25") for i in range(1, 50)), symbol=ETH)
    asked = Interval.parse("7s"), START_US + 100_000_000, None, 25
    for symbol, leg in zip((ETH, BTC), store.reader.legs((ETH, BTC), *asked), strict=True):
        assert len(leg) == 25
        assert leg.symbol == symbol
        assert told(leg) == told(store.reader.candles(symbol, *asked))


def test_what_comes_between_two_legs_is_in_neither(store: Store, put: Put) -> None:
    put(store, *DEALS)
    put(store, Deal(1, at=1.0, price="3.25"), symbol=ETH)

    def interrupted() -> Iterator[Symbol]:
        yield ETH
        put(store, Deal(90, at=5000, price="1.00"))
        yield BTC

    eth, btc = store.reader.legs(interrupted(), MINUTE)
    assert eth.watermark_us == btc.watermark_us
    assert 90 not in btc.last_trade_id
    assert 90 in store.reader.candles(BTC, MINUTE).last_trade_id
