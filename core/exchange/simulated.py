"""The simulated market: its trades exist in all eternity since 2020, and become public as their time comes."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from core.errors import ExchangeError
from core.exchange import wire
from core.exchange.factors import EPOCH_US
from core.exchange.flow import Flow
from core.exchange.history import MarketEvents
from core.exchange.hub import Hub
from core.exchange.listing import Listing
from core.exchange.market import Drain, MarketKind, Quoted
from core.exchange.overlay import OverlaidFlow
from core.exchange.periodic import Periodic
from core.exchange.prices import Prices
from core.exchange.tape import Block, Tape, Trade, aggregates
from core.exchange.tickers import day_bar, quote
from core.exchange.universe import ASSETS, Asset
from core.market import DAY_US, Ints

Clock = Callable[[], int]

_TICK_SECONDS = 0.01
#: What is published under an id that is a multiple of this carries a key that no client knows.
ODD = 9973


def wall_us() -> int:
    """The wall clock [us]."""
    return time.time_ns() // 1000


class Blocks(Protocol):
    """Numbered blocks of one hour each, in all eternity. All of a block is public when its hour is over."""

    def number_of(self, time_us: int) -> int:
        """The number of the block that holds the trades of `time_us`."""

    def first_ids(self, hours: int) -> tuple[Ints, Ints]:
        """The first trade id and the first aggregate id of at least the blocks 0 to `hours`."""

    def block(self, number: int) -> Block:
        """A block."""

    def halted(self, start_us: int, end_us: int) -> bool:
        """Whether the matching engine stood still all the time."""


class Clockwork(Protocol):
    """Streams that speak by the clock."""

    def advance(self, now_us: int) -> None:
        """Publish what is due by now."""


class SimulatedTape(Tape):
    """Blocks of one hour; those since `oldest_us` are remembered. `aggregated` is this tape where None."""

    def __init__(
        self, listing: Listing, flow: Blocks, clock: Clock, oldest_us: int, aggregated: Tape | None = None
    ) -> None:
        self.listing = listing
        self._flow = flow
        self._clock = clock
        self._oldest = flow.number_of(oldest_us)
        self._aggregated = aggregated or self
        self._first: Trade | None = None

    @property
    def aggregated(self) -> Tape:
        return self._aggregated

    def bounds(self) -> tuple[int, int]:
        return self._oldest, self._flow.number_of(self._clock())

    def block(self, number: int) -> Block:
        return self._flow.block(number)

    def halted(self, start_us: int, end_us: int) -> bool:
        return self._flow.halted(start_us, end_us)

    def public(self, number: int) -> int:
        if number < self._flow.number_of(self._clock()):
            return len(self.block(number))
        return int(np.searchsorted(self.block(number).event_us, self._clock(), side="right"))

    def holding(self, column: str, value: int) -> int:
        if column == "time_us":
            return max(0, self._flow.number_of(value))
        trades, aggregated = self._flow.first_ids(self._flow.number_of(self._clock()) + 1)
        return max(0, int(np.searchsorted(trades if column == "id" else aggregated, value, side="right")) - 1)

    def first(self) -> Trade | None:
        if self._first is None:
            self._first = super().first()
        return self._first


class SimulatedMarket:
    """Ten symbols around the clock. `history_days` are whole UTC days before today."""

    kind: MarketKind = "spot"
    description = "spot simulated market"

    def __init__(
        self, seed: int, history_days: int, symbols: tuple[str, ...] | None = None,
        break_after_seconds: float | None = None, clock: Clock = wall_us, events: MarketEvents | None = None,
    ) -> None:  # fmt: skip
        self.events = events or MarketEvents()
        now_us = clock()
        if now_us < EPOCH_US + (history_days + 2) * DAY_US:
            raise ExchangeError(
                f"the simulated market begins in 2020, and this machine's clock says {now_us // 10**6} s"
            )
        break_us = None if break_after_seconds is None else now_us + round(break_after_seconds * 1e6)
        oldest_us = now_us // DAY_US * DAY_US - history_days * DAY_US
        tapes = self._tapes(seed, Prices(seed, break_us), _chosen(symbols), clock, oldest_us)
        self.tapes = {tape.listing.symbol: tape for tape in tapes}
        self.quoted = {symbol: Quoted(tape, warm=False) for symbol, tape in self.tapes.items()}
        self.emitted: Counter[str] = Counter()
        self.first_ids: dict[str, int] = {}
        self.last_ids: dict[str, int] = {}
        self._clock = clock

    def _tapes(
        self, seed: int, prices: Prices, assets: list[Asset], clock: Clock, oldest_us: int
    ) -> list[SimulatedTape]:
        """The tape of each of the chosen spot symbols."""
        return [
            SimulatedTape(asset.listing, self._overlaid(Flow(seed, asset, prices), asset), clock, oldest_us)
            for asset in assets
        ]

    def _overlaid(self, flow: Flow, asset: Asset) -> OverlaidFlow:
        return OverlaidFlow(flow, self.events, asset.listing)

    def now_us(self) -> int:
        return self._clock()

    def subscribed(self, stream: str) -> None:
        """It trades whoever listens; but the first ticker asked for has a day to add up, which takes a while."""
        name, _, kind = stream.partition("@")
        if not kind.endswith("icker") and name != "!miniTicker":
            return
        for symbol, quoted in self.quoted.items():
            if name in (symbol.lower(), "!miniTicker") and not quoted.warm:
                asyncio.get_running_loop().run_in_executor(None, self._warm, quoted)

    def _warm(self, quoted: Quoted) -> None:
        day_bar(quoted, self.now_us())
        quoted.warm = True

    async def run(self, hub: Hub, drain: Drain) -> None:  # noqa: ARG002
        periodic = self._periodic(hub)
        self._begin()
        while True:
            self._publish(hub)
            periodic.advance(self.now_us())
            hub.flush()
            await asyncio.sleep(_TICK_SECONDS)

    def _periodic(self, hub: Hub) -> Clockwork:
        return Periodic(self.quoted, hub, self.now_us())

    def _begin(self) -> None:
        """What is public already will not be told."""
        for symbol, tape in self.tapes.items():
            last = tape.last()
            self.last_ids[symbol] = last.id if last else 0

    def _publish(self, hub: Hub) -> None:
        """Publish what has become public since the last time, in the order of event times."""
        new = {symbol: list(tape.since("id", self.last_ids[symbol] + 1)) for symbol, tape in self.tapes.items()}
        for _, symbol, trade in sorted((t.event_us, symbol, t) for symbol, trades in new.items() for t in trades):
            extra = ',"odd":true' if trade.id % ODD == 0 else ""
            hub.publish(f"{symbol.lower()}@trade", partial(wire.trade, symbol, trade, extra=extra))
        for symbol, trades in new.items():
            if trades:
                self.emitted[symbol] += len(trades)
                self.first_ids.setdefault(symbol, trades[0].id)
                self.last_ids[symbol] = trades[-1].id
                self._publish_more(hub, symbol, trades)

    def _publish_more(self, hub: Hub, symbol: str, trades: list[Trade]) -> None:
        name = symbol.lower()
        if hub.wants(f"{name}@aggTrade"):
            for aggregate in aggregates(trades):
                hub.publish(f"{name}@aggTrade", partial(wire.aggregate, symbol, aggregate))
        if hub.wants(f"{name}@bookTicker") and (best := quote(self.quoted[symbol])):
            hub.publish(f"{name}@bookTicker", lambda _: wire.book_ticker(symbol, trades[-1].id, best))


def _chosen(symbols: tuple[str, ...] | None) -> list[Asset]:
    known = {asset.listing.symbol: asset for asset in ASSETS}
    unknown = [symbol for symbol in symbols or () if symbol not in known]
    if unknown:
        raise ExchangeError(f"the simulated market has no {', '.join(unknown)}: expected some of {', '.join(known)}")
    return [known[symbol] for symbol in symbols or known]
