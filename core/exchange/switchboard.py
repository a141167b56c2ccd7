"""Starts and ends faults: holds those that last, and strikes at once with the others."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from core.errors import ExchangeError
from core.exchange import kinds, wire
from core.exchange.faults import Faults
from core.exchange.history import MarketEvent
from core.exchange.kinds import (
    Burst,
    Close,
    ConnectionLimit,
    Fault,
    Halt,
    Held,
    MarketChange,
    MaxAge,
    Quiet,
    Refuse,
    Reset,
    Shutdown,
    Vision,
    Weight,
)
from core.exchange.market import Market
from core.exchange.overlay import in_one_block
from core.exchange.rest import Answer, refusal
from core.exchange.simulated import SimulatedMarket
from core.exchange.stats import Stats
from core.exchange.weight import WeightBudget

#: Handshakes in five minutes, as the venue allows them.
_HANDSHAKES, _WINDOW_SECONDS, _RETRY_AFTER = 300, 300.0, 60
#: A change of the market begins so long after it was asked for [us]: by then it has been written down.
_SOON_US = 250_000
_MS = 1000

Plan = tuple[tuple[float, Mapping[str, Any]], ...]


class Switchboard:
    """The faults of one exchange. All but `faults` is for the event loop's thread."""

    def __init__(self, market: Market, stats: Stats, faults: Faults, budget: WeightBudget) -> None:
        self.faults = faults
        self._market, self._stats, self._budget = market, stats, budget
        self._handshakes: deque[float] = deque()

    def start(self, fault: Fault) -> None:
        """Start a fault. Raise ExchangeError where this market cannot have it."""
        if isinstance(fault, MarketChange):
            self._change_market(fault)
        elif isinstance(fault, Weight):
            self._budget.tighten(fault.per_minute, fault.tolerance, fault.ban)
            self.faults.hold(fault)
        elif isinstance(fault, Vision) and not fault.on:
            self.faults.end(Vision)
        elif isinstance(fault, Held):
            self.faults.hold(fault)
        else:
            self._strike(fault)

    def end(self, name: str | None = None) -> None:
        """End the fault of a name, or all. Raise ExchangeError for a name that none has."""
        if name is not None and name not in kinds.KINDS:
            raise ExchangeError(f"fault {name!r} is unknown: expected one of {', '.join(kinds.KINDS)}")
        self.faults.end(kinds.KINDS[name] if name is not None else None)
        if name in (None, Weight.name()):
            self._budget.relax()

    def handshake(self) -> Answer | None:
        """Count a WebSocket's handshake: the answer to one that is refused, None where it is welcome."""
        fault = self.faults.get(Refuse)
        if fault is not None:
            self.faults.bite(Refuse)
            return refusal(fault.status, fault.retry_after)
        limit, now = self.faults.get(ConnectionLimit), time.monotonic()
        while self._handshakes and self._handshakes[0] <= now - _WINDOW_SECONDS:
            self._handshakes.popleft()
        if len(self._handshakes) >= (_HANDSHAKES if limit is None else limit.per_five_minutes):
            self.faults.bite(ConnectionLimit)
            return refusal(429, _RETRY_AFTER)
        self._handshakes.append(now)
        return None

    def look_at_ages(self) -> None:
        """Close the connections that are older than a fault lets them be."""
        fault = self.faults.get(MaxAge)
        if fault is None:
            return
        for connection in self._stats.streaming():
            if time.monotonic() - connection.opened_at >= fault.seconds:
                self.faults.bite(MaxAge)
                connection.reset() if fault.abrupt else connection.end(1001, "Connection too old")

    async def follow(self, plan: Plan) -> None:
        """Start each fault of `plan` when its time has come [s from now]."""
        started = asyncio.get_running_loop().time()
        for at, asked in sorted(plan, key=lambda each: each[0]):
            await asyncio.sleep(started + at - asyncio.get_running_loop().time())
            try:
                self.start(kinds.read(asked))
            except ExchangeError as error:
                logging.getLogger(__name__).warning("the fault planned for %g s was not started: %s", at, error)

    def _strike(self, fault: Fault) -> None:
        for connection in self._stats.streaming():
            if isinstance(fault, Reset) and self.faults.strikes(Reset, fault.share):
                connection.reset()
            elif isinstance(fault, Close):
                self.faults.bite(Close)
                connection.end(fault.code, fault.reason)
            elif isinstance(fault, Shutdown):
                self.faults.bite(Shutdown)
                told_at = self._market.now_us() // connection.flavour.divisor
                connection.announce("!serverShutdown", wire.dumps({"e": "serverShutdown", "E": told_at}))
                asyncio.get_running_loop().call_later(fault.seconds, connection.end, 1001, "Server shutdown")

    def _change_market(self, fault: MarketChange) -> None:
        assert isinstance(fault, Halt | Quiet | Burst)
        market = self._market
        if not isinstance(market, SimulatedMarket):
            raise ExchangeError(
                f"{fault.name()} changes a simulated market, and this one is a recording: expected another fault"
            )
        if isinstance(fault, Burst) and market.kind != "spot":
            raise ExchangeError("burst is for the spot market: expected another fault on the futures market")
        if fault.symbol is not None and fault.symbol not in market.quoted:
            raise ExchangeError(f"symbol {fault.symbol!r} is unknown: expected one of {', '.join(market.quoted)}")
        symbols = list(market.quoted) if fault.symbol is None else [fault.symbol]
        events = [self._event(market, fault, symbol) for symbol in symbols]
        market.events.add(events, market.now_us)
        self.faults.bite(type(fault), sum(max(1, event.trades) for event in events))

    def _event(self, market: SimulatedMarket, fault: Halt | Quiet | Burst, symbol: str) -> MarketEvent:
        from_us = (market.now_us() + _SOON_US) // _MS * _MS
        length_us = round(fault.seconds * 1000) * _MS
        if isinstance(fault, Halt):
            return MarketEvent("halt", symbol, from_us, from_us + length_us)
        if isinstance(fault, Quiet):
            return MarketEvent("quiet", symbol, from_us, from_us + length_us)
        from_us = in_one_block(partial(market.tapes[symbol].holding, "time_us"), from_us, length_us)
        return MarketEvent("burst", symbol, from_us, from_us + length_us, fault.trades)
