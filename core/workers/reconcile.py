"""Compares the desk's own minutes with the venue's own bars, and heals what differs. One request audits a thousand minutes."""

from collections.abc import Callable, Collection
from threading import Event, Thread

import numpy as np
from loguru import logger

from core.compare import Comparison, compare, explain_boundaries
from core.errors import DeskError
from core.feed.base import Venue
from core.feed.rest import RestClient
from core.health import Difference
from core.market import MINUTE, SECOND_US, BarFlag, BarSource, Candles, Ints, Symbol, iso
from core.store import GapRecord, Store
from core.store.gaps import UNFINISHED
from core.store.reconciliation import Verdicts
from core.workers.ingest import IngestWorker
from core.workers.pages import Pages

_PAGE = 1000
#: The venue's bars are asked for so long after their end, when they are surely final [us].
_SETTLED_US = 15 * SECOND_US
#: A minute that differed is looked at again, the first time only to see whether the venue was late; then it is healed.
_MOST_ATTEMPTS = 5
_LAST_REQUEST_SECONDS = 2.0
_INCOMPLETE = int(BarFlag.GAP | BarFlag.PARTIAL)


class Reconciler:
    """The reconciling thread of one venue. `venue_us` is the venue's time, None while it is unknown."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        symbols: Collection[Symbol],
        store: Store,
        ingest: IngestWorker,
        venue_us: Callable[[], int | None],
        note: Callable[[str, str], None],
        on_gap: Callable[[], None],
        every_seconds: float,
    ) -> None:
        self._client, self._venue, self._symbols = client, venue, tuple(symbols)
        self._store, self._ingest = store, ingest
        self._venue_us, self._note, self._on_gap = venue_us, note, on_gap
        self._every_seconds = every_seconds
        self._pages = Pages(client, venue, lambda: venue_us() or 0, note)
        self._told = ""
        self._stop = Event()
        self._thread = Thread(target=self._run, name="reconcile", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUEST_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(self._every_seconds):
            for symbol in self._symbols:
                if self._stop.is_set():
                    return
                try:
                    self._reconcile(symbol)
                except DeskError as error:
                    self._complain(f"{symbol} cannot be compared with the venue's bars now: {error}")
                except Exception:  # noqa: BLE001 - the other symbols still have to be compared
                    logger.exception("comparing {} with the venue's bars met an error that it does not know", symbol)

    def _reconcile(self, symbol: Symbol) -> None:
        """Compare what was not compared yet, and what differed before."""
        now_us = self._venue_us()
        if now_us is None:
            return
        before_us = MINUTE.floor(min(now_us, self._store.reader.watermark_us()) - _SETTLED_US)
        for difference in self._store.reader.differences(symbol):
            at = difference.open_time_us
            own = self._store.reader.candles(symbol, MINUTE, at, at + MINUTE.us, 1)
            if difference.attempts <= _MOST_ATTEMPTS and not (own.flags & _INCOMPLETE).any():
                self._compare(symbol, at, at + MINUTE.us, now_us, difference.attempts)
        while not self._stop.is_set():
            opens = self._store.reader.uncompared(symbol, before_us, _PAGE)
            if len(opens) == 0:
                return
            end_us = min(int(opens[-1]), int(opens[0]) + (_PAGE - 1) * MINUTE.us) + MINUTE.us
            if not self._compare(symbol, int(opens[0]), end_us, now_us, 0):
                return

    def _compare(self, symbol: Symbol, from_us: int, until_us: int, now_us: int, attempts: int) -> bool:
        """Compare the minutes of a range, at most a page; False where there are none to compare. Raise DeskError."""
        own = self._store.reader.candles(symbol, MINUTE, from_us, until_us, _PAGE)
        limit = (until_us - from_us) // MINUTE.us
        request = self._venue.klines_request(symbol, MINUTE, until_us, limit)
        theirs = self._venue.read_klines(self._client.get(request, background=True), symbol, MINUTE, own.scale)
        theirs = theirs.since(from_us)
        if len(theirs) == 0:
            return False  # not even of minutes in which nothing was traded: the venue is late
        own = own.take((own.source == BarSource.OWN) & (own.flags & _INCOMPLETE == 0))
        theirs = theirs.take(~np.isin(theirs.open_time_us, self._excused(symbol, from_us, until_us, own)))
        comparison = compare(own, theirs)
        spanning = self._spanning(own, theirs, comparison)
        unexplained = [each for each in comparison.differences if each.open_time_us not in spanning]
        found = tuple(
            Difference(
                symbol, d.open_time_us, d.fields, d.own_count, d.reference_count, d.relative, now_us, 1
            )
            for d in unexplained
        )  # fmt: skip
        differs = {each.open_time_us for each in found}
        told = dict(zip(own.open_time_us.tolist(), own.revision.tolist(), strict=True))
        self._store.judge(
            Verdicts(
                symbol,
                tuple((at, rev) for at, rev in told.items() if at not in differs and at not in spanning),
                tuple((at, rev) for at, rev in told.items() if at in spanning),
                found,
            )
        ).result()
        for each in found:
            if attempts:
                self._heal(each)
            else:
                logger.warning("{} {}: differs from the venue's bar in {}", symbol, iso(each.open_time_us), each.fields)
        return bool(told)

    def _excused(self, symbol: Symbol, from_us: int, until_us: int, own: Candles) -> Ints:
        """Minutes that are not the desk's own, or known to be incomplete: nothing is claimed of them."""
        stored = self._store.reader.candles(symbol, MINUTE, from_us, until_us, _PAGE)
        claimed = np.isin(stored.open_time_us, own.open_time_us)
        excused = [stored.open_time_us[~claimed]]
        for gap in self._store.reader.gaps(symbol, UNFINISHED):
            begin, end = min(gap.from_us, gap.to_us), max(gap.from_us, gap.to_us)
            first, last = max(MINUTE.floor(begin), from_us), min(MINUTE.floor(end), until_us - 1)
            excused.append(np.arange(first, last + 1, MINUTE.us, dtype=np.int64))
        return np.concatenate(excused)

    def _spanning(self, own: Candles, theirs: Candles, comparison: Comparison) -> set[int]:
        """Open times of minutes whose difference is an aggregate's that spans their boundary."""
        if not own.symbol.counts_aggregates or not comparison.differences:
            return set()
        last = [self._store.reader.trades_after(own.symbol, i - 1, 1, i) for i in own.last_trade_id.tolist()]
        quantities = np.array([int(t.quantity[0]) if len(t) else 0 for t in last], dtype=np.int64)
        explained, _ = explain_boundaries(own, theirs, comparison.differences, quantities)
        return {each.open_time_us for each in explained}

    def _heal(self, difference: Difference) -> None:
        """Find out what is wrong with a minute: trades that are missing, a bar that is not their sum, or wrong trades."""
        symbol, at = difference.symbol, difference.open_time_us
        around = self._store.reader.candles(symbol, MINUTE, at - MINUTE.us, at + 2 * MINUTE.us, 3)
        around = around.take(around.source == BarSource.OWN)
        if len(around) == 0:
            return
        first, last = int(around.first_trade_id.min()), int(around.last_trade_id.max())
        from_us, to_us = int(around.open_time_us[0]), int(around.open_time_us[-1]) + MINUTE.us - 1
        record = GapRecord(first, last, from_us, to_us, "differs from the venue's own bar", difference.found_us)
        before = self._store.reader.last(symbol)
        holes = self._store.open_gap(symbol, record).result()
        if before is not None and set(holes) - set(before.sequence.holes):
            self._ingest.reopen(symbol).result()
            self._store.rederive(symbol, at, at + MINUTE.us).result()
            self._on_gap()
            return
        self._refetch(symbol, first, last, from_us)
        self._store.rederive(symbol, at, at + MINUTE.us).result()

    def _refetch(self, symbol: Symbol, first_id: int, last_id: int, from_us: int) -> None:
        """Ask the venue for trades that are stored, and correct those that it tells otherwise."""
        corrected = 0
        while first_id <= last_id and not self._stop.is_set():
            page = self._pages.fetch(symbol, first_id, from_us).trades
            page = page.take((page.last_id >= first_id) & (page.trade_id <= last_id))
            if len(page) == 0:
                break
            corrected += self._store.correct(page).result()
            first_id, from_us = int(page.last_id[-1]) + 1, int(page.trade_time_us[-1])
        if corrected:
            self._note("corrected", f"{symbol}: {corrected} stored trades were not what the venue says; corrected")
            logger.error("{}: {} stored trades were not what the venue says; corrected", symbol, corrected)

    def _complain(self, words: str) -> None:
        if words != self._told and not self._stop.is_set():
            self._told = words
            logger.warning("{}", words)
