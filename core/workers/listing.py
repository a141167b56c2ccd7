"""Learns from the venue which symbols exist and how fine their prices are; asks again until it is answered."""

from collections.abc import Callable, Mapping, Sequence
from random import random
from threading import Event, Thread

from loguru import logger

from core.errors import FeedError
from core.feed.backoff import backoff
from core.feed.base import Listing, Venue
from core.feed.rest import RestClient, listings
from core.market import Symbol


class ListingWorker:
    """Asks for `symbols` once at the start, and in the background where that was not answered."""

    def __init__(
        self,
        client: RestClient,
        venue: Venue,
        symbols: Sequence[Symbol],
        on_listed: Callable[[Mapping[Symbol, Listing]], None],
        note: Callable[[str, str], None],
    ) -> None:
        self._client, self._venue, self._symbols = client, venue, tuple(symbols)
        self._on_listed, self._note = on_listed, note
        self._stop = Event()
        self._thread = Thread(target=self._run, name="listing", daemon=True)

    def ask(self) -> Mapping[Symbol, Listing] | None:
        """What the venue lists of the symbols; None where it did not answer."""
        try:
            return listings(self._client, self._venue, self._symbols)
        except FeedError as error:
            logger.warning("symbols could not be checked: {}", error)
            self._note("listing", f"symbols could not be checked: {error}")
            return None

    def start(self) -> None:
        """Go on asking in the background."""
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        for delay in backoff(random, 5.0, 300.0):
            if self._stop.wait(delay):
                return
            found = self.ask()
            if found is not None:
                self._on_listed(found)
                return
