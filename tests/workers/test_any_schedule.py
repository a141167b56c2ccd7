"""Whatever happens to the stream, what is stored in the end is what would have been stored without it."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from core import candles
from core.feed.base import Observed
from core.health import GapState
from core.market import STORED_INTERVALS, BarFlag, BarSource
from core.store import Commit, Store, Stored
from core.workers.tracker import Step, SymbolTracker
from tests.trading import BTC, NOW_US, PATIENCE, SCALE, Deal, meant, said, told, trades

#: A trade every 0.7 seconds, for three and a half minutes.
DEALS = [Deal(i + 1, 0.7 * i, f"{100 + i % 7}.00", f"{1 + i % 5}.00000", i % 3 == 0) for i in range(300)]


class Delivery(NamedTuple):
    """Trades from `first` to before `last`, in the order of a shuffle by `seed`; `restart` is a kill of the desk before it."""

    first: int
    last: int
    seed: int | None
    connection: int
    restart: bool


@st.composite
def schedules(draw: st.DrawFn) -> list[Delivery]:
    """Deliveries that begin with the first trade and end with the last, with holes, repetitions and disorder between."""
    found = [Delivery(0, draw(st.integers(1, 20)), None, 1, False)]
    at, connection = found[0].last, 1
    while at < len(DEALS) - 1:
        connection += draw(st.booleans())
        first = max(0, at + draw(st.integers(-15, 25)))
        last = min(first + draw(st.integers(1, 60)), len(DEALS))
        if first < last:
            seed = draw(st.none() | st.integers(0, 1000))
            found.append(Delivery(first, last, seed, connection, draw(st.integers(0, 9)) == 0))
            at = max(at, last)
        else:
            at = len(DEALS)
    return [*found, Delivery(len(DEALS) - 1, len(DEALS), None, connection, False)]


class Desk:
    """A tracker and a store, as the ingest thread uses them; `page` is how many trades one repair brings."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.restart()

    def restart(self) -> None:
        self.tracker = SymbolTracker(BTC, SCALE, self.store.reader.last(BTC))

    def hear(self, delivery: Delivery) -> None:
        deals = DEALS[delivery.first : delivery.last]
        rows = trades(deals)
        if delivery.seed is not None:
            rows = rows.take(np.random.default_rng(delivery.seed).permutation(len(rows)))
        step = self.tracker.step(Observed(rows, rows.trade_time_us + 1000), delivery.connection, False, NOW_US)
        stored = self._commit(step)
        self.tracker.confirm(stored.new, stored.duplicates, stored.holes)

    def repair(self, first_id: int, count: int) -> None:
        step = self.tracker.repaired(trades(DEALS[first_id - 1 : first_id - 1 + count]))
        stored = self._commit(step)
        self.tracker.confirm_repair(stored.new, stored.holes)

    def seed(self) -> None:
        """The venue's own bars, wherever the desk has none."""
        for interval in STORED_INTERVALS:
            bars = candles.from_trades(trades(DEALS), interval)
            bars = bars.take(bars.open_time_us > self.store.reader.candles(BTC, interval, 0, limit=1).open_time_us[0])
            bars.source[:] = BarSource.SEEDED
            bars.first_trade_id[:] = bars.last_trade_id[:] = 0
            self.store.seed([bars]).result(PATIENCE)

    def _commit(self, step: Step | None) -> Stored:
        if step is None:
            return Stored(0, 0, None)
        assert step.trades is not None
        commit = Commit(
            (step.trades,),
            {BTC: step.opened} if step.opened else {},
            {BTC: step.filling} if step.filling is not None else {},
            now_us=NOW_US,
        )
        return self.store.append(commit).result(PATIENCE)[BTC]


@given(schedule=schedules(), page=st.integers(1, 40), seeded=st.booleans(), newest_first=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_store_in_the_end_is_the_store_without_faults(
    tmp_path_factory: pytest.TempPathFactory, schedule: list[Delivery], page: int, seeded: bool, newest_first: bool
) -> None:
    url = make_url(f"sqlite:///{tmp_path_factory.mktemp('any') / 'desk.db'}")
    store = Store.open(url, "simulated", NOW_US)
    try:
        desk = Desk(store)
        for delivery in schedule:
            if delivery.restart:
                desk.restart()
            desk.hear(delivery)
        if seeded:
            desk.seed()
        unfinished = (GapState.OPEN, GapState.REPAIRING)
        while gaps := store.reader.gaps(BTC, unfinished):
            gap = gaps[0] if newest_first else gaps[-1]
            assert gap.next_id is not None
            desk.repair(gap.next_id, min(page, gap.missing))
        assert said(store.reader.trades_after(BTC, 0, 1000)) == meant(DEALS)
        for interval in STORED_INTERVALS:
            bars = store.reader.candles(BTC, interval)
            assert told(bars) == told(candles.from_trades(trades(DEALS), interval))
            assert not (bars.flags & BarFlag.GAP).any()
            assert set(bars.source.tolist()) == {BarSource.OWN}
        assert {gap.state for gap in store.reader.gaps(BTC)} <= {GapState.CLOSED}
        last = store.reader.last(BTC)
        assert last is not None
        assert last.sequence.holes == ()
        assert desk.tracker.sequence == last.sequence
    finally:
        store.close()
