"""Bars in the database: new trades' shares are added to what is there, exactly."""

from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, case, func, literal_column, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert

from core.market import (
    CANDLE_COLUMNS,
    PRICE_COLUMNS,
    QUANTITY_COLUMNS,
    QUOTE_COLUMNS,
    SECOND_US,
    BarFlag,
    BarSource,
    Candles,
    Interval,
    Ints,
    Symbol,
    multiplied,
)
from core.store.catalogue import Entry
from core.store.columns import columns
from core.store.schema import bars

#: Of a bar that changes, whether it equals the venue's own has to be asked again.
_STILL_TRUE = int(BarFlag.PARTIAL | BarFlag.GAP)


def add(connection: Connection, known: Entry, parts: Candles, watermark_us: int) -> None:
    """Add `parts` (bars made of new trades only, at the latest scale) to the stored bars.

    A stored bar that the watermark had passed is amended: its revision goes up by one.
    """
    if len(parts) == 0:
        return
    late = (parts.open_time_us + parts.interval.us <= watermark_us).astype(np.int64)
    connection.exec_driver_sql(_UPSERT, _rows(known, parts, late))


def _rows(known: Entry, parts: Candles, revision: Ints) -> list[tuple[int, ...]]:
    """A bar's values in the order of the table's columns."""
    columns = (revision if name == "revision" else getattr(parts, name) for name in CANDLE_COLUMNS)
    interval_s, version = parts.interval.us // SECOND_US, known.latest.version
    return [
        (known.symbol_id, interval_s, *row, version) for row in zip(*(c.tolist() for c in columns), strict=True)
    ]  # fmt: skip


def seed(connection: Connection, known: Entry, history: Candles) -> int:
    """Store `history` where there is no bar yet, so that the desk's own always win; the answer is how many."""
    if len(history) == 0:
        return 0
    rows = _rows(known, history.rescaled(known.scale), history.revision)
    return connection.exec_driver_sql(_SEED, rows).rowcount


def put(connection: Connection, known: Entry, made: Candles) -> None:
    """Store `made` as it is (at the latest scale), where there is no bar."""
    if len(made):
        connection.exec_driver_sql(_PUT, _rows(known, made.rescaled(known.scale), made.revision))


def upsert_statement() -> Insert:
    """Insert a bar, or add its numbers to the bar that is there."""
    statement = insert(bars)
    new = statement.excluded
    earlier = new.first_trade_id < bars.c.first_trade_id
    later = new.last_trade_id > bars.c.last_trade_id
    sums = ("volume", "quote_volume", "trade_count", "taker_buy_volume", "taker_buy_quote_volume", "revision")
    return statement.on_conflict_do_update(
        index_elements=[bars.c.symbol_id, bars.c.interval_s, bars.c.open_time_us],
        set_={
            "open": case((earlier, new.open), else_=bars.c.open),
            "high": func.max(bars.c.high, new.high),
            "low": func.min(bars.c.low, new.low),
            "close": case((later, new.close), else_=bars.c.close),
            **{name: bars.c[name] + new[name] for name in sums},
            "first_trade_id": func.min(bars.c.first_trade_id, new.first_trade_id),
            "last_trade_id": func.max(bars.c.last_trade_id, new.last_trade_id),
            "flags": bars.c.flags.bitwise_or(new.flags).bitwise_and(literal_column(str(_STILL_TRUE))),
        },
        where=own(),  # a seeded bar holds these trades already
    )


def own() -> ColumnElement[bool]:
    """The bars made of the desk's own trades."""
    return bars.c.source == literal_column(str(int(BarSource.OWN)))


def _text(statement: Insert) -> str:
    """`statement` for rows in the order of the table's columns; as text, because building it costs more than a batch's bars."""
    return str(statement.compile(dialect=sqlite.dialect()))


_UPSERT = _text(upsert_statement())
_PUT = _text(insert(bars))
_SEED = _text(insert(bars).on_conflict_do_nothing())


def flag(connection: Connection, known: Entry, interval: Interval, from_us: int, to_us: int, mark: BarFlag) -> None:
    """Put `mark` on the desk's own bars from the one that holds `from_us` to the one that holds `to_us`."""
    _edit_flags(connection, known, interval, from_us, to_us, bars.c.flags.bitwise_or(int(mark)))


def unflag(connection: Connection, known: Entry, interval: Interval, from_us: int, to_us: int, mark: BarFlag) -> None:
    """Take `mark` off the desk's own bars from the one that holds `from_us` to the one that holds `to_us`."""
    _edit_flags(connection, known, interval, from_us, to_us, bars.c.flags.bitwise_and(~int(mark)))


def _edit_flags(connection: Connection, known: Entry, interval: Interval, from_us: int, to_us: int, flags: Any) -> None:
    connection.execute(
        update(bars)
        .where(
            bars.c.symbol_id == known.symbol_id,
            bars.c.interval_s == interval.us // SECOND_US,
            bars.c.open_time_us.between(interval.floor(from_us), interval.floor(to_us)),
            own(),
        )
        .values(flags=flags)
    )


def page(known: Entry, interval: Interval, start_us: int | None, end_us: int | None, limit: int) -> Select[Any]:
    """The bars with start_us <= open time < end_us: the oldest `limit` where a start is given, else the newest."""
    rows = select(*(bars.c[name] for name in CANDLE_COLUMNS), bars.c.scale_version).where(
        bars.c.symbol_id == known.symbol_id, bars.c.interval_s == interval.us // SECOND_US
    )
    if start_us is not None:
        rows = rows.where(bars.c.open_time_us >= start_us)
    if end_us is not None:
        rows = rows.where(bars.c.open_time_us < end_us)
    return rows.order_by(bars.c.open_time_us if start_us is not None else bars.c.open_time_us.desc()).limit(limit)


def read(
    connection: Connection, known: Entry, symbol: Symbol, interval: Interval, rows: Select[Any], watermark_us: int
) -> Candles:
    """The bars that `rows` selects, ascending by open time, at the symbol's finest scale."""
    table = columns(connection, rows, len(CANDLE_COLUMNS) + 1)
    if table.shape[1] > 1 and table[0, 0] > table[0, -1]:
        table = np.ascontiguousarray(table[:, ::-1])
    values: dict[str, Any] = dict(zip(CANDLE_COLUMNS, table, strict=False))
    if len(known.versions) > 1:
        _bring_to_finest(values, known, table[-1])
    return Candles(symbol=symbol, interval=interval, scale=known.scale, watermark_us=watermark_us, **values)


def _bring_to_finest(columns: dict[str, Ints], known: Entry, versions: Ints) -> None:
    finest = known.scale
    price = np.array([10 ** (finest.price - v.scale.price) for v in known.versions], dtype=np.int64)[versions]
    quantity = np.array([10 ** (finest.quantity - v.scale.quantity) for v in known.versions], dtype=np.int64)[versions]
    for names, factors in ((PRICE_COLUMNS, price), (QUANTITY_COLUMNS, quantity), (QUOTE_COLUMNS, price * quantity)):
        for name in names:
            columns[name] = multiplied(columns[name], factors)
