"""History by REST: a desk that starts, or meets a new symbol, is useful in seconds."""

from typing import NamedTuple

from core.feed.base import Venue
from core.feed.rest import RestClient
from core.market import MINUTE, SECOND, Candles, Interval, Scale, Symbol
from core.store import Store

#: The venue's database may be behind its clock: bars that closed within this are left to the desk itself [us].
_SETTLED_US = 5_000_000
_PAGE = 1000


class _Plan(NamedTuple):
    interval: Interval
    pages: int


#: Minutes for more than a day, so that a 24 h change can be told; seconds for a quarter of an hour.
_PLANS = (_Plan(SECOND, 1), _Plan(MINUTE, 2))


class WarmUp:
    """Seeds bars that closed before `before_us`, which no trade of the stream can touch."""

    def __init__(self, store: Store, client: RestClient, venue: Venue, before_us: int) -> None:
        self._store, self._client, self._venue = store, client, venue
        self._settled_us = before_us - _SETTLED_US

    def seed(self, symbol: Symbol, scale: Scale) -> tuple[int, int | None]:
        """Seed `symbol` if it has no bar from before; how many that gave, and from when on.

        Raise FeedError or StoreError.
        """
        if len(self._store.reader.candles(symbol, MINUTE, end_us=MINUTE.floor(self._settled_us), limit=1)):
            return 0, None
        history = [part for plan in _PLANS for part in self._pages(symbol, scale, plan)]
        if not history:
            return 0, None
        return self._store.seed(history).result(), min(int(part.open_time_us[0]) for part in history)

    def _pages(self, symbol: Symbol, scale: Scale, plan: _Plan) -> list[Candles]:
        before = plan.interval.floor(self._settled_us)
        found: list[Candles] = []
        for _ in range(plan.pages):
            body = self._client.get(*self._venue.klines_request(symbol, plan.interval, before, _PAGE))
            page = self._venue.read_klines(body, symbol, plan.interval, scale)
            if len(page) == 0:
                break
            found.append(page)
            before = int(page.open_time_us[0])
        return found
