"""``/_exchange/...``: the exchange's own log, and the switches of its faults. Whatever goes wrong, this works."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from core.errors import ExchangeError
from core.exchange import rows, wire
from core.exchange.faults import KINDS, Fault, Faults
from core.exchange.http_side import HttpRequest
from core.exchange.intervals import INTERVALS
from core.exchange.market import Market, Quoted
from core.exchange.overlay import MarketEvent
from core.exchange.rest import Answer, refusal
from core.exchange.simulated import SimulatedMarket
from core.exchange.stats import Stats
from core.exchange.weight import WeightBudget

if TYPE_CHECKING:
    from core.exchange.connection import Connection

#: Handshakes in five minutes, as the venue allows them.
_HANDSHAKES, _WINDOW_SECONDS = 300, 300.0
_MOST_ROWS = 200_000
#: A market event begins so much after it was asked for [us]: nothing that is public changes.
_SOON_US = 20_000
_MS = 1000


class Backstage:
    """Answers ``/_exchange/`` requests, and carries out the faults that strike at once."""

    def __init__(self, market: Market, stats: Stats, faults: Faults, budget: WeightBudget, executor: Executor) -> None:
        self._market, self._stats, self._faults, self._budget = market, stats, faults, budget
        self._executor = executor
        self._venue_weight = budget.per_minute
        self._handshakes: deque[float] = deque()

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a request to ``/_exchange/...``."""
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query))
        try:
            if parts.path == "/_exchange/stats":
                return Answer(200, self._stats.body())
            if parts.path == "/_exchange/faults":
                return self._switch(request, query)
            log = {"/_exchange/trades": self._trades, "/_exchange/klines": self._klines}.get(parts.path)
            if log is None:
                return _problem(404, f"{parts.path} is not there: expected stats, faults, trades or klines")
            return await asyncio.get_running_loop().run_in_executor(self._executor, log, query)
        except ExchangeError as error:
            return _problem(400, str(error))

    def strike(self, fault: Fault) -> None:
        """Start a fault. Raise ExchangeError where this market cannot have it."""
        if KINDS[fault.name].instant:
            self._instant(fault)
            return
        self._faults.hold(fault)
        if fault.name == "weight":
            self._budget.per_minute = int(fault["per_minute"])
            self._budget.tolerance, self._budget.ban_seconds = int(fault["tolerance"]), float(fault["ban"])

    def heal(self, name: str = "") -> None:
        """End a fault, or all."""
        self._faults.heal(name)
        if name in ("", "weight"):
            self._budget.per_minute = self._venue_weight

    def refused(self) -> Answer | None:
        """The answer to a handshake that is not to be; None where it may."""
        fault = self._faults.get("refuse")
        if fault is not None:
            self._faults.bite("refuse")
            return refusal(int(fault["status"]), int(fault["retry_after"]))
        limit, now = self._faults.get("connection_limit"), time.monotonic()
        while self._handshakes and self._handshakes[0] <= now - _WINDOW_SECONDS:
            self._handshakes.popleft()
        if len(self._handshakes) >= (int(limit["per_five_minutes"]) if limit else _HANDSHAKES):
            self._faults.bite("connection_limit")
            return refusal(429, 60)
        self._handshakes.append(now)
        return None

    def look_at_ages(self) -> None:
        """Close the connections that are older than a fault lets them be."""
        fault = self._faults.get("max_age")
        if fault is None:
            return
        for connection in self._streaming():
            if connection.opened_at is not None and time.monotonic() - connection.opened_at > float(fault["seconds"]):
                self._faults.bite("max_age")
                connection.reset() if fault["abrupt"] else connection.end(1001, "Connection too old")

    def _switch(self, request: HttpRequest, query: dict[str, str]) -> Answer:
        if request.method == "POST":
            try:
                asked = json.loads(request.body or b"null")
            except ValueError as error:
                raise ExchangeError(f"not JSON: {error}") from error
            self.strike(self._faults.read(asked))
        elif request.method == "DELETE":
            self.heal(query.get("fault", ""))
        elif request.method != "GET":
            return _problem(405, f"{request.method} is not understood here: expected GET, POST or DELETE")
        return Answer(200, wire.dumps(self._faults.told()))

    def _instant(self, fault: Fault) -> None:
        if fault.name in ("halt", "quiet", "burst"):
            self._change_market(fault)
            return
        act: Callable[[Connection], None] = {
            "reset": lambda connection: connection.reset(),
            "close": lambda connection: connection.end(int(fault["code"]), str(fault["reason"])),
            "shutdown": lambda connection: self._shut_down(connection, float(fault["seconds"])),
        }[fault.name]
        share = float(fault.parameters.get("share", 1.0))
        for connection in self._streaming():
            if share >= 1.0 or self._faults.random.random() < share:
                self._faults.bite(fault.name)
                act(connection)

    def _shut_down(self, connection: "Connection", seconds: float) -> None:
        event = wire.dumps({"e": "serverShutdown", "E": self._market.now_us() // connection.flavour.divisor})
        connection.announce(event)
        asyncio.get_running_loop().call_later(seconds, connection.end, 1001, "Server shutdown")

    def _change_market(self, fault: Fault) -> None:
        market, symbol = self._market, str(fault["symbol"])
        if not isinstance(market, SimulatedMarket):
            raise ExchangeError(f"{fault.name} needs a simulated market: a recording is what it is")
        if fault.name == "burst" and market.kind != "spot":
            raise ExchangeError("burst is for the spot market")
        if symbol and symbol not in market.quoted:
            raise ExchangeError(f"symbol {symbol!r} is unknown: expected one of {', '.join(market.quoted)}")
        from_us = (market.now_us() + _SOON_US) // _MS * _MS
        until_us = from_us + round(float(fault["seconds"]) * 1000) * _MS
        kind = fault.name
        for each in [symbol] if symbol else list(market.quoted):
            trades = int(fault["trades"]) if kind == "burst" else 0
            market.events.add(MarketEvent(kind, each, from_us, until_us, trades))  # type: ignore[arg-type]
            self._faults.bite(kind, max(1, trades))

    def _trades(self, query: dict[str, str]) -> Answer:
        """Everything that was published under the ids of a range: id, price, quantity, time, side, first and last id."""
        tape = self._quoted(query).tape
        first, last = _number(query, "fromId"), _number(query, "toId")
        found = islice(tape.log_rows(first, last), _MOST_ROWS)
        return Answer(200, wire.dumps([list(row) for row in found]))

    def _klines(self, query: dict[str, str]) -> Answer:
        """The exchange's bars by open time [us], ascending."""
        quoted = self._quoted(query)
        interval = query.get("interval", "")
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

    def _streaming(self) -> "list[Connection]":
        return [connection for connection in self._stats.connections if connection.streaming]


async def on_schedule(backstage: Backstage, faults: Faults, plan: tuple[tuple[float, str], ...]) -> None:
    """Start each fault of `plan` when its time has come [s after the start]."""
    started = time.monotonic()
    for at, text in sorted(plan):
        await asyncio.sleep(max(0.0, started + at - time.monotonic()))
        backstage.strike(faults.read(json.loads(text)))


def _number(query: dict[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit()):
        raise ExchangeError(f"{name} is {text!r}: expected a whole number")
    return int(text)


def _problem(status: int, words: str) -> Answer:
    body: dict[str, Any] = {"error": words}
    return Answer(status, wire.dumps(body))
