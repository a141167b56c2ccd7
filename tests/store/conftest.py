"""Short ways to say what goes into a store."""

from collections.abc import Callable

import pytest

from core.market import Scale, Symbol
from core.store import Commit, Store, Stored
from tests.trading import BTC, NOW_US, PATIENCE, SCALE, START_US, Deal, trades

Put = Callable[..., Stored]


@pytest.fixture(scope="session")
def put() -> Put:
    """Commit deals of one symbol as one batch."""

    def append(
        store: Store, *deals: Deal, watermark: float = 0, scale: Scale = SCALE, symbol: Symbol = BTC, **more: object
    ) -> Stored:
        watermark_us = START_US + round(watermark * 1_000_000) if watermark else 0
        batch = (trades(deals, scale, symbol),) if deals else ()
        done = store.append(Commit(batch, watermark_us=watermark_us, now_us=NOW_US, **more))
        return done.result(PATIENCE).get(symbol, Stored(0, 0, None))

    return append
