"""The database against itself: are the ids whole or accounted for, are the bars the sums of the trades, is the file sound?

Works page by page beside a desk that writes. A page, its bars and the gap ledger are one snapshot; but a minute that spans
pages was read at several moments, so what seems to differ is read again in one snapshot before it is told.
"""

from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from core import candles
from core.continuity import Hole
from core.health import GapState
from core.market import (
    MINUTE,
    SECOND,
    SECOND_US,
    STORED_INTERVALS,
    BarSource,
    Bools,
    Candles,
    Interval,
    Ints,
    Symbol,
    Trades,
)
from core.store import bars, catalogue, gaps, proof
from core.store.catalogue import Entry
from core.store.findings import Collected, SymbolCheck, WrongBars
from core.store.reader import Reader
from core.store.schema import bars as bars_table
from core.store.schema import trades as trades_table
from core.store.trade_rows import read_trades, trade_rows

_PAGE = 50_000
#: How far a second look goes beyond the ids in question where a stored bar names more.
_WIDE = 1_000_000
#: Rows at a page's end of which the earliest time says up to where bars are complete: times step back a little.
_TAIL = 100
#: Trades of a minute that lie among the ids of its neighbours: so far from their boundary at most.
_AROUND_IDS = 10_000
_ALWAYS_US = (0, 2**62)
_NONE_US = (0, 0)


def check_symbol(
    reader: Reader,
    symbol: Symbol,
    now_us: int,
    start_us: int | None = None,
    end_us: int | None = None,
    page: int = _PAGE,
) -> SymbolCheck:
    """Check the trades and own bars of `symbol`: all, or those of the minutes from `start_us` to before `end_us`.

    `now_us` says from when on a trade time cannot be, `page` how many trades are read at once. Raise StoreError where the file cannot be read, OutOfRange where its
    numbers leave 64 bits.
    """
    window, ids = _ALWAYS_US, None
    if start_us is not None or end_us is not None:
        start = MINUTE.floor(start_us) if start_us is not None else window[0]
        end = MINUTE.floor(end_us - 1) + MINUTE.us if end_us is not None else window[1]
        with reader.snapshot() as connection:
            known = catalogue.entry(connection, symbol)
            ids = _ids_between(connection, known, start, end) if known else None
        window = (start, end) if ids else _NONE_US
    walk = _Walk(reader, symbol, now_us, window, ids, page)
    walk.run()
    return walk.result()


class _Doubt(NamedTuple):
    """Minutes to look at again, and the trades by which they seemed to differ: empty where these are absent."""

    minutes: Ints
    seconds: Candles


class _Walk:
    """One way through a symbol's trades by id. `pending` are the seconds that later pages may add to, from `from_us` on."""

    def __init__(
        self, reader: Reader, symbol: Symbol, now_us: int, window: tuple[int, int], ids: Hole | None, page: int
    ) -> None:  # fmt: skip
        self._reader, self._symbol, self._now_us = reader, symbol, now_us
        self._page_rows = page
        self._from_us, self._end_us = window
        self._start_us = window[0]
        self._first_id = ids[0] if ids else None
        self._until_id = ids[1] if ids else None
        self._after_id = self._covered = ids[0] - 1 if ids else None
        self._pending: Candles | None = None
        self._trades = self._bars = 0
        self._unledgered, self._unfounded, self._overlapping = Collected(), Collected(), Collected()
        self._impossible, self._wrong = Collected(), WrongBars()

    def run(self) -> None:
        more = self._end_us > self._from_us
        while more:
            with self._reader.snapshot() as connection:
                known = catalogue.entry(connection, self._symbol)
                if known is None:
                    return
                more, doubts = self._page(connection, known)
            for doubt in doubts:
                self._look_again(doubt)
        self._check_end()

    def _check_end(self) -> None:
        """What is missing after the last trade of a window, before those that come after it."""
        if self._until_id is None or self._covered is None or self._covered >= self._until_id:
            return
        rest: tuple[Hole, ...] = ((self._covered + 1, self._until_id),)
        with self._reader.snapshot() as connection:
            known = catalogue.entry(connection, self._symbol)
            ledger = gaps.holes(connection, known) if known else ()
        self._unledgered.add(proof.less(rest, proof.clipped(ledger, *rest[0])))
        self._covered = self._until_id

    def result(self) -> SymbolCheck:
        return SymbolCheck(
            self._symbol,
            self._trades,
            self._first_id if self._trades else None,
            self._covered if self._trades else None,
            self._missing(),
            self._unledgered.told(),
            self._unfounded.told(),
            self._overlapping.told(),
            self._impossible.told(),
            self._bars,
            self._wrong.told(),
            len(self._wrong.fields),
        )

    def _page(self, connection: Connection, known: Entry) -> tuple[bool, list[_Doubt]]:
        """Check a page of trades; whether there may be more, and what to look at again."""
        rows = self._rows(connection, known, self._after_id, self._until_id)
        more = len(rows) == self._page_rows
        if len(rows):
            self._trades += len(rows)
            self._after_id = int(rows.trade_id[-1])
            self._check_ids(connection, known, rows)
        rows, wrong = self._sane(known, rows)
        self._impossible.add(tuple((each, each) for each in wrong))
        fresh = candles.from_trades(rows, SECOND)
        seconds = fresh if self._pending is None else proof.merged(self._pending.rescaled(known.scale), fresh)
        late = seconds.open_time_us < self._from_us
        until = self._complete_until(rows) if more else self._end_us
        due = ~late & (seconds.open_time_us < until)
        doubt = self._compare(connection, known, seconds.take(due), until)
        self._pending, self._from_us = seconds.take(seconds.open_time_us >= until), until
        before = seconds.take(late & (seconds.open_time_us >= self._start_us))
        doubts = (doubt, _Doubt(np.unique(MINUTE.floors(before.open_time_us)), before))
        return more, [each for each in doubts if len(each.minutes)]

    def _rows(self, connection: Connection, known: Entry, after_id: int | None, until_id: int | None) -> Trades:
        rows = trade_rows(known)
        if after_id is not None:
            rows = rows.where(trades_table.c.trade_id > after_id)
        if until_id is not None:
            rows = rows.where(trades_table.c.trade_id <= until_id)
        return read_trades(
            connection, self._symbol, known, rows.order_by(trades_table.c.trade_id).limit(self._page_rows)
        )

    def _check_ids(self, connection: Connection, known: Entry, rows: Trades) -> None:
        if self._covered is None:
            self._first_id = int(rows.trade_id[0])
            self._covered = self._first_id - 1
        first = self._covered + 1
        holes, twice, self._covered = proof.uncovered(self._covered, rows)
        ledger = tuple((g.next_id, g.last_id) for g in gaps.unfinished(connection, known) if g.next_id is not None)
        ledger = proof.clipped(ledger, first, self._covered)
        self._unledgered.add(proof.less(holes, ledger))
        self._unfounded.add(proof.less(ledger, holes))
        self._overlapping.add(twice)

    def _sane(self, known: Entry, rows: Trades) -> tuple[Trades, list[int]]:
        """`rows` less those that no trade can be, and the ids of these."""
        wrong = proof.impossible(rows, self._now_us, known.aggregated)
        return (rows.take(~wrong), rows.trade_id[wrong].tolist()) if wrong.any() else (rows, [])

    def _complete_until(self, rows: Trades) -> int:
        """The minute up to which bars have all of their trades, as far as times ascend."""
        earliest = int(rows.trade_time_us[-_TAIL:].min()) if len(rows) else self._from_us
        return min(self._end_us, max(self._from_us, MINUTE.floor(earliest)))

    def _compare(self, connection: Connection, known: Entry, seconds: Candles, until_us: int) -> _Doubt:
        """Compare the bars up to `until_us` with those that `seconds` make; the minutes that seem to differ."""
        wrong: set[int] = set()
        for interval in STORED_INTERVALS:
            derived = candles.roll_up(seconds, interval)
            self._bars += len(derived)
            stored = self._stored(connection, known, interval, self._from_us, until_us)
            wrong.update(MINUTE.floor(at) for at, _ in proof.differing(derived, stored))
        minutes = np.array(sorted(wrong), dtype=np.int64)
        return _Doubt(minutes, seconds.take(np.isin(MINUTE.floors(seconds.open_time_us), minutes)))

    def _stored(self, connection: Connection, known: Entry, interval: Interval, from_us: int, until_us: int) -> Candles:
        return bars.read(
            connection, known, self._symbol, interval, bars.page(known, interval, from_us, until_us, -1), 0
        )  # fmt: skip

    def _look_again(self, doubt: _Doubt) -> None:
        """Compare the minutes in one snapshot, and note those that differ indeed."""
        with self._reader.snapshot() as connection:
            known = catalogue.entry(connection, self._symbol)
            if known is None:
                return
            start, end = int(doubt.minutes[0]), int(doubt.minutes[-1]) + MINUTE.us
            stored = {each: self._stored(connection, known, each, start, end) for each in STORED_INTERVALS}
            stored = {each: of.take(_within(of.open_time_us, doubt.minutes)) for each, of in stored.items()}
            seconds = self._derived(connection, known, doubt, stored[MINUTE])
        for interval, of in stored.items():
            self._wrong.add(interval, proof.differing(candles.roll_up(seconds, interval), of))

    def _derived(self, connection: Connection, known: Entry, doubt: _Doubt, minutes: Candles) -> Candles:
        """The seconds of the minutes in doubt, of all trades around the ids that were seen in them or that they name."""
        seconds = doubt.seconds.take(slice(0, 0))
        named = minutes.take(minutes.source == BarSource.OWN)
        firsts = (*doubt.seconds.first_trade_id.tolist(), *named.first_trade_id.tolist())
        lasts = (*doubt.seconds.last_trade_id.tolist(), *named.last_trade_id.tolist())
        if not firsts:
            return seconds
        seen = doubt.seconds if len(doubt.seconds) else named
        after_id = max(min(firsts), int(seen.first_trade_id.min()) - _WIDE) - 1
        until_id = min(max(lasts), int(seen.last_trade_id.max()) + _WIDE)
        while len(rows := self._rows(connection, known, after_id, until_id)):
            after_id = int(rows.trade_id[-1])
            rows, _ = self._sane(known, rows)
            rows = rows.take(_within(rows.trade_time_us, doubt.minutes))
            seconds = proof.merged(seconds, candles.from_trades(rows, SECOND))
        return seconds

    def _missing(self) -> tuple[tuple[GapState, int], ...]:
        """How many ids the ledger takes for missing, by state; of a window those between its ids."""
        with self._reader.snapshot() as connection:
            known = catalogue.entry(connection, self._symbol)
            found = gaps.unfinished(connection, known) if known else []
        counts = dict.fromkeys(gaps.UNFINISHED, 0)
        for gap in found:
            hole: tuple[Hole, ...] = ((gap.next_id, gap.last_id),) if gap.next_id is not None else ()
            if self._until_id is not None:
                hole = proof.clipped(hole, self._first_id or 0, self._until_id)
            elif self._end_us == _NONE_US[1]:
                hole = ()
            counts[gap.state] += sum(last - first + 1 for first, last in hole)
        return tuple(counts.items())


def _ids_between(connection: Connection, known: Entry, start_us: int, end_us: int) -> Hole | None:
    """The ids that belong between two times, whether they are stored or not; None where there are none.

    They lie between those of the minutes around; trades of the window may lie beyond, for times step back a little.
    """
    row = bars_table.c
    minutes = (row.symbol_id == known.symbol_id, row.interval_s == MINUTE.us // SECOND_US, bars.own())
    before = select(func.max(row.last_trade_id)).where(*minutes, row.open_time_us < start_us)
    after = select(func.min(row.first_trade_id)).where(*minutes, row.open_time_us >= end_us)
    low, high = connection.scalar(before), connection.scalar(after)
    trade = trades_table.c
    inside = [trade.symbol_id == known.symbol_id, trade.trade_time_us >= start_us, trade.trade_time_us < end_us]
    if low is not None:
        inside.append(trade.trade_id > low - _AROUND_IDS)
    if high is not None:
        inside.append(trade.trade_id < high + _AROUND_IDS)
    first, last = connection.execute(select(func.min(trade.trade_id), func.max(trade.trade_id)).where(*inside)).one()
    ends = [first] if low is None else [low + 1] if first is None else [low + 1, first]
    stops = [last] if high is None else [high - 1] if last is None else [high - 1, last]
    if None in ends or None in stops or min(ends) > max(stops):
        return None
    return min(ends), max(stops)


def _within(times_us: Ints, minutes: Ints) -> Bools:
    return np.asarray(np.isin(MINUTE.floors(times_us), minutes), dtype=np.bool_)
