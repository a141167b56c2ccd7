"""How the desk is, as models. Times are epoch microseconds; what is not known is null."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, Field

from core.api.schemas import last_price
from core.api.schemas_accounts import Mirror, ReconciliationModel
from core.health import Health, Reconciliation, SymbolHealth
from core.market import SECOND_US, Symbol


class FeedModel(Mirror):
    """The connection to a venue; counters run since the start."""

    name: str = Field(description="the venue")
    state: str
    since: int = Field(validation_alias="since_us", description="when it entered the state, epoch us")
    words: str
    url: str
    connections: int
    frames: int
    bytes: int
    last_frame_time: int | None = Field(validation_alias="last_frame_us", description="epoch us")
    clock_offset_ms: float | None = Field(
        description="how far this machine's clock is ahead of the venue's; null: unmeasured"
    )
    clock_error_ms: float | None = Field(description="how wrong that may be at most")
    behind_ms: float | None = Field(description="how old the newest trade was when it was stored; null: unmeasured")
    handovers: int = Field(description="connections that took the place of a living one")


class RepairModel(Mirror):
    """The repairing of a venue's gaps; counters run since the start."""

    name: str = Field(description="the venue")
    words: str
    open_gaps: int
    missing: int = Field(description="ids of those gaps that are still missing")
    repaired: int
    requests: int


class BudgetModel(Mirror):
    """The request weight of a venue's REST in the present minute, by whomever."""

    used: int
    per_minute: int
    refused_until: int | None = Field(
        validation_alias="refused_until_us", description="when the venue may be asked again, epoch us; null: now"
    )
    words: str


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
    damage: str = Field(
        description="what an examination of the file found, in words; empty where there was none, or nothing"
    )


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
    missing: int = Field(description="trades known to be missing, of the whole record")
    lost: int = Field(description="trades that went missing since the start and still are")
    repaired: int = Field(description="rows fetched again since the start")
    given_up: int = Field(description="of `missing`, what cannot be had any more")
    silent_seconds: float | None = Field(description="since the last trade, on the steady clock; null: no trade yet")
    patience_seconds: float | None = Field(
        description="a longer silence is looked into; null: its rhythm is not known yet"
    )
    reconciliation: ReconciliationModel | None = Field(description="of the last day; null: it cannot be read now")

    @classmethod
    def at(cls, symbol: SymbolHealth, now_us: int, reconciliation: Reconciliation | None) -> Self:
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
            lost=symbol.lost,
            repaired=symbol.repaired,
            given_up=symbol.given_up,
            silent_seconds=symbol.silent_seconds,
            patience_seconds=symbol.patience_seconds,
            reconciliation=None if reconciliation is None else ReconciliationModel.model_validate(reconciliation),
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
    feed: FeedModel = Field(description="the one of `feeds` that is worst off")
    feeds: list[FeedModel] = Field(description="one for each venue")
    repairs: list[RepairModel] = Field(description="one for each venue")
    budgets: list[BudgetModel] = Field(description="one for each venue")
    queue: QueueModel
    database: DatabaseModel
    symbols: list[SymbolModel]
    malformed: int = Field(description="frames that are not what the protocol says")
    errors: int
    events: list[EventModel]

    @classmethod
    def of(cls, health: Health, version: str, reconciliations: Mapping[Symbol, Reconciliation | None]) -> Self:
        return cls(
            collecting=health.collecting,
            market=health.market,
            banner=health.banner,
            version=version,
            time=health.now_us,
            uptime=(health.now_us - health.started_us) / SECOND_US,
            watermark=health.watermark_us,
            feed=FeedModel.model_validate(health.feed),
            feeds=[FeedModel.model_validate(feed) for feed in health.feeds],
            repairs=[RepairModel.model_validate(repair) for repair in health.repairs],
            budgets=[BudgetModel.model_validate(budget) for budget in health.budgets],
            queue=QueueModel.model_validate(health.queue),
            database=DatabaseModel.model_validate(health.store),
            symbols=[SymbolModel.at(each, health.now_us, reconciliations.get(each.symbol)) for each in health.symbols],
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
