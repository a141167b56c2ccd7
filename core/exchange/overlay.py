"""Halts, silences and bursts laid over a simulated flow: ids, prices and klines follow as if it had always been so."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np

from core.errors import ExchangeError
from core.exchange.flow import Flow
from core.exchange.tape import Block
from core.market import HOUR_US, Ints

#: The trades of a burst come in sweeps of so many, each at one instant.
_SWEEP = 20
#: How soon after its instant a trade of an event is told [us].
_DELAY_US = 200
#: What is left free at the end of an hour's block [us].
_LAST_US = 500_000


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """Something that happened to one symbol from `from_us` to `until_us`. `trades` are those that a burst adds."""

    kind: Literal["halt", "quiet", "burst"]
    symbol: str
    from_us: int
    until_us: int
    trades: int = 0


class MarketEvents:
    """What happened to the market, in order. With a file it is remembered from one run of the exchange to the next."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._lock = Lock()
        self._events: dict[str, tuple[MarketEvent, ...]] = {}
        if memory is not None and memory.exists():
            self._remember(memory)

    def of(self, symbol: str) -> tuple[MarketEvent, ...]:
        return self._events.get(symbol, ())

    def add(self, event: MarketEvent) -> None:
        """Let `event` happen, and write it down first."""
        with self._lock:
            if self._memory is not None:
                with self._memory.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(event)) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            self._enter(event)

    def _enter(self, event: MarketEvent) -> None:
        self._events[event.symbol] = (*self.of(event.symbol), event)

    def _remember(self, memory: Path) -> None:
        for line in memory.read_text(encoding="utf-8").splitlines():
            try:
                self._enter(MarketEvent(**json.loads(line)))
            except (TypeError, ValueError) as error:
                raise ExchangeError(f"{memory} is not a memory of market events: {error}") from error


class OverlaidFlow:
    """The blocks of `flow`, with the events of its symbol. `tick` is the step of prices [1e-8]."""

    def __init__(self, flow: Flow, events: MarketEvents, symbol: str, tick: int, step: int) -> None:
        self._flow, self._events, self._symbol, self._tick, self._step = flow, events, symbol, tick, step
        self._blocks: dict[tuple[int, int], Block] = {}

    @property
    def version(self) -> int:
        """Changes with every event."""
        return len(self._events.of(self._symbol))

    def number_of(self, time_us: int) -> int:
        return self._flow.number_of(time_us)

    def first_ids(self, hours: int) -> tuple[Ints, Ints]:
        trades, aggregates = self._flow.first_ids(hours)
        for event in self._events.of(self._symbol):
            if event.trades:
                later = np.arange(len(trades)) > self.number_of(event.from_us)
                trades, aggregates = trades + event.trades * later, aggregates + event.trades * later
        return trades, aggregates

    def block(self, number: int) -> Block:
        events = self._events.of(self._symbol)
        if not events:
            return self._flow.block(number)
        key = number, len(events)
        found = self._blocks.get(key)
        if found is None:
            found = self._made(number, events)
            while len(self._blocks) > 3:
                self._blocks.pop(next(iter(self._blocks)))
            self._blocks[key] = found
        return found

    def halted(self, start_us: int, end_us: int) -> bool:
        """Whether the matching engine stood still all the time."""
        return any(
            e.kind == "halt" and e.from_us <= start_us and end_us <= e.until_us for e in self._events.of(self._symbol)
        )

    def _made(self, number: int, events: Sequence[MarketEvent]) -> Block:
        block = self._flow.block(number)
        for event in events:
            before = self.number_of(event.from_us)
            if event.trades and before < number:
                block = _shifted(block, 0, event.trades)
            elif before == number:
                block = self._with_burst(block, event) if event.trades else _delayed(block, event)
        return block

    def _with_burst(self, block: Block, event: MarketEvent) -> Block:
        """More trades after those that were told before the event: sweeps that wander through the book."""
        row = int(np.searchsorted(block.time_us, event.from_us))
        row = max(row, int(np.searchsorted(block.event_us, event.from_us)))
        count = event.trades
        random = np.random.default_rng(event.from_us)
        sweep = np.arange(count) // _SWEEP
        length = max(1, event.until_us - event.from_us)
        time_us = event.from_us + sweep * length // max(1, int(sweep[-1]) + 1)
        anchor = int(block.price[min(row, len(block) - 1)])
        walk = np.cumsum(random.integers(-3, 4, int(sweep[-1]) + 1))[sweep] + random.integers(-2, 3, count)
        price = np.maximum(anchor // self._tick + walk, 1) * self._tick
        first_id = int(block.id[row]) if row < len(block) else int(block.last_id[-1]) + 1
        first_aggregate = int(block.aggregate_id[row]) if row < len(block) else int(block.aggregate_id[-1]) + 1
        if 0 < row < len(block) and block.aggregate_id[row - 1] == first_aggregate:
            return self._with_burst(block, replace(event, from_us=int(block.event_us[row]) + 1))
        ids = first_id + np.arange(count)
        burst = Block(
            ids, ids, price, random.integers(1, 1000, count) * self._step, time_us, time_us + _DELAY_US,
            (sweep % 2).astype(bool), first_aggregate + np.arange(count),
        )  # fmt: skip
        rest = _delayed(_shifted(block, row, count), replace(event, kind="quiet", trades=0))
        return _joined(_rows(rest, 0, row), burst, _rows(rest, row, len(rest)))


def _shifted(block: Block, row: int, by: int) -> Block:
    """`block` with the ids from `row` on raised."""
    late = by * (np.arange(len(block)) >= row)
    ids = block.id + late
    last = ids if block.last_id is block.id else block.last_id + late
    return replace(block, id=ids, last_id=last, aggregate_id=block.aggregate_id + late)


def _delayed(block: Block, event: MarketEvent) -> Block:
    """`block` without anything between the event's times: what was due then comes at once when it is over."""
    end_us = int(block.time_us[-1]) // HOUR_US * HOUR_US + HOUR_US - _LAST_US if len(block) else event.until_us
    until_us = max(event.from_us, min(event.until_us, end_us))
    due = (block.event_us >= event.from_us) & (block.time_us < until_us)
    if not due.any():
        return block
    time_us = np.where(due, until_us, block.time_us)
    event_us = np.maximum.accumulate(np.where(due, until_us + _DELAY_US, np.maximum(block.event_us, time_us)))
    return replace(block, time_us=np.maximum.accumulate(time_us), event_us=event_us)


def _rows(block: Block, start: int, stop: int) -> Block:
    ids = block.id[start:stop]
    last = ids if block.last_id is block.id else block.last_id[start:stop]
    return Block(
        ids, last, block.price[start:stop], block.quantity[start:stop], block.time_us[start:stop],
        block.event_us[start:stop], block.buyer_maker[start:stop], block.aggregate_id[start:stop],
    )  # fmt: skip


def _joined(*parts: Block) -> Block:
    def column(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts])

    ids = column("id")
    return Block(
        ids, ids, column("price"), column("quantity"), column("time_us"), column("event_us"),
        np.asarray(column("buyer_maker"), dtype=bool), column("aggregate_id"),
    )  # fmt: skip
