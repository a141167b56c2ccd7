"""History by REST, before the first trade: a desk that starts, or meets a new symbol, is useful in seconds."""

from collections.abc import Sequence
from typing import NamedTuple

from core.errors import FeedError
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
_PLANS = (_Plan(MINUTE, 2), _Plan(SECOND, 1))


def warm_up(store: Store, client: RestClient, venue: Venue, symbols: Sequence[tuple[Symbol, Scale]]) -> tuple[int, str]:
    """Seed those of `symbols` that have no bar; how many bars that gave, and what happened in words.

    Has to end before the first trade arrives, so that no bar is both seeded and the desk's own.
    """
    wanted = [(symbol, scale) for symbol, scale in symbols if len(store.reader.candles(symbol, MINUTE, limit=1)) == 0]
    if not wanted:
        return 0, "every symbol has a history already"
    count = 0
    try:
        now_us = venue.read_time(client.get(*venue.time_request()))
        for symbol, scale in wanted:
            history = [part for plan in _PLANS for part in _pages(client, venue, symbol, scale, plan, now_us)]
            count += store.seed(history).result()
    except FeedError as error:
        return count, f"history is incomplete: {error}"
    return count, f"{count} bars of history for {len(wanted)} symbols came from the venue"


def _pages(client: RestClient, venue: Venue, symbol: Symbol, scale: Scale, plan: _Plan, now_us: int) -> list[Candles]:
    before = plan.interval.floor(now_us - _SETTLED_US)
    found: list[Candles] = []
    for _ in range(plan.pages):
        body = client.get(*venue.klines_request(symbol, plan.interval, before, _PAGE))
        page = venue.read_klines(body, symbol, plan.interval, scale)
        if len(page) == 0:
            break
        found.append(page)
        before = int(page.open_time_us[0])
    return found
