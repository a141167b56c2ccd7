"""Bars of the venue's own over a long gap, so that the desk is of use while the trades follow."""

from threading import Event

from core.feed.base import Venue
from core.feed.rest import RestClient
from core.health import Gap
from core.market import MINUTE, SECOND, Candles, Interval, Scale
from core.store import Store

_PAGE = 1000
#: Seconds cost sixty times the requests: only this many pages of them, from the newest back.
_MOST_PAGES = {SECOND: 4, MINUTE: 1000}


class Stopgap:
    """Seeds the bars that lie inside a gap."""

    def __init__(self, store: Store, client: RestClient, venue: Venue) -> None:
        self._store, self._client, self._venue = store, client, venue

    def fill(self, gap: Gap, scale: Scale, stop: Event) -> int | None:
        """Seed what lies inside `gap`, minutes first; from when on there is something new, None where there is not.

        Raise FeedError or StoreError.
        """
        first_us, last_us = sorted((gap.from_us, gap.to_us))
        pages = [
            page
            for interval in (MINUTE, SECOND)
            if self._venue.klines_interval(interval)
            for page in self._inside(gap, scale, interval, first_us, last_us, stop)
        ]
        seeded = self._store.seed(pages).result() if pages else 0
        return min(int(page.open_time_us[0]) for page in pages) if seeded else None

    def _inside(
        self, gap: Gap, scale: Scale, interval: Interval, first_us: int, last_us: int, stop: Event
    ) -> list[Candles]:
        """Bars between the one that holds `first_us` and the one that holds `last_us`, newest page first."""
        begin, before = interval.floor(first_us) + interval.us, interval.floor(last_us)
        pages: list[Candles] = []
        while before > begin and len(pages) < _MOST_PAGES[interval] and not stop.is_set():
            limit = min(_PAGE, (before - begin) // interval.us)
            request = self._venue.klines_request(gap.symbol, interval, before, limit)
            page = self._venue.read_klines(self._client.get(request, background=True), gap.symbol, interval, scale)
            page = page.take(page.open_time_us >= begin)
            before -= limit * interval.us
            if len(page):
                pages.append(page)
        return pages
