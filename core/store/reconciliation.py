"""The desk's own minutes beside the venue's own bars: which are confirmed, which differ, which wait."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from core.health import Difference, Reconciliation
from core.market import CONFIRMING, MINUTE, SECOND_US, BarFlag, Ints, Symbol
from core.store import bars
from core.store.catalogue import Entry
from core.store.schema import bars as bars_table
from core.store.schema import differences, symbols

_PPB = 1e9
_INCOMPLETE = BarFlag.GAP | BarFlag.PARTIAL


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a comparison found: (open time, revision) of minutes that match or only span, and the minutes that differ."""

    symbol: Symbol
    matched: tuple[tuple[int, int], ...]
    spanning: tuple[tuple[int, int], ...]
    differing: tuple[Difference, ...]


def waiting(connection: Connection, known: Entry, before_us: int, limit: int) -> Ints:
    """Open times of the oldest `limit` own minutes before `before_us` that are whole and not compared yet, ascending."""
    row = bars_table.c
    rows = (
        select(row.open_time_us)
        .where(*_minutes(known), row.open_time_us < before_us, row.flags.bitwise_and(int(_ANY)) == 0)
        .order_by(row.open_time_us)
        .limit(limit)
    )
    return np.fromiter(connection.scalars(rows), dtype=np.int64)


def judge(connection: Connection, known: Entry, verdicts: Verdicts) -> None:
    """Mark the minutes, but those that have changed since they were read, and keep the list of differences."""
    for told, mark in ((verdicts.matched, BarFlag.CHECKED), (verdicts.spanning, BarFlag.SPANNED)):
        if not told:
            continue
        _mark(connection, known, told, mark)
        gone = (differences.c.symbol_id == known.symbol_id, differences.c.open_time_us == bindparam("at"))
        connection.execute(delete(differences).where(*gone), [{"at": at} for at, _ in told])
    for each in verdicts.differing:
        _differs(connection, known, each)


def summary(connection: Connection, known: Entry, symbol: Symbol, from_us: int) -> Reconciliation:
    """How the minutes since `from_us` stand."""
    flags = bars_table.c.flags
    rows = select(flags, func.count()).where(*_minutes(known), bars_table.c.open_time_us >= from_us).group_by(flags)
    counts = {BarFlag(mark): count for mark, count in connection.execute(rows)}
    differing, worst = connection.execute(
        select(func.count(), func.max(differences.c.relative_ppb)).where(
            differences.c.symbol_id == known.symbol_id, differences.c.open_time_us >= from_us
        )
    ).one()

    def count(mark: BarFlag) -> int:
        return sum(n for flags, n in counts.items() if flags & mark)

    return Reconciliation(
        symbol, from_us, count(BarFlag.CHECKED), count(BarFlag.SPANNED), differing,
        sum(n for flags, n in counts.items() if not flags & _ANY), None if worst is None else worst / _PPB,
    )  # fmt: skip


def differences_of(connection: Connection, symbol: Symbol | None, limit: int) -> tuple[Difference, ...]:
    """Minutes that differ, newest first."""
    row = differences.c
    rows = (
        select(
            symbols.c.symbol, row.open_time_us, row.fields, row.own_count, row.reference_count, row.relative_ppb,
            row.found_us, row.attempts,
        )
        .join(symbols, symbols.c.symbol_id == row.symbol_id)
        .order_by(row.open_time_us.desc())
        .limit(limit)
    )  # fmt: skip
    if symbol is not None:
        rows = rows.where(symbols.c.symbol == str(symbol))
    return tuple(
        Difference(Symbol.parse(name), at, tuple(fields.split(",")), own, reference, ppb / _PPB, found, attempts)
        for name, at, fields, own, reference, ppb, found, attempts in connection.execute(rows)
    )


#: Marks of a minute that is not waiting: compared already, or known to be incomplete.
_ANY = CONFIRMING | BarFlag.DIFFERS | _INCOMPLETE


def _minutes(known: Entry) -> tuple[ColumnElement[bool], ...]:
    return (
        bars_table.c.symbol_id == known.symbol_id,
        bars_table.c.interval_s == MINUTE.us // SECOND_US,
        bars.own(),
    )


def _mark(connection: Connection, known: Entry, told: Sequence[tuple[int, int]], mark: BarFlag) -> None:
    row = bars_table.c
    unchanged = (row.open_time_us == bindparam("at"), row.revision == bindparam("as_of"))
    marked = row.flags.bitwise_and(int(_INCOMPLETE)).bitwise_or(int(mark))
    connection.execute(
        update(bars_table).where(*_minutes(known), *unchanged).values(flags=marked),
        [{"at": at, "as_of": revision} for at, revision in told],
    )


def _differs(connection: Connection, known: Entry, each: Difference) -> None:
    row = bars_table.c
    marked = row.flags.bitwise_and(int(_INCOMPLETE)).bitwise_or(int(BarFlag.DIFFERS))
    connection.execute(
        update(bars_table).where(*_minutes(known), row.open_time_us == each.open_time_us).values(flags=marked)
    )
    values = {
        "fields": ",".join(each.fields),
        "own_count": each.own_count,
        "reference_count": each.reference_count,
        "relative_ppb": min(round(each.relative * _PPB), 2**62),
    }
    here = (differences.c.symbol_id == known.symbol_id, differences.c.open_time_us == each.open_time_us)
    again = update(differences).where(*here).values(attempts=differences.c.attempts + 1, **values)
    if connection.execute(again).rowcount == 0:
        fresh = {"symbol_id": known.symbol_id, "open_time_us": each.open_time_us, "found_us": each.found_us}
        connection.execute(insert(differences).values(attempts=1, **fresh, **values))
