"""Symbols' numbers in the database and the scales of their integers, held by the writer and checked each transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select, update

from core.errors import OutOfRange
from core.market import MAX_EXPONENT, Scale, Symbol
from core.store.schema import aggregated, bars, scales, symbols, trades

SCALE_UNKNOWN = Scale(0, 0)


@dataclass(frozen=True, slots=True)
class ScaleVersion:
    """The exponents of a symbol's integers from `from_trade_id` on."""

    version: int
    from_trade_id: int
    scale: Scale


@dataclass(frozen=True, slots=True)
class Entry:
    """A symbol in the database: its number and its scales, coarsest and oldest first.

    `aggregated` says that some of its rows are spot aggregates, each in place of several trades.
    """

    symbol_id: int
    versions: tuple[ScaleVersion, ...]
    aggregated: bool = False

    @property
    def latest(self) -> ScaleVersion:
        return self.versions[-1]

    @property
    def scale(self) -> Scale:
        """The finest scale, at which every number of the symbol can be told."""
        return self.latest.scale if self.versions else SCALE_UNKNOWN


def entry(connection: Connection, symbol: Symbol) -> Entry | None:
    """What the database knows of `symbol`; None where it has never met it."""
    symbol_id = connection.scalar(select(symbols.c.symbol_id).where(symbols.c.symbol == str(symbol)))
    if symbol_id is None:
        return None
    rows = connection.execute(
        select(scales.c.version, scales.c.from_trade_id, scales.c.price_exponent, scales.c.quantity_exponent)
        .where(scales.c.symbol_id == symbol_id)
        .order_by(scales.c.version)
    )
    versions = tuple(ScaleVersion(v, start, Scale(p, q)) for v, start, p, q in rows)
    marked = connection.scalar(select(aggregated.c.symbol_id).where(aggregated.c.symbol_id == symbol_id))
    return Entry(symbol_id, versions, marked is not None)


def register(connection: Connection, symbol: Symbol) -> Entry:
    """The entry of `symbol`, made where there is none."""
    known = entry(connection, symbol)
    if known is not None:
        return known
    connection.execute(insert(symbols).values(symbol=str(symbol)))
    made = entry(connection, symbol)
    assert made is not None
    return made


def refine(connection: Connection, known: Entry, scale: Scale, from_trade_id: int) -> Entry:
    """Add the version that holds `scale` too, for trades from `from_trade_id` on.

    Versions only get finer. Trades at or after `from_trade_id` that were stored at an older version are brought to the
    new one, so that a trade's version stays a function of its id.
    """
    finest = known.scale.finer(scale) if known.versions else scale
    if finest.quote > MAX_EXPONENT:
        raise OutOfRange(
            f"prices at {finest.price} and quantities at {finest.quantity} decimals leave no room for sums"
        )
    version = ScaleVersion(len(known.versions), from_trade_id if known.versions else 0, finest)
    for older in known.versions:
        _rescale_trades(connection, known.symbol_id, older, version)
    shadowed = [v for v in known.versions if v.from_trade_id > version.from_trade_id]
    for older in shadowed:  # their range belongs to the new version now; bars still name them
        connection.execute(
            update(scales)
            .where(scales.c.symbol_id == known.symbol_id, scales.c.version == older.version)
            .values(from_trade_id=version.from_trade_id)
        )
    connection.execute(
        insert(scales).values(
            symbol_id=known.symbol_id,
            version=version.version,
            from_trade_id=version.from_trade_id,
            price_exponent=finest.price,
            quantity_exponent=finest.quantity,
        )
    )
    kept = tuple(
        ScaleVersion(v.version, min(v.from_trade_id, version.from_trade_id), v.scale) if v in shadowed else v
        for v in known.versions
    )
    return Entry(known.symbol_id, (*kept, version), known.aggregated)


def lift_bars(connection: Connection, known: Entry, open_times_us: list[int]) -> None:
    """Bring the bars at `open_times_us` to the latest version, so that sums can be added to them."""
    latest = known.latest
    for older in known.versions[:-1]:
        price = 10 ** (latest.scale.price - older.scale.price)
        quantity = 10 ** (latest.scale.quantity - older.scale.quantity)
        factors = {
            **dict.fromkeys(("open", "high", "low", "close"), price),
            **dict.fromkeys(("volume", "taker_buy_volume"), quantity),
            **dict.fromkeys(("quote_volume", "taker_buy_quote_volume"), price * quantity),
        }
        connection.execute(
            update(bars)
            .where(
                bars.c.symbol_id == known.symbol_id,
                bars.c.scale_version == older.version,
                bars.c.open_time_us.in_(open_times_us),
            )
            .values(scale_version=latest.version, **{name: bars.c[name] * by for name, by in factors.items()})
        )


def _rescale_trades(connection: Connection, symbol_id: int, older: ScaleVersion, newer: ScaleVersion) -> None:
    price = 10 ** (newer.scale.price - older.scale.price)
    quantity = 10 ** (newer.scale.quantity - older.scale.quantity)
    start = max(older.from_trade_id, newer.from_trade_id)
    end = connection.scalar(
        select(scales.c.from_trade_id)
        .where(scales.c.symbol_id == symbol_id, scales.c.version > older.version)
        .order_by(scales.c.version)
        .limit(1)
    )
    rows = update(trades).where(trades.c.symbol_id == symbol_id, trades.c.trade_id >= start)
    if end is not None:
        rows = rows.where(trades.c.trade_id < end)
    connection.execute(rows.values(price=trades.c.price * price, signed_quantity=trades.c.signed_quantity * quantity))


class Catalogue:
    """Entries kept from transaction to transaction by the one writer, dropped when another process has written."""

    def __init__(self) -> None:
        self._entries: dict[Symbol, Entry] = {}
        self._last_ids: dict[Symbol, int | None] = {}
        self._seen: tuple[object, int] | None = None

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        """Trust the cache only while nobody else has written, and forget it when the transaction fails."""
        data_version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        seen = (connection.connection.dbapi_connection, data_version)  # comparable on one connection only
        if seen != self._seen:
            self.forget()
            self._seen = seen
        try:
            yield
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        self._entries.clear()
        self._last_ids.clear()

    def entry(self, connection: Connection, symbol: Symbol) -> Entry:
        """The entry of `symbol`, made where there is none."""
        if symbol not in self._entries:
            self._entries[symbol] = register(connection, symbol)
        return self._entries[symbol]

    def refined(self, connection: Connection, symbol: Symbol, scale: Scale, from_trade_id: int) -> Entry:
        """The entry of `symbol` after its scale was made to hold `scale` from `from_trade_id` on."""
        self._entries[symbol] = refine(connection, self.entry(connection, symbol), scale, from_trade_id)
        return self._entries[symbol]

    def aggregated(self, connection: Connection, symbol: Symbol) -> Entry:
        """The entry of `symbol`, which from now on has aggregates among its rows."""
        known = self.entry(connection, symbol)
        if not known.aggregated:
            connection.execute(insert(aggregated).values(symbol_id=known.symbol_id))
            known = self._entries[symbol] = replace(known, aggregated=True)
        return known

    def last_id(self, connection: Connection, symbol: Symbol) -> int | None:
        """The greatest trade id of `symbol` that a stored row covers; None where it has none."""
        if symbol not in self._last_ids:
            known = self.entry(connection, symbol)
            newest = select(trades.c.trade_id, trades.c.trade_count).where(trades.c.symbol_id == known.symbol_id)
            row = connection.execute(newest.order_by(trades.c.trade_id.desc()).limit(1)).first()
            covered = 0 if row is None or symbol.counts_aggregates else row.trade_count - 1
            self._last_ids[symbol] = None if row is None else row.trade_id + covered
        return self._last_ids[symbol]

    def reached(self, symbol: Symbol, last_id: int) -> None:
        """Note that the trades of `symbol` are stored up to `last_id`."""
        self._last_ids[symbol] = last_id
