"""Fetches by id what the stream did not bring, until the range is closed: newest wounds first, within the venue's budget."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread

from loguru import logger

from core.errors import DeskError, FeedError, MarketError, RestError, StoreUnavailable
from core.feed.base import Venue
from core.feed.rest import RestClient
from core.health import Gap, GapState, RepairHealth
from core.market import HOUR_US, MINUTE_US, Symbol
from core.monitor import Bus, Change
from core.store import Store
from core.workers.ingest import IngestWorker
from core.workers.pages import Page, Pages
from core.workers.stopgap import Stopgap

#: How often the ledger is looked at without a call [s].
_LOOK_SECONDS = 1.0
_LAST_REQUEST_SECONDS = 2.0
#: After so many looks over so long [s] that show later trades but not these, the venue is believed not to have them.
_STRIKES, _STRIKES_SECONDS = 4, 180.0
#: What is lost is asked for again so often [us], and so many times.
_ASK_LOST_US, _MOST_ATTEMPTS = HOUR_US, 24
#: What the venue will not give any more in so long [us] comes first.
_URGENT_US = 6 * HOUR_US
_FIRST_DELAY_SECONDS, _MOST_DELAY_SECONDS = 0.5, 60.0
#: A gap over so much time is filled from klines first, so that the desk is of use while the trades follow.
_LONG_US = 2 * MINUTE_US
_TOO_OLD = -4166


@dataclass(slots=True)
class _Pace:
    """When a gap is worked on again, and how often that was in vain."""

    not_before: float = 0.0
    failures: int = 0
    strikes: int = 0
    struck_at: float = 0.0
    seeded: bool = False


class RepairWorker:
    """The repairing thread of one venue."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        symbols: Collection[Symbol],
        store: Store,
        ingest: IngestWorker,
        bus: Bus,
        clock_us: Callable[[], int],
        note: Callable[[str, str], None],
    ) -> None:
        self._client, self._venue, self._symbols = client, venue, frozenset(symbols)
        self._store, self._ingest, self._bus = store, ingest, bus
        self._clock_us, self._note = clock_us, note
        self._stopgap = Stopgap(store, client, venue)
        self._paces: dict[int, _Pace] = {}
        self._pages = Pages(client, venue, clock_us, note)
        self._stop, self._called = Event(), Event()
        self._lock = Lock()
        self._health = RepairHealth(venue.name, "nothing to repair", 0, 0, 0, 0)
        self._given_up: Mapping[Symbol, int] = {}
        self._thread = Thread(target=self._run, name="repair", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self) -> None:
        """There may be something to repair: look at once."""
        self._called.set()

    def stop(self) -> None:
        """End; a request under way may be left to itself, and what it brings is fetched again by the next run."""
        self._stop.set()
        self._called.set()
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUEST_SECONDS)

    def health(self) -> RepairHealth:
        """What the repairing is doing."""
        with self._lock:
            return self._health

    def given_up(self) -> Mapping[Symbol, int]:
        """How many ids of each symbol cannot be had any more."""
        return self._given_up

    def _count_given_up(self) -> None:
        lost = self._store.reader.missing(self._symbols, (GapState.LOST,))
        self._given_up = {symbol: ids for symbol, (_, ids) in lost.items()}

    def _ask_for_lost(self) -> None:
        """A venue that did not show trades may do so later: lost gaps are opened again now and then."""
        now_us = self._clock_us()
        for gap in self._store.reader.gaps(self._symbols, (GapState.LOST,)):
            due = gap.tried_us is None or now_us - gap.tried_us >= _ASK_LOST_US
            if due and gap.attempts < _MOST_ATTEMPTS and not self._is_out_of_reach(gap):
                self._store.note_attempt(gap, GapState.OPEN, now_us, gap.words, 0).result()

    def _is_out_of_reach(self, gap: Gap) -> bool:
        oldest = self._venue.repairable_us
        return oldest is not None and max(gap.from_us, gap.to_us) < self._clock_us() - oldest

    def _run(self) -> None:
        self._count_given_up()
        while not self._stop.is_set():
            try:
                wait = self._round()
            except DeskError as error:
                self._tell(words=f"cannot repair now: {error}")
                wait = _LOOK_SECONDS
            except Exception:  # noqa: BLE001 - whatever happens, what is missing has to be fetched
                logger.exception("the repair of gaps met an error that it does not know")
                self._tell(words="an unknown error, see the log; trying again")
                wait = _MOST_DELAY_SECONDS
            if wait:
                self._called.wait(wait)
                self._called.clear()

    def _round(self) -> float:
        """One page of the newest gap that is due; how long to wait before the next [s]. Raise StoreError."""
        states = (GapState.OPEN, GapState.REPAIRING)
        gaps = self._store.reader.gaps(self._symbols, states)
        counts = self._store.reader.missing(self._symbols, states).values()
        self._paces = {gap.gap_id: self._paces.get(gap.gap_id, _Pace()) for gap in gaps}
        self._tell(open_gaps=sum(n for n, _ in counts), missing=sum(ids for _, ids in counts))
        if not gaps:
            self._ask_for_lost()
            self._count_given_up()
            self._tell(words="nothing to repair")
            return _LOOK_SECONDS
        now = time.monotonic()
        due = [gap for gap in gaps if self._paces[gap.gap_id].not_before <= now]
        if not due:
            return min(max(0.01, min(pace.not_before for pace in self._paces.values()) - now), _LOOK_SECONDS)
        gap = self._first(due)
        self._work_on(gap, self._paces[gap.gap_id])
        return 0.0

    def _first(self, due: Sequence[Gap]) -> Gap:
        """The newest, unless the venue will soon not give an older one any more."""
        if self._venue.repairable_us is None:
            return due[0]
        urgent_us = self._clock_us() - self._venue.repairable_us + _URGENT_US
        return next((gap for gap in reversed(due) if max(gap.from_us, gap.to_us) < urgent_us), due[0])

    def _work_on(self, gap: Gap, pace: _Pace) -> None:
        self._tell(words=f"{gap.symbol}: fetching trades {gap.next_id:,} to {gap.last_id:,}")
        if gap.state is GapState.OPEN:
            self._store.note_attempt(gap, GapState.REPAIRING, self._clock_us(), gap.words).result()
        try:
            if not pace.seeded and abs(gap.to_us - gap.from_us) > _LONG_US:
                pace.seeded = True
                self._stop_gap(gap)
            self._advance(gap, pace)
        except StoreUnavailable:
            raise
        except RestError as error:
            self._later(gap, pace, str(error), error.retry_after)
        except DeskError as error:
            self._later(gap, pace, str(error), None)

    def _advance(self, gap: Gap, pace: _Pace) -> None:
        """Fetch and store the next page of a gap."""
        assert gap.next_id is not None
        try:
            page = self._pages.fetch(gap.symbol, gap.next_id, min(gap.from_us, gap.to_us))
        except RestError as error:
            if not self._is_final(gap, error):
                raise
        else:
            self._store_page(gap, pace, page)

    def _stop_gap(self, gap: Gap) -> None:
        """The venue's own bars until the trades are there: good to have, and no reason to wait."""
        try:
            from_us = self._stopgap.fill(gap, self._store.reader.scale(gap.symbol), self._stop)
        except (FeedError, MarketError) as error:
            self._note("repair", f"no bars of the venue's own for a gap of {gap.symbol}: {error}")
            return
        if from_us is not None:
            self._bus.publish(Change(self._store.reader.watermark_us(), {gap.symbol: from_us}))

    def _is_final(self, gap: Gap, error: RestError) -> bool:
        """Whether the venue does not give these trades any more; then they are given up, as far as it says."""
        oldest = self._venue.repairable_us
        if error.code != _TOO_OLD or oldest is None:
            return False
        horizon = self._clock_us() - oldest
        words = f"the venue gives trades of the last {oldest / HOUR_US:.0f} hours only: {error}"
        if self._is_out_of_reach(gap):
            self._give_up(gap, gap.last_id, words)
            return True
        page = self._pages.aggregates(gap.symbol, horizon + MINUTE_US)
        if page is None or len(page) == 0:
            return False
        self._give_up(gap, min(gap.last_id, int(page.trade_id[0]) - 1), words)
        return True

    def _store_page(self, gap: Gap, pace: _Pace, page: Page) -> None:
        assert gap.next_id is not None
        trades = page.trades
        rows = trades.take((trades.last_id >= gap.next_id) & (trades.trade_id <= gap.last_id))
        beyond = len(trades) > 0 and int(trades.last_id[-1]) > gap.last_id
        first = int(rows.trade_id[0]) if len(rows) else gap.last_id + 1
        if page.around and first > gap.next_id and (len(rows) or beyond):
            if self._skipped(gap, pace, first - 1):
                return
        elif len(rows) == 0:
            if self._is_out_of_reach(gap):
                self._give_up(gap, gap.last_id, "the venue does not give these trades any more")
            else:
                self._later(gap, pace, "the venue does not show these trades yet", None)
            return
        if len(rows):
            if page.words != gap.words:
                self._store.note_attempt(gap, GapState.REPAIRING, self._clock_us(), page.words, 0).result()
            new = self._ingest.repair(rows).result()
            self._tell(rows=new, pages=1)
            if new == 0:
                self._later(gap, pace, "what the venue shows of it is stored already", None)
            elif not pace.strikes:
                pace.failures = 0

    def _skipped(self, gap: Gap, pace: _Pace, last_id: int) -> bool:
        """The venue shows trades after `last_id`, but not those up to it. True where nothing else is to be done now."""
        now = time.monotonic()
        pace.struck_at = pace.struck_at if pace.strikes else now
        pace.strikes += 1
        if pace.strikes >= _STRIKES and now - pace.struck_at >= _STRIKES_SECONDS:
            self._give_up(gap, last_id, "the venue shows the trades around these, and says that these do not exist")
            return True
        self._later(gap, pace, f"the venue leaves out trades {gap.next_id:,} to {last_id:,}", None)
        return False

    def _give_up(self, gap: Gap, last_id: int, words: str) -> None:
        self._store.give_up(gap, last_id, self._clock_us(), words).result()
        self._ingest.reopen(gap.symbol).result()
        self._count_given_up()
        self._note("lost", f"{gap.symbol}: trades {gap.next_id:,} to {last_id:,} are lost: {words}")
        logger.error("{}: trades {} to {} are lost: {}", gap.symbol, gap.next_id, last_id, words)

    def _later(self, gap: Gap, pace: _Pace, words: str, retry_after: float | None) -> None:
        delay = min(_FIRST_DELAY_SECONDS * 2**pace.failures, _MOST_DELAY_SECONDS)
        pace.failures += 1
        pace.not_before = time.monotonic() + max(delay, retry_after or 0.0)
        if (words != gap.words or gap.state is GapState.REPAIRING) and not self._stop.is_set():
            self._store.note_attempt(gap, GapState.OPEN, self._clock_us(), words, 0).result()

    def _tell(
        self, words: str | None = None, open_gaps: int | None = None, missing: int | None = None, rows: int = 0, pages: int = 0
    ) -> None:  # fmt: skip
        with self._lock:
            was = self._health
            self._health = RepairHealth(
                was.name,
                was.words if words is None else words,
                was.open_gaps if open_gaps is None else open_gaps,
                was.missing if missing is None else missing,
                was.repaired + rows,
                was.requests + pages,
            )
