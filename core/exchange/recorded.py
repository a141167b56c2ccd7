"""A recorded market: begins with the first subscription, keeps its own times unless shifted, and never shows its future."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from core.exchange import wire
from core.exchange.hub import Hub
from core.exchange.market import Drain, MarketKind, Quoted
from core.exchange.periodic import Periodic
from core.exchange.recording import Recording, Step
from core.exchange.tape import Block, Tape, Trade, aggregates
from core.exchange.tickers import quote

#: Steps between two waits for the readers when the recording is played as fast as they take it.
_BATCH = 512
_PAGE = 4096


class RecordedTape(Tape):
    """One block, of which as many rows are public as have been delivered."""

    def __init__(self, recording: Recording, symbol: str) -> None:
        self.listing = recording.listings[symbol]
        self.singles = recording.singles
        self.delivered = 0
        self._block = recording.blocks[symbol]
        self._page = -1
        self._rows: list[Trade] = []

    def shift(self, shift_us: int) -> None:
        """Move all times by `shift_us`."""
        block = self._block
        self._block = replace(block, time_us=block.time_us + shift_us, event_us=block.event_us + shift_us)

    def bounds(self) -> tuple[int, int]:
        return 0, 0

    def block(self, number: int) -> Block:  # noqa: ARG002
        return self._block

    def public(self, number: int) -> int:  # noqa: ARG002
        return self.delivered

    def holding(self, column: str, value: int) -> int:  # noqa: ARG002
        return 0

    def row(self, row: int) -> Trade:
        """One trade; read by pages, since they are asked for in order."""
        page = row // _PAGE
        if page != self._page:
            self._page, self._rows = page, list(self._block.trades(page * _PAGE, page * _PAGE + _PAGE))
        return self._rows[row - page * _PAGE]

    def fills(self, row: int) -> list[Trade] | None:
        """The trades of the aggregate that `row` completes; None where it goes on."""
        numbers = self._block.aggregate_id
        if row + 1 < len(numbers) and numbers[row + 1] == numbers[row]:
            return None
        return list(self._block.trades(int(numbers.searchsorted(numbers[row])), row + 1))


class RecordedMarket:
    """Plays a recording at `rate` recorded seconds a second, or, with None, as fast as the readers take it."""

    kind: MarketKind = "spot"

    def __init__(
        self, recording: Recording, rate: float | None, shift_to_now: bool, wall_us: Callable[[], int] | None = None
    ) -> None:
        self.description = f"{'usdm' if recording.futures else 'spot'} recorded market"
        self.tapes = {symbol: RecordedTape(recording, symbol) for symbol in recording.blocks}
        self.quoted = {symbol: Quoted(tape) for symbol, tape in self.tapes.items()}
        self.emitted: Counter[str] = Counter()
        self.first_ids: dict[str, int] = {}
        self.last_ids: dict[str, int] = {}
        self._recording = recording
        self._rate = rate
        self._shift_to_now = shift_to_now
        self._wall_us = wall_us or (lambda: time.time_ns() // 1000)
        self._shift_us = 0
        self._first_us = self._clock_us = recording.first_us
        self._started_at: float | None = None
        self._begin = asyncio.Event()
        self._names = {symbol.lower() for symbol in recording.blocks}

    def now_us(self) -> int:
        if self._started_at is None:
            return self._wall_us() if self._shift_to_now else self._clock_us
        if self._rate is None:
            return self._clock_us
        elapsed = (time.monotonic() - self._started_at) * self._rate
        return self._first_us + self._shift_us + round(elapsed * 1e6)

    def subscribed(self, stream: str) -> None:
        if stream.partition("@")[0] in self._names or stream.startswith("!"):
            self._begin.set()

    async def run(self, hub: Hub, drain: Drain) -> None:
        await self._begin.wait()
        self._start()
        periodic = Periodic(self.quoted, hub, self.now_us())
        for number, step in enumerate(self._recording.steps(), 1):
            at_us = step.at_us + self._shift_us
            if self._rate is None:
                self._clock_us = at_us
            elif self.now_us() < at_us:
                await self._wait(at_us, hub, periodic)
            periodic.advance(at_us)
            self._deliver(step, hub)
            if number % _BATCH == 0:
                hub.flush()
                await drain() if self._rate is None else await asyncio.sleep(0)
        hub.flush()
        await drain()

    def _start(self) -> None:
        if self._shift_to_now:
            self._shift_us = (self._wall_us() - self._first_us) // 1000 * 1000
            for tape in self.tapes.values():
                tape.shift(self._shift_us)
            self._clock_us += self._shift_us
        self._started_at = time.monotonic()

    async def _wait(self, at_us: int, hub: Hub, periodic: Periodic) -> None:
        assert self._rate is not None
        while (now_us := self.now_us()) < at_us:
            periodic.advance(now_us)
            hub.flush()
            await asyncio.sleep(min((at_us - now_us) / 1e6 / self._rate, 0.05))

    def _deliver(self, step: Step, hub: Hub) -> None:
        if step.stream:
            hub.publish(step.stream, partial(wire.retimed, step.event, self._shift_us))
        if step.row < 0:
            return
        tape = self.tapes[step.symbol]
        tape.delivered = step.row + 1
        self._publish(step, tape, hub)

    def _publish(self, step: Step, tape: RecordedTape, hub: Hub) -> None:
        name, trade = step.symbol.lower(), tape.row(step.row)
        self.emitted[step.symbol] += 1
        self.first_ids.setdefault(step.symbol, trade.id)
        self.last_ids[step.symbol] = trade.last_id
        if tape.singles and not step.stream:
            hub.publish(f"{name}@trade", partial(wire.trade, step.symbol, trade))
        if hub.wants(f"{name}@aggTrade") and (fills := tape.fills(step.row)):
            for aggregate in aggregates(fills):
                hub.publish(f"{name}@aggTrade", partial(wire.aggregate, step.symbol, aggregate))
        if not step.stream and hub.wants(f"{name}@bookTicker") and (best := quote(self.quoted[step.symbol])):
            hub.publish(f"{name}@bookTicker", lambda _: wire.book_ticker(step.symbol, trade.last_id, best))
