"""The spot REST endpoints: each reads its query and answers from the market."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from core.exchange import rows
from core.exchange.info import rate_limits, symbol_info
from core.exchange.intervals import end_of, open_of
from core.exchange.klines import Bar
from core.exchange.market import Market, Quoted
from core.exchange.query import BAD_COMBINATION, INVALID_SYMBOL, BadRequest, Query
from core.exchange.tape import aggregates
from core.exchange.tickers import day_bar, full, in_unit

_MINI = ("symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume", "openTime", "closeTime",
         "firstId", "lastId", "count")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What an endpoint may read; `divisor` makes the asked unit of time out of microseconds."""

    market: Market
    divisor: int
    weight_per_minute: int

    def quoted(self, symbol: str) -> Quoted:
        """The listed symbol. Raise BadRequest."""
        if symbol not in self.market.quoted:
            raise BadRequest(*INVALID_SYMBOL)
        return self.market.quoted[symbol]


Handler = Callable[[Context, Query], object]


class Endpoint(NamedTuple):
    """A path's handler, the names of its parameters, and its weight."""

    handler: Handler
    parameters: frozenset[str]
    weight: int


def ping(context: Context, query: Query) -> object:  # noqa: ARG001
    return {}


def server_time(context: Context, query: Query) -> object:  # noqa: ARG001
    return {"serverTime": context.market.now_us() // context.divisor}


def exchange_info(context: Context, query: Query) -> object:
    if "symbol" in query and "symbols" in query:
        raise BadRequest(*BAD_COMBINATION)
    names = [query.symbol()] if "symbol" in query else query.symbols() if "symbols" in query else context.market.quoted
    return {
        "timezone": "UTC", "serverTime": context.market.now_us() // context.divisor,
        "rateLimits": rate_limits(context.weight_per_minute), "exchangeFilters": [],
        "symbols": [symbol_info(context.quoted(name).tape.listing) for name in names],
    }  # fmt: skip


def trades(context: Context, query: Query) -> object:
    """The newest trades."""
    tape = context.quoted(query.symbol()).tape
    limit = query.limit()
    return [rows.trade_row(t, context.divisor) for t in tape.newest(limit)] if tape.singles else []


def historical_trades(context: Context, query: Query) -> object:
    """Trades from an id on, the newest without one."""
    first_id = query.number("fromId")
    if first_id is None:
        return trades(context, query)
    tape = context.quoted(query.symbol()).tape
    found = islice(tape.since("id", first_id), query.limit())
    return [rows.trade_row(t, context.divisor) for t in found] if tape.singles else []


def aggregate_trades(context: Context, query: Query) -> object:
    """Aggregates from an id on, or by time: the oldest first, but the newest where only an end or nothing is given."""
    tape = context.quoted(query.symbol()).tape
    first_id, start_us, end_us = query.number("fromId"), query.time_us("startTime"), query.end_us()
    limit = query.limit()
    if first_id is not None and (start_us is not None or end_us is not None):
        raise BadRequest(*BAD_COMBINATION)
    if first_id is not None:
        found = list(islice(aggregates(tape.since("aggregate_id", first_id)), limit))
    elif start_us is not None:
        found = list(islice(aggregates(tape.since("time_us", start_us, end_us)), limit))
    else:
        found = list(islice(aggregates(tape.backward(end_us)), limit))[::-1]
    return [rows.aggregate_row(a, context.divisor) for a in found]


def klines(context: Context, query: Query) -> object:
    """Bars by open time: the oldest from a start on, else the newest."""
    quoted = context.quoted(query.symbol())
    interval, limit = query.interval(), query.limit()
    start_us, end_us = query.time_us("startTime"), query.end_us()
    now_us = context.market.now_us() + 1
    end_us = now_us if end_us is None else min(end_us, now_us)
    if start_us is None:
        start_us = _earlier(interval, end_us, limit)
    return [
        rows.kline_row(bar, context.divisor) for bar in islice(quoted.klines.bars(interval, start_us, end_us), limit)
    ]


def _earlier(interval: str, end_us: int, count: int) -> int:
    """The open time of the first of the `count` last bars that open before `end_us`."""
    opening = open_of(interval, max(end_us - 1, 0))
    length = end_of(interval, opening) - opening
    if interval != "1M":
        return opening - (count - 1) * length
    for _ in range(count - 1):
        opening = open_of(interval, max(opening - 1, 0))
    return opening


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
    quoted, now_us = context.quoted(symbol), context.market.now_us()
    fields = in_unit(full(quoted, day_bar(quoted, now_us) or _nothing(quoted, now_us)), context.divisor)
    return {name: fields[name] for name in _MINI} if mini else fields


def _nothing(quoted: Quoted, now_us: int) -> Bar:
    last = quoted.tape.last()
    price = last.price if last else 0
    return Bar(now_us, now_us + 1, price, price, price, price, 0, 0, 0, 0, 0, -1, -1)


def day_weight(query: Query) -> int:
    """What ``ticker/24hr`` costs: by the number of symbols, most without any."""
    if "symbol" in query:
        return 2
    count = len(query.symbols()) if "symbols" in query else 101
    return 2 if count <= 20 else 40 if count <= 100 else 80


def _endpoint(handler: Handler, weight: int, *parameters: str) -> Endpoint:
    return Endpoint(handler, frozenset(parameters), weight)


def spot_endpoints() -> dict[str, Endpoint]:
    """The endpoints by path."""
    return {
        "/api/v3/ping": _endpoint(ping, 1),
        "/api/v3/time": _endpoint(server_time, 1),
        "/api/v3/exchangeInfo": _endpoint(exchange_info, 20, "symbol", "symbols", "permissions", "symbolStatus",
                                          "showPermissionSets"),
        "/api/v3/trades": _endpoint(trades, 25, "symbol", "limit"),
        "/api/v3/historicalTrades": _endpoint(historical_trades, 25, "symbol", "limit", "fromId"),
        "/api/v3/aggTrades": _endpoint(aggregate_trades, 4, "symbol", "limit", "fromId", "startTime", "endTime"),
        "/api/v3/klines": _endpoint(klines, 2, "symbol", "interval", "limit", "startTime", "endTime"),
        "/api/v3/ticker/24hr": _endpoint(day_tickers, 2, "symbol", "symbols", "type", "symbolStatus"),
    }  # fmt: skip
