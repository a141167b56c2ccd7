"""The gap ledger: every known hole in a symbol's trade ids, from its discovery to its end."""

from bisect import bisect_left, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from core.continuity import Hole
from core.health import Gap, GapState
from core.market import MINUTE, STORED_INTERVALS, BarFlag, Interval, Symbol
from core.store import bars
from core.store.catalogue import Entry
from core.store.proof import less
from core.store.schema import gaps, symbols, trades
from core.store.trade_rows import holes_in

#: Holes that are still there: what is lost may yet be found elsewhere.
UNFINISHED = (GapState.OPEN, GapState.REPAIRING, GapState.LOST)


@dataclass(frozen=True, slots=True)
class GapRecord:
    """A hole as it is found: missing ids inclusive, the trade times around it, and why it is there."""

    first_id: int
    last_id: int
    from_us: int
    to_us: int
    cause: str
    detected_us: int


def find(
    connection: Connection, of: Collection[Symbol] | None, states: Collection[GapState] | None, limit: int
) -> tuple[Gap, ...]:
    """Entries of some symbols or all, in some states or any: the newest `limit`, by the time of their trades."""
    rows = _gaps().order_by(gaps.c.to_us.desc(), gaps.c.last_id.desc()).limit(limit)
    if of is not None:
        rows = rows.where(symbols.c.symbol.in_([str(symbol) for symbol in of]))
    if states is not None:
        rows = rows.where(gaps.c.state.in_([state.value for state in states]))
    return tuple(_gap(row) for row in connection.execute(rows))


def counts(
    connection: Connection, of: Collection[Symbol], states: Collection[GapState]
) -> Mapping[Symbol, tuple[int, int]]:
    """How many entries in `states` each of the symbols has, and how many ids they miss."""
    ids = func.sum(gaps.c.last_id - gaps.c.next_id + 1)
    rows = (
        select(symbols.c.symbol, func.count(), ids)
        .join(symbols, symbols.c.symbol_id == gaps.c.symbol_id)
        .where(
            symbols.c.symbol.in_([str(symbol) for symbol in of]), gaps.c.state.in_([state.value for state in states])
        )
        .group_by(symbols.c.symbol)
    )
    return {Symbol.parse(symbol): (int(count), int(missing)) for symbol, count, missing in connection.execute(rows)}


def unfinished(connection: Connection, known: Entry, *also: ColumnElement[bool]) -> list[Gap]:
    """The holes that are still there, ascending; those of which something is true `also`."""
    still = gaps.c.state.in_([state.value for state in UNFINISHED])
    rows = _gaps().where(gaps.c.symbol_id == known.symbol_id, still, *also)
    return [_gap(row) for row in connection.execute(rows.order_by(gaps.c.next_id))]


def record(connection: Connection, known: Entry, symbol: Symbol, found: Sequence[GapRecord]) -> None:
    """Enter new holes, and mark the bars that they touch: trades of these may be missing.

    What another process has stored meanwhile is no hole.
    """
    if not found:
        return
    least, greatest = min(hole.first_id for hole in found), max(hole.last_id for hole in found)
    known_holes = [
        (gap.next_id, gap.last_id)
        for gap in unfinished(connection, known, gaps.c.next_id <= greatest, gaps.c.last_id >= least)
        if gap.next_id is not None
    ]
    for hole in found:
        for first, last in _still_missing(connection, known, symbol, hole, known_holes):
            gap = replace(hole, first_id=first, last_id=last)
            _insert(connection, known, gap, GapState.OPEN)
            insort(known_holes, (first, last))
            for interval in STORED_INTERVALS:
                bars.flag(connection, known, interval, *_times(gap), BarFlag.GAP)


def mark(connection: Connection, known: Entry, from_us: int, until_us: int) -> None:
    """Mark the bars that gaps touch between two times: some of these may be younger than the gap."""
    for gap in unfinished(connection, known, *_about(from_us, until_us)):
        for interval in STORED_INTERVALS:
            bars.flag(connection, known, interval, *_times(gap), BarFlag.GAP)


def holes(connection: Connection, known: Entry) -> tuple[Hole, ...]:
    """What is missing of the symbol by the ledger, ascending."""
    found = sorted((gap.next_id, gap.last_id) for gap in unfinished(connection, known) if gap.next_id is not None)
    return tuple(found)


def shrink(connection: Connection, known: Entry, symbol: Symbol, ids: Hole, now_us: int) -> list[Gap]:
    """Bring the unfinished gaps among `ids` (inclusive) to what is left of them, which the stored trades alone decide.

    Those beside them get the times of the trades that are their neighbours now. The answer is the gaps that changed, as
    they were before.
    """
    changed: list[Gap] = []
    for gap in unfinished(connection, known, gaps.c.next_id <= ids[1] + 1, gaps.c.last_id >= ids[0] - 1):
        assert gap.next_id is not None
        left = list(holes_in(connection, symbol, known, gap.next_id, gap.last_id))
        if left == [(gap.next_id, gap.last_id)] and (gap.from_us, gap.to_us) == _around(
            connection, known, gap, left[0]
        ):
            continue
        changed.append(gap)
        if left:
            _narrow(connection, known, gap, left)
        else:
            _set(connection, gap, state=GapState.CLOSED.value, next_id=None, closed_us=now_us)
    if changed:
        _mark_again(connection, known, changed)
    return changed


def touched(connection: Connection, known: Entry, interval: Interval) -> list[tuple[int, int]]:
    """The open times of the first and the last bar that each unfinished gap touches."""
    spans = [_times(gap) for gap in unfinished(connection, known)]
    return [(interval.floor(from_us), interval.floor(to_us)) for from_us, to_us in spans]


def tried(connection: Connection, gap: Gap, state: GapState, now_us: int, words: str, attempts: int) -> None:
    """Note an attempt at repair and what came of it. A gap that was closed meanwhile stays so."""
    connection.execute(
        update(gaps)
        .where(gaps.c.gap_id == gap.gap_id, gaps.c.state.in_([state.value for state in UNFINISHED]))
        .values(state=state.value, tried_us=now_us, words=words, attempts=gaps.c.attempts + attempts)
    )


def lose(connection: Connection, known: Entry, gap: Gap, last_id: int, now_us: int, words: str) -> None:
    """Give up the ids of `gap` from its first missing one to `last_id`; what comes after stays open."""
    now = next((each for each in unfinished(connection, known) if each.gap_id == gap.gap_id), None)
    if now is None or now.next_id is None or last_id < now.next_id:
        return
    if last_id < now.last_id:
        rest = GapRecord(last_id + 1, now.last_id, now.from_us, now.to_us, now.cause, now.detected_us)
        _insert(connection, known, rest, GapState.OPEN, now.attempts)
    _set(connection, now, last_id=min(last_id, now.last_id))
    tried(connection, now, GapState.LOST, now_us, words, 1)


def _gaps() -> Select[Any]:
    return select(
        symbols.c.symbol, gaps.c.first_id, gaps.c.last_id, gaps.c.next_id, gaps.c.from_us, gaps.c.to_us, gaps.c.cause,
        gaps.c.state, gaps.c.attempts, gaps.c.detected_us, gaps.c.tried_us, gaps.c.closed_us, gaps.c.words, gaps.c.gap_id,
    ).join(symbols, symbols.c.symbol_id == gaps.c.symbol_id)  # fmt: skip


def _gap(row: Row[Any]) -> Gap:
    symbol, first, last, following, from_us, to_us, cause, state, *rest = tuple(row)
    return Gap(Symbol.parse(symbol), first, last, following, from_us, to_us, cause, GapState(state), *rest)


def _narrow(connection: Connection, known: Entry, gap: Gap, left: list[Hole]) -> None:
    """The entry goes on with the first hole of `left`; the others become entries beside it."""
    first, last = left[0]
    from_us, to_us = _around(connection, known, gap, left[0])
    _set(connection, gap, next_id=first, last_id=last, from_us=from_us, to_us=to_us)
    for first, last in left[1:]:
        from_us, to_us = _around(connection, known, gap, (first, last))
        sibling = GapRecord(first, last, from_us, to_us, gap.cause, gap.detected_us)
        _insert(connection, known, sibling, gap.state, gap.attempts)


def _around(connection: Connection, known: Entry, gap: Gap, hole: Hole) -> tuple[int, int]:
    """The times of the stored trades before and after `hole`; those of `gap`, of which it is a part, where there is none."""
    return _time_before(connection, known, hole[0], gap.from_us), _time_after(connection, known, hole[1], gap.to_us)


def _time_before(connection: Connection, known: Entry, trade_id: int, unknown: int) -> int:
    before = select(trades.c.trade_time_us).where(trades.c.symbol_id == known.symbol_id, trades.c.trade_id < trade_id)
    found = connection.scalar(before.order_by(trades.c.trade_id.desc()).limit(1))
    return unknown if found is None else int(found)


def _time_after(connection: Connection, known: Entry, trade_id: int, unknown: int) -> int:
    after = select(trades.c.trade_time_us).where(trades.c.symbol_id == known.symbol_id, trades.c.trade_id > trade_id)
    found = connection.scalar(after.order_by(trades.c.trade_id).limit(1))
    return unknown if found is None else int(found)


def _mark_again(connection: Connection, known: Entry, changed: list[Gap]) -> None:
    """Unmark the bars around the `changed` gaps, except where a gap that is still there touches them."""
    least, greatest = min(_times(gap)[0] for gap in changed), max(_times(gap)[1] for gap in changed)
    near = unfinished(connection, known, *_about(least, greatest))
    for interval in STORED_INTERVALS:
        for gap in changed:
            bars.unflag(connection, known, interval, *_times(gap), BarFlag.GAP)
        for gap in near:
            bars.flag(connection, known, interval, *_times(gap), BarFlag.GAP)


def _about(from_us: int, until_us: int) -> tuple[ColumnElement[bool], ...]:
    """That a gap shares a minute with the time from `from_us` to `until_us`. Its own times may step back."""
    first, last = MINUTE.floor(from_us), MINUTE.floor(until_us) + MINUTE.us
    return (
        or_(gaps.c.from_us < last, gaps.c.to_us < last),
        or_(gaps.c.from_us >= first, gaps.c.to_us >= first),
    )


def _times(gap: Gap | GapRecord) -> tuple[int, int]:
    """The trade times around a gap, in order: ids may ascend while times step back."""
    return min(gap.from_us, gap.to_us), max(gap.from_us, gap.to_us)


def _still_missing(
    connection: Connection, known: Entry, symbol: Symbol, gap: GapRecord, known_holes: list[Hole]
) -> tuple[Hole, ...]:
    """`gap` less the trades that are stored and the holes that are in the ledger (ascending, apart)."""
    near = known_holes[
        max(0, bisect_left(known_holes, (gap.first_id,)) - 1) : bisect_left(known_holes, (gap.last_id + 1,))
    ]
    return less(holes_in(connection, symbol, known, gap.first_id, gap.last_id), tuple(near))


def _insert(connection: Connection, known: Entry, gap: GapRecord, state: GapState, attempts: int = 0) -> None:
    connection.execute(
        insert(gaps).values(
            symbol_id=known.symbol_id,
            first_id=gap.first_id,
            last_id=gap.last_id,
            next_id=gap.first_id,
            from_us=gap.from_us,
            to_us=gap.to_us,
            cause=gap.cause,
            state=state.value,
            attempts=attempts,
            detected_us=gap.detected_us,
            words="",
        )
    )


def _set(connection: Connection, gap: Gap, **values: object) -> None:
    connection.execute(update(gaps).where(gaps.c.gap_id == gap.gap_id).values(**values))
