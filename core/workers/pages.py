"""What a venue has of a symbol from an id on: single trades where it serves them, else aggregates, looked for by time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import RestError
from core.feed.base import Venue
from core.feed.rest import RestClient
from core.market import MINUTE_US, Symbol, Trades

#: Answers that mean "not to be had here" rather than "not now".
_NOT_SERVED = (401, 404)
#: So long an address that did not serve single trades is not asked for them again [s].
_ASK_AGAIN_SECONDS = 900.0
#: How much before the time of an id aggregates are asked for: times may step back by a little.
_MARGIN_US = 100_000
#: So many requests at most until the aggregates around an id are found.
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Page:
    """Trades ascending by id. `around` is whether ids that were asked for and are not in it are not at the venue."""

    trades: Trades
    words: str
    around: bool


class Pages:
    """Fetches pages of one venue for one thread. `note` is told where it does not serve single trades."""

    def __init__(
        self, client: RestClient, venue: Venue, clock_us: Callable[[], int], note: Callable[[str, str], None]
    ) -> None:
        self._client, self._venue, self._clock_us, self._note = client, venue, clock_us, note
        self._without_singles: dict[str, float] = {}

    def fetch(self, symbol: Symbol, first_id: int, about_us: int) -> Page:
        """The page that has `first_id`, or what comes after it. `about_us` is when that was traded, more or less.

        Raise RestError where the venue says no, MalformedMessage where its words are not understood.
        """
        if time.monotonic() >= self._without_singles.get(self._client.base, 0.0):
            try:
                body = self._client.get(self._venue.page_request(symbol, first_id), background=True)
                return Page(self._venue.read_page(body, symbol, self._clock_us()), "fetched by id", True)
            except RestError as error:
                if error.status not in _NOT_SERVED or self._venue.aggregates_request(symbol, about_us) is None:
                    raise
                base = self._client.base  # which may be another one than before the request
                if base not in self._without_singles:
                    self._note("repair", f"{base} does not serve single trades by id: filling gaps from aggregates")
                self._without_singles[base] = time.monotonic() + _ASK_AGAIN_SECONDS
        found, around = self._search(symbol, first_id, max(0, about_us - _MARGIN_US))
        words = "restored from aggregates: exact in volume, side and count; single trades could not be had"
        return Page(found, words, around)

    def aggregates(self, symbol: Symbol, from_us: int) -> Trades | None:
        """The first aggregates from a time on; None where the venue has none by time. Raise as `fetch` does."""
        request = self._venue.aggregates_request(symbol, from_us)
        if request is None:
            return None
        return self._venue.read_aggregates(self._client.get(request, background=True), symbol, self._clock_us())

    def _search(self, symbol: Symbol, first_id: int, from_us: int) -> tuple[Trades, bool]:
        """Go back in leaps and forth in pages until a page reaches from before `first_id` to it or beyond."""
        leap_us, steps = MINUTE_US, 0
        while True:
            page = self.aggregates(symbol, from_us)
            assert page is not None
            steps += 1
            if steps == _MOST_STEPS:
                return page, False
            if len(page) == 0 or int(page.trade_id[0]) > first_id:
                if from_us == 0:
                    return page, True
                from_us, leap_us = max(0, from_us - leap_us), 2 * leap_us
            elif int(page.last_id[-1]) >= first_id:
                return page, True
            elif int(page.trade_time_us[-1]) > from_us:
                from_us = int(page.trade_time_us[-1])
            else:
                return page, False
