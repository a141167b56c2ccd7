"""Questions to the database: each answer is one snapshot, on a connection of the asking thread's own."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from core import candles
from core.continuity import Sequence
from core.errors import StoreError
from core.health import Difference, Gap, GapState, Reconciliation
from core.market import MINUTE, Candles, Interval, Ints, Scale, Symbol, Trades, base_interval
from core.store import bars, catalogue, gaps, inventory, location, reconciliation
from core.store.engine import desk_errors
from core.store.schema import desk, symbols
from core.store.schema import trades as trades_table
from core.store.trade_rows import read_trades, trade_rows


@dataclass(frozen=True, slots=True)
class LastTrade:
    """Where a symbol's record stands: its ids, its scale and its newest trade."""

    sequence: Sequence
    scale: Scale
    trade_time_us: int
    price: int


class Reader:
    """Bars and trades by symbol. Safe to share among threads; raise StoreError where the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction: whatever is read in it stands at one moment."""
        with desk_errors(self._engine.url), self._engine.connect() as connection, connection.begin():
            yield connection

    def symbols(self) -> list[Symbol]:
        """Every symbol that the database has met, in that order."""
        with self.snapshot() as connection:
            return [Symbol.parse(s) for s in connection.scalars(select(symbols.c.symbol).order_by(symbols.c.symbol_id))]

    def scale(self, symbol: Symbol) -> Scale:
        """The finest scale of `symbol`."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            return known.scale if known else catalogue.SCALE_UNKNOWN

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def watermark_us(self) -> int:
        """The event time up to which bars are final; 0 before the first trade."""
        with self.snapshot() as connection:
            return _watermark(connection)

    def candles(
        self,
        symbol: Symbol,
        interval: Interval,
        start_us: int | None = None,
        end_us: int | None = None,
        limit: int = 1000,
    ) -> Candles:
        """At most `limit` bars with start_us <= open time < end_us: the oldest where a start is given, else the newest.

        Empty where the database has none of `symbol`.
        """
        with self.snapshot() as connection:
            return _candles(connection, symbol, interval, start_us, end_us, limit)

    def legs(
        self,
        symbols: Iterable[Symbol],
        interval: Interval,
        start_us: int | None = None,
        end_us: int | None = None,
        limit: int = 1000,
    ) -> tuple[Candles, ...]:
        """What `candles` gives of each of `symbols`, all at one moment."""
        with self.snapshot() as connection:
            return tuple(_candles(connection, symbol, interval, start_us, end_us, limit) for symbol in symbols)

    def last_trades(self, symbol: Symbol, limit: int) -> Trades:
        """The newest `limit` trades, ascending by id."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol) or catalogue.Entry(0, ())
            rows = trade_rows(known).order_by(trades_table.c.trade_id.desc()).limit(limit)
            return read_trades(connection, symbol, known, rows).take(slice(None, None, -1))

    def trades_after(self, symbol: Symbol, after_id: int, limit: int, last_id: int | None = None) -> Trades:
        """At most `limit` trades with after_id < id <= last_id, ascending: a page by key."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol) or catalogue.Entry(0, ())
            rows = trade_rows(known).where(trades_table.c.trade_id > after_id)
            if last_id is not None:
                rows = rows.where(trades_table.c.trade_id <= last_id)
            return read_trades(connection, symbol, known, rows.order_by(trades_table.c.trade_id).limit(limit))

    def id_range(self, symbol: Symbol, start_us: int | None, end_us: int | None) -> tuple[int, int] | None:
        """The least and the greatest trade id that bars of the minutes from `start_us` to `end_us` name; None without any."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            if known is None:
                return None
            start = MINUTE.floor(start_us) if start_us is not None else None
            rows = bars.page(known, MINUTE, start, end_us, -1).where(bars.own()).order_by(None).subquery()
            low, high = connection.execute(
                select(func.min(rows.c.first_trade_id), func.max(rows.c.last_trade_id))
            ).one()
            return None if low is None else (low, high)

    def last(self, symbol: Symbol) -> LastTrade | None:
        """Where the record of `symbol` stands; None where it has no trade."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            if known is None:
                return None
            ids = select(func.min(trades_table.c.trade_id)).where(trades_table.c.symbol_id == known.symbol_id)
            first = connection.scalar(ids)
            if first is None:
                return None
            newest = read_trades(
                connection, symbol, known, trade_rows(known).order_by(trades_table.c.trade_id.desc()).limit(1)
            )
            holes = gaps.holes(connection, known)
            reached = max([int(newest.last_id[0]), *(last for _, last in holes)])  # the venue may have told of more
            return LastTrade(
                Sequence(first, reached, holes),
                known.scale,
                int(newest.trade_time_us[0]),
                int(newest.price[0]),
            )

    def gaps(
        self,
        symbol: Symbol | Collection[Symbol] | None = None,
        states: Collection[GapState] | None = None,
        limit: int = 1000,
    ) -> tuple[Gap, ...]:
        """The gap ledger of a symbol, of some or of all, in some states or any: the newest `limit` entries, newest first."""
        with self.snapshot() as connection:
            return gaps.find(connection, [symbol] if isinstance(symbol, Symbol) else symbol, states, limit)

    def missing(self, of: Collection[Symbol], states: Collection[GapState]) -> Mapping[Symbol, tuple[int, int]]:
        """How many gaps in `states` each symbol has, and how many ids they miss; those that have none are absent."""
        with self.snapshot() as connection:
            return gaps.counts(connection, of, states)

    def reconciliation(self, symbol: Symbol, from_us: int) -> Reconciliation | None:
        """How the symbol's own minutes since `from_us` compare with the venue's own; None where it is unknown."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            return reconciliation.summary(connection, known, symbol, from_us) if known else None

    def record(self, symbol: Symbol) -> inventory.Record | None:
        """What is stored of `symbol`; None where the database has never met it."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            return inventory.record(connection, known, symbol) if known else None

    def disk(self) -> inventory.Disk:
        """What the database takes on disk, and what is free there."""
        url = self._engine.url
        with self.snapshot() as connection:
            created_us = inventory.created_us(connection)
        return inventory.Disk(location.size_bytes(url), location.free_bytes(url), created_us)

    def uncompared(self, symbol: Symbol, before_us: int, limit: int) -> Ints:
        """Open times of the oldest own minutes before `before_us` that are whole and not compared yet, ascending."""
        with self.snapshot() as connection:
            known = catalogue.entry(connection, symbol) or catalogue.Entry(0, ())
            return reconciliation.waiting(connection, known, before_us, limit)

    def differences(self, symbol: Symbol | None = None, limit: int = 1000) -> tuple[Difference, ...]:
        """The minutes that differ from the venue's own, newest first."""
        with self.snapshot() as connection:
            return reconciliation.differences_of(connection, symbol, limit)


def _watermark(connection: Connection) -> int:
    found = connection.scalar(select(desk.c.watermark_us))
    if found is None:
        raise StoreError("the database has no desk stamp: it was not made by the desk")
    return int(found)


def _candles(
    connection: Connection, symbol: Symbol, interval: Interval, start_us: int | None, end_us: int | None, limit: int
) -> Candles:
    watermark = _watermark(connection)
    known = catalogue.entry(connection, symbol) or catalogue.Entry(0, ())
    base = base_interval(interval)
    if start_us is not None:
        start_us = interval.floor(start_us + interval.us - 1)
    if end_us is not None:
        end_us = interval.floor(end_us - 1) + interval.us

    def read(start: int | None, end: int | None, rows: int) -> Candles:
        return bars.read(connection, known, symbol, base, bars.page(known, base, start, end, rows), watermark)

    if base == interval:
        return read(start_us, end_us, limit)
    return _rolled(read, interval, base, start_us, end_us, limit)


def _rolled(
    read: Any, interval: Interval, base: Interval, start_us: int | None, end_us: int | None, limit: int
) -> Candles:
    """Longer bars from as many stored ones as it takes; intervals without trades make that unforeseeable."""
    parts_per_bar = interval.us // base.us
    wanted = (limit + 1) * parts_per_bar
    while True:
        parts: Candles = read(start_us, end_us, wanted)
        whole = len(parts) < wanted
        rolled = candles.roll_up(parts, interval)
        if start_us is not None:
            complete = rolled if whole else rolled.take(slice(0, -1))
            if whole or len(complete) >= limit:
                return complete.take(slice(0, limit))
        else:
            complete = rolled if whole else rolled.take(slice(1, None))
            if whole or len(complete) >= limit:
                return complete.take(slice(max(0, len(complete) - limit), None))
        wanted *= 2
