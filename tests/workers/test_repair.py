"""Gaps are fetched by id until they are closed, or until the venue says that they cannot be."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core import candles
from core.feed.base import Venue
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.health import Gap, GapState
from core.market import MINUTE, SECOND, STORED_INTERVALS, BarSource, Symbol
from core.monitor import Bus
from core.store import Commit, Store
from core.workers import repair as module
from core.workers.repair import RepairWorker
from tests.scripted_rest import Asked, Says, ScriptedRest
from tests.store.test_gaps import gap
from tests.trading import BTC, NOW_US, PATIENCE, SCALE, Deal, meant, said, told, trades, wait_until
from tests.workers.conftest import Ingesting, rest_client

PERPETUAL = Symbol("BTCUSDT", perpetual=True)
#: Three trades a second for a minute and a half, in orders of three at one price.
DEALS = [
    Deal(i + 1, (i // 3) * 1.0, f"{100 + (i // 3) % 5}.00", f"{1 + i % 4}.00000", i // 3 % 2 == 0) for i in range(270)
]


def rows(deals: list[Deal], symbol: Symbol = BTC) -> list[dict[str, object]]:
    """Trades as the venue's REST tells them."""
    return [
        {"id": d.id, "price": d.price, "qty": d.quantity, "quoteQty": "1", "time": d.time_us, "isBuyerMaker": d.maker,
         "isBestMatch": True}
        for d in deals
    ]  # fmt: skip


def aggregate_rows(deals: list[Deal]) -> list[dict[str, object]]:
    """One aggregate for each order of three."""
    orders = [deals[i : i + 3] for i in range(0, len(deals), 3)]
    return [
        {"a": number, "p": order[0].price, "q": f"{sum(float(d.quantity) for d in order):.5f}", "f": order[0].id,
         "l": order[-1].id, "T": order[0].time_us, "m": order[0].maker, "M": True}
        for number, order in enumerate(orders)
    ]  # fmt: skip


class Venues:
    """A venue that has `deals`, and tells of them as its switches say."""

    def __init__(self, deals: list[Deal]) -> None:
        self.deals = deals
        self.page = 1000
        self.visible = 10**9
        self.vision = False
        self.without: set[int] = set()
        self.refusals: list[Says] = []
        self.too_old_before = 0
        self.klines = Says(200, [])
        self.absurd: set[int] = set()

    def __call__(self, asked: Asked) -> Says:
        if self.refusals:
            return self.refusals.pop(0)
        name = asked.path.rsplit("/", 1)[-1]
        known = [d for d in self.deals if d.id <= self.visible and d.id not in self.without]
        if name == "historicalTrades":
            if self.vision:
                return Says(404, {"code": -1000, "msg": "not served"})
            first = int(asked.params["fromId"])
            known = [d._replace(quantity="90000000000.00000") if d.id in self.absurd else d for d in known]
            return Says(200, rows([d for d in known if d.id >= first][: self.page]))
        if name == "aggTrades" and "fromId" in asked.params:
            first = int(asked.params["fromId"])
            if first < self.too_old_before:
                return Says(400, {"code": -4166, "msg": "Search window is restricted to recent 2 days only."})
            return Says(200, [self._single(d) for d in known if d.id >= first][: self.page])
        if name == "aggTrades":
            start = int(asked.params["startTime"])
            start = start if start > 10**14 else start * 1000
            if self.too_old_before:
                return Says(200, [self._single(d) for d in known if d.id >= self.too_old_before][: self.page])
            return Says(200, [row for row in aggregate_rows(known) if row["T"] >= start][: self.page])
        if name == "klines":
            return self.klines
        return Says(404, {"code": -1000, "msg": f"{asked.path} is not served"})

    @staticmethod
    def _single(deal: Deal) -> dict[str, object]:
        return {
            "a": deal.id,
            "p": deal.price,
            "q": deal.quantity,
            "f": deal.id,
            "l": deal.id,
            "T": deal.time_us,
            "m": deal.maker,
        }


class Repairing:
    """A repair worker over a store and an ingest worker."""

    def __init__(self, store: Store, venue: Venue, client_url: str, symbol: Symbol, ingesting: Ingesting) -> None:
        self.notes: list[tuple[str, str]] = []
        self.worker = RepairWorker(
            rest_client(client_url), venue, [symbol], store, ingesting.worker, Bus(), lambda: NOW_US,
            lambda *note: self.notes.append(note),
        )  # fmt: skip
        self.store = store
        self.worker.start()

    def ledger(self) -> list[Gap]:
        return sorted(self.store.reader.gaps(), key=lambda gap: gap.first_id)

    def wait_for(self, *states: GapState) -> list[Gap]:
        wait_until(lambda: [gap.state for gap in self.ledger()] == list(states))
        return self.ledger()


@pytest.fixture
def repairing(store: Store) -> Iterator[Callable[..., tuple[Repairing, ScriptedRest]]]:
    """Store `deals` but for ids that are missing, which the venue has, and repair."""
    with ExitStack() as stack:

        def start(
            venues: Venues, *holes: tuple[int, int], symbol: Symbol = BTC, venue: Venue | None = None, off: float = 0.0
        ) -> tuple[Repairing, ScriptedRest]:
            missing = {i for first, last in holes for i in range(first, last + 1)}
            there = [d for d in venues.deals if d.id not in missing]
            at = {d.id: d.at for d in venues.deals}
            found = tuple(gap(first, last, at[first - 1] + off, at[last + 1] + off) for first, last in holes)
            store.append(Commit((trades(there, symbol=symbol),), opened={symbol: found}, now_us=NOW_US)).result(
                PATIENCE
            )
            rest = stack.enter_context(ScriptedRest(venues))
            ingesting = Ingesting(store, scales={symbol: SCALE}).start()
            stack.callback(ingesting.finish, 0.0)
            made = Repairing(store, venue or BinanceSpot(), rest.url, symbol, ingesting)
            stack.callback(made.worker.stop)
            return made, rest

        yield start


def assert_whole(store: Store, deals: list[Deal], symbol: Symbol = BTC) -> None:
    assert said(store.reader.trades_after(symbol, 0, 10_000)) == meant(deals)
    for interval in STORED_INTERVALS:
        bars = store.reader.candles(symbol, interval)
        assert told(bars) == told(candles.from_trades(trades(deals, symbol=symbol), interval))
        assert set(bars.source.tolist()) == {BarSource.OWN}


def test_newest_wounds_first_page_by_page(repairing, store: Store) -> None:
    venues = Venues(DEALS)
    venues.page = 10
    work, rest = repairing(venues, (31, 60), (151, 152))
    older, newer = work.wait_for(GapState.CLOSED, GapState.CLOSED)
    assert_whole(store, DEALS)
    firsts = [int(asked.params["fromId"]) for asked in rest.asked]
    assert firsts == [151, 31, 41, 51]
    assert (older.words, older.attempts, newer.attempts) == ("fetched by id", 1, 1)
    assert older.closed_us is not None
    health = work.worker.health()
    wait_until(lambda: work.worker.health().open_gaps == 0)
    assert health.repaired == 32
    assert work.worker.health().words == "nothing to repair"


def test_what_the_venue_does_not_show_yet_is_asked_for_again(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.02)
    venues = Venues(DEALS)
    venues.visible = 45
    work, rest = repairing(venues, (31, 60))
    wait_until(lambda: any("does not show these trades yet" in gap.words for gap in work.ledger()))
    wait_until(lambda: len(rest.asked) >= 6)
    assert [gap.state for gap in work.ledger()] != [GapState.LOST], "late is not lost"
    venues.visible = 10**9
    work.wait_for(GapState.CLOSED)
    assert_whole(store, DEALS)


def test_a_venue_in_trouble_is_left_alone_and_asked_again(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_STRIKES_SECONDS", 0.05)
    venues = Venues(DEALS)
    venues.refusals = [Says(503, {"msg": "busy"}), Says(200, {"not": "a page"}), Says(500, [])]
    work, _rest = repairing(venues, (31, 60))
    (entry,) = work.wait_for(GapState.CLOSED)
    assert entry.attempts == 4
    assert_whole(store, DEALS)


def test_ids_that_the_venue_leaves_out_are_lost_and_the_rest_is_not(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_STRIKES_SECONDS", 0.05)
    venues = Venues(DEALS)
    venues.without = {31, 32, 45}
    work, _ = repairing(venues, (31, 60))
    found = work.wait_for(GapState.LOST, GapState.LOST)
    assert [(gap.next_id, gap.last_id) for gap in found] == [(31, 32), (45, 45)]
    assert "do not exist" in found[0].words
    wait_until(lambda: work.worker.given_up() == {BTC: 3})
    assert [kind for kind, _ in work.notes] == ["lost", "lost"]
    assert said(store.reader.trades_after(BTC, 0, 10_000)) == meant([d for d in DEALS if d.id not in venues.without])


def test_aggregates_where_single_trades_are_not_served(repairing, store: Store) -> None:
    venues = Venues(DEALS)
    venues.vision = True
    venues.page = 5
    work, rest = repairing(venues, (31, 61), (150, 155))
    found = work.wait_for(GapState.CLOSED, GapState.CLOSED)
    assert all(gap.words.startswith("restored from aggregates: exact in volume, side and count") for gap in found)
    for interval in (SECOND, MINUTE):
        assert told(store.reader.candles(BTC, interval)) == told(candles.from_trades(trades(DEALS), interval))
    assert rest.paths().count("historicalTrades") == 1, "what an address does not serve is not asked for again"
    stored = store.reader.trades_after(BTC, 0, 10_000)
    covered = sum((stored.last_id - stored.trade_id + 1).tolist())
    assert covered == len(DEALS)


@pytest.mark.parametrize("off", [-3600.0, -30.0, 30.0, 3600.0])
def test_aggregates_are_found_where_the_gap_has_the_wrong_time(repairing, store: Store, off: float) -> None:
    venues = Venues(DEALS)
    venues.vision = True
    venues.page = 10
    work, _ = repairing(venues, (31, 61), off=off)
    work.wait_for(GapState.CLOSED)
    assert told(store.reader.candles(BTC, SECOND)) == told(candles.from_trades(trades(DEALS), SECOND))


def test_what_aggregates_leave_out_is_lost_only_when_those_before_are_seen(
    repairing, store: Store, monkeypatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_STRIKES_SECONDS", 0.05)
    venues = Venues(DEALS)
    venues.vision = True
    venues.page = 10
    venues.without = {34, 35, 36}
    work, _ = repairing(venues, (31, 60), off=30.0)
    (found,) = work.wait_for(GapState.LOST)
    assert (found.next_id, found.last_id) == (34, 36)


def test_what_is_too_old_is_lost_with_its_reason(repairing, store: Store) -> None:
    venues = Venues(DEALS)
    venues.too_old_before = 50
    work, _ = repairing(venues, (31, 60), symbol=PERPETUAL, venue=BinanceUsdm())
    lost, _ = work.wait_for(GapState.LOST, GapState.CLOSED)
    assert (lost.first_id, lost.last_id) == (31, 49)
    assert "of the last 48 hours only" in lost.words
    assert store.reader.trades_after(PERPETUAL, 49, 1).trade_id[0] == 50


def test_a_gap_of_another_venue_is_not_touched(repairing, store: Store) -> None:
    store.append(
        Commit((trades([Deal(1), Deal(3)], symbol=PERPETUAL),), opened={PERPETUAL: (gap(2, 2, 0, 0),)}, now_us=NOW_US)
    ).result(PATIENCE)
    work, rest = repairing(Venues(DEALS), (31, 60))
    wait_until(lambda: any(entry.state is GapState.CLOSED for entry in work.ledger()))
    wait_until(lambda: work.worker.health().words == "nothing to repair")
    assert {asked.params.get("symbol") for asked in rest.asked} == {"BTCUSDT"}
    assert [entry.state for entry in store.reader.gaps(PERPETUAL)] == [GapState.OPEN]


def test_trades_do_not_wait_for_bars_that_cannot_be_had(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_LONG_US", 1)
    venues = Venues(DEALS)
    venues.klines = Says(400, {"code": -1100, "msg": "Illegal characters"})
    work, rest = repairing(venues, (31, 60))
    work.wait_for(GapState.CLOSED)
    assert "klines" in rest.paths()
    assert_whole(store, DEALS)


def test_a_lost_gap_is_asked_for_again(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_STRIKES_SECONDS", 0.05)
    monkeypatch.setattr(module, "_ASK_LOST_US", 0)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    venues = Venues(DEALS)
    venues.without = {31, 32}
    work, _ = repairing(venues, (31, 40))
    wait_until(lambda: any(kind == "lost" for kind, _ in work.notes))
    venues.without = set()
    wait_until(lambda: {gap.state for gap in work.ledger()} == {GapState.CLOSED})
    assert_whole(store, DEALS)


def test_a_gap_that_cannot_be_stored_does_not_hold_up_the_others(repairing, store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_SECONDS", 0.01)
    venues = Venues(DEALS)
    venues.absurd = {200}
    work, _ = repairing(venues, (31, 40), (200, 200))
    wait_until(lambda: work.ledger()[0].state is GapState.CLOSED)
    assert work.ledger()[1].state is not GapState.CLOSED
