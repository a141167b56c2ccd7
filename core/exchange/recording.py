"""A recorded market in memory, whatever file it came from."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.exchange.listing import Listing, listing_of
from core.exchange.tape import Block, Trade


class Step(NamedTuple):
    """One thing to deliver at `at_us` of the recording's clock.

    Either a captured frame (`stream`, `event`), or a trade (`symbol`, `row` of its block), or both at once.
    """

    at_us: int
    symbol: str = ""
    row: int = -1
    stream: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Blocks of trades by symbol, and what to deliver in which order.

    `frames` is None where the recording has nothing but the trades of one symbol. `singles` is False where it has
    aggregates alone. `futures` says which market it was taken from.
    """

    listings: dict[str, Listing]
    blocks: dict[str, Block]
    frames: Sequence[Step] | None
    singles: bool = True
    futures: bool = False

    def __len__(self) -> int:
        return len(self.frames) if self.frames is not None else sum(map(len, self.blocks.values()))

    @property
    def first_us(self) -> int:
        """When the recording begins: the event time of its first step [us]."""
        return next(iter(self.steps())).at_us

    def steps(self) -> Iterator[Step]:
        """Everything to deliver, in order."""
        if self.frames is not None:
            yield from self.frames
            return
        for symbol, block in self.blocks.items():
            for start in range(0, len(block), 10_000):
                for row, at_us in enumerate(block.event_us[start : start + 10_000].tolist(), start):
                    yield Step(at_us, symbol, row)


@dataclass(slots=True)
class Columns:
    """Trades of one symbol while they are read."""

    symbol: str
    id: "array[int]" = field(default_factory=lambda: array("q"))
    last_id: "array[int]" = field(default_factory=lambda: array("q"))
    price: "array[int]" = field(default_factory=lambda: array("q"))
    quantity: "array[int]" = field(default_factory=lambda: array("q"))
    time_us: "array[int]" = field(default_factory=lambda: array("q"))
    event_us: "array[int]" = field(default_factory=lambda: array("q"))
    buyer_maker: "array[int]" = field(default_factory=lambda: array("b"))
    aggregate_id: "array[int]" = field(default_factory=lambda: array("q"))

    def append(self, trade: Trade) -> int | None:
        """Take a trade and say its row; None for one that was there already."""
        if self.id and trade.id <= self.id[-1]:
            return None
        for name, value in zip(Trade._fields, trade, strict=True):
            getattr(self, name).append(value)
        return len(self.id) - 1

    def listing(self) -> Listing:
        return listing_of(self.symbol, set(self.price), set(self.quantity))

    def block(self, numbered: bool = False) -> Block:
        """The columns as a block; aggregates are numbered from 1 by time, price and side unless they are `numbered`."""
        columns = {name: np.array(getattr(self, name), dtype=np.int64) for name in Trade._fields}
        maker = columns.pop("buyer_maker").astype(np.bool_)
        if not numbered:
            keys = [columns["time_us"], columns["price"], maker]
            new = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
            columns["aggregate_id"] = np.concatenate(([1], 1 + np.cumsum(new))).astype(np.int64)
        return Block(buyer_maker=maker, **columns)
