"""Halts, silences and bursts laid over a simulated flow: ids, prices and klines follow as if it had always been so.

No trade is lost to a halt or a silence: what was due in it comes when it is over or, where the block of the flow is over
before that, just before it. A burst adds trades, and all later ids are higher by as many.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from core.exchange.flow import Flow
from core.exchange.history import MarketEvent, MarketEvents
from core.exchange.listing import Listing
from core.exchange.tape import Block
from core.market import MINUTE_US, Bools, Ints

#: The trades of a burst come in sweeps of so many, each at one instant.
_SWEEP = 20
#: How soon after its instant a trade of an event is told [us].
_DELAY_US = 200
#: In which time those that a silence has kept waiting come [us].
_RUSH_US = 200_000
#: What has to be left of a block after an event [us].
_ROOM_US = 500_000
_MS = 1000
_KEPT = 3


class OverlaidFlow:
    """The blocks of `flow`, with the events of its symbol."""

    def __init__(self, flow: Flow, events: MarketEvents, listing: Listing) -> None:
        self._flow, self._events, self._listing = flow, events, listing
        self._made = lru_cache(maxsize=_KEPT)(self._make)

    def number_of(self, time_us: int) -> int:
        return self._flow.number_of(time_us)

    def first_ids(self, hours: int) -> tuple[Ints, Ints]:
        trades, aggregates = self._flow.first_ids(hours)
        bursts = [event for event in self._of_symbol() if event.trades]
        if bursts:
            trades, aggregates = trades.copy(), aggregates.copy()
        for event in bursts:
            later = self.number_of(event.from_us) + 1
            trades[later:] += event.trades
            aggregates[later:] += event.trades
        return trades, aggregates

    def block(self, number: int) -> Block:
        events = self._of_symbol()
        return self._made(number, len(events)) if events else self._flow.block(number)

    def halted(self, start_us: int, end_us: int) -> bool:
        """Whether the matching engine stood still all the time."""
        return any(e.kind == "halt" and e.from_us <= start_us and end_us <= e.until_us for e in self._of_symbol())

    def _of_symbol(self) -> tuple[MarketEvent, ...]:
        return self._events.of(self._listing.symbol)

    def _make(self, number: int, count: int) -> Block:
        """A block with the first `count` events."""
        block = self._flow.block(number)
        for event in self._of_symbol()[:count]:
            first, last = self.number_of(event.from_us), self.number_of(event.until_us)
            if event.trades:
                if first < number:
                    block = _shifted(block, event.trades)
                elif first == number:
                    block = self._with_burst(block, event)
            elif first <= number <= last:
                goes_on = self.number_of(event.until_us + _ROOM_US) > number
                block = (_hurried if goes_on else _delayed)(block, event)
        return block

    def _with_burst(self, block: Block, event: MarketEvent) -> Block:
        """More trades, before all that is not told when the event begins: sweeps that wander through the book."""
        row = _first_untold(block, event.from_us)
        anchor = int(block.price[min(row, len(block) - 1)])
        first_id = int(block.id[row]) if row < len(block) else int(block.last_id[-1]) + 1
        first_aggregate = int(block.aggregate_id[row]) if row < len(block) else int(block.aggregate_id[-1]) + 1
        told, rest = _rows(block, 0, row), _shifted(_rows(block, row, len(block)), event.trades)
        burst = _sweeps(event, anchor, first_id, first_aggregate, self._listing)
        return _in_order(told, burst, _delayed(rest, event))


def in_one_block(number_of: Callable[[int], int], from_us: int, length_us: int) -> int:
    """`from_us` or, where what begins then would not be over before its block is, the beginning of the next one."""
    block = number_of(from_us)
    if number_of(from_us + length_us + _ROOM_US) == block:
        return from_us
    later = from_us // MINUTE_US * MINUTE_US
    while number_of(later) == block:
        later += MINUTE_US // 2  # blocks begin on half minutes
    return later


def _sweeps(event: MarketEvent, anchor: int, first_id: int, first_aggregate: int, listing: Listing) -> Block:
    """A burst's trades, at prices [1e-8] around `anchor`."""
    random = np.random.default_rng(event.from_us)
    count = event.trades
    sweep = np.arange(count) // _SWEEP
    sweeps = int(sweep[-1]) + 1
    time_us = event.from_us + sweep * (event.until_us - event.from_us) // sweeps
    steps = np.cumsum(random.integers(-3, 4, sweeps))[sweep] + random.integers(-2, 3, count)
    price = np.maximum(anchor // listing.tick + steps, 1) * listing.tick
    ids = first_id + np.arange(count)
    quantity = random.integers(1, 1000, count) * listing.step
    side: Bools = np.asarray(sweep % 2, dtype=bool)
    return Block(ids, ids, price, quantity, time_us, time_us + _DELAY_US, side, first_aggregate + np.arange(count))


def _first_untold(block: Block, from_us: int) -> int:
    """The first row that is not told before `from_us` and begins an aggregate."""
    row = int(np.searchsorted(block.event_us, from_us))
    while 0 < row < len(block) and block.aggregate_id[row] == block.aggregate_id[row - 1]:
        row += 1
    return row


def _due(block: Block, event: MarketEvent) -> Bools:
    """What is not told before the event and has not happened after it."""
    return np.asarray((block.event_us >= event.from_us) & (block.time_us < event.until_us))


def _delayed(block: Block, event: MarketEvent) -> Block:
    """`block` without anything while the event lasts: what was due comes right after it, an aggregate at one instant."""
    due = np.flatnonzero(_due(block, event))
    if not len(due):
        return block
    place = block.aggregate_id[due] - block.aggregate_id[due[0]]
    time_us, event_us = block.time_us.copy(), block.event_us.copy()
    time_us[due] = event.until_us + place * _RUSH_US // (place[-1] + 1) // _MS * _MS
    event_us[due] = time_us[due] + _DELAY_US
    return _in_order(replace(block, time_us=time_us, event_us=np.maximum(event_us, time_us)))


def _hurried(block: Block, event: MarketEvent) -> Block:
    """`block` without anything while the event lasts: what was due comes in the instant before."""
    due = _due(block, event)
    time_us = np.where(due, np.minimum(block.time_us, event.from_us - _MS), block.time_us)
    return _in_order(replace(block, time_us=time_us, event_us=np.where(due, event.from_us, block.event_us)))


def _shifted(block: Block, by: int) -> Block:
    """`block` with higher ids."""
    ids = block.id + by
    last = ids if block.last_id is block.id else block.last_id + by
    return replace(block, id=ids, last_id=last, aggregate_id=block.aggregate_id + by)


def _rows(block: Block, start: int, stop: int) -> Block:
    ids = block.id[start:stop]
    last = ids if block.last_id is block.id else block.last_id[start:stop]
    return Block(
        ids, last, block.price[start:stop], block.quantity[start:stop], block.time_us[start:stop],
        block.event_us[start:stop], block.buyer_maker[start:stop], block.aggregate_id[start:stop],
    )  # fmt: skip


def _in_order(*parts: Block) -> Block:
    """`parts` as one block whose times do not go back."""

    def column(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts]) if len(parts) > 1 else getattr(parts[0], name)

    ids = column("id")
    last = ids if all(part.last_id is part.id for part in parts) else column("last_id")
    return Block(
        ids, last, column("price"), column("quantity"), np.maximum.accumulate(column("time_us")),
        np.maximum.accumulate(column("event_us")), np.asarray(column("buyer_maker"), dtype=bool), column("aggregate_id"),
    )  # fmt: skip
