"""What leaves the process, as models: the only place that has them.

Prices and volumes are exact decimals as strings. ``open_time`` is epoch milliseconds, every other time epoch
microseconds. What is not known is null.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from core.health import Health, SymbolHealth
from core.market import SECOND_US, BarState, decimal_text


class ProblemDetail(BaseModel):
    code: str = Field(description="what kind of error, for programs")
    message: str = Field(description="what was found, what was expected and what to do, for people")


class Problem(BaseModel):
    """Every error's answer."""

    error: ProblemDetail


class Mirror(BaseModel):
    """A model of one of the desk's own values, read from its attributes."""

    model_config = ConfigDict(from_attributes=True)


class FeedModel(Mirror):
    """The connection to the venue; counters run since the start."""

    state: str
    since: int = Field(validation_alias="since_us", description="when it entered the state, epoch us")
    words: str
    url: str
    connections: int
    frames: int
    bytes: int
    last_frame_time: int | None = Field(validation_alias="last_frame_us", description="epoch us")


class QueueModel(Mirror):
    """The queue between socket and store, in frames."""

    depth: int
    capacity: int
    dropped: int
    blocked_seconds: float
    high_water: int


class DatabaseModel(Mirror):
    state: str
    words: str
    location: str
    size_bytes: int | None
    flushes: int = Field(description="commits since the start")
    failures: int


class SymbolPulse(BaseModel):
    """What changes by the second of one symbol's stream."""

    symbol: str
    state: str
    price: str | None = Field(description="of the last trade, an exact decimal")
    rate: float = Field(description="trades per second over the last ten seconds")
    received_time: int | None = Field(description="when the last trade arrived, epoch us")
    gaps: int
    lag_p50_ms: float | None = Field(description="receive time minus event time over the last minute, ms")
    lag_p99_ms: float | None

    @classmethod
    def of(cls, symbol: SymbolHealth) -> Self:
        return cls(
            symbol=str(symbol.symbol),
            state=symbol.state,
            price=last_price(symbol),
            rate=symbol.rate,
            received_time=symbol.last_received_us,
            gaps=symbol.gaps,
            lag_p50_ms=symbol.lag_p50_ms,
            lag_p99_ms=symbol.lag_p99_ms,
        )


class SymbolModel(SymbolPulse):
    """One symbol's stream; counters run since the start."""

    words: str
    last_trade_id: int | None
    last_trade_time: int | None = Field(description="epoch us")
    age: float | None = Field(description="since the last trade arrived, seconds")
    received: int
    stored: int
    duplicates: int
    out_of_order: int
    rejected: int
    missing: int = Field(description="trades known to be missing")

    @classmethod
    def at(cls, symbol: SymbolHealth, now_us: int) -> Self:
        received_us = symbol.last_received_us
        return cls(
            **SymbolPulse.of(symbol).model_dump(),
            words=symbol.words,
            last_trade_id=symbol.last_trade_id,
            last_trade_time=symbol.last_trade_us,
            age=None if received_us is None else (now_us - received_us) / SECOND_US,
            received=symbol.received,
            stored=symbol.stored,
            duplicates=symbol.duplicates,
            out_of_order=symbol.out_of_order,
            rejected=symbol.rejected,
            missing=symbol.missing,
        )


class EventModel(Mirror):
    time: int = Field(validation_alias="time_us", description="epoch us")
    kind: str
    words: str


class HealthModel(BaseModel):
    """How the desk is. The status is 200 as long as the process answers; `collecting` says whether trades are stored."""

    collecting: bool
    market: str
    banner: str | None
    version: str
    time: int = Field(description="epoch us")
    uptime: float = Field(description="seconds")
    watermark: int | None = Field(description="the event time up to which bars are final, epoch us")
    feed: FeedModel
    queue: QueueModel
    database: DatabaseModel
    symbols: list[SymbolModel]
    malformed: int = Field(description="frames that are not what the protocol says")
    errors: int
    events: list[EventModel]

    @classmethod
    def of(cls, health: Health, version: str) -> Self:
        return cls(
            collecting=health.collecting,
            market=health.market,
            banner=health.banner,
            version=version,
            time=health.now_us,
            uptime=(health.now_us - health.started_us) / SECOND_US,
            watermark=health.watermark_us,
            feed=FeedModel.model_validate(health.feed),
            queue=QueueModel.model_validate(health.queue),
            database=DatabaseModel.model_validate(health.store),
            symbols=[SymbolModel.at(symbol, health.now_us) for symbol in health.symbols],
            malformed=health.malformed,
            errors=health.errors,
            events=[EventModel.model_validate(event) for event in health.events],
        )


class Pulse(BaseModel):
    """The health that the stream sends: what changes by the second, and no clock, so that nothing new means nothing sent."""

    collecting: bool
    banner: str | None
    feed: str = Field(description="the connection's state")
    words: str = Field(description="the connection's state in words")
    database: str = Field(description="the database's state")
    depth: int = Field(description="frames waiting between socket and store")
    symbols: list[SymbolPulse]

    @classmethod
    def of(cls, health: Health) -> Self:
        return cls(
            collecting=health.collecting,
            banner=health.banner,
            feed=health.feed.state,
            words=health.feed.words,
            database=health.store.state,
            depth=health.queue.depth,
            symbols=[SymbolPulse.of(symbol) for symbol in health.symbols],
        )


class SymbolRow(BaseModel):
    """A symbol that is being collected. The exponents are the decimals of its prices and quantities."""

    symbol: str
    state: str
    words: str
    price_exponent: int | None
    quantity_exponent: int | None
    price: str | None = Field(description="of the last trade, an exact decimal")

    @classmethod
    def of(cls, symbol: SymbolHealth) -> Self:
        scale = symbol.scale
        return cls(
            symbol=str(symbol.symbol),
            state=symbol.state,
            words=symbol.words,
            price_exponent=None if scale is None else scale.price,
            quantity_exponent=None if scale is None else scale.quantity,
            price=last_price(symbol),
        )


class SymbolList(BaseModel):
    symbols: list[SymbolRow]


class Candle(BaseModel):
    """One bar, ``[open_time, open_time + interval)``."""

    open_time: int = Field(description="epoch ms")
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trade_count: int
    taker_buy_volume: str
    taker_buy_quote_volume: str
    vwap: str | None = Field(description="quote volume / volume, rounded to the price's decimals and four more")
    state: BarState
    revision: int = Field(description="how often it changed after it was confirmed")
    source: str = Field(description="own, seeded or imported")
    flags: list[str] = Field(description="partial: the record begins inside it; gap: trades of it are missing")


class CandleColumns(BaseModel):
    """The same bars, a list a column."""

    open_time: list[int]
    open: list[str]
    high: list[str]
    low: list[str]
    close: list[str]
    volume: list[str]
    quote_volume: list[str]
    trade_count: list[int]
    taker_buy_volume: list[str]
    taker_buy_quote_volume: list[str]
    vwap: list[str | None]
    state: list[BarState]
    revision: list[int]
    source: list[str]
    flags: list[list[str]]


class CandlePage(BaseModel):
    """Bars ascending by open time; intervals without trades are absent."""

    symbol: str
    interval: str
    watermark: int | None = Field(description="the event time up to which bars are final, epoch us")
    count: int
    truncated: bool = Field(description="the range that was asked for holds more bars than these")
    candles: list[Candle] | CandleColumns


def last_price(symbol: SymbolHealth) -> str | None:
    """The last trade's price as an exact decimal."""
    if symbol.last_price is None or symbol.scale is None:
        return None
    return decimal_text(symbol.last_price, symbol.scale.price)
