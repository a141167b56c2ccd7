"""Spot aggregates in place of single trades: exact in volume, side, count and price, silent on how they were split."""

from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from core.continuity import Hole
from core.errors import OutOfRange
from core.market import Ints, Trades
from core.store.catalogue import Entry
from core.store.schema import trades as trades_table
from core.store.trade_rows import holes_in, read_trades, trade_rows


def fitted(connection: Connection, known: Entry, batch: Trades) -> Trades:
    """`batch`, whose rows each cover a range of ids, cut to the ids that no stored row covers; at the symbol's finest scale.

    An aggregate of which some trades are stored gives what is left of its quantity to the ids that are missing. Raise
    OutOfRange where it holds less than what is stored of it.
    """
    pieces = [_piece(connection, known, batch.take(slice(row, row + 1))) for row in range(len(batch))]
    return _joined(batch, pieces)


def uncovered(connection: Connection, known: Entry, batch: Trades) -> Trades:
    """The single trades of `batch` that no stored aggregate covers."""
    ids = batch.trade_id.tolist()
    keep = [bool(holes_in(connection, batch.symbol, known, each, each)) for each in ids]
    return batch.take(np.array(keep, dtype=bool))


def _piece(connection: Connection, known: Entry, aggregate: Trades) -> Trades:
    first, last = int(aggregate.trade_id[0]), int(aggregate.last_id[0])
    holes = holes_in(connection, aggregate.symbol, known, first, last)
    if holes == ((first, last),):
        return aggregate
    if not holes:
        return aggregate.take(slice(0, 0))
    rows = trade_rows(known).where(trades_table.c.trade_id.between(first, last))
    stored = read_trades(connection, aggregate.symbol, known, rows.order_by(trades_table.c.trade_id))
    left = int(aggregate.quantity[0]) - sum(stored.quantity.tolist())
    if left <= 0:
        raise OutOfRange(
            f"the aggregate of trades {first} to {last} of {aggregate.symbol} holds no more than what is stored of it"
        )
    return _over(aggregate, holes, left)


def _over(aggregate: Trades, holes: tuple[Hole, ...], quantity: int) -> Trades:
    """Rows like `aggregate` over `holes`. All of `quantity` is with the first: how it was split nobody tells."""
    pieces = aggregate.take(np.zeros(len(holes), dtype=np.int64))
    shares = np.zeros(len(holes), dtype=np.int64)
    shares[0] = quantity
    return replace(
        pieces,
        trade_id=np.array([first for first, _ in holes], dtype=np.int64),
        trade_count=np.array([last - first + 1 for first, last in holes], dtype=np.int64),
        quantity=shares,
    )


def _joined(like: Trades, pieces: list[Trades]) -> Trades:
    def column(name: str) -> Ints:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    return replace(
        like,
        trade_id=column("trade_id"),
        price=column("price"),
        quantity=column("quantity"),
        trade_time_us=column("trade_time_us"),
        received_us=column("received_us"),
        is_buyer_maker=np.asarray(column("is_buyer_maker"), dtype=bool),
        trade_count=column("trade_count"),
    )
