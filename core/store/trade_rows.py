"""Trades in the database as columns, and which ids they cover."""

from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, select

from core.continuity import Hole
from core.market import Symbol, Trades, multiplied
from core.store.catalogue import Entry
from core.store.columns import columns
from core.store.schema import trades

#: What `lag_ms` counts.
LAG_UNIT_US = 1000
_COLUMNS = 6


def trade_rows(known: Entry) -> Select[Any]:
    """What `read_trades` needs, of every trade of a symbol."""
    row = trades.c
    return select(
        row.trade_id, row.price, row.signed_quantity, row.trade_time_us, row.lag_ms, row.trade_count
    ).where(row.symbol_id == known.symbol_id)  # fmt: skip


def read_trades(connection: Connection, symbol: Symbol, known: Entry, rows: Select[Any]) -> Trades:
    """The trades that `rows` selects, in its order, at the symbol's finest scale."""
    ids, prices, signed, traded, lags, counts = columns(connection, rows, _COLUMNS)
    quantities, sold = np.abs(signed), signed < 0
    if len(known.versions) > 1:
        versions = np.searchsorted([v.from_trade_id for v in known.versions], ids, side="right") - 1
        finest = known.scale
        price = np.array([10 ** (finest.price - v.scale.price) for v in known.versions])[versions]
        quantity = np.array([10 ** (finest.quantity - v.scale.quantity) for v in known.versions])[versions]
        prices, quantities = multiplied(prices, price), multiplied(quantities, quantity)
    return Trades(symbol, known.scale, ids, prices, quantities, traded, traded + lags * LAG_UNIT_US, sold, counts)


def holes_in(connection: Connection, symbol: Symbol, known: Entry, first_id: int, last_id: int) -> tuple[Hole, ...]:
    """The runs of ids between `first_id` and `last_id`, both inclusive, that no stored row covers."""
    row = trades.c
    of_symbol = select(row.trade_id, row.trade_count).where(row.symbol_id == known.symbol_id)
    before = of_symbol.where(row.trade_id < first_id).order_by(row.trade_id.desc()).limit(1)
    inside = of_symbol.where(row.trade_id.between(first_id, last_id)).order_by(row.trade_id)
    found = [*connection.execute(before), *connection.execute(inside)]
    starts, counts = np.array([tuple(each) for each in found], dtype=np.int64).reshape(-1, 2).T
    ends = starts if symbol.counts_aggregates else starts + counts - 1
    begins = np.concatenate(([first_id], np.maximum(ends + 1, first_id)))
    stops = np.concatenate((starts - 1, [last_id]))
    return tuple((int(a), int(b)) for a, b in zip(begins, stops, strict=True) if a <= b)
