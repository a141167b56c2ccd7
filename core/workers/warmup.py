"""History by REST: a desk that starts, or meets a new symbol, is useful in seconds."""

from typing import NamedTuple

from core.feed.base import Venue
from core.feed.rest import RestClient
from core.market import MINUTE, SECOND, BarSource, Candles, Interval, Scale, Symbol
from core.store import Store

#: How far the venue's database may be behind its clock [us]: bars younger than that are asked for again later.
SETTLED_US = 5_000_000
_PAGE = 1000


class _Plan(NamedTuple):
    interval: Interval
    pages: int


#: Minutes for more than a day, so that a 24 h change can be told; seconds for a quarter of an hour.
_PLANS = (_Plan(SECOND, 1), _Plan(MINUTE, 2))


class WarmUp:
    """Seeds bars from before the desk's own first one, which no trade of the stream can touch.

    `started_us` is the venue's time before the stream began.
    """

    def __init__(self, store: Store, client: RestClient, venue: Venue, started_us: int) -> None:
        self._store, self._client, self._venue = store, client, venue
        self._started_us = started_us
        self._plans = [plan for plan in _PLANS if venue.klines_interval(plan.interval)]

    def seed(self, symbol: Symbol, scale: Scale) -> tuple[int, int | None]:
        """Seed `symbol` if it was not yet; how many bars that gave, and from when on.

        Raise FeedError, StoreError or MarketError.
        """
        if self._is_seeded(symbol):
            return 0, None
        history = []
        for plan in self._plans:
            history += self._pages(symbol, scale, plan, plan.interval.floor(self._started_us - SETTLED_US))
        return self._store_history(history)

    def complete(self, symbol: Symbol, scale: Scale) -> tuple[int, int | None]:
        """Seed what lies between `seed` and the desk's own first bar, once the venue must have it."""
        history = []
        for plan in self._plans:
            history += self._pages(
                symbol, scale, plan._replace(pages=1), self._own_from(symbol, plan.interval), rows=20
            )
        return self._store_history(history)

    def _is_seeded(self, symbol: Symbol) -> bool:
        oldest = self._store.reader.candles(symbol, MINUTE, start_us=0, limit=1)
        return len(oldest) > 0 and oldest.source[0] == BarSource.SEEDED

    def _own_from(self, symbol: Symbol, interval: Interval) -> int:
        """The open time of the desk's first own bar of this run; where there is none yet, of the bar of the start."""
        start = interval.floor(self._started_us)
        own = self._store.reader.candles(symbol, interval, start_us=start - MINUTE.us, limit=200)
        own = own.take(own.source == BarSource.OWN)
        return int(own.open_time_us[0]) if len(own) else start

    def _store_history(self, history: list[Candles]) -> tuple[int, int | None]:
        if not history:
            return 0, None
        return self._store.seed(history).result(), min(int(part.open_time_us[0]) for part in history)

    def _pages(self, symbol: Symbol, scale: Scale, plan: _Plan, before_us: int, rows: int = _PAGE) -> list[Candles]:
        found: list[Candles] = []
        for _ in range(plan.pages):
            body = self._client.get(self._venue.klines_request(symbol, plan.interval, before_us, rows))
            page = self._venue.read_klines(body, symbol, plan.interval, scale)
            if len(page) == 0:
                break
            found.append(page)
            before_us = int(page.open_time_us[0])
        return found
