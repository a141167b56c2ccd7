"""Binance's USD-M futures market: its streams, its requests and what they cost.

Its single trades skip ids, its aggregates do not: they are what is collected. Prints that no market made, such as those of
the insurance fund, are not among them.
"""

from collections.abc import Mapping, Sequence

from core.errors import MalformedMessage
from core.feed import binance_answers as answers
from core.feed.base import Listing, Messages, Request
from core.feed.binance_columns import covered, integers
from core.feed.binance_wire import Event, FrameParser, stream_query, stream_request
from core.market import HOUR_US, Candles, Interval, Ints, Scale, Symbol, Trades

_MOST_ROWS = 1000
#: What a request for bars costs below so many of them; more cost the last.
_KLINES_WEIGHTS = ((100, 1), (500, 2), (1001, 5))
_KLINES_WEIGHT = 10


class _AggregateTrade(Event, gc=False):
    a: int = -1
    f: int = -1
    l: int = -1  # noqa: E741 - the venue's name


class BinanceUsdm:
    """The USD-M market's protocol: aggregates, numbered one by one. One instance serves one reader."""

    name = "Binance USD-M"
    pace_seconds = 0.2  # ten messages a second are allowed; one in a fifth of a second held in practice
    ping_seconds = 180.0
    connection_seconds = 86_400.0
    weight_per_minute = 2400
    repairable_us: int | None = 48 * HOUR_US

    def __init__(self) -> None:
        self._parser = FrameParser(_AggregateTrade, "aggTrade", True, _numbering)

    def stream_url(self, base: str, symbols: Sequence[Symbol]) -> str:
        names = stream_query(_streams(symbols))
        return f"{base.rstrip('/')}/market/stream{'?' if names else ''}{names}"

    def subscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return stream_request("SUBSCRIBE", _streams(symbols), request_id)

    def unsubscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return stream_request("UNSUBSCRIBE", _streams(symbols), request_id)

    def parse(self, frames: Sequence[bytes], received_us: Ints) -> Messages:
        return self._parser.parse(frames, received_us)

    def listing_request(self, symbols: Sequence[Symbol]) -> Request:  # noqa: ARG002 - it always tells of all
        return Request("/fapi/v1/exchangeInfo", {}, 1)

    def read_listing(self, body: bytes) -> Mapping[Symbol, Listing]:
        return answers.read_listing(body, perpetual=True)

    def klines_request(self, symbol: Symbol, interval: Interval, before_us: int, limit: int) -> Request:
        end_ms = before_us // 1000 - 1
        params = {"symbol": symbol.name, "interval": str(interval), "endTime": str(end_ms), "limit": str(limit)}
        weight = next((weight for below, weight in _KLINES_WEIGHTS if limit < below), _KLINES_WEIGHT)
        return Request("/fapi/v1/klines", params, weight)

    def read_klines(self, body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
        return answers.read_klines(body, symbol, interval, scale)

    def klines_interval(self, interval: Interval) -> bool:
        return answers.offers(interval, answers.INTERVALS[1:])

    def time_request(self) -> Request:
        return Request("/fapi/v1/time", {}, 1)

    def read_time(self, body: bytes) -> int:
        return answers.read_time(body)

    def newest_requests(self, symbols: Sequence[Symbol]) -> Sequence[tuple[Sequence[Symbol], Request]]:
        return [((symbol,), _aggregates(symbol, limit="1")) for symbol in symbols]

    def read_newest(self, body: bytes, symbols: Sequence[Symbol]) -> Mapping[Symbol, int]:
        if len(symbols) != 1:
            raise MalformedMessage(f"an answer tells of one symbol, found {len(symbols)}: ask for each by itself")
        newest = answers.read_aggregate_ids(body)
        return {symbols[0]: newest[-1]} if newest else {}

    def page_request(self, symbol: Symbol, first_id: int) -> Request:
        return _aggregates(symbol, fromId=str(first_id), limit=str(_MOST_ROWS))

    def read_page(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        return answers.read_aggregates(body, symbol, received_us)

    def aggregates_request(self, symbol: Symbol, from_us: int) -> Request | None:
        return _aggregates(symbol, startTime=str(from_us // 1000), limit=str(_MOST_ROWS))

    def read_aggregates(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        return answers.read_aggregates(body, symbol, received_us)


def _aggregates(symbol: Symbol, **params: str) -> Request:
    return Request("/fapi/v1/aggTrades", {"symbol": symbol.name, **params}, 20)


def _numbering(events: list[_AggregateTrade]) -> tuple[Ints, Ints]:
    counts = covered([event.f for event in events], [event.l for event in events])
    return integers([event.a for event in events]), counts


def _streams(symbols: Sequence[Symbol]) -> list[str]:
    return [f"{symbol.name.lower()}@aggTrade" for symbol in symbols]
