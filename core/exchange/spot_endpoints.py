"""The spot market's REST endpoints."""

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
from core.exchange.info import rate_limits, symbol_info
from core.exchange.query import BAD_COMBINATION, BadRequest, Query

_MINI = ("symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume", "openTime", "closeTime",
         "firstId", "lastId", "count")  # fmt: skip


def exchange_info(context: Context, query: Query) -> object:
    if "symbol" in query and "symbols" in query:
        raise BadRequest(*BAD_COMBINATION)
    names = [query.symbol()] if "symbol" in query else query.symbols() if "symbols" in query else context.market.quoted
    return {
        "timezone": "UTC", "serverTime": context.market.now_us() // context.divisor,
        "rateLimits": rate_limits(context.weight_per_minute), "exchangeFilters": [],
        "symbols": [symbol_info(context.quoted(name).tape.listing) for name in names],
    }  # fmt: skip


def historical_trades(context: Context, query: Query) -> object:
    """Trades from an id on, the newest without one."""
    return trades_from(context, query)


def aggregate_trades(context: Context, query: Query) -> object:
    tape = context.quoted(query.symbol()).tape
    return [rows.aggregate_row(a, context.divisor) for a in aggregates_of(tape.aggregated, query)]


def klines(context: Context, query: Query) -> object:
    context.quoted(query.symbol())
    return bars_of(context, query, query.interval(), query.limit())


def day_tickers(context: Context, query: Query) -> object:
    """The rolling 24 hours of one symbol, of several, or of all."""
    if "symbol" in query and "symbols" in query:
        raise BadRequest(*BAD_COMBINATION)
    mini = query.choice("type", ("FULL", "MINI")) == "MINI"
    if "symbol" in query:
        return _day(context, query.symbol(), mini)
    names = query.symbols() if "symbols" in query else list(context.market.quoted)
    return [_day(context, name, mini) for name in names]


def _day(context: Context, symbol: str, mini: bool) -> dict[str, str | int]:
    fields = day_of(context, symbol)
    return {name: fields[name] for name in _MINI} if mini else fields


def day_weight(query: Query) -> int:
    """What ``ticker/24hr`` costs: by the number of symbols, most without any."""
    if "symbol" in query:
        return 2
    count = len(query.symbols()) if "symbols" in query else 101
    return 2 if count <= 20 else 40 if count <= 100 else 80


def spot_endpoints() -> dict[str, Endpoint]:
    """The endpoints by path."""
    return {
        "/api/v3/ping": endpoint(ping, 1),
        "/api/v3/time": endpoint(server_time, 1),
        "/api/v3/exchangeInfo": endpoint(exchange_info, 20, "symbol", "symbols", "permissions", "symbolStatus",
                                          "showPermissionSets"),
        "/api/v3/trades": endpoint(trades, 25, "symbol", "limit"),
        "/api/v3/historicalTrades": endpoint(historical_trades, 25, "symbol", "limit", "fromId"),
        "/api/v3/aggTrades": endpoint(aggregate_trades, 4, "symbol", "limit", "fromId", "startTime", "endTime"),
        "/api/v3/klines": endpoint(klines, 2, "symbol", "interval", "limit", "startTime", "endTime"),
        "/api/v3/ticker/24hr": endpoint(day_tickers, 2, "symbol", "symbols", "type", "symbolStatus",
                                        weigh=day_weight),
    }  # fmt: skip
