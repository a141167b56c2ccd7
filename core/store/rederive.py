"""Bars made anew from the stored trades: where seeded ones have been standing in, and where one is in doubt."""

import numpy as np
from sqlalchemy import Connection, bindparam, delete, select

from core import candles
from core.health import Gap
from core.market import (
    CANDLE_COLUMNS,
    MINUTE,
    SECOND_US,
    STORED_INTERVALS,
    BarFlag,
    BarSource,
    Candles,
    Interval,
    Ints,
    Symbol,
    Trades,
)
from core.store import bars, gaps
from core.store.catalogue import Entry
from core.store.schema import bars as bars_table
from core.store.schema import trades as trades_table
from core.store.trade_rows import read_trades, trade_rows

#: What makes a bar what it is, its source among it.
_NUMBERS = tuple(name for name in CANDLE_COLUMNS if name not in ("revision", "flags"))


def replace_seeded(connection: Connection, known: Entry, symbol: Symbol, filled: list[Gap]) -> None:
    """Put the desk's own bars where seeded ones lie in `filled` gaps (as they were before), now that their trades are there.

    A bar that a gap still touches waits.
    """
    for interval in STORED_INTERVALS:
        still = gaps.touched(connection, known, interval)
        for gap in filled:
            first, last = sorted((interval.floor(gap.from_us), interval.floor(gap.to_us)))
            opens = _seeded(connection, known, interval, first, last)
            whole = [at for at in opens.tolist() if not any(start <= at <= end for start, end in still)]
            if whole:
                rederive(connection, known, symbol, interval, np.array(whole, dtype=np.int64))


def remake(connection: Connection, known: Entry, symbol: Symbol, from_us: int, until_us: int) -> int:
    """Make every bar of the stored trades anew whose open time is from `from_us` to before `until_us`; how many there are.

    Not seeded ones: these stand in for trades that the desk does not have.
    """
    count = 0
    for interval in STORED_INTERVALS:
        first = interval.floor(from_us)
        opens = np.arange(first, until_us, interval.us, dtype=np.int64)
        opens = opens[~np.isin(opens, _seeded(connection, known, interval, first, until_us))]
        count += rederive(connection, known, symbol, interval, opens) if len(opens) else 0
    return count


def rederive(connection: Connection, known: Entry, symbol: Symbol, interval: Interval, opens: Ints) -> int:
    """Make the bars that open at `opens` (ascending) of the stored trades; how many there are now.

    The revision of a bar that changes goes up by one. A bar of which no trade is stored stays as it is.
    """
    stored = _trades_between(connection, known, symbol, int(opens[0]), int(opens[-1]) + interval.us)
    made = candles.from_trades(stored, interval)
    made = made.take(np.isin(made.open_time_us, opens))
    if len(made) == 0:
        return 0
    whole = len(made)
    made = _changed(connection, known, made)
    if len(made) == 0:
        return whole
    here = (
        bars_table.c.symbol_id == known.symbol_id,
        bars_table.c.interval_s == interval.us // SECOND_US,
        bars_table.c.open_time_us == bindparam("at"),
    )
    connection.execute(delete(bars_table).where(*here), [{"at": at} for at in made.open_time_us.tolist()])
    bars.put(connection, known, made)
    return whole


def _seeded(connection: Connection, known: Entry, interval: Interval, first_us: int, last_us: int) -> Ints:
    rows = connection.scalars(
        select(bars_table.c.open_time_us)
        .where(
            bars_table.c.symbol_id == known.symbol_id,
            bars_table.c.interval_s == interval.us // SECOND_US,
            bars_table.c.open_time_us.between(first_us, last_us),
            bars_table.c.source == int(BarSource.SEEDED),
        )
        .order_by(bars_table.c.open_time_us)
    )
    return np.fromiter(rows, dtype=np.int64)


def _changed(connection: Connection, known: Entry, made: Candles) -> Candles:
    """Those of `made` that differ from what is stored, each one revision on, with the marks that are still true."""
    span = bars.page(known, made.interval, int(made.open_time_us[0]), int(made.open_time_us[-1]) + 1, -1)
    before = bars.read(connection, known, made.symbol, made.interval, span, 0)
    rows = {at: row for row, at in enumerate(before.open_time_us.tolist())}
    still = gaps.touched(connection, known, made.interval)
    keep = np.ones(len(made), dtype=bool)
    for row, at in enumerate(made.open_time_us.tolist()):
        old = rows.get(at)
        if old is not None:
            keep[row] = any(getattr(made, name)[row] != getattr(before, name)[old] for name in _NUMBERS)
            made.revision[row] = before.revision[old] + 1
            made.flags[row] = before.flags[old] & BarFlag.PARTIAL
        if any(start <= at <= end for start, end in still):
            made.flags[row] |= BarFlag.GAP
    return made.take(keep)


def _trades_between(connection: Connection, known: Entry, symbol: Symbol, start_us: int, end_us: int) -> Trades:
    """The stored trades with start_us <= time < end_us. Trades are found by id: the bars around say from which on."""
    minute = (
        bars_table.c.symbol_id == known.symbol_id,
        bars_table.c.interval_s == MINUTE.us // SECOND_US,
        bars.own(),
    )
    before = (
        select(bars_table.c.first_trade_id)
        .where(*minute, bars_table.c.open_time_us < MINUTE.floor(start_us))
        .order_by(bars_table.c.open_time_us.desc())
    )
    after = (
        select(bars_table.c.last_trade_id)
        .where(*minute, bars_table.c.open_time_us >= MINUTE.floor(end_us - 1) + MINUTE.us)
        .order_by(bars_table.c.open_time_us)
    )
    low, high = connection.scalar(before.limit(1)), connection.scalar(after.limit(1))
    rows = trade_rows(known)
    if low is not None:
        rows = rows.where(trades_table.c.trade_id >= low)
    if high is not None:
        rows = rows.where(trades_table.c.trade_id <= high)
    found = read_trades(connection, symbol, known, rows.order_by(trades_table.c.trade_id))
    return found.take((found.trade_time_us >= start_us) & (found.trade_time_us < end_us))
