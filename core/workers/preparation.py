"""What the desk asks the venue before and beside the stream: which symbols exist, how fine they are, and their history."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import random
from threading import Event, Thread

from loguru import logger

from core.errors import DeskError, FeedError, MarketError, StoreError
from core.feed.backoff import backoff
from core.feed.base import Listing, Venue
from core.feed.rest import RestClient, listings
from core.market import SECOND_US, Scale, Symbol
from core.monitor import Bus, Change
from core.store import Store
from core.workers.warmup import SETTLED_US, WarmUp

_LAST_REQUEST_SECONDS = 2.0


class Preparation:
    """`ask` and `start` at the start, in that order; what was not answered then is asked again in the background."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        symbols: Sequence[Symbol],
        store: Store,
        bus: Bus,
        on_listed: Callable[[Mapping[Symbol, Listing]], None],
        note: Callable[[str, str], None],
    ) -> None:
        self._client, self._venue, self._symbols = client, venue, tuple(symbols)
        self._store, self._bus = store, bus
        self._on_listed, self._note = on_listed, note
        self._listed: Mapping[Symbol, Listing] | None = None
        self._venue_time_us: int | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name="preparation", daemon=True)

    def ask(self) -> Mapping[Symbol, Listing] | None:
        """What the venue lists of the symbols; None where it does not answer. Notes the venue's time as well."""
        try:
            self._venue_time_us = self._venue.read_time(self._client.get(self._venue.time_request()))
            self._listed = listings(self._client, self._venue, self._symbols)
        except FeedError as error:
            logger.warning("symbols could not be checked: {}", error)
            self._note("listing", f"symbols could not be checked: {error}")
        return self._listed

    def start(self) -> None:
        """Fetch what is missing, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request under way may be left to itself."""
        self._stop.set()
        self._client.close()
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUEST_SECONDS)

    def _run(self) -> None:
        delays = backoff(random, 5.0, 300.0)
        while self._listed is None and not self._stop.wait(next(delays)):
            if self.ask() is not None and self._listed is not None:
                self._on_listed(self._listed)
        if self._listed is not None and self._venue_time_us is not None:
            self._warm_up(self._listed, WarmUp(self._store, self._client, self._venue, self._venue_time_us))

    def _warm_up(self, listed: Mapping[Symbol, Listing], warm_up: WarmUp) -> None:
        """First what has long been settled, then, when the rest is too, what lies between that and the stream."""
        asked_at = time.monotonic()
        count, seeded = self._each(listed, warm_up.seed)
        if not self._stop.wait(max(0.0, asked_at + SETTLED_US / SECOND_US - time.monotonic())):
            count += self._each({symbol: listed[symbol] for symbol in seeded}, warm_up.complete)[0]
        if count:
            self._note("history", f"{count:,} bars of history came from the venue; they are marked as seeded")

    def _each(
        self, listed: Mapping[Symbol, Listing], fetch: Callable[[Symbol, Scale], tuple[int, int | None]]
    ) -> tuple[int, list[Symbol]]:
        """Fetch for every symbol, those that fail again later; how many bars came, and for which symbols."""
        waiting = deque(listed.values())
        delays = backoff(random, 2.0, 120.0)
        count, done = 0, []
        while waiting and not self._stop.is_set():
            listing = waiting.popleft()
            symbol = listing.symbol
            try:
                seeded, from_us = fetch(symbol, listing.scale)
            except FeedError as error:
                waiting.append(listing)
                self._stop.wait(max(next(delays), getattr(error, "retry_after", None) or 0.0))
                self._complain(symbol, error)
            except (StoreError, MarketError) as error:
                self._complain(symbol, error)
            else:
                count += seeded
                if from_us is not None:
                    done.append(symbol)
                    self._bus.publish(Change(self._store.reader.watermark_us(), {symbol: from_us}))
        return count, done

    def _complain(self, symbol: Symbol, error: DeskError) -> None:
        if not self._stop.is_set():
            logger.warning("no history of {} yet: {}", symbol, error)
            self._note("history", f"no history of {symbol} yet: {error}")
