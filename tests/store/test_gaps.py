"""The gap ledger and the marks that it leaves on bars."""

from typing import Any

import pytest
from sqlalchemy import text

from core.continuity import Sequence
from core.feed.base import Observed
from core.health import GapState
from core.market import MINUTE, SECOND, BarFlag
from core.store import Commit, GapRecord, Store
from core.workers.tracker import SymbolTracker
from tests.store.conftest import Put
from tests.trading import ALL_IDS, BTC, ETH, NOW_US, PATIENCE, SCALE, START_US, Deal, trades


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
    put(store, Deal(3, 1.5), Deal(4, 30), Deal(5, 61), filling={BTC: ALL_IDS})
    assert set(flags(store).values()) == set(flags(store, MINUTE).values()) == {0}
    assert ledger(store) == [(3, 5, "closed")]


def test_a_gap_filled_in_part_goes_on_marking_all_that_it_may_hurt(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 200), opened={BTC: (gap(2, 8, 0, 200),)})
    put(store, Deal(5, 100), filling={BTC: ALL_IDS})
    assert ledger(store) == [(2, 4, "open"), (6, 8, "open")]
    assert flags(store) == {0: BarFlag.GAP, 100: BarFlag.GAP, 200: BarFlag.GAP}
    assert set(flags(store, MINUTE).values()) == {BarFlag.GAP}
    put(store, *(Deal(i, 10 * i) for i in (2, 3, 4, 6, 7, 8)), filling={BTC: ALL_IDS})
    assert set(flags(store).values()) == set(flags(store, MINUTE).values()) == {0}


def test_a_neighbour_in_the_same_minute_keeps_its_mark(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), Deal(5, 20), opened={BTC: (gap(2, 2, 0, 5), gap(4, 4, 5, 20))})
    put(store, Deal(2, 1), filling={BTC: ALL_IDS})
    assert flags(store) == {0: 0, 1: 0, 5: BarFlag.GAP, 20: BarFlag.GAP}
    assert flags(store, MINUTE) == {0: BarFlag.GAP}


def test_times_that_step_back_around_a_gap(store: Store, put: Put) -> None:
    put(store, Deal(1, 5), Deal(3, 3), opened={BTC: (gap(2, 2, 5, 3),)})
    assert flags(store) == {3: BarFlag.GAP, 5: BarFlag.GAP}


def test_only_stored_trades_close_a_gap(store: Store, put: Put) -> None:
    """Two entries side by side, and a part of each filled: what is left of both is what is not stored."""
    put(store, Deal(1, 0), Deal(21, 200), opened={BTC: (gap(2, 10, 0, 100), gap(11, 20, 100, 200))})
    put(store, *(Deal(i, 10 * i) for i in range(8, 13)), filling={BTC: (8, 12)})
    assert ledger(store) == [(2, 7, "open"), (11, 20, "open")]
    last = store.reader.last(BTC)
    assert last is not None
    assert last.sequence == Sequence(1, 21, ((2, 7), (13, 20)))


def test_a_hole_beyond_the_newest_trade_is_not_found_again(store: Store, put: Put) -> None:
    """The venue was seen to have more than the stream brought, and the desk was killed before it was fetched."""
    put(store, Deal(1, 0), opened={BTC: (gap(2, 9, 0, 90),)})
    last = store.reader.last(BTC)
    assert last is not None
    assert last.sequence == Sequence(1, 9, ((2, 9),))
    tracker = SymbolTracker(BTC, SCALE, last)
    made = tracker.step(Observed(trades([Deal(12, 120)]), trades([Deal(12, 120)]).trade_time_us), 1, False, NOW_US)
    assert made is not None
    assert [(each.first_id, each.last_id) for each in made.opened] == [(10, 11)]
    stored = store.append(Commit((made.trades,), opened={BTC: made.opened}, now_us=NOW_US)).result(PATIENCE)[BTC]
    assert stored.holes == ((2, 9), (10, 11))
    put(store, Deal(10, 100), Deal(11, 110), filling={BTC: (10, 11)})
    assert ledger(store) == [(2, 9, "open"), (10, 11, "closed")]


def test_gaps_are_counted_whole(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), Deal(6, 7), opened={BTC: (gap(2, 2, 0, 5), gap(4, 5, 5, 7))})
    put(store, Deal(1, 0), symbol=ETH)
    states = (GapState.OPEN, GapState.REPAIRING)
    assert store.reader.missing([BTC, ETH], states) == {BTC: (2, 3)}
    assert [entry.first_id for entry in store.reader.gaps([BTC], states, 1)] == [4]
    assert store.reader.gaps([ETH]) == store.reader.gaps([]) == ()


def test_holes_left_as_they_are_change_nothing(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5),)})
    put(store, Deal(4, 6), filling={BTC: ALL_IDS})
    assert ledger(store) == [(2, 2, "open")]
    assert flags(store) == {0: BarFlag.GAP, 5: BarFlag.GAP, 6: 0}


def test_gaps_are_a_symbols_own(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5),)})
    put(store, Deal(1, 0), Deal(2, 5), symbol=ETH, filling={ETH: ALL_IDS})
    assert ledger(store) == [(2, 2, "open")]
    last = store.reader.last(ETH)
    assert last is not None
    assert last.sequence == Sequence(1, 2)


@pytest.mark.parametrize("cause", ["dropped by a full queue", "the desk was not running"])
def test_the_cause_is_kept(store: Store, put: Put, cause: str) -> None:
    put(store, Deal(1, 0), Deal(3, 5), opened={BTC: (gap(2, 2, 0, 5, cause),)})
    with store.reader.snapshot() as connection:
        assert connection.scalar(text("SELECT cause FROM gaps")) == cause


def test_a_gap_filled_from_the_front_keeps_its_entry(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 200), opened={BTC: (gap(2, 8, 0, 200),)})
    put(store, Deal(2, 70), Deal(3, 130), filling={BTC: ALL_IDS})
    (entry,) = store.reader.gaps()
    assert (entry.first_id, entry.next_id, entry.last_id, entry.missing) == (2, 4, 8, 5)
    assert (entry.from_us, entry.to_us) == (START_US + 130_000_000, START_US + 200_000_000)
    assert flags(store) == {0: 0, 70: 0, 130: BarFlag.GAP, 200: BarFlag.GAP}, "what is filled is whole"
    assert flags(store, MINUTE) == {0: 0, 60: 0, 120: BarFlag.GAP, 180: BarFlag.GAP}
    put(store, *(Deal(i, 140 + i) for i in range(4, 9)), filling={BTC: ALL_IDS})
    (entry,) = store.reader.gaps()
    assert (entry.state, entry.first_id, entry.last_id, entry.missing) == (GapState.CLOSED, 2, 8, 0)
    assert entry.closed_us == NOW_US


def test_attempts_and_states(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 200), opened={BTC: (gap(2, 8, 0, 200),)})
    (entry,) = store.reader.gaps(BTC, [GapState.OPEN])
    store.note_attempt(entry, GapState.REPAIRING, NOW_US + 5, "asking").result(PATIENCE)
    assert store.reader.gaps(BTC, [GapState.OPEN]) == ()
    (entry,) = store.reader.gaps(ETH) or store.reader.gaps(BTC)
    assert (entry.state, entry.attempts, entry.tried_us, entry.words) == (GapState.REPAIRING, 1, NOW_US + 5, "asking")
    put(store, *(Deal(i, i) for i in range(2, 9)), filling={BTC: ALL_IDS})
    store.note_attempt(entry, GapState.OPEN, NOW_US + 9, "failed").result(PATIENCE)
    (entry,) = store.reader.gaps()
    assert (entry.state, entry.words) == (GapState.CLOSED, "asking"), "a closed gap stays so, whoever comes late"


def test_what_is_lost_stays_a_hole_and_the_rest_stays_open(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), Deal(9, 200), opened={BTC: (gap(2, 8, 0, 200),)})
    (entry,) = store.reader.gaps()
    store.give_up(entry, 5, NOW_US, "too old").result(PATIENCE)
    assert [
        (e.first_id, e.last_id, e.state, e.words) for e in sorted(store.reader.gaps(), key=lambda e: e.first_id)
    ] == [
        (2, 5, GapState.LOST, "too old"),
        (6, 8, GapState.OPEN, ""),
    ]
    last = store.reader.last(BTC)
    assert last is not None
    assert last.sequence.holes == ((2, 5), (6, 8))
    put(store, *(Deal(i, i) for i in (6, 7, 8)), filling={BTC: ALL_IDS})
    assert flags(store, MINUTE)[0] == BarFlag.GAP, "lost trades are still missing"
    put(store, *(Deal(i, i) for i in (2, 3, 4, 5)), filling={BTC: ALL_IDS})
    assert {e.state for e in store.reader.gaps()} == {GapState.CLOSED}, "found elsewhere, it is whole after all"
    assert set(flags(store).values()) == {0}


def test_a_hole_in_the_store_is_entered_once_and_without_what_is_there(store: Store, put: Put) -> None:
    put(store, *(Deal(i, i) for i in (1, 2, 5, 8, 9)), opened={BTC: (gap(6, 7, 5, 8),)})
    found = store.open_gap(BTC, gap(1, 9, 0, 9, "differs")).result(PATIENCE)
    assert found == ((3, 4), (6, 7))
    assert store.open_gap(BTC, gap(1, 9, 0, 9, "differs")).result(PATIENCE) == found
    assert [(e.first_id, e.last_id, e.cause) for e in store.reader.gaps()] == [
        (3, 4, "differs"), (6, 7, "missing on the stream"),
    ]  # fmt: skip


def test_a_bar_that_begins_after_its_gap_was_announced_is_marked(store: Store, put: Put) -> None:
    put(store, Deal(1, 0), opened={BTC: (gap(2, 9, 0, 70),)})
    put(store, Deal(10, 71))
    assert flags(store, MINUTE) == {0: BarFlag.GAP, 60: BarFlag.GAP}


def test_what_is_lost_marks_only_what_it_may_hurt(store: Store, put: Put) -> None:
    """A gap over ten minutes of which the first is lost: the others are whole once their trades are there."""
    put(store, Deal(1, 0), Deal(60, 610), opened={BTC: (gap(2, 59, 0, 610),)})
    (entry,) = store.reader.gaps()
    store.give_up(entry, 10, NOW_US, "too old").result(PATIENCE)
    put(store, *(Deal(i, 60 + 10 * (i - 10)) for i in range(11, 60)), filling={BTC: (11, 59)})
    lost, closed = sorted(store.reader.gaps(), key=lambda each: each.first_id)
    assert (lost.state, closed.state) == (GapState.LOST, GapState.CLOSED)
    assert (lost.from_us, lost.to_us) == (START_US, START_US + 70_000_000)
    marks = flags(store, MINUTE)
    assert marks.pop(0) == marks.pop(60) == BarFlag.GAP
    assert set(marks.values()) == {0}


def test_many_gaps_at_once(store: Store, put: Put) -> None:
    """A thousand holes in one commit, and their filling one by one, are done in bounded time."""
    odd = [Deal(i, i / 10) for i in range(1, 2002, 2)]
    put(store, *odd, opened={BTC: tuple(gap(i, i, (i - 1) / 10, (i + 1) / 10) for i in range(2, 2001, 2))})
    assert store.reader.missing([BTC], [GapState.OPEN]) == {BTC: (1000, 1000)}
    for i in (2000, 1000, 2):
        put(store, Deal(i, i / 10), filling={BTC: (i, i)})
    assert store.reader.missing([BTC], [GapState.OPEN]) == {BTC: (997, 997)}
