"""Stored trades put right by what the venue says of them now."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete

from core.market import Trades
from core.store import batch
from core.store.catalogue import Catalogue
from core.store.schema import trades as trades_table
from core.store.trade_rows import read_trades, trade_rows


def correct(connection: Connection, catalogue: Catalogue, truth: Trades) -> int:
    """Replace the stored rows that differ from `truth` (ascending, distinct ids) in price, quantity, time or side.

    Rows cover the ids from `trade_id` to `last_id`, on either side: rows are compared with the rows that cover the same ids
    together, and their quantities in sum. The answer is how many stored rows were replaced. What covers other ids than
    `truth` does is left as it is, and so are bars.
    """
    known = catalogue.entry(connection, truth.symbol)
    if not known.versions or known.scale.finer(truth.scale) != known.scale:
        known = catalogue.refined(connection, truth.symbol, truth.scale, int(truth.trade_id[0]))
    truth = truth.rescaled(known.scale)
    within = trades_table.c.trade_id.between(int(truth.trade_id[0]), int(truth.last_id[-1]))
    rows = trade_rows(known).where(within).order_by(trades_table.c.trade_id)
    stored = read_trades(connection, truth.symbol, known, rows)
    wrong = [part for part in _same_ids(stored, truth) if _differ(stored.take(part.ours), truth.take(part.theirs))]
    if not wrong:
        return 0
    here = (trades_table.c.symbol_id == known.symbol_id, trades_table.c.trade_id == bindparam("id"))
    gone = [{"id": each} for part in wrong for each in stored.trade_id[part.ours].tolist()]
    connection.execute(delete(trades_table).where(*here), gone)
    for part in wrong:
        right = truth.take(part.theirs)
        if not truth.symbol.counts_aggregates and (right.trade_count > 1).any():
            known = catalogue.aggregated(connection, truth.symbol)
        batch.insert_trades(connection, catalogue, known, right)
    return len(gone)


class _Part(NamedTuple):
    """Rows of two lists that cover the same ids."""

    ours: slice
    theirs: slice


def _same_ids(ours: Trades, theirs: Trades) -> list[_Part]:
    """The smallest parts of both lists that cover the same ids without a hole."""
    a = list(zip(ours.trade_id.tolist(), ours.last_id.tolist(), strict=True))
    b = list(zip(theirs.trade_id.tolist(), theirs.last_id.tolist(), strict=True))
    parts: list[_Part] = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i][0] != b[j][0]:
            if a[i][0] < b[j][0]:
                i += 1
            else:
                j += 1
            continue
        k, m, reach, whole = i + 1, j + 1, (a[i][1], b[j][1]), True
        while whole and reach[0] != reach[1]:
            if reach[0] < reach[1]:
                whole = k < len(a) and a[k][0] == reach[0] + 1
                if whole:
                    reach, k = (a[k][1], reach[1]), k + 1
            else:
                whole = m < len(b) and b[m][0] == reach[1] + 1
                if whole:
                    reach, m = (reach[0], b[m][1]), m + 1
        if whole:
            parts.append(_Part(slice(i, k), slice(j, m)))
        i, j = k, m
    return parts


def _differ(stored: Trades, truth: Trades) -> bool:
    """Whether rows that cover the same ids say something else. Times count in whole milliseconds.

    A row of no quantity is a part of an aggregate: what is known of its sum stands in another row, and its side in none.
    """
    if len(stored) == len(truth):
        return bool(
            (stored.price != truth.price).any()
            or (stored.quantity != truth.quantity).any()
            or (stored.trade_time_us // 1000 != truth.trade_time_us // 1000).any()
            or ((stored.is_buyer_maker != truth.is_buyer_maker) & (stored.quantity != 0)).any()
            or (stored.trade_count != truth.trade_count).any()
        )
    said = {
        (price, side, time // 1000)
        for rows in (stored.take(stored.quantity != 0), truth)
        for price, side, time in zip(
            rows.price.tolist(), rows.is_buyer_maker.tolist(), rows.trade_time_us.tolist(), strict=True
        )
    }
    return len(said) > 1 or sum(stored.quantity.tolist()) != sum(truth.quantity.tolist())
