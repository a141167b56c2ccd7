"""The gap ledger: every known hole in a symbol's trade ids, from its discovery to its end."""

from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection, insert, select, update

from core.continuity import Hole, without
from core.market import MINUTE, STORED_INTERVALS, BarFlag
from core.store import bars
from core.store.catalogue import Entry
from core.store.schema import gaps, trades

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class GapRecord:
    """A hole as it is found: missing ids inclusive, the trade times around it, and why it is there."""

    first_id: int
    last_id: int
    from_us: int
    to_us: int
    cause: str
    detected_us: int


def open_gaps(connection: Connection, known: Entry) -> list[GapRecord]:
    """The holes that are still open, ascending."""
    rows = connection.execute(
        select(gaps.c.first_id, gaps.c.last_id, gaps.c.from_us, gaps.c.to_us, gaps.c.cause, gaps.c.detected_us)
        .where(gaps.c.symbol_id == known.symbol_id, gaps.c.state == OPEN)
        .order_by(gaps.c.first_id)
    )
    return [GapRecord(*row) for row in rows]


def record(connection: Connection, known: Entry, found: list[GapRecord]) -> None:
    """Enter new holes, and mark the bars that they touch: trades of these may be missing.

    What another process has stored meanwhile is no hole.
    """
    for gap in (left for hole in found for left in _still_missing(connection, known, hole)):
        _insert(connection, known, gap)
        for interval in STORED_INTERVALS:
            bars.flag(connection, known, interval, *_times(gap), BarFlag.GAP)


def shrink(connection: Connection, known: Entry, holes: tuple[Hole, ...], now_us: int) -> None:
    """Bring the open gaps to what is left of them: `holes` is every hole that the symbol's ids still have."""
    changed: list[GapRecord] = []
    for gap in open_gaps(connection, known):
        left = [hole for hole in holes if gap.first_id <= hole[0] and hole[1] <= gap.last_id]
        if left == [(gap.first_id, gap.last_id)]:
            continue
        changed.append(gap)
        _close(connection, known, gap, now_us)
        for first, last in left:
            _insert(connection, known, GapRecord(first, last, gap.from_us, gap.to_us, gap.cause, gap.detected_us))
    _mark_again(connection, known, changed)


def _mark_again(connection: Connection, known: Entry, changed: list[GapRecord]) -> None:
    """Unmark the bars around the `changed` gaps, except where a gap that is still open touches them."""
    near = [gap for gap in open_gaps(connection, known) if any(_share_a_minute(gap, other) for other in changed)]
    for interval in STORED_INTERVALS:
        for gap in changed:
            bars.unflag(connection, known, interval, *_times(gap), BarFlag.GAP)
        for gap in near:
            bars.flag(connection, known, interval, *_times(gap), BarFlag.GAP)


def _share_a_minute(one: GapRecord, other: GapRecord) -> bool:
    (one_from, one_to), (other_from, other_to) = _times(one), _times(other)
    return MINUTE.floor(one_from) <= other_to and MINUTE.floor(other_from) <= one_to


def _times(gap: GapRecord) -> tuple[int, int]:
    """The trade times around a gap, in order: ids may ascend while times step back."""
    return min(gap.from_us, gap.to_us), max(gap.from_us, gap.to_us)


def _still_missing(connection: Connection, known: Entry, gap: GapRecord) -> list[GapRecord]:
    """`gap` less the trades that are stored."""
    rows = connection.scalars(
        select(trades.c.trade_id)
        .where(trades.c.symbol_id == known.symbol_id, trades.c.trade_id.between(gap.first_id, gap.last_id))
        .order_by(trades.c.trade_id)
    )
    ids = np.fromiter(rows, dtype=np.int64)
    if len(ids) == 0:
        return [gap]
    return [replace(gap, first_id=a, last_id=b) for a, b in without(((gap.first_id, gap.last_id),), ids)]


def _insert(connection: Connection, known: Entry, gap: GapRecord) -> None:
    connection.execute(
        insert(gaps).values(
            symbol_id=known.symbol_id,
            first_id=gap.first_id,
            last_id=gap.last_id,
            from_us=gap.from_us,
            to_us=gap.to_us,
            cause=gap.cause,
            state=OPEN,
            attempts=0,
            detected_us=gap.detected_us,
        )
    )


def _close(connection: Connection, known: Entry, gap: GapRecord, now_us: int) -> None:
    connection.execute(
        update(gaps)
        .where(gaps.c.symbol_id == known.symbol_id, gaps.c.first_id == gap.first_id, gaps.c.state == OPEN)
        .values(state=CLOSED, closed_us=now_us)
    )
