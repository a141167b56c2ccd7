"""What the desk asks the venue before and beside the stream: which symbols exist, how fine they are, and their history."""

from collections.abc import Callable, Mapping, Sequence
from random import random
from threading import Event, Thread

from loguru import logger

from core.errors import FeedError, StoreError
from core.feed.backoff import backoff
from core.feed.base import Listing, Venue
from core.feed.rest import RestClient, listings
from core.market import Symbol
from core.monitor import Bus, Change
from core.store import Store
from core.workers.warmup import WarmUp

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
            self._venue_time_us = self._venue.read_time(self._client.get(*self._venue.time_request()))
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
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUEST_SECONDS)
        self._client.close()

    def _run(self) -> None:
        first_us = self._venue_time_us
        delays = backoff(random, 5.0, 300.0)
        while self._listed is None and not self._stop.wait(next(delays)):
            if self.ask() is not None and self._listed is not None:
                self._on_listed(self._listed)
        if self._listed is not None and first_us is not None:
            self._warm_up(self._listed, first_us)

    def _warm_up(self, listed: Mapping[Symbol, Listing], before_us: int) -> None:
        """History up to the moment before the stream began: no bar is both the venue's and the desk's own."""
        warm_up = WarmUp(self._store, self._client, self._venue, before_us)
        count = 0
        try:
            for symbol, listing in listed.items():
                if self._stop.is_set():
                    return
                seeded, from_us = warm_up.seed(symbol, listing.scale)
                count += seeded
                if from_us is not None:
                    self._bus.publish(Change(self._store.reader.watermark_us(), {symbol: from_us}))
        except (FeedError, StoreError) as error:
            logger.warning("history is incomplete: {}", error)
            self._note("history", f"history is incomplete: {error}")
        if count:
            self._note("history", f"{count} bars of history came from the venue; they are marked as seeded")
