"""Rows of integers as columns, past SQLAlchemy's row objects: making these takes half as long as the query."""

from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select

from core.errors import StoreCorrupt
from core.market import Ints


def columns(connection: Connection, rows: Select[Any], width: int) -> Ints:
    """The `width` integer columns that `rows` selects, each contiguous: shape (width, number of rows).

    Raise StoreCorrupt where one holds something else than integers.
    """
    with connection.execute(rows) as result:
        cursor: Any = result.cursor
        try:
            numbers = np.fromiter(chain.from_iterable(cursor), dtype=np.int64)
        except (TypeError, ValueError, OverflowError) as error:
            raise StoreCorrupt(
                f"the database is damaged: a column of integers holds something else ({error}): move the file away and "
                "start again, or restore a backup"
            ) from error
    return np.ascontiguousarray(numbers.reshape(-1, width).T)
