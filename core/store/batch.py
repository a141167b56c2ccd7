"""A batch of trades into the database, with their bars, in one transaction."""

from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from core import candles
from core.continuity import Hole
from core.market import STORED_INTERVALS, BarFlag, Bools, Candles, Ints, Trades
from core.store import aggregates, bars
from core.store.catalogue import Catalogue, Entry, lift_bars
from core.store.schema import trades as trades_table
from core.store.trade_rows import LAG_UNIT_US

_COLUMNS = 7
#: SQLite bounds the parameters of a statement.
_IDS_PER_STATEMENT = 400
#: Rows of one INSERT: past a hundred nothing is gained. The rest go in one by one, so that both texts stay prepared.
_ROWS_PER_STATEMENT = 100
_ROW = f"({','.join('?' * _COLUMNS)})"
_NAMES = "symbol_id, trade_id, trade_time_us, price, signed_quantity, lag_ms, trade_count"
_INSERT_ONE = f"INSERT INTO trades ({_NAMES}) VALUES {_ROW}"
_INSERT_MANY = _INSERT_ONE + f",{_ROW}" * (_ROWS_PER_STATEMENT - 1)


class Stored(NamedTuple):
    """What a batch of one symbol came to, in rows; `touched_us` is the earliest trade time among the new, None without any.

    `holes` are all that the symbol has now, ascending, where the ledger was changed; else None.
    """

    new: int
    duplicates: int
    touched_us: int | None
    holes: tuple[Hole, ...] | None = None


def append_trades(connection: Connection, catalogue: Catalogue, batch: Trades, watermark_us: int) -> Stored:
    """Store the trades of `batch` (ascending, distinct ids) that are not there yet, and add them to the bars."""
    known = catalogue.entry(connection, batch.symbol)
    first_ever = catalogue.last_id(connection, batch.symbol) is None
    new = _unknown_only(connection, catalogue, known, batch)
    if len(new) == 0:
        return Stored(0, len(batch), None)
    known, at_finest, as_stored = _to_scale(connection, catalogue, known, new)
    _insert(connection, known, as_stored)
    _add_bars(connection, known, at_finest, watermark_us, first_ever)
    catalogue.reached(batch.symbol, max(int(new.last_id[-1]), catalogue.last_id(connection, batch.symbol) or 0))
    return Stored(len(new), max(0, len(batch) - len(new)), int(new.trade_time_us.min()))


def insert_trades(connection: Connection, catalogue: Catalogue, known: Entry, new: Trades) -> None:
    """Store rows of `new`, each at the scale of its id, and leave the bars as they are."""
    known, _, as_stored = _to_scale(connection, catalogue, known, new)
    _insert(connection, known, as_stored)


def _unknown_only(connection: Connection, catalogue: Catalogue, known: Entry, batch: Trades) -> Trades:
    """What of `batch` is not stored yet: the rest was stored before, or is covered by an aggregate that was."""
    if not batch.symbol.counts_aggregates and (batch.trade_count > 1).any():
        known = catalogue.aggregated(connection, batch.symbol)
        if not known.versions or known.scale.finer(batch.scale) != known.scale:
            known = catalogue.refined(connection, batch.symbol, batch.scale, int(batch.trade_id[0]))
        return aggregates.fitted(connection, known, batch.rescaled(known.scale))
    last = catalogue.last_id(connection, batch.symbol)
    if last is None or batch.trade_id[0] > last:
        return batch
    old = batch.trade_id <= last
    new = batch.take(~old | ~_stored(connection, known, batch.trade_id, old))
    return aggregates.uncovered(connection, known, new) if known.aggregated else new


def _stored(connection: Connection, known: Entry, ids: Ints, asked: Bools) -> Bools:
    """Which of `ids` are in the database; only those that are `asked` can be."""
    wanted = ids[asked].tolist()
    found: set[int] = set()
    for start in range(0, len(wanted), _IDS_PER_STATEMENT):
        part = wanted[start : start + _IDS_PER_STATEMENT]
        found.update(
            connection.scalars(
                select(trades_table.c.trade_id).where(
                    trades_table.c.symbol_id == known.symbol_id, trades_table.c.trade_id.in_(part)
                )
            )
        )
    return np.isin(ids, np.fromiter(found, dtype=np.int64, count=len(found)))


def _to_scale(connection: Connection, catalogue: Catalogue, known: Entry, new: Trades) -> tuple[Entry, Trades, Trades]:
    """The entry, and `new` at the symbol's finest scale and at the scale of each trade's own version."""
    if not known.versions or known.scale.finer(new.scale) != known.scale:
        known = catalogue.refined(connection, new.symbol, new.scale, int(new.trade_id[0]))
    at_finest = new.rescaled(known.scale)
    while True:
        as_stored, misfit = _at_own_versions(known, at_finest)
        if misfit is None:
            return known, at_finest, as_stored
        known = catalogue.refined(connection, new.symbol, known.scale, misfit)


def _at_own_versions(known: Entry, at_finest: Trades) -> tuple[Trades, int | None]:
    """`at_finest` with each trade at the version of its id; and the first id that does not fit its version."""
    if len(known.versions) == 1 or at_finest.trade_id[0] >= known.latest.from_trade_id:
        return at_finest, None
    starts = np.array([v.from_trade_id for v in known.versions])
    version = np.searchsorted(starts, at_finest.trade_id, side="right") - 1
    finest = known.scale
    price = np.array([10 ** (finest.price - v.scale.price) for v in known.versions])[version]
    quantity = np.array([10 ** (finest.quantity - v.scale.quantity) for v in known.versions])[version]
    misfits = (at_finest.price % price != 0) | (at_finest.quantity % quantity != 0)
    if misfits.any():
        return at_finest, int(at_finest.trade_id[misfits][0])
    stored = Trades(
        at_finest.symbol,
        finest,
        at_finest.trade_id,
        at_finest.price // price,
        at_finest.quantity // quantity,
        at_finest.trade_time_us,
        at_finest.received_us,
        at_finest.is_buyer_maker,
        at_finest.trade_count,
    )
    return stored, None


def _insert(connection: Connection, known: Entry, new: Trades) -> None:
    table = np.empty((len(new), _COLUMNS), dtype=np.int64)
    table[:, 0] = known.symbol_id
    table[:, 1] = new.trade_id
    table[:, 2] = new.trade_time_us
    table[:, 3] = new.price
    table[:, 4] = np.where(new.is_buyer_maker, -new.quantity, new.quantity)
    table[:, 5] = (new.received_us - new.trade_time_us) // LAG_UNIT_US
    table[:, 6] = new.trade_count
    whole = len(table) - len(table) % _ROWS_PER_STATEMENT
    for start in range(0, whole, _ROWS_PER_STATEMENT):
        part = table[start : start + _ROWS_PER_STATEMENT]
        connection.exec_driver_sql(_INSERT_MANY, tuple(part.ravel().tolist()))
    if whole < len(table):
        connection.exec_driver_sql(_INSERT_ONE, [tuple(row) for row in table[whole:].tolist()])


def _add_bars(connection: Connection, known: Entry, new: Trades, watermark_us: int, first_ever: bool) -> None:
    parts = candles.from_trades(new, STORED_INTERVALS[0])
    for interval in STORED_INTERVALS:
        parts = candles.roll_up(parts, interval)
        if first_ever:
            _mark_partial(parts)
        if len(known.versions) > 1:
            lift_bars(connection, known, parts.open_time_us.tolist())
        bars.add(connection, known, parts, watermark_us)


def _mark_partial(parts: Candles) -> None:
    """The desk's record begins inside the first bar, so what the bar held before is not known."""
    parts.flags[int(np.argmin(parts.first_trade_id))] |= BarFlag.PARTIAL
