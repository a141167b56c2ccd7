"""A market as its REST side sees it while that is behind the stream."""

from collections.abc import Iterator, Mapping

import numpy as np

from core.exchange.hub import Hub
from core.exchange.kinds import RestLag
from core.exchange.klines import Bar, Klines
from core.exchange.market import Drain, Market, Quoted
from core.exchange.tape import Block, Tape, Trade
from core.market import SECOND_US


class LaggingTape(Tape):
    """A tape without its newest trades."""

    def __init__(self, tape: Tape, now_us: int, lag: RestLag) -> None:
        self.listing, self.singles = tape.listing, tape.singles
        self._tape = tape
        self._now_us, self._lag = now_us, lag
        self._until_us = now_us - round(lag.seconds * SECOND_US)
        last = tape.last() if lag.trades else None
        self._last_id = last.id - lag.trades if last else None

    @property
    def aggregated(self) -> Tape:
        inner = self._tape.aggregated
        return self if inner is self._tape else LaggingTape(inner, self._now_us, self._lag)

    def first(self) -> Trade | None:
        return self._tape.first()  # looked for once; what lags is the newest

    @property
    def hides(self) -> bool:
        """Whether there is anything that is not visible yet."""
        ours, all_ = self.last(), self._tape.last()
        return (ours.id if ours else None) != (all_.id if all_ else None)

    def halted(self, start_us: int, end_us: int) -> bool:
        """Also where all may be hidden: there is no bar yet rather than a flat one."""
        last = self.last()
        return self._tape.halted(start_us, end_us) or (self.hides and (last is None or last.time_us < start_us))

    def bounds(self) -> tuple[int, int]:
        return self._tape.bounds()

    def block(self, number: int) -> Block:
        return self._tape.block(number)

    def public(self, number: int) -> int:
        block = self.block(number)
        public = min(self._tape.public(number), int(np.searchsorted(block.event_us, self._until_us, side="right")))
        if self._last_id is None:
            return public
        return min(public, int(np.searchsorted(block.id, self._last_id, side="right")))

    def holding(self, column: str, value: int) -> int:
        return self._tape.holding(column, value)


class LaggingKlines(Klines):
    """The bars of a lagging tape. Those that are long over are the same, and have been added up."""

    def __init__(self, tape: LaggingTape, klines: Klines) -> None:
        super().__init__(tape)
        self._settled_klines = klines
        last = tape.last()
        self._visible_us = last.time_us if last else 0

    def total(self, start_us: int, end_us: int) -> Bar | None:
        if end_us <= self._visible_us:
            return self._settled_klines.total(start_us, end_us)
        return super().total(start_us, end_us)


class LaggingMarket:
    """`market` without the newest trades of each symbol."""

    def __init__(self, market: Market, lag: RestLag) -> None:
        self.kind, self.description = market.kind, market.description
        self.emitted, self.first_ids, self.last_ids = market.emitted, market.first_ids, market.last_ids
        self._market, self._lag = market, lag
        self._made: dict[str, Quoted] = {}

    @property
    def quoted(self) -> Mapping[str, Quoted]:
        return _Lagging(self)

    def now_us(self) -> int:
        return self._market.now_us()

    def subscribed(self, stream: str) -> None:
        self._market.subscribed(stream)

    async def run(self, hub: Hub, drain: Drain) -> None:
        await self._market.run(hub, drain)

    def of(self, symbol: str) -> Quoted:
        if symbol not in self._made:
            whole = self._market.quoted[symbol]
            tape = LaggingTape(whole.tape, self.now_us(), self._lag)
            made = Quoted(tape)
            made.klines = LaggingKlines(tape, whole.klines)
            self._made[symbol] = made
        return self._made[symbol]

    def names(self) -> list[str]:
        return list(self._market.quoted)

    @property
    def hides(self) -> bool:
        """Whether what was asked for had trades that were not shown."""
        return any(isinstance(q.tape, LaggingTape) and q.tape.hides for q in self._made.values())


class _Lagging(Mapping[str, Quoted]):
    def __init__(self, market: LaggingMarket) -> None:
        self._market = market

    def __getitem__(self, symbol: str) -> Quoted:
        return self._market.of(symbol)

    def __iter__(self) -> Iterator[str]:
        return iter(self._market.names())

    def __len__(self) -> int:
        return len(self._market.names())
