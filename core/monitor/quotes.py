"""A pair as of the newest trades, and whether that may be acted on."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.health import FeedHealth, FeedState, Health, StoreState, SymbolHealth, SymbolState
from core.market import Symbol
from core.pairs import Moment, PairSpec, Unknown
from core.pairs.provenance import told


class PairState(StrEnum):
    """What may be made of a pair's live numbers."""

    LIVE = "live"
    STALE = "stale"  # they are the last that were known
    WAITING = "waiting"  # there are not enough bars yet
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Quote:
    """The forming bar at `now_us`, by the newest price of each leg, and the state with its reason in words.

    `traded_us` are the times of the legs' last trades, y and x; None where there is none. `since_us` is when a stale pair's older
    leg last traded. All times in us.
    """

    now_us: int
    state: PairState
    words: str
    moment: Moment | Unknown
    traded_us: tuple[int | None, int | None]
    since_us: int | None = None


def quote(spec: PairSpec, health: Health, peek: Callable[[float, float], Moment]) -> Quote:
    """The pair at this moment. `peek` says what comes of two prices; what it raises of AnalysisErrors becomes the reason."""
    legs = tuple(_of(health, symbol) for symbol in (spec.y, spec.x))
    traded_us = tuple(None if leg is None else leg.last_trade_us for leg in legs)
    prices = [_price(leg) for leg in legs]
    lacking = [str(symbol) for symbol, price in zip((spec.y, spec.x), prices, strict=True) if price is None]
    moment: Moment | Unknown = (
        Unknown(f"no trade of {' and '.join(lacking)} yet") if lacking else told(lambda: peek(*prices))  # type: ignore[arg-type]
    )
    trouble = next((words for words in (_trouble(health, spec.y), _trouble(health, spec.x)) if words), "")
    state, words = _judged(moment, trouble)
    since_us = min((time for time in traded_us if time is not None), default=None) if state is PairState.STALE else None
    return Quote(health.now_us, state, words, moment, traded_us, since_us)  # type: ignore[arg-type]


def _judged(moment: Moment | Unknown, trouble: str) -> tuple[PairState, str]:
    if trouble:
        return PairState.STALE, trouble
    unknown = moment if isinstance(moment, Unknown) else moment.z
    if not isinstance(unknown, Unknown):
        return PairState.LIVE, "both legs are followed"
    return PairState.UNKNOWN if unknown.needed is None else PairState.WAITING, unknown.reason


def _trouble(health: Health, symbol: Symbol) -> str:
    """Why the symbol's newest price may not be the market's; empty where nothing speaks against it."""
    feed, own = _feed(health, symbol), _of(health, symbol)
    if own is None:
        return f"{symbol} is not being collected"
    if health.store.state is not StoreState.OK:
        return f"the database is {health.store.state}: {health.store.words}"
    if feed.state is not FeedState.LIVE:
        return f"the feed of {symbol} is {feed.state}: {feed.words}"
    if own.state not in (SymbolState.LIVE, SymbolState.WAITING):
        return f"{symbol} is {own.state}: {own.words}"
    if own.silent_seconds is not None and own.silent_seconds > (own.patience_seconds or math.inf):
        return f"{symbol} has not traded for {own.silent_seconds:.0f} s"
    return ""


def _feed(health: Health, symbol: Symbol) -> FeedHealth:
    return next((feed for feed in health.feeds if symbol in feed.symbols), health.feed)


def _of(health: Health, symbol: Symbol) -> SymbolHealth | None:
    return next((each for each in health.symbols if each.symbol == symbol), None)


def _price(leg: SymbolHealth | None) -> float | None:
    if leg is None or leg.last_price is None or leg.scale is None:
        return None
    return leg.last_price / 10.0**leg.scale.price
