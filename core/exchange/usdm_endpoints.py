"""The USD-M futures market's REST endpoints. Its times are milliseconds, and aggregates are had for two days only."""

from core.exchange import rows
from core.exchange.endpoints import (
    Context,
    Endpoint,
    aggregates_of,
    bars_of,
    day_of,
    endpoint,
    ping,
    server_time,
    trades,
    trades_from,
)
from core.exchange.info import futures_rate_limits, futures_symbol_info
from core.exchange.intervals import FUTURES_INTERVALS
from core.exchange.query import INVALID_INTERVAL, BadRequest, Query
from core.exchange.tape import Tape
from core.market import HOUR_US

#: How long ago an aggregate may be that REST still tells of.
AGGREGATES_US = 48 * HOUR_US
_TOO_OLD = (-4166, "Search window is restricted to recent 2 days only.")
_NO_KEY = (-2014, "API-key format invalid.")
_MOST_BARS = 1500
#: What klines cost below so many of them; more cost the last.
_KLINES_WEIGHTS = ((100, 1), (500, 2), (1001, 5))
_KLINES_WEIGHT = 10
_SPOT_ONLY = ("prevClosePrice", "bidPrice", "bidQty", "askPrice", "askQty")


def exchange_info(context: Context, query: Query) -> object:  # noqa: ARG001 - it always tells of all
    symbols = [quoted.tape.listing for quoted in context.market.quoted.values()]
    return {
        "timezone": "UTC", "serverTime": context.market.now_us() // context.divisor, "futuresType": "U_MARGINED",
        "rateLimits": futures_rate_limits(context.weight_per_minute), "exchangeFilters": [],
        "assets": [{"asset": name, "marginAvailable": True, "autoAssetExchange": "0"}
                   for name in sorted({listing.quote for listing in symbols})],
        "symbols": [futures_symbol_info(listing) for listing in symbols],
    }  # fmt: skip


def historical_trades(context: Context, query: Query) -> object:
    """Trades from an id on, the newest without one, for those who have a key."""
    if not context.key:
        raise BadRequest(*_NO_KEY, status=401)
    return trades_from(context, query)


def aggregate_trades(context: Context, query: Query) -> object:
    """Aggregates from an id on, or by the time of their first trade."""
    tape = context.quoted(query.symbol()).tape
    if _too_old(tape.aggregated, query, context.market.now_us() - AGGREGATES_US):
        raise BadRequest(*_TOO_OLD)
    found = aggregates_of(tape.aggregated, query)
    return [rows.futures_aggregate_row(tape.listing, aggregate) for aggregate in found]


def _too_old(tape: Tape, query: Query, oldest_us: int) -> bool:
    """Whether what is asked for lies before `oldest_us`."""
    first_id = query.number("fromId")
    if first_id is not None:
        first = next(tape.since("aggregate_id", first_id), None)
        return first is not None and first.time_us < oldest_us
    asked_us = [time_us for time_us in (query.time_us("startTime"), query.end_us()) if time_us is not None]
    return bool(asked_us) and min(asked_us) < oldest_us


def klines(context: Context, query: Query) -> object:
    context.quoted(query.symbol())
    interval = query.interval()
    if interval not in FUTURES_INTERVALS:
        raise BadRequest(*INVALID_INTERVAL)
    return bars_of(context, query, interval, query.limit(most=_MOST_BARS))


def klines_weight(query: Query) -> int:
    """What ``klines`` costs: by the number of bars that are asked for."""
    limit = query.limit(most=_MOST_BARS)
    return next((weight for below, weight in _KLINES_WEIGHTS if limit < below), _KLINES_WEIGHT)


def day_tickers(context: Context, query: Query) -> object:
    """The rolling 24 hours of one symbol or of all."""
    if "symbol" in query:
        return _day(context, query.symbol())
    return [_day(context, symbol) for symbol in context.market.quoted]


def _day(context: Context, symbol: str) -> dict[str, str | int]:
    return {name: value for name, value in day_of(context, symbol).items() if name not in _SPOT_ONLY}


def day_weight(query: Query) -> int:
    """What ``ticker/24hr`` costs: little for one symbol."""
    return 1 if "symbol" in query else 40


def usdm_endpoints() -> dict[str, Endpoint]:
    """The endpoints by path."""
    return {
        "/fapi/v1/ping": endpoint(ping, 1),
        "/fapi/v1/time": endpoint(server_time, 1),
        "/fapi/v1/exchangeInfo": endpoint(exchange_info, 1),
        "/fapi/v1/trades": endpoint(trades, 5, "symbol", "limit"),
        "/fapi/v1/historicalTrades": endpoint(historical_trades, 200, "symbol", "limit", "fromId"),
        "/fapi/v1/aggTrades": endpoint(aggregate_trades, 20, "symbol", "limit", "fromId", "startTime", "endTime"),
        "/fapi/v1/klines": endpoint(klines, 5, "symbol", "interval", "limit", "startTime", "endTime",
                                    weigh=klines_weight),
        "/fapi/v1/ticker/24hr": endpoint(day_tickers, 40, "symbol", weigh=day_weight),
    }  # fmt: skip
