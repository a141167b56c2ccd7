"""``/_exchange/...``: the exchange's own log, and the switches of its faults. Whatever goes wrong, this works."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from core.errors import ExchangeError
from core.exchange import kinds, rows, wire
from core.exchange.http_side import HttpRequest
from core.exchange.intervals import INTERVALS
from core.exchange.market import Market, Quoted
from core.exchange.rest import Answer
from core.exchange.stats import Stats
from core.exchange.switchboard import Switchboard

_MOST_ROWS = 200_000
_MOST_BODY = 2**20
#: More than any id or time.
_BEYOND = 2**62


class Backstage:
    """Answers requests to ``/_exchange/...``, from threads of its own."""

    def __init__(self, market: Market, stats: Stats, switchboard: Switchboard) -> None:
        self._market, self._stats, self._switchboard = market, stats, switchboard
        self._executor = ThreadPoolExecutor(1, "exchange-log")

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a request; what is wrong with it is said in words, with status 400, 404 or 405."""
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            if parts.path == "/_exchange/faults":
                return self._faults(request, query)
            handler = self._handler(parts.path)
            if handler is None:
                return _problem(
                    404, f"{parts.path} is not there: expected /_exchange/ and stats, faults, trades or klines"
                )
            if request.method != "GET":
                return _problem(405, f"{request.method} is not understood here: expected GET")
            return await asyncio.get_running_loop().run_in_executor(self._executor, handler, query)
        except ExchangeError as error:
            return _problem(400, str(error))

    def _handler(self, path: str) -> Callable[[dict[str, str]], Answer] | None:
        return {
            "/_exchange/stats": lambda _: Answer(200, self._stats.body()),
            "/_exchange/trades": self._trades,
            "/_exchange/klines": self._klines,
        }.get(path)

    def _faults(self, request: HttpRequest, query: dict[str, str]) -> Answer:
        if request.method == "POST":
            self._switchboard.start(kinds.read(_parsed(request.body)))
        elif request.method == "DELETE":
            self._switchboard.end(query.get("fault"))
        elif request.method != "GET":
            return _problem(405, f"{request.method} is not understood here: expected GET, POST or DELETE")
        return Answer(200, wire.dumps(self._switchboard.faults.told()))

    def _trades(self, query: dict[str, str]) -> Answer:
        """What was published under the ids of a range: id, price, quantity, time, side, first and last id."""
        tape = self._quoted(query).tape
        found = islice(tape.log_rows(_number(query, "fromId"), _number(query, "toId")), _MOST_ROWS)
        return Answer(200, wire.dumps(list(found)))

    def _klines(self, query: dict[str, str]) -> Answer:
        """The bars that open in a range of times [us], both inclusive, ascending, with times [us]."""
        quoted, interval = self._quoted(query), query.get("interval", "")
        if interval not in INTERVALS:
            raise ExchangeError(f"interval {interval!r} is unknown: expected one of {', '.join(INTERVALS)}")
        start, end = _number(query, "startTime"), _number(query, "endTime")
        bars = islice(quoted.klines.bars(interval, start, min(end, self._market.now_us()) + 1), _MOST_ROWS)
        return Answer(200, wire.dumps([rows.kline_row(quoted.tape.listing, bar, 1) for bar in bars]))

    def _quoted(self, query: dict[str, str]) -> Quoted:
        symbol = query.get("symbol", "")
        if symbol not in self._market.quoted:
            raise ExchangeError(f"symbol {symbol!r} is unknown: expected one of {', '.join(self._market.quoted)}")
        return self._market.quoted[symbol]


def _parsed(body: bytes) -> object:
    if len(body) > _MOST_BODY:
        raise ExchangeError(f"a body of {len(body)} bytes: expected at most {_MOST_BODY}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ExchangeError(f'not JSON ({error}): expected {{"fault": NAME, ...parameters}}') from error


def _number(query: dict[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < _BEYOND):
        raise ExchangeError(f"{name} is {text!r}: expected a whole number below 2^62")
    return int(text)


def _problem(status: int, words: str) -> Answer:
    return Answer(status, wire.dumps({"error": words}))
