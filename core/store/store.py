"""The database opened: one writer, any number of readers, closed in the right order."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import URL, Connection, Engine, select, update

from core.continuity import Hole
from core.errors import StoreError
from core.health import Gap, GapState
from core.market import MINUTE, Candles, Symbol, Trades
from core.store import bars, correction, gaps, location, migrate, reconciliation, rederive
from core.store.batch import Stored, append_trades
from core.store.catalogue import Catalogue
from core.store.engine import desk_errors, reader_engine, writer_engine
from core.store.gaps import GapRecord
from core.store.reader import Reader
from core.store.reconciliation import Verdicts
from core.store.schema import desk
from core.store.writer import Writer

#: The size of the files is looked at this seldom: the health is asked many times a second.
_SIZED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Commit:
    """What goes into the database together: trades with their bars, holes found, and the watermark.

    `filling` are the ids, first and last, among which trades of a symbol may fill holes.
    """

    trades: tuple[Trades, ...]
    opened: Mapping[Symbol, tuple[GapRecord, ...]] = field(default_factory=dict)
    filling: Mapping[Symbol, Hole] = field(default_factory=dict)
    watermark_us: int = 0
    now_us: int = 0


class Store:
    """A market's database. Writers submit, readers ask; `close` does what was submitted first.

    `ended_in_order` is whether the database had been closed before it was opened here.
    """

    def __init__(
        self, url: URL, writer: Writer, reader: Reader, engines: tuple[Engine, ...], ended_in_order: bool
    ) -> None:
        self.url, self.ended_in_order = url, ended_in_order
        self.writer = writer
        self.reader = reader
        self._engines = engines
        self._catalogue = Catalogue()
        self._sized = -_SIZED_SECONDS
        self._size: int | None = None

    @classmethod
    def open(cls, url: URL, market: str, now_us: int, synchronous: str = "NORMAL") -> Self:
        """Open, make or migrate the database at `url` that holds `market`.

        Raise StoreUnavailable, StoreCorrupt, SchemaMismatch or WrongMarket, each saying what to do.
        """
        location.prepare_folder(url)
        ended_in_order = location.ended_in_order(url)
        engine, readers = writer_engine(url, synchronous), reader_engine(url)
        with desk_errors(url), engine.connect() as connection, connection.begin():
            migrate.upgrade(connection, market, now_us)
            # A read-only file opens without complaint: it has to show itself here, and not with the first trades.
            connection.execute(update(desk).values(watermark_us=desk.c.watermark_us))
        return cls(url, Writer(engine), Reader(readers), (engine, readers), ended_in_order)

    @classmethod
    def read_only(cls, url: URL) -> Reader:
        """A reader of an existing database, for commands that write nothing. Raise StoreError where it is none."""
        reader = Reader(reader_engine(url))
        try:
            with reader.snapshot() as connection:
                migrate.check(connection)
            reader.watermark_us()
        except StoreError:
            reader.close()
            raise
        return reader

    def append(self, commit: Commit) -> "Future[Mapping[Symbol, Stored]]":
        """Submit `commit` as one transaction; the future tells what each symbol's trades came to."""
        return self.writer.submit(lambda connection: self._append(connection, commit))

    def seed(self, history: Sequence[Candles]) -> "Future[int]":
        """Submit bars of the venue's own where the desk has none; the future tells how many were new."""
        return self.writer.submit(lambda connection: self._seed(connection, history))

    def _seed(self, connection: Connection, history: Sequence[Candles]) -> int:
        with self._catalogue.transaction(connection):
            count = 0
            for part in history:
                known = self._catalogue.entry(connection, part.symbol)
                if not known.versions or known.scale.finer(part.scale) != known.scale:
                    known = self._catalogue.refined(connection, part.symbol, part.scale, 0)
                count += bars.seed(connection, known, part)
                final = update(desk).where(desk.c.watermark_us < part.watermark_us)
                connection.execute(final.values(watermark_us=part.watermark_us))
            return count

    def _append(self, connection: Connection, commit: Commit) -> Mapping[Symbol, Stored]:
        with self._catalogue.transaction(connection):
            before = connection.scalar(select(desk.c.watermark_us)) or 0
            stored = {
                trades.symbol: append_trades(connection, self._catalogue, trades, before) for trades in commit.trades
            }
            for trades in commit.trades:
                if stored[trades.symbol].new:
                    known = self._catalogue.entry(connection, trades.symbol)
                    times = trades.trade_time_us
                    gaps.mark(connection, known, int(times.min()), int(times.max()))
            for symbol, ids in commit.filling.items():
                known = self._catalogue.entry(connection, symbol)
                filled = gaps.shrink(connection, known, symbol, ids, commit.now_us)
                rederive.replace_seeded(connection, known, symbol, filled)
                stored[symbol] = _reaching_back(stored.get(symbol, Stored(0, 0, None)), filled)
            for symbol, found in commit.opened.items():
                gaps.record(connection, self._catalogue.entry(connection, symbol), symbol, found)
            for symbol in commit.filling.keys() | commit.opened.keys():
                now_missing = gaps.holes(connection, self._catalogue.entry(connection, symbol))
                stored[symbol] = stored.get(symbol, Stored(0, 0, None))._replace(holes=now_missing)
            if commit.watermark_us > before:
                connection.execute(update(desk).values(watermark_us=commit.watermark_us))
            return stored

    def note_attempt(self, gap: Gap, state: GapState, now_us: int, words: str, attempts: int = 1) -> "Future[None]":
        """Submit what an attempt at the repair of `gap` came to."""
        return self.writer.submit(lambda connection: gaps.tried(connection, gap, state, now_us, words, attempts))

    def give_up(self, gap: Gap, last_id: int, now_us: int, words: str) -> "Future[None]":
        """Submit that the ids of `gap` up to `last_id` cannot be had any more."""

        def lose(connection: Connection) -> None:
            with self._catalogue.transaction(connection):
                gaps.lose(connection, self._catalogue.entry(connection, gap.symbol), gap, last_id, now_us, words)

        return self.writer.submit(lose)

    def open_gap(self, symbol: Symbol, record: GapRecord) -> "Future[tuple[Hole, ...]]":
        """Submit a hole that was found in the store itself; the future tells every hole that the symbol has now, ascending."""

        def enter(connection: Connection) -> tuple[Hole, ...]:
            with self._catalogue.transaction(connection):
                known = self._catalogue.entry(connection, symbol)
                gaps.record(connection, known, symbol, [record])
                return gaps.holes(connection, known)

        return self.writer.submit(enter)

    def correct(self, truth: Trades) -> "Future[int]":
        """Submit `truth`, trades as the venue has them now: rows that say otherwise are replaced, and their bars made anew.

        The future tells how many rows did.
        """

        def correct(connection: Connection) -> int:
            with self._catalogue.transaction(connection):
                count = correction.correct(connection, self._catalogue, truth)
                if count:
                    times, known = truth.trade_time_us, self._catalogue.entry(connection, truth.symbol)
                    from_us, until_us = MINUTE.floor(int(times.min())), MINUTE.floor(int(times.max())) + MINUTE.us
                    rederive.remake(connection, known, truth.symbol, from_us, until_us)
                return count

        return self.writer.submit(correct)

    def rederive(self, symbol: Symbol, from_us: int, until_us: int) -> "Future[int]":
        """Submit to make the desk's own bars from `from_us` to `until_us` anew of the stored trades; how many there are."""

        def remake(connection: Connection) -> int:
            with self._catalogue.transaction(connection):
                known = self._catalogue.entry(connection, symbol)
                return rederive.remake(connection, known, symbol, from_us, until_us)

        return self.writer.submit(remake)

    def judge(self, verdicts: Verdicts) -> "Future[None]":
        """Submit what a comparison with the venue's own bars found."""

        def note(connection: Connection) -> None:
            with self._catalogue.transaction(connection):
                reconciliation.judge(connection, self._catalogue.entry(connection, verdicts.symbol), verdicts)

        return self.writer.submit(note)

    def size_bytes(self) -> int | None:
        """What the database took on disk some seconds ago [bytes]; None where that cannot be read."""
        now = time.monotonic()
        if now - self._sized < _SIZED_SECONDS:
            return self._size
        self._sized, self._size = now, location.size_bytes(self.url)
        return self._size

    def close(self) -> None:
        """Finish what was submitted and close every connection. Calling it again does nothing."""
        self.writer.close()
        for engine in self._engines:
            engine.dispose()


def _reaching_back(stored: Stored, filled: Sequence[Gap]) -> Stored:
    """`stored` with what the filling of gaps may have changed besides: bars back to where each began."""
    times = [min(gap.from_us, gap.to_us) for gap in filled]
    if stored.touched_us is not None:
        times.append(stored.touched_us)
    return stored._replace(touched_us=min(times, default=None))
