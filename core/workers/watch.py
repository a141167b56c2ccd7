"""Watches one venue's stream: does it bring what the venue has? Silence is judged by each symbol's rhythm, and asked about."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Event, Thread

from loguru import logger

from core.errors import DeskError, RestError, StoreError
from core.feed.base import Request, Venue
from core.feed.journal import Journal
from core.feed.rest import RestClient
from core.health import BEHIND_US, FeedState, SymbolHealth, SymbolState
from core.market import Symbol
from core.workers.ingest import IngestWorker
from core.workers.venue_clock import VenueClock

_TICK_SECONDS = 0.5
_CLOCK_SECONDS, _CLOCK_RETRY_SECONDS = 60.0, 5.0
#: After a connection was made, the stream gets this long to bring the first trade of each symbol before anyone asks.
_SETTLED_SECONDS = 3.0
#: What the venue has and the stream has not may be on its way: this long [s].
_ON_ITS_WAY_SECONDS = 2.0
#: A symbol found quiet is asked about again after so many times its patience.
_LONGER = 2.0
_LAST_REQUEST_SECONDS = 2.0
#: How often the venue is asked about a symbol that never brought a trade [s].
_UNHEARD_SECONDS = 60.0
_BAD_REQUEST = 400
#: So many times its patience passes before a connection is renewed without the venue's word.
_UNASKED = 5.0
_CONNECTED = (FeedState.LIVE, FeedState.WAITING, FeedState.SILENT)


@dataclass(slots=True)
class _Doubt:
    """What the venue was found to have of a symbol, and when that was asked, on the steady clock.

    `received` is what the queue had taken by the time that it may have been on its way; None before.
    """

    newest_id: int
    asked: float
    received: int | None = None


class Watch:
    """The watching thread of one venue. `renew` asks the reader for a new connection in place of the one it names."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        symbols: Collection[Symbol],
        ingest: IngestWorker,
        journal: Journal,
        clock_us: Callable[[], int],
        renew: Callable[[int, str], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._client, self._venue, self._symbols = client, venue, frozenset(symbols)
        self._ingest, self._journal = ingest, journal
        self._clock_us, self._renew, self._on_gap = clock_us, renew, on_gap
        self.clock = VenueClock(client, venue, clock_us)
        self._next_clock = 0.0
        self._connection, self._connected_at = 0, 0.0
        self._asked_connection = 0
        self._doubts: dict[Symbol, _Doubt] = {}
        self._quiet_until: dict[Symbol, float] = {}
        #: Of symbols without a first trade: what the venue had of them when it was first asked.
        self._unheard: dict[Symbol, int] = {}
        self._patience: dict[Symbol, float] = {}
        self._behind = False
        self._complained = False
        self._stop = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUEST_SECONDS)

    def behind_ms(self) -> float | None:
        """How old the newest trade was when it was stored, by the venue's clock [ms]; None where that is unknown."""
        newest = self._ingest.newest_us(self._venue.name)
        stored_us = self.clock.now_us(newest[1]) if newest else None
        return (stored_us - newest[0]) / 1000 if newest and stored_us is not None else None

    def _run(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            try:
                self._tick(time.monotonic())
            except StoreError as error:
                logger.warning("{}: what was found missing is not in the ledger yet: {}", self._venue.name, error)
            except DeskError as error:
                self._complain(f"the venue cannot be asked: {error}")
                self._renew_unasked(time.monotonic())
            except Exception:  # noqa: BLE001 - the watch must go on
                logger.exception("the watch met an error that it does not know")

    def _tick(self, now: float) -> None:
        self._judge_delay()
        if now >= self._next_clock:
            self._next_clock = now + _CLOCK_RETRY_SECONDS
            self.clock.measure()
            self._answered()
            self._next_clock = now + _CLOCK_SECONDS
        if self._journal.connection != self._connection:
            self._connection, self._connected_at = self._journal.connection, now
            self._doubts.clear()
            self._unheard.clear()
        if self._journal.state not in _CONNECTED:
            return
        symbols = {s.symbol: s for s in self._ingest.symbols(self._symbols) if s.symbol in self._symbols}
        symbols = {symbol: s for symbol, s in symbols.items() if s.state is not SymbolState.UNKNOWN}
        self._settle_doubts(now)
        if self._asked_connection != self._connection and now - self._connected_at >= _SETTLED_SECONDS:
            self._asked_connection = self._connection
            self._ask(symbols)
        else:
            self._ask([s for s in self._silent(symbols, now) if now >= self._quiet_until.get(s, 0.0)])

    def _renew_unasked(self, now: float) -> None:
        """Nobody can be asked, and nothing comes at all: a second connection costs little and may tell."""
        if self._journal.state not in _CONNECTED or now - self._connected_at < _LONGER * _SETTLED_SECONDS:
            return
        symbols = [s for s in self._ingest.symbols(self._symbols) if s.symbol in self._symbols]
        silent = [(s.silent_seconds or 0.0) > _UNASKED * (s.patience_seconds or 0.0) for s in symbols]
        if silent and all(silent) and now - self._connected_at > _UNASKED * _SETTLED_SECONDS:
            self._renew(self._connection, "no symbol trades any more, and the venue cannot be asked why")

    def _silent(self, symbols: Mapping[Symbol, SymbolHealth], now: float) -> list[Symbol]:
        """Symbols whose silence is longer than their rhythm explains, and those that never brought a trade."""
        found = []
        for symbol, health in symbols.items():
            if health.silent_seconds is None or health.patience_seconds is None or symbol in self._doubts:
                continue
            silence = min(health.silent_seconds, now - self._connected_at)
            if silence >= health.patience_seconds:
                self._quiet_until.setdefault(symbol, 0.0)
                self._patience[symbol] = health.patience_seconds
                found.append(symbol)
            else:
                self._quiet_until.pop(symbol, None)
        return found

    def _ask(self, symbols: Collection[Symbol]) -> None:
        """Ask what the venue has of `symbols`; where it has more than the stream brought, that is a doubt.

        One that cannot be answered does not keep the others from being asked. Raise the last error.
        """
        failure: DeskError | None = None
        for asked, request in self._venue.newest_requests(sorted(symbols)):
            try:
                self._ask_one(asked, request)
            except DeskError as error:
                failure = error
                self._quiet_until.update(dict.fromkeys(asked, time.monotonic() + _CLOCK_RETRY_SECONDS))
        if failure is not None:
            raise failure

    def _ask_one(self, asked: Collection[Symbol], request: Request) -> None:
        try:
            newest = self._venue.read_newest(self._client.get(request), sorted(asked))
        except RestError as error:
            if error.status != _BAD_REQUEST or len(asked) == 1:
                raise
            for symbol in asked:  # one of them may be one that the venue does not know any more
                for alone, single in self._venue.newest_requests([symbol]):
                    self._ask_one(alone, single)
            return
        now = time.monotonic()
        self._answered()
        for symbol in asked:
            self._quiet_until[symbol] = now + _LONGER * self._patience.get(symbol, _UNHEARD_SECONDS / _LONGER)
        for symbol, newest_id in newest.items():
            known = self._ingest.last_id(symbol)
            if known is None:
                known = self._unheard.setdefault(symbol, newest_id)
            if newest_id > known and symbol not in self._doubts:
                self._doubts[symbol] = _Doubt(newest_id, now)

    def _settle_doubts(self, now: float) -> None:
        """What was on its way has come and been read by now, or will not: then it is a gap, and a stream that lives is not sound."""
        broken = False
        for symbol, doubt in list(self._doubts.items()):
            if now - doubt.asked < _ON_ITS_WAY_SECONDS:
                continue
            if doubt.received is None:
                doubt.received = self._ingest.received()
            if self._ingest.processed() < doubt.received:
                continue  # the queue, or the database, is slow: that is not the connection's fault
            del self._doubts[symbol]
            known = self._ingest.last_id(symbol)
            if known is not None and known >= doubt.newest_id:
                continue
            old = known is not None and doubt.asked - self._connected_at < 2 * _SETTLED_SECONDS
            cause = "made while the desk was not connected" if old else "not delivered by a connection that lives"
            time_us = self.clock.now_us(doubt.asked) or self._clock_us()
            if self._ingest.announce(symbol, doubt.newest_id, time_us, cause).result():
                self._on_gap()
            broken = broken or not old
        if broken:
            self._renew(self._connection, "the venue has trades that this connection does not bring")

    def _judge_delay(self) -> None:
        """Tell a stream that brings trades long after they were made from one that is on time."""
        delay = self.behind_ms()
        if delay is None:
            return
        if not self._behind and delay * 1000 > BEHIND_US and self._journal.state is FeedState.LIVE:
            self._behind = True
            self._journal.falls_behind(f"trades are stored {delay / 1000:.1f} s after they were made")
        elif self._behind and delay * 1000 < BEHIND_US / 2:
            self._behind = False
            self._journal.catches_up()

    def _complain(self, words: str) -> None:
        """Say it once, until the venue answers again."""
        if not self._complained and not self._stop.is_set():
            self._complained = True
            self._journal.note("watch", words)
            logger.warning("{}: {}", self._venue.name, words)

    def _answered(self) -> None:
        if self._complained:
            self._complained = False
            self._journal.note("watch", "the venue can be asked again")
