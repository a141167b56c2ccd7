"""The gap ledger and the marks that it leaves on bars."""

from typing import Any

import pytest
from sqlalchemy import text

from core.continuity import Sequence
from core.market import MINUTE, SECOND, BarFlag
from core.store import GapRecord, Store
from tests.store.conftest import Put
from tests.trading import BTC, ETH, NOW_US, START_US, Deal


def gap(first: int, last: int, from_at: float, to_at: float, cause: str = "missing on the stream") -> GapRecord:
    def us(at: float) -> int:
        return START_US + round(at * 1_000_000)

    return GapRecord(first, last, us(from_at), us(to_at), cause, NOW_US)


def flags(store: Store, interval: Any = SECOND) -> dict[int, int]:
    """Marks of the bars by second after the start, but for the partial one."""
    bars = store.reader.candles(BTC, interval)
    seconds = ((bars.open_time_us - START_US) // 1_000_000).tolist()
    return {at: mark & ~BarFlag.PARTIAL for at, mark in zip(seconds, bars.flags.tolist(), strict=True)}


def ledger(store: Store) -> list[tuple[int, int, str]]:
    with store.reader.snapshot() as connection:
        rows = connection.execute(text("SELECT first_id, last_id, state FROM gaps ORDER BY gap_id"))
        return [tuple(row) for row in rows]


def test_a_gap_marks_the_bars_that_it_touches_until_it_is_filled(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(2, 1), Deal(6, 62), Deal(7, 125), opened={BTC: (gap(3, 5, 1, 62),)})
    assert flags(store) == {0: 0, 1: BarFlag.GAP, 62: BarFlag.GAP, 125: 0}
    assert flags(store, MINUTE) == {0: BarFlag.GAP, 60: BarFlag.GAP, 120: 0}
    last = store.reader.last(BTC)
    assert last is not None
    assert last.sequence == Sequence(1, 7, ((3, 5),))
    put(store, Deal(3, 1.5), Deal(4, 30), Deal(5, 61), holes_left={BTC: ()})
    assert set(flags(store).values()) == set(flags(store, MINUTE).values()) == {0}
    assert ledger(store) == [(3, 5, "closed")]


def test_a_gap_filled_in_part_goes_on_marking_all_that_it_may_hurt(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 200), opened={BTC: (gap(2, 8, 0, 200),)})
    put(store, Deal(5, 100), holes_left={BTC: ((2, 4), (6, 8))})
    assert ledger(store) == [(2, 8, "closed"), (2, 4, "open"), (6, 8, "open")]
    assert flags(store) == {0: BarFlag.GAP, 100: BarFlag.GAP, 200: BarFlag.GAP}
    assert set(flags(store, MINUTE).values()) == {BarFlag.GAP}
    put(store, *(Deal(i, 10 * i) for i in (2, 3, 4, 6, 7, 8)), holes_left={BTC: ()})
    assert set(flags(store).values()) == set(flags(store, MINUTE).values()) == {0}


def test_a_neighbour_in_the_same_minute_keeps_its_mark(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), Deal(5, 20), opened={BTC: (gap(2, 2, 0, 5), gap(4, 4, 5, 20))})
    put(store, Deal(2, 1), holes_left={BTC: ((4, 4),)})
    assert flags(store) == {0: 0, 1: 0, 5: BarFlag.GAP, 20: BarFlag.GAP}
    assert flags(store, MINUTE) == {0: BarFlag.GAP}


def test_times_that_step_back_around_a_gap(store: Store, put: Put) -> None:
    put(store, Deal(1, 5), Deal(3, 3), opened={BTC: (gap(2, 2, 5, 3),)})
    assert flags(store) == {3: BarFlag.GAP, 5: BarFlag.GAP}


def test_holes_left_as_they_are_change_nothing(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5),)})
    put(store, Deal(4, 6), holes_left={BTC: ((2, 2),)})
    assert ledger(store) == [(2, 2, "open")]
    assert flags(store) == {0: BarFlag.GAP, 5: BarFlag.GAP, 6: 0}


def test_gaps_are_a_symbols_own(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5),)})
    put(store, Deal(1, 0), Deal(2, 5), symbol=ETH, holes_left={ETH: ()})
    assert ledger(store) == [(2, 2, "open")]
    last = store.reader.last(ETH)
    assert last is not None
    assert last.sequence == Sequence(1, 2)


@pytest.mark.parametrize("cause", ["dropped by a full queue", "the desk was not running"])
def test_the_cause_is_kept(store: Store, put: Put, cause: str) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5, cause),)})
    with store.reader.snapshot() as connection:
        assert connection.scalar(text("SELECT cause FROM gaps")) == cause
