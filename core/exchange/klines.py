"""Klines from single trades, slow and exact: Python integers, nothing is ever a float.

Prices and quantities are [1e-8], quote volumes their products [1e-16]. A bar holds the trades with
``open_us <= T < end_us``. Minutes and hours that are over are remembered, longer bars are their
sums.
"""

from collections.abc import Iterable, Iterator
from itertools import compress
from operator import mul
from typing import NamedTuple

from core.exchange.intervals import end_of, open_of
from core.exchange.tape import Span, Tape
from core.market import HOUR_US, MINUTE_US, SECOND_US


class Bar(NamedTuple):
    """One bar; a bar without trades is flat, ``first_id`` and ``last_id`` are -1."""

    open_us: int
    end_us: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote: int
    trades: int
    taker_volume: int
    taker_quote: int
    first_id: int
    last_id: int


def flat(open_us: int, end_us: int, price: int) -> Bar:
    """The bar of an interval in which nothing was traded."""
    return Bar(open_us, end_us, price, price, price, price, 0, 0, 0, 0, 0, -1, -1)


def fold(open_us: int, end_us: int, spans: Iterable[Span]) -> Bar | None:
    """The bar of all trades in `spans`; None where there are none."""
    bars = [_fold_span(open_us, end_us, span) for span in spans]
    return merge(open_us, end_us, bars)


def _fold_span(open_us: int, end_us: int, span: Span) -> Bar:
    rows = slice(span.start, span.stop)
    price: list[int] = span.block.price[rows].tolist()
    quantity: list[int] = span.block.quantity[rows].tolist()
    bought: list[bool] = (~span.block.buyer_maker[rows]).tolist()
    quote = list(map(mul, price, quantity))
    first: list[int] = span.block.id[rows].tolist()
    last: list[int] = first if span.block.last_id is span.block.id else span.block.last_id[rows].tolist()
    return Bar(
        open_us, end_us, price[0], max(price), min(price), price[-1], sum(quantity), sum(quote),
        sum(last) - sum(first) + len(first), sum(compress(quantity, bought)), sum(compress(quote, bought)), first[0], last[-1],
    )  # fmt: skip


def merge(open_us: int, end_us: int, bars: list[Bar]) -> Bar | None:
    """The bar of several bars with trades that follow one another; None for none."""
    if not bars:
        return None
    first, last = bars[0], bars[-1]
    return Bar(
        open_us, end_us, first.open, max(b.high for b in bars), min(b.low for b in bars), last.close,
        sum(b.volume for b in bars), sum(b.quote for b in bars), sum(b.trades for b in bars),
        sum(b.taker_volume for b in bars), sum(b.taker_quote for b in bars), first.first_id, last.last_id,
    )  # fmt: skip


class Klines:
    """The bars of one tape, of any interval."""

    #: A bar is remembered once it is so long over that every trade of it is public.
    SETTLED_US = 5 * SECOND_US

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._settled: dict[tuple[int, int], Bar | None] = {}

    def of_prefix(self, tape: Tape) -> "Klines":
        """The bars of a tape that lacks the newest trades of this one, and shares what is remembered."""
        klines = Klines(tape)
        klines._settled = self._settled
        return klines

    def bar(self, interval: str, open_us: int) -> Bar | None:
        """The bar that opens at `open_us`, flat where nothing was traded.

        None before the first trade, and where the engine stood still.
        """
        end_us = end_of(interval, open_us)
        bar = self.total(open_us, end_us)
        if bar is not None or self._tape.halted(open_us, end_us):
            return bar
        before = self._tape.last(open_us)
        return flat(open_us, end_us, before.price) if before else None

    def bars(self, interval: str, start_us: int, end_us: int) -> Iterator[Bar]:
        """The bars that open in ``[start_us, end_us)``, ascending, from the first trade on."""
        first = self._tape.first()
        if first is None:
            return
        opening = open_of(interval, max(start_us, first.time_us))
        opening = opening if opening >= start_us else end_of(interval, opening)
        before = self._tape.last(opening)
        close = before.price if before else first.price
        while opening < end_us:
            end = end_of(interval, opening)
            bar = self.total(opening, end)
            if bar is not None or not self._tape.halted(opening, end):
                bar = bar or flat(opening, end, close)
                close = bar.close
                yield bar
            opening = end

    def total(self, start_us: int, end_us: int) -> Bar | None:
        """The bar of the public trades in ``[start_us, end_us)``, whatever the bounds; None where there are none."""
        first_minute, last_minute = -(-start_us // MINUTE_US) * MINUTE_US, end_us // MINUTE_US * MINUTE_US
        if first_minute >= last_minute:
            return self._fold(start_us, end_us)
        first, last = self._tape.first(), self._tape.last()
        if first is None or last is None:
            return None
        begin = max(first_minute, first.time_us // MINUTE_US * MINUTE_US)
        stop = min(last_minute, last.time_us // MINUTE_US * MINUTE_US + MINUTE_US)
        parts = [self._fold(start_us, first_minute)] if start_us < first_minute else []
        parts += self._whole(begin, stop, last.time_us)
        parts += [self._fold(last_minute, end_us)] if last_minute < end_us else []
        return merge(start_us, end_us, [part for part in parts if part is not None])

    def _whole(self, start_us: int, end_us: int, newest_us: int) -> list[Bar | None]:
        """The bars of the whole minutes in a range, whole hours as one."""
        bars, opening = [], start_us
        while opening < end_us:
            if opening % HOUR_US == 0 and opening + HOUR_US <= end_us:
                bars.append(self._remembered(opening, HOUR_US, newest_us))
                opening += HOUR_US
            else:
                bars.append(self._remembered(opening, MINUTE_US, newest_us))
                opening += MINUTE_US
        return bars

    def _remembered(self, open_us: int, length_us: int, newest_us: int) -> Bar | None:
        key, end_us = (open_us, length_us), open_us + length_us
        settled = end_us + self.SETTLED_US <= newest_us
        if settled and key in self._settled:
            return self._settled[key]
        if length_us == MINUTE_US:
            bar = self._fold(open_us, end_us)
        else:
            minutes = (self._remembered(m, MINUTE_US, newest_us) for m in range(open_us, end_us, MINUTE_US))
            bar = merge(open_us, end_us, [m for m in minutes if m is not None])
        if settled:
            self._settled[key] = bar
        return bar

    def _fold(self, start_us: int, end_us: int) -> Bar | None:
        return fold(start_us, end_us, self._tape.spans("time_us", start_us, end_us))
