"""Stored trades put right by what the venue says of them now."""

import numpy as np
from sqlalchemy import Connection, bindparam, delete

from core.market import Bools, Trades
from core.store import batch
from core.store.catalogue import Catalogue
from core.store.schema import trades as trades_table
from core.store.trade_rows import read_trades, trade_rows


def correct(connection: Connection, catalogue: Catalogue, truth: Trades) -> int:
    """Replace the stored rows that differ from `truth` (ascending, distinct ids) in price, quantity, time or side.

    The answer is how many did. Rows that are not stored are left to the repair of gaps; bars are not touched.
    """
    known = catalogue.entry(connection, truth.symbol)
    if not known.versions or known.scale.finer(truth.scale) != known.scale:
        known = catalogue.refined(connection, truth.symbol, truth.scale, int(truth.trade_id[0]))
    truth = truth.rescaled(known.scale)
    first, last = int(truth.trade_id[0]), int(truth.trade_id[-1])
    rows = trade_rows(known).where(trades_table.c.trade_id.between(first, last)).order_by(trades_table.c.trade_id)
    stored = read_trades(connection, truth.symbol, known, rows)
    common, ours, theirs = np.intersect1d(stored.trade_id, truth.trade_id, assume_unique=True, return_indices=True)
    wrong = _differ(stored.take(ours), truth.take(theirs))
    if not wrong.any():
        return 0
    here = (trades_table.c.symbol_id == known.symbol_id, trades_table.c.trade_id == bindparam("id"))
    connection.execute(delete(trades_table).where(*here), [{"id": each} for each in common[wrong].tolist()])
    batch.insert_trades(connection, catalogue, known, truth.take(theirs[wrong]))
    return int(wrong.sum())


def _differ(stored: Trades, truth: Trades) -> Bools:
    return np.asarray(
        (stored.price != truth.price)
        | (stored.quantity != truth.quantity)
        | (stored.trade_time_us // 1000 != truth.trade_time_us // 1000)
        | (stored.is_buyer_maker != truth.is_buyer_maker)
        | (stored.trade_count != truth.trade_count),
        dtype=bool,
    )
