"""What the database holds of each symbol, and what it takes on disk: by first and last rows and the minute bars, never by all trades."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from core.market import DAY_US, HOUR_US, MINUTE, SECOND_US, BarSource, Scale, Symbol
from core.store import gaps
from core.store.catalogue import Entry
from core.store.schema import bars, desk, trades


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored of a symbol.

    Trade times and ids are None where there is no trade, open times where there is no minute. `rows` counts the stored trades
    (aggregates where ids count these) by their ids, less those in gaps. `own` and `lent` are minutes: the desk's own and the exchange's.
    `day_trades` were made in the `day_hours` of the newest day that own minutes cover.
    """

    symbol: Symbol
    scale: Scale
    first_trade_us: int | None
    last_trade_us: int | None
    rows: int
    first_bar_us: int | None
    last_bar_us: int | None
    own: int
    lent: int
    day_trades: int
    day_hours: float

    @property
    def trades_a_day(self) -> float | None:
        """Trades of the newest day; of a shorter record as if it went on so, None below an hour."""
        return None if self.day_hours < 1 else self.day_trades * 24 / self.day_hours


@dataclass(frozen=True, slots=True)
class Disk:
    """What the database takes, and what is free where it lies [bytes]; None where that cannot be read. `created_us` is when it was made."""

    size_bytes: int | None
    free_bytes: int | None
    created_us: int


def record(connection: Connection, known: Entry, symbol: Symbol) -> Record:
    """What is stored of `symbol`."""
    first, last = (_trade(connection, known, order) for order in (trades.c.trade_id.asc(), trades.c.trade_id.desc()))
    missing = sum(last_id - first_id + 1 for first_id, last_id in gaps.holes(connection, known))
    rows = max(last[0] - first[0] + 1 - missing, 0) if first and last else 0
    minutes = {source: (count, low, high) for source, count, low, high in connection.execute(_minutes(known))}
    final_us = connection.scalar(select(desk.c.watermark_us)) or 0
    day_trades, day_from = _day(connection, known, final_us)
    return Record(
        symbol=symbol,
        scale=known.scale,
        first_trade_us=first[1] if first else None,
        last_trade_us=last[1] if last else None,
        rows=rows,
        first_bar_us=min((low for _, low, _ in minutes.values()), default=None),
        last_bar_us=max((high for _, _, high in minutes.values()), default=None),
        own=minutes.get(BarSource.OWN, (0, 0, 0))[0],
        lent=sum(count for source, (count, _, _) in minutes.items() if source != BarSource.OWN),
        day_trades=day_trades,
        day_hours=0.0 if day_from is None else max(final_us - day_from, 0) / HOUR_US,
    )


def created_us(connection: Connection) -> int:
    """When the database was made [us]."""
    return int(connection.scalar(select(desk.c.created_us)) or 0)


def _trade(connection: Connection, known: Entry, order: ColumnElement[Any]) -> tuple[int, int] | None:
    """Id and time [us] of the trade that `order` puts first."""
    rows = select(trades.c.trade_id, trades.c.trade_time_us).where(trades.c.symbol_id == known.symbol_id)
    found = connection.execute(rows.order_by(order).limit(1)).one_or_none()
    return None if found is None else (int(found[0]), int(found[1]))


def _of(known: Entry) -> tuple[ColumnElement[bool], ...]:
    return bars.c.symbol_id == known.symbol_id, bars.c.interval_s == MINUTE.us // SECOND_US


def _minutes(known: Entry) -> Select[Any]:
    at = bars.c.open_time_us
    return select(bars.c.source, func.count(), func.min(at), func.max(at)).where(*_of(known)).group_by(bars.c.source)


def _day(connection: Connection, known: Entry, final_us: int) -> tuple[int, int | None]:
    """The trades of the desk's own minutes in the day before `final_us`, and where these begin [us]."""
    rows = select(func.sum(bars.c.trade_count), func.min(bars.c.open_time_us)).where(
        *_of(known),
        bars.c.source == int(BarSource.OWN),
        bars.c.open_time_us >= final_us - DAY_US,
        bars.c.open_time_us + MINUTE.us <= final_us,
    )
    count, first_us = connection.execute(rows).one()
    return int(count or 0), first_us
