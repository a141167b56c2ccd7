"""What the REST endpoints of both markets share: each handler reads its query and answers from the market."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from core.exchange import rows
from core.exchange.intervals import end_of, open_of
from core.exchange.klines import Bar
from core.exchange.market import Market, Quoted
from core.exchange.query import BAD_COMBINATION, INVALID_SYMBOL, BadRequest, Query
from core.exchange.tape import Aggregate, Tape, aggregates
from core.exchange.tickers import day_bar, full, in_unit


@dataclass(frozen=True, slots=True)
class Context:
    """What an endpoint may read; `divisor` makes the asked unit of time out of microseconds, `key` says whether an API
    key came along.
    """

    market: Market
    divisor: int
    weight_per_minute: int
    key: bool = False

    def quoted(self, symbol: str) -> Quoted:
        """The listed symbol. Raise BadRequest."""
        if symbol not in self.market.quoted:
            raise BadRequest(*INVALID_SYMBOL)
        return self.market.quoted[symbol]


Handler = Callable[[Context, Query], object]


class Endpoint(NamedTuple):
    """A path's handler, the names of its parameters, and its weight: `weigh` where that depends on the query."""

    handler: Handler
    parameters: frozenset[str]
    weight: int
    weigh: Callable[[Query], int] | None = None

    def cost(self, query: Query) -> int:
        """The weight of one request. Raise BadRequest."""
        return self.weigh(query) if self.weigh else self.weight


def endpoint(handler: Handler, weight: int, *parameters: str, weigh: Callable[[Query], int] | None = None) -> Endpoint:
    return Endpoint(handler, frozenset(parameters), weight, weigh)


def ping(context: Context, query: Query) -> object:  # noqa: ARG001
    return {}


def server_time(context: Context, query: Query) -> object:  # noqa: ARG001
    return {"serverTime": context.market.now_us() // context.divisor}


def trades(context: Context, query: Query) -> object:
    """The newest trades: out of memory, so that they are never behind."""
    return trades_from(context, query)


def trades_from(context: Context, query: Query) -> list[rows.Row]:
    """Trades from an id on, the newest without one."""
    tape = context.quoted(query.symbol()).tape
    first_id, limit = query.number("fromId"), query.limit()
    if not tape.singles:
        return []
    found = tape.newest(limit) if first_id is None else islice(tape.since("id", first_id), limit)
    if context.market.kind == "usdm":
        return [rows.futures_trade_row(tape.listing, trade) for trade in found]
    return [rows.trade_row(trade, context.divisor) for trade in found]


def aggregates_of(tape: Tape, query: Query) -> list[Aggregate]:
    """Aggregates from an id on, or by time: the oldest first, but the newest where only an end or nothing is given."""
    first_id, start_us, end_us = query.number("fromId"), query.time_us("startTime"), query.end_us()
    limit = query.limit()
    if first_id is not None and (start_us is not None or end_us is not None):
        raise BadRequest(*BAD_COMBINATION)
    if first_id is not None:
        return list(islice(aggregates(tape.since("aggregate_id", first_id)), limit))
    if start_us is not None:
        return list(islice(aggregates(tape.since("time_us", start_us, end_us)), limit))
    return list(islice(aggregates(tape.backward(end_us)), limit))[::-1]


def bars_of(context: Context, query: Query, interval: str, limit: int) -> list[list[object]]:
    """Bars by open time: the oldest from a start on, else the newest."""
    quoted = context.quoted(query.symbol())
    start_us, end_us = query.time_us("startTime"), query.end_us()
    now_us = context.market.now_us() + 1
    end_us = now_us if end_us is None else min(end_us, now_us)
    if start_us is None:
        start_us = _earlier(interval, end_us, limit)
    bars = islice(quoted.klines.bars(interval, start_us, end_us), limit)
    return [rows.kline_row(quoted.tape.listing, bar, context.divisor) for bar in bars]


def _earlier(interval: str, end_us: int, count: int) -> int:
    """The open time of the first of the `count` last bars that open before `end_us`."""
    opening = open_of(interval, max(end_us - 1, 0))
    length = end_of(interval, opening) - opening
    if interval != "1M":
        return opening - (count - 1) * length
    for _ in range(count - 1):
        opening = open_of(interval, max(opening - 1, 0))
    return opening


def day_of(context: Context, symbol: str) -> dict[str, str | int]:
    """The rolling 24 hours of a symbol."""
    quoted, now_us = context.quoted(symbol), context.market.now_us()
    return in_unit(full(quoted, day_bar(quoted, now_us) or _nothing(quoted, now_us)), context.divisor)


def _nothing(quoted: Quoted, now_us: int) -> Bar:
    last = quoted.tape.last()
    price = last.price if last else 0
    return Bar(now_us, now_us + 1, price, price, price, price, 0, 0, 0, 0, 0, -1, -1)
