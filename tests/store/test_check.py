"""The check of the database against itself: silent where all is well, and told whatever is broken on purpose."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from core.continuity import Hole
from core.errors import StoreCorrupt
from core.health import GapState
from core.market import DAY_US, MINUTE, MINUTE_US, SECOND, SECOND_US, Scale, Symbol, Trades
from core.store import Commit, GapRecord, Reader, Store
from core.store.check import check_symbol
from core.store.engine import reader_engine
from core.store.findings import Ids, SymbolCheck, WrongBar
from core.store.integrity import Examination
from core.store.proof import clipped, less, uncovered
from tests.store.conftest import Put
from tests.trading import ALL_IDS, BTC, ETH, NOW_US, PATIENCE, START_US, Deal, trades

NOTHING = Ids(0, ())
#: A trade every 0.7 s for seven minutes.
DEALS = [Deal(i, 0.7 * i, f"{100 + i % 7}.00", f"{1 + i % 4}.00000", i % 3 == 0) for i in range(1, 601)]
PAGES = (5, 64, 600, 50_000)


def check(of: Store | Reader, page: int = 64, symbol: Symbol = BTC, **window: int) -> SymbolCheck:
    return check_symbol(of.reader if isinstance(of, Store) else of, symbol, NOW_US, page=page, **window)


def record(first: int, last: int, start: float, end: float) -> GapRecord:
    times = (START_US + round(start * SECOND_US), START_US + round(end * SECOND_US))
    return GapRecord(first, last, *times, "lost on the way", NOW_US)


def meddle(store: Store, *statements: str) -> None:
    """Change the file behind the desk's back."""
    connection = sqlite3.connect(str(store.url.database))
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement
    connection.close()


def delete(store: Store, statement: str) -> None:
    connection = sqlite3.connect(str(store.url.database))
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


@pytest.fixture
def filled(store: Store, put: Put) -> Store:
    put(store, *DEALS, watermark=400)
    return store


# all is well


@pytest.mark.parametrize("page", PAGES)
def test_nothing_differs(filled: Store, page: int) -> None:
    found = check(filled, page)
    seconds = len({int(deal.at) for deal in DEALS})
    assert found == SymbolCheck(
        BTC, 600, 1, 600, ((GapState.OPEN, 0), (GapState.REPAIRING, 0), (GapState.LOST, 0)), NOTHING, NOTHING, NOTHING,
        NOTHING, seconds + 8, (), 0,
    )  # fmt: skip
    assert found.sound
    assert Examination(filled.reader).damages() == Examination(filled.reader).damages(full=True) == ()


def test_an_empty_database(store: Store, put: Put) -> None:
    assert check(store).first_id is None
    put(store, *DEALS)
    assert check(store, symbol=ETH).trades == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_known_gap_is_no_difference(store: Store, put: Put, page: int) -> None:
    put(store, *DEALS[:100], *DEALS[110:], opened={BTC: (record(101, 110, 70, 77),)})
    found = check(store, page)
    assert found.sound
    assert dict(found.missing) == {GapState.OPEN: 10, GapState.REPAIRING: 0, GapState.LOST: 0}


@pytest.mark.parametrize("page", PAGES)
def test_trades_that_came_late_and_at_a_finer_scale(store: Store, put: Put, page: int) -> None:
    put(store, *DEALS[:100], *DEALS[110:], opened={BTC: (record(101, 110, 70, 77),)}, watermark=400)
    put(store, *DEALS[100:105], filling={BTC: ALL_IDS})
    put(store, Deal(601, 421, "100.123", "0.0000001"), scale=Scale(3, 7))
    put(store, *DEALS[105:110], filling={BTC: ALL_IDS})
    assert check(store, page).sound


@pytest.mark.parametrize("page", PAGES)
def test_times_that_step_back_over_minutes(store: Store, put: Put, page: int) -> None:
    """A trade of the third minute has an id of the sixth."""
    late = [deal._replace(at=150.0) if deal.id == 500 else deal for deal in DEALS]
    put(store, *late[:300])
    put(store, *late[300:])
    assert check(store, page).sound


@pytest.mark.parametrize("perpetual", [False, True])
def test_aggregates(store: Store, perpetual: bool) -> None:
    """On spot a row covers as many ids as it has trades, on the other market one."""
    symbol = Symbol("BTCUSDT", perpetual)
    rows = replace(trades(DEALS, symbol=symbol), trade_count=np.full(600, 3))
    if not perpetual:
        rows = replace(rows, trade_id=rows.trade_id * 3)
    store.append(Commit((rows,), now_us=NOW_US)).result(PATIENCE)
    found = check(store, symbol=symbol)
    assert found.sound
    assert (found.first_id, found.last_id) == ((1, 600) if perpetual else (3, 1802))


def test_parts_of_an_aggregate_may_have_no_quantity(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 1, "100.00", "0.25000"), Deal(5, 2))
    whole = replace(trades([Deal(2, 1, "100.00", "1.00000")]), trade_count=np.array([3]))
    store.append(Commit((whole,), now_us=NOW_US)).result(PATIENCE)
    assert check(store).sound


# broken on purpose


@pytest.mark.parametrize("page", PAGES)
def test_a_trade_that_is_gone(filled: Store, page: int) -> None:
    meddle(filled, "DELETE FROM trades WHERE trade_id = 300")
    found = check(filled, page)
    assert not found.sound
    assert (found.unledgered, found.trades) == (Ids(1, ((300, 300),)), 599)
    minute, second = found.wrong_bars
    assert (minute.interval, minute.open_time_us) == (MINUTE, START_US + 180 * SECOND_US)
    assert second == WrongBar(SECOND, START_US + 210 * SECOND_US, second.fields)
    assert {"volume", "trade_count", "quote_volume"} <= set(minute.fields) & set(second.fields)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("change", "fields", "bars"),
    [
        ("price = 99999", {"high", "quote_volume"}, 2),
        ("signed_quantity = -signed_quantity", {"taker_buy_volume", "taker_buy_quote_volume"}, 2),
        ("signed_quantity = signed_quantity * 2", {"volume", "quote_volume"}, 2),
        (f"trade_time_us = trade_time_us + {MINUTE_US}", {"volume", "trade_count"}, 4),
        (f"trade_time_us = trade_time_us - 2 * {MINUTE_US}", {"volume", "trade_count"}, 4),
    ],
)
def test_a_trade_that_is_changed(filled: Store, page: int, change: str, fields: set[str], bars: int) -> None:
    """Its second and its minute differ, and those that it has moved to."""
    meddle(filled, f"UPDATE trades SET {change} WHERE trade_id = 301")
    found = check(filled, page)
    assert found.wrong_bar_count == bars
    assert all(fields <= set(bar.fields) for bar in found.wrong_bars)
    assert found.unledgered == NOTHING


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "column", ["open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume",
               "taker_buy_quote_volume", "first_trade_id", "last_trade_id"],
)  # fmt: skip
@pytest.mark.parametrize("interval", [MINUTE, SECOND])
def test_a_bar_that_is_changed(filled: Store, page: int, column: str, interval: object) -> None:
    at = START_US + 120 * SECOND_US
    seconds = 60 if interval == MINUTE else 1
    meddle(filled, f"UPDATE bars SET {column} = {column} + 1 WHERE interval_s = {seconds} AND open_time_us = {at}")
    found = check(filled, page)
    assert found.wrong_bars == (WrongBar(interval, at, (column,)),)  # type: ignore[arg-type]


def test_marks_of_a_bar_are_no_part_of_it(filled: Store) -> None:
    at = START_US + 120 * SECOND_US
    meddle(filled, f"UPDATE bars SET flags = 4, revision = 7 WHERE interval_s = 60 AND open_time_us = {at}")
    assert check(filled).sound


def test_a_seeded_bar_is_left_alone(filled: Store) -> None:
    at = START_US + 120 * SECOND_US
    meddle(filled, f"UPDATE bars SET source = 1, volume = 7 WHERE interval_s = 60 AND open_time_us = {at}")
    assert check(filled).sound


@pytest.mark.parametrize("page", PAGES)
def test_a_bar_that_is_gone_and_one_too_many(filled: Store, page: int) -> None:
    gone, more = START_US + 60 * SECOND_US, START_US - 600 * SECOND_US
    meddle(
        filled,
        f"DELETE FROM bars WHERE interval_s = 60 AND open_time_us = {gone}",
        f"UPDATE bars SET open_time_us = {more} WHERE interval_s = 1 AND open_time_us = {gone}",
    )
    told = check(filled, page).wrong_bars
    assert told == (
        WrongBar(SECOND, more, ("unfounded",)),
        WrongBar(SECOND, gone, ("absent",)),
        WrongBar(MINUTE, gone, ("absent",)),
    )


@pytest.mark.parametrize("page", PAGES)
def test_the_ledger_takes_stored_trades_for_missing(filled: Store, page: int) -> None:
    meddle(
        filled,
        "INSERT INTO gaps (symbol_id, first_id, last_id, next_id, from_us, to_us, cause, state, attempts, detected_us, "
        "words) VALUES (1, 10, 30, 21, 1, 2, 'x', 'lost', 0, 1, '')",
    )
    found = check(filled, page)
    assert found.unfounded.count == 10
    assert dict(found.missing)[GapState.LOST] == 10


@pytest.mark.parametrize("page", PAGES)
def test_a_gap_that_is_closed_and_still_there(store: Store, put: Put, page: int) -> None:
    put(store, *DEALS[:100], *DEALS[110:], opened={BTC: (record(101, 110, 70, 77),)})
    meddle(store, "UPDATE gaps SET state = 'closed', next_id = NULL")
    assert check(store, page).unledgered == Ids(10, ((101, 110),))


@pytest.mark.parametrize("page", PAGES)
def test_ids_that_two_rows_cover(filled: Store, page: int) -> None:
    meddle(filled, "UPDATE trades SET trade_count = 3 WHERE trade_id = 299")
    assert check(filled, page).overlapping.count == 2


@pytest.mark.parametrize(
    "change",
    ["price = 0", "price = -5", "signed_quantity = 0", "trade_count = 0", "trade_time_us = 0",
     f"trade_time_us = {NOW_US + DAY_US + 1}", f"price = {2**60}, signed_quantity = {2**40}"],
)  # fmt: skip
def test_rows_that_cannot_be(filled: Store, change: str) -> None:
    meddle(filled, f"UPDATE trades SET {change} WHERE trade_id = 301")
    found = check(filled)
    assert found.impossible == Ids(1, ((301, 301),))
    assert found.wrong_bar_count == 2


def test_many_findings_are_counted_and_the_first_are_told(filled: Store) -> None:
    connection = sqlite3.connect(str(filled.url.database))
    with connection:
        connection.execute("UPDATE bars SET volume = volume + 1")
        connection.execute("DELETE FROM trades WHERE trade_id % 2 = 0 AND trade_id < 600")
    connection.close()
    found = check(filled)
    assert found.unledgered.count == 299
    assert (len(found.unledgered.first), len(found.wrong_bars)) == (20, 20)
    assert found.wrong_bar_count > 400


def test_a_window(filled: Store) -> None:
    """What is broken elsewhere is not told, and half minutes count whole."""
    meddle(
        filled,
        "DELETE FROM trades WHERE trade_id = 10",
        "UPDATE trades SET price = 1 WHERE trade_id = 300",
        "DELETE FROM trades WHERE trade_id = 590",
    )
    at = START_US + 210 * SECOND_US
    inside = check(filled, start_us=at, end_us=at + 1)
    assert [bar.interval for bar in inside.wrong_bars] == [MINUTE, SECOND]
    assert inside.unledgered == NOTHING
    assert 80 < inside.trades < 90
    assert check(filled, start_us=START_US + 240 * SECOND_US, end_us=START_US + 360 * SECOND_US).sound
    assert check(filled, start_us=START_US + 240 * SECOND_US).unledgered.first == ((590, 590),)
    assert check(filled, end_us=START_US + 60 * SECOND_US).unledgered.first == ((10, 10),)
    assert check(filled, start_us=NOW_US).trades == 0


def test_a_damaged_file(filled: Store) -> None:
    path = str(filled.url.database)
    filled.close()
    with open(path, "r+b") as file:  # noqa: PTH123
        for page in range(8, 14):
            file.seek(4096 * page + 8)
            file.write(bytes(range(256)) * 8)
    reader = Store.read_only(filled.url)
    try:
        told = Examination(reader).damages()
    except StoreCorrupt as error:
        told = (str(error),)
    assert told
    reader.close()


def test_what_is_no_number_is_damage(filled: Store) -> None:
    connection = sqlite3.connect(str(filled.url.database))
    with connection:
        connection.execute("CREATE TABLE other AS SELECT * FROM trades")
        connection.execute("UPDATE other SET price = 'dear' WHERE trade_id = 9")
        connection.execute("ALTER TABLE trades RENAME TO strict_trades")
        connection.execute("ALTER TABLE other RENAME TO trades")
    connection.close()
    with pytest.raises(StoreCorrupt, match="integers holds something else"):
        check(filled)


# beside a desk that writes


class Interrupted(Reader):
    """A reader after whose every snapshot the desk has written something."""

    def __init__(self, store: Store, then: Callable[[], object]) -> None:
        super().__init__(reader_engine(store.url))
        self._then = then

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with super().snapshot() as connection:
            yield connection
        self._then()


@pytest.mark.parametrize("page", [5, 64])
@pytest.mark.parametrize("first", [1, 50, 270])
def test_beside_a_desk_that_writes(store: Store, put: Put, page: int, first: int) -> None:
    """New trades come, and trade by trade a gap is filled: in what was read already, is being read and comes."""
    missing = DEALS[first : first + 20]
    put(
        store, *(d for d in DEALS[:300] if d not in missing), watermark=200,
        opened={BTC: (record(missing[0].id, missing[-1].id, missing[0].at - 0.7, missing[-1].at + 0.7),)},
    )  # fmt: skip
    coming = iter([d for pair in zip(DEALS[300:320], missing, strict=True) for d in pair] + DEALS[320:400])
    left = [deal.id for deal in missing]

    def write() -> None:
        deal = next(coming, None)
        if deal is not None:
            left[:] = [each for each in left if each != deal.id]
            put(store, deal, filling={BTC: ALL_IDS})

    reader = Interrupted(store, write)
    for _ in range(8):
        found = check(reader, page)
        assert found.sound, found
    reader.close()


# the arithmetic


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_less_against_sets(some: set[int], others: set[int]) -> None:
    assert ids_of(less(runs(some), runs(others))) == some - others


@given(st.sets(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40))
def test_clipped_against_sets(some: set[int], first: int, last: int) -> None:
    assert ids_of(clipped(runs(some), first, last)) == {each for each in some if first <= each <= last}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_uncovered_against_counting(steps: list[tuple[int, int]]) -> None:
    starts = np.cumsum([step for step, _ in steps]).tolist()
    counts = [count for _, count in steps]
    rows: Trades = replace(trades(Deal(i) for i in starts), trade_count=np.array(counts))
    covered: list[int] = [i for start, n in zip(starts, counts, strict=True) for i in range(start, start + n)]
    holes, twice, last = uncovered(0, rows)
    assert ids_of(holes) == set(range(1, max(covered) + 1)) - set(covered)
    assert ids_of(twice) == {each for each in covered if covered.count(each) > 1}
    assert last == max(covered)


def runs(ids: set[int]) -> tuple[Hole, ...]:
    found: list[Hole] = []
    for each in sorted(ids):
        if found and found[-1][1] == each - 1:
            found[-1] = (found[-1][0], each)
        else:
            found.append((each, each))
    return tuple(found)


def ids_of(holes: tuple[Hole, ...]) -> set[int]:
    return {each for first, last in holes for each in range(first, last + 1)}


# windows


WINDOW = {"start_us": START_US + 120 * SECOND_US, "end_us": START_US + 240 * SECOND_US}


@pytest.mark.parametrize("seconds_too", [False, True])
def test_a_window_without_its_bars(filled: Store, seconds_too: bool) -> None:
    here = f"open_time_us >= {WINDOW['start_us']} AND open_time_us < {WINDOW['end_us']}"
    which = "1, 60" if seconds_too else "60"
    delete(filled, f"DELETE FROM bars WHERE {here} AND interval_s IN ({which})")
    found = check(filled, **WINDOW)
    assert found.trades > 100
    assert found.unledgered == NOTHING
    assert WINDOW["start_us"] in {bar.open_time_us for bar in found.wrong_bars if bar.interval == MINUTE}
    assert not found.sound


def test_a_window_of_which_nothing_is_left(filled: Store) -> None:
    here = f"time_us >= {WINDOW['start_us']} AND {{0}}time_us < {WINDOW['end_us']}"
    gone = [deal.id for deal in DEALS if WINDOW["start_us"] <= deal.time_us < WINDOW["end_us"]]
    delete(filled, "DELETE FROM trades WHERE trade_" + here.format("trade_"))
    delete(filled, "DELETE FROM bars WHERE open_" + here.format("open_"))
    found = check(filled, **WINDOW)
    assert found.unledgered.first == ((min(gone), max(gone)),)
    assert not found.sound


def test_trades_missing_at_the_end_of_a_window(filled: Store) -> None:
    last = max(deal.id for deal in DEALS if deal.time_us < WINDOW["end_us"])
    delete(filled, f"DELETE FROM trades WHERE trade_id IN ({last}, {last - 1})")
    assert check(filled, **WINDOW).unledgered.first == ((last - 1, last),)
