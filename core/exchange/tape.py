"""One symbol's trades in the order of their ids, whoever makes them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np

from core.exchange.listing import Listing
from core.market import Bools, Ints


class Trade(NamedTuple):
    """A trade: amounts [1e-8], times [us]. ``last_id > id`` only where a recording has aggregates alone."""

    id: int
    last_id: int
    price: int
    quantity: int
    time_us: int
    event_us: int
    buyer_maker: bool
    aggregate_id: int


class Aggregate(NamedTuple):
    """Fills at one price: of one taker order on the spot market, of a tenth of a second on the futures market."""

    id: int
    first_id: int
    last_id: int
    price: int
    quantity: int
    time_us: int
    event_us: int
    buyer_maker: bool


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Trades as columns of one length, ascending by id and by time."""

    id: Ints
    last_id: Ints
    price: Ints
    quantity: Ints
    time_us: Ints
    event_us: Ints
    buyer_maker: Bools
    aggregate_id: Ints

    def __len__(self) -> int:
        return len(self.id)

    def trades(self, start: int, stop: int) -> Iterator[Trade]:
        """Rows `start` to `stop`, one Trade each."""
        columns = (getattr(self, name)[start:stop].tolist() for name in Trade._fields)
        return map(Trade._make, zip(*columns, strict=True))


class LogRow(NamedTuple):
    """What was published under one id: a trade, or an aggregate of the trades `first_id` to `last_id`.

    Amounts [1e-8], time [us].
    """

    id: int
    price: int
    quantity: int
    time_us: int
    buyer_maker: bool
    first_id: int
    last_id: int


class Span(NamedTuple):
    """Some rows of a block."""

    block: Block
    start: int
    stop: int


class Tape(ABC):
    """A symbol's trades as far as they are public now; they lie in numbered blocks that follow one another in time.

    `singles` is False where only aggregates are known.
    """

    listing: Listing
    singles: bool = True

    @property
    def aggregated(self) -> "Tape":
        """The tape to read aggregates from: this one where all fills of an aggregate are public at once."""
        return self

    def halted(self, start_us: int, end_us: int) -> bool:  # noqa: ARG002
        """Whether the matching engine stood still from `start_us` to `end_us`: then there is no bar, not even a flat one."""
        return False

    @abstractmethod
    def bounds(self) -> tuple[int, int]:
        """The numbers of the oldest block and of the newest one that has begun."""

    @abstractmethod
    def block(self, number: int) -> Block:
        """A block, its trades of the future included."""

    @abstractmethod
    def public(self, number: int) -> int:
        """How many rows of a block are public."""

    @abstractmethod
    def holding(self, column: str, value: int) -> int:
        """The number of the block where the first row with ``column >= value`` lies, or any earlier one.

        `column` is ``id``, ``aggregate_id`` or ``time_us``.
        """

    def spans(self, column: str, first: int, beyond: int | None = None) -> Iterator[Span]:
        """The public rows with ``first <= column < beyond``, ascending."""
        oldest, newest = self.bounds()
        for number in range(max(oldest, self.holding(column, first)), newest + 1):
            block, public = self.block(number), self.public(number)
            values = getattr(block, column)[:public]
            start = int(np.searchsorted(values, first))
            stop = public if beyond is None else int(np.searchsorted(values, beyond))
            if start < stop:
                yield Span(block, start, stop)
            if stop < public:
                return

    def since(self, column: str, first: int, beyond: int | None = None) -> Iterator[Trade]:
        """The public trades with ``first <= column < beyond``, ascending."""
        for block, start, stop in self.spans(column, first, beyond):
            for i, j in _pages(stop - start):
                yield from block.trades(start + i, start + j)

    def backward(self, before_us: int | None = None) -> Iterator[Trade]:
        """The public trades, those before `before_us` only, newest first."""
        oldest, newest = self.bounds()
        start = newest if before_us is None else min(newest, self.holding("time_us", before_us))
        for number in range(start, oldest - 1, -1):
            block, public = self.block(number), self.public(number)
            stop = public if before_us is None else int(np.searchsorted(block.time_us[:public], before_us))
            for i, j in _pages(stop):
                yield from reversed(list(block.trades(stop - j, stop - i)))

    def newest(self, limit: int) -> list[Trade]:
        """The `limit` newest public trades, ascending."""
        return list(islice(self.backward(), limit))[::-1]

    def first(self) -> Trade | None:
        """The oldest public trade."""
        return next(self.since("id", 0), None)

    def last(self, before_us: int | None = None) -> Trade | None:
        """The newest public trade, or the newest before `before_us`."""
        return next(self.backward(before_us), None)

    def log_rows(self, first_id: int, last_id: int) -> Iterator[LogRow]:
        """What has been published under the ids `first_id` to `last_id`, ascending: trades, or else aggregates."""
        if self.singles and self.aggregated is self:
            for t in self.since("id", first_id, last_id + 1):
                yield LogRow(t.id, t.price, t.quantity, t.time_us, t.buyer_maker, t.id, t.id)
            return
        for a in aggregates(self.aggregated.since("aggregate_id", first_id, last_id + 1)):
            yield LogRow(a.id, a.price, a.quantity, a.time_us, a.buyer_maker, a.first_id, a.last_id)


def _pages(count: int) -> Iterator[tuple[int, int]]:
    """Ranges that cut `count` rows, small ones first: many a reader wants one row only."""
    start, size = 0, 8
    while start < count:
        stop = min(start + size, count)
        yield start, stop
        start, size = stop, min(size * 4, 4096)


def aggregates(trades: Iterable[Trade]) -> Iterator[Aggregate]:
    """Runs of trades with one aggregate id, ascending or descending, as aggregates."""
    for number, run in groupby(trades, key=lambda trade: trade.aggregate_id):
        fills = sorted(run)
        first, last = fills[0], fills[-1]
        yield Aggregate(number, first.id, last.last_id, first.price, sum(f.quantity for f in fills), first.time_us,
                        last.event_us, first.buyer_maker)  # fmt: skip
