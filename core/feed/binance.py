"""Binance's spot market: its streams, its requests and what they cost."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from core.feed import binance_answers as answers
from core.feed.base import Listing, Messages, Request
from core.feed.binance_columns import integers
from core.feed.binance_wire import Event, FrameParser, stream_query, stream_request
from core.market import Candles, Interval, Ints, Scale, Symbol, Trades

_MOST_ROWS = 1000
#: Up to so many symbols a request for their newest trades costs the same.
_TICKERS = 20


class _Trade(Event, gc=False):
    t: int = -1


class _Ticker(msgspec.Struct, rename="camel"):
    symbol: str
    last_id: int
    count: int


class BinanceSpot:
    """The spot market's protocol: single trades, numbered one by one. One instance serves one reader."""

    name = "Binance spot"
    pace_seconds = 0.5  # five messages a second are allowed, pongs among them; one in half a second held in practice
    ping_seconds = 20.0
    connection_seconds = 86_400.0
    weight_per_minute = 6000
    repairable_us: int | None = None

    def __init__(self) -> None:
        self._parser = FrameParser(_Trade, "trade", False, _numbering)

    def stream_url(self, base: str, symbols: Sequence[Symbol]) -> str:
        names = stream_query(_streams(symbols))
        return f"{base.rstrip('/')}/stream?{names}{'&' if names else ''}timeUnit=MICROSECOND"

    def subscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return stream_request("SUBSCRIBE", _streams(symbols), request_id)

    def unsubscribe(self, symbols: Sequence[Symbol], request_id: int) -> str:
        return stream_request("UNSUBSCRIBE", _streams(symbols), request_id)

    def parse(self, frames: Sequence[bytes], received_us: Ints) -> Messages:
        return self._parser.parse(frames, received_us)

    def listing_request(self, symbols: Sequence[Symbol]) -> Request:
        asked = {"symbols": answers.names(symbols)} if symbols else {}
        return Request("/api/v3/exchangeInfo", {**asked, "showPermissionSets": "false"}, 20)

    def read_listing(self, body: bytes) -> Mapping[Symbol, Listing]:
        return answers.read_listing(body, perpetual=False)

    def klines_request(self, symbol: Symbol, interval: Interval, before_us: int, limit: int) -> Request:
        end_ms = before_us // 1000 - 1
        params = {"symbol": symbol.name, "interval": str(interval), "endTime": str(end_ms), "limit": str(limit)}
        return Request("/api/v3/klines", params, 2)

    def read_klines(self, body: bytes, symbol: Symbol, interval: Interval, scale: Scale) -> Candles:
        return answers.read_klines(body, symbol, interval, scale)

    def klines_interval(self, interval: Interval) -> bool:
        return answers.offers(interval, answers.INTERVALS)

    def time_request(self) -> Request:
        return Request("/api/v3/time", {}, 1)

    def read_time(self, body: bytes) -> int:
        return answers.read_time(body)

    def newest_requests(self, symbols: Sequence[Symbol]) -> Sequence[tuple[Sequence[Symbol], Request]]:
        parts = [symbols[start : start + _TICKERS] for start in range(0, len(symbols), _TICKERS)]
        return [
            (part, Request("/api/v3/ticker/24hr", {"symbols": answers.names(part), "type": "MINI"}, 2))
            for part in parts
        ]

    def read_newest(self, body: bytes, symbols: Sequence[Symbol]) -> Mapping[Symbol, int]:
        """The newest ids; symbols that were not traded for a day are absent too."""
        rows = {row.symbol: row for row in answers.decoded(body, list[_Ticker], "the answer to ticker/24hr")}
        asked = [(symbol, rows[symbol.name]) for symbol in symbols if symbol.name in rows]
        return {symbol: row.last_id for symbol, row in asked if row.count > 0 and row.last_id >= 0}

    def page_request(self, symbol: Symbol, first_id: int) -> Request:
        params = {"symbol": symbol.name, "fromId": str(first_id), "limit": str(_MOST_ROWS)}
        return Request("/api/v3/historicalTrades", params, 25)

    def read_page(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        return answers.read_singles(body, symbol, received_us)

    def aggregates_request(self, symbol: Symbol, from_us: int) -> Request | None:
        params = {"symbol": symbol.name, "startTime": str(from_us), "limit": str(_MOST_ROWS)}
        return Request("/api/v3/aggTrades", params, 4)

    def read_aggregates(self, body: bytes, symbol: Symbol, received_us: int) -> Trades:
        return answers.read_aggregates(body, symbol, received_us)


def _numbering(events: list[_Trade]) -> tuple[Ints, Ints]:
    return integers([event.t for event in events]), np.ones(len(events), dtype=np.int64)


def _streams(symbols: Sequence[Symbol]) -> list[str]:
    return [f"{symbol.name.lower()}@trade" for symbol in symbols]
