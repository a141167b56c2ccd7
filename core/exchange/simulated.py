"""The simulated market: its trades exist in all eternity since 2020, and become public as their time comes."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np

from core.errors import ExchangeError
from core.exchange import wire
from core.exchange.factors import EPOCH_US, hour_of
from core.exchange.flow import Flow
from core.exchange.hub import Hub
from core.exchange.market import Drain, Quoted
from core.exchange.periodic import Periodic
from core.exchange.prices import Prices
from core.exchange.tape import Block, Tape, Trade, aggregates
from core.exchange.tickers import day_bar, quote
from core.exchange.universe import ASSETS, Asset
from core.market import DAY_US

Clock = Callable[[], int]

_TICK_SECONDS = 0.01
#: Trades whose id is a multiple of this carry a key that no client knows.
_ODD = 9973


def wall_us() -> int:
    """The wall clock [us]."""
    return time.time_ns() // 1000


class SimulatedTape(Tape):
    """Blocks of one hour; those since `oldest_us` are remembered."""

    def __init__(self, asset: Asset, flow: Flow, clock: Clock, oldest_us: int) -> None:
        self.listing = asset.listing
        self._flow = flow
        self._clock = clock
        self._oldest = hour_of(oldest_us)
        self._first: Trade | None = None

    def bounds(self) -> tuple[int, int]:
        return self._oldest, hour_of(self._clock())

    def block(self, number: int) -> Block:
        return self._flow.block(number)

    def public(self, number: int) -> int:
        if number < hour_of(self._clock()):
            return len(self.block(number))
        return int(np.searchsorted(self.block(number).event_us, self._clock(), side="right"))

    def holding(self, column: str, value: int) -> int:
        if column == "time_us":
            return max(0, hour_of(value))
        trades, aggregated = self._flow.first_ids(hour_of(self._clock()) + 1)
        return max(0, int(np.searchsorted(trades if column == "id" else aggregated, value, side="right")) - 1)

    def first(self) -> Trade | None:
        if self._first is None:
            self._first = super().first()
        return self._first


class SimulatedMarket:
    """Ten symbols around the clock. `history_days` are whole UTC days before today."""

    description = "spot simulated market"

    def __init__(
        self, seed: int, history_days: int, symbols: tuple[str, ...] | None = None,
        break_after_seconds: float | None = None, clock: Clock = wall_us,
    ) -> None:  # fmt: skip
        now_us = clock()
        if now_us < EPOCH_US + (history_days + 2) * DAY_US:
            raise ExchangeError(
                f"the simulated market begins in 2020, and this machine's clock says {now_us // 10**6} s"
            )
        break_us = None if break_after_seconds is None else now_us + round(break_after_seconds * 1e6)
        prices = Prices(seed, break_us)
        oldest_us = now_us // DAY_US * DAY_US - history_days * DAY_US
        self.tapes = {
            asset.listing.symbol: SimulatedTape(asset, Flow(seed, asset, prices), clock, oldest_us)
            for asset in _chosen(symbols)
        }
        self.quoted = {symbol: Quoted(tape, warm=False) for symbol, tape in self.tapes.items()}
        self.emitted: Counter[str] = Counter()
        self.last_ids: dict[str, int] = {}
        self._clock = clock

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
        periodic = Periodic(self.quoted, hub, self.now_us())
        for symbol, tape in self.tapes.items():
            last = tape.last()
            self.last_ids[symbol] = last.id if last else 0
        while True:
            self._publish(hub)
            periodic.advance(self.now_us())
            hub.flush()
            await asyncio.sleep(_TICK_SECONDS)

    def _publish(self, hub: Hub) -> None:
        """Publish what has become public since the last time, in the order of event times."""
        new = {symbol: list(tape.since("id", self.last_ids[symbol] + 1)) for symbol, tape in self.tapes.items()}
        for _, symbol, trade in sorted((t.event_us, symbol, t) for symbol, trades in new.items() for t in trades):
            extra = ',"odd":true' if trade.id % _ODD == 0 else ""
            hub.publish(f"{symbol.lower()}@trade", partial(wire.trade, symbol, trade, extra=extra))
        for symbol, trades in new.items():
            if trades:
                self.emitted[symbol] += len(trades)
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
