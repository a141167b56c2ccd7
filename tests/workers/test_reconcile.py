"""The desk's own minutes are compared with the venue's, and what differs is healed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from core import candles
from core.feed.binance import BinanceSpot
from core.feed.binance_usdm import BinanceUsdm
from core.health import GapState
from core.market import MINUTE, STORED_INTERVALS, BarFlag, Symbol
from core.store import Commit, Store
from core.workers.reconcile import Reconciler
from tests.scripted_rest import Asked, Says, ScriptedRest
from tests.trading import BTC, NOW_US, PATIENCE, SCALE, START_US, Deal, reference_bars, told, trades, wait_until
from tests.workers.conftest import Ingesting, rest_client
from tests.workers.test_repair import PERPETUAL, Repairing, Venues

#: A trade every two seconds for six minutes.
DEALS = [Deal(i + 1, 2.0 * i, f"{100 + i % 5}.00", f"{1 + i % 4}.00000", i % 2 == 0) for i in range(180)]
UNTIL_US = START_US + 6 * MINUTE.us


class Market(Venues):
    """A venue that also tells its klines; `late` trades are not in them yet for so many requests."""

    def __init__(self, deals: list[Deal], klines_of: list[Deal] | None = None) -> None:
        super().__init__(deals)
        self.klines_of = klines_of or deals
        self.late: dict[int, int] = {}

    def __call__(self, asked: Asked) -> Says:
        if not asked.path.endswith("/klines"):
            return super().__call__(asked)
        self.late = {trade: left - 1 for trade, left in self.late.items() if left > 0}
        bars = reference_bars([deal for deal in self.klines_of if deal.id not in self.late], MINUTE.us)
        end = int(asked.params["endTime"])
        end_us = end if end > 10**14 else end * 1000
        rows = [
            [at // 1000, *map(str, (b.open, b.high, b.low, b.close, b.volume)), at // 1000 + 59_999, str(b.quote_volume),
             b.trade_count, str(b.taker_buy_volume), str(b.taker_buy_quote_volume), "0"]
            for at, b in sorted(bars.items()) if at <= end_us
        ]  # fmt: skip
        return Says(200, rows[-int(asked.params["limit"]) :])


class Reconciling:
    """A reconciler, an ingest and a repair worker over one store."""

    def __init__(self, store: Store, market: Market, stack: ExitStack, symbol: Symbol) -> None:
        self.store, self.symbol = store, symbol
        rest = stack.enter_context(ScriptedRest(market))
        venue = BinanceUsdm() if symbol.perpetual else BinanceSpot()
        ingesting = Ingesting(store, scales={symbol: SCALE}).start()
        stack.callback(ingesting.finish, 0.0)
        self.repair = Repairing(store, venue, rest.url, symbol, ingesting)
        stack.callback(self.repair.worker.stop)
        self.notes: list[tuple[str, str]] = []
        self.worker = Reconciler(
            rest_client(rest.url), venue, [symbol], store, ingesting.worker, lambda: NOW_US,
            lambda *note: self.notes.append(note), self.repair.worker.call, 0.02,
        )  # fmt: skip
        stack.callback(self.worker.stop)
        self.rest = rest
        self.worker.start()

    def account(self) -> tuple[int, int, int, int]:
        found = self.store.reader.reconciliation(self.symbol, 0)
        assert found is not None
        return found.matched, found.spanning, found.differing, found.waiting

    def wait_for(self, *account: int) -> None:
        wait_until(lambda: self.account() == account, 10.0)


@pytest.fixture
def reconciling(store: Store) -> Iterator[Callable[..., Reconciling]]:
    with ExitStack() as stack:

        def start(market: Market, *damage: str, symbol: Symbol = BTC, stored: list[Deal] | None = None) -> Reconciling:
            rows = trades(DEALS if stored is None else stored, symbol=symbol)
            store.append(Commit((rows,), watermark_us=UNTIL_US + 60_000_000, now_us=NOW_US)).result(PATIENCE)
            for statement in damage:
                store.writer.submit(lambda connection, sql=statement: connection.execute(text(sql))).result(PATIENCE)
            return Reconciling(store, market, stack, symbol)

        yield start


def assert_whole(store: Store, symbol: Symbol = BTC) -> None:
    for interval in STORED_INTERVALS:
        assert told(store.reader.candles(symbol, interval)) == told(
            candles.from_trades(trades(DEALS, symbol=symbol), interval)
        )


def test_minutes_that_agree_are_confirmed_with_one_request(reconciling, store: Store) -> None:
    work = reconciling(Market(DEALS))
    work.wait_for(5, 0, 0, 0)
    assert work.rest.paths().count("klines") == 1
    flags = store.reader.candles(BTC, MINUTE).flags.tolist()
    assert flags == [BarFlag.PARTIAL] + [BarFlag.CHECKED] * 5


def test_a_venue_that_is_late_is_asked_again_and_nothing_is_touched(reconciling, store: Store) -> None:
    market = Market(DEALS)
    market.late = {DEALS[-1].id: 2}
    work = reconciling(market)
    work.wait_for(5, 0, 0, 0)
    assert store.reader.gaps() == ()
    assert set(store.reader.candles(BTC, MINUTE).revision.tolist()) == {0}


def test_a_damaged_bar_is_made_anew(reconciling, store: Store) -> None:
    at = START_US + 2 * MINUTE.us
    work = reconciling(Market(DEALS), f"UPDATE bars SET volume = volume * 2 WHERE open_time_us = {at}")
    wait_until(lambda: store.reader.differences(BTC) or work.account()[0] == 5)
    work.wait_for(5, 0, 0, 0)
    assert store.reader.differences() == ()
    assert_whole(store)


def test_a_trade_that_is_not_what_it_was_is_corrected(reconciling, store: Store) -> None:
    wrong = [deal._replace(price="500.00") if deal.id == 100 else deal for deal in DEALS]
    work = reconciling(Market(DEALS), stored=wrong)
    work.wait_for(5, 0, 0, 0)
    assert_whole(store)
    assert [kind for kind, _ in work.notes] == ["corrected"]


def test_a_trade_is_corrected_from_aggregates_where_single_trades_are_not_served(reconciling, store: Store) -> None:
    orders = [
        Deal(i + 1, i // 3 * 3.0 + 0.5, f"{100 + i // 3 % 7}.00", f"{1 + i % 4}.00000", i // 3 % 2 == 0)
        for i in range(360)
    ]
    wrong = [deal._replace(price="500.00") if deal.id == 100 else deal for deal in orders]
    market = Market(orders)
    market.vision = True
    work = reconciling(market, stored=wrong)
    work.wait_for(5, 0, 0, 0)
    assert [kind for kind, _ in work.notes] == ["repair", "corrected"]
    for interval in STORED_INTERVALS:
        assert told(store.reader.candles(BTC, interval)) == told(candles.from_trades(trades(orders), interval))


def test_trades_that_went_unnoticed_are_a_gap_and_are_fetched(reconciling, store: Store) -> None:
    work = reconciling(Market(DEALS), stored=[deal for deal in DEALS if deal.id not in (70, 71)])
    work.wait_for(5, 0, 0, 0)
    (entry,) = store.reader.gaps()
    assert (entry.first_id, entry.last_id, entry.state) == (70, 71, GapState.CLOSED)
    assert entry.cause == "differs from the venue's own bar"
    assert_whole(store)


def test_a_minute_that_is_not_there_at_all(reconciling, store: Store) -> None:
    work = reconciling(Market(DEALS), stored=[deal for deal in DEALS if not 120 <= deal.at < 180])
    work.wait_for(5, 0, 0, 0)
    assert_whole(store)


def test_what_cannot_be_healed_is_told_and_left(reconciling, store: Store) -> None:
    """The venue's own bars and trades disagree."""
    odd = [deal._replace(quantity="9.00000") if deal.id == 100 else deal for deal in DEALS]
    work = reconciling(Market(DEALS, klines_of=odd))
    wait_until(lambda: any(d.attempts > 5 for d in store.reader.differences(BTC)))
    assert work.account() == (4, 0, 1, 0)
    (found,) = store.reader.differences(BTC)
    assert (found.open_time_us, found.own_count, found.reference_count) == (START_US + 3 * MINUTE.us, 30, 30)
    assert "volume" in found.fields
    assert_whole(store)
    asked = len(work.rest.asked)
    work.worker.stop()
    assert len(work.rest.asked) <= asked + 2, "it is not asked about for ever"


def test_an_aggregate_across_a_boundary_is_counted_apart(reconciling, store: Store) -> None:
    """The last aggregate of a minute holds fills that the venue counts to the next one."""
    real = [deal._replace(at=deal.at + 1.5) if deal.id == 90 else deal for deal in DEALS]
    whole = [deal._replace(at=179.9) if deal.id == 90 else deal for deal in DEALS]
    assert (real[89].at, whole[89].at) == (179.5, 179.9)
    split = [*(d for d in real if d.id != 90), Deal(90, 179.9, real[89].price, "1.00000", real[89].maker)]
    over = Deal(1000, 180.0, real[89].price, "1.00000", real[89].maker)
    assert whole[89].quantity == "2.00000"
    later = [d._replace(id=d.id + 1) if d.id > 90 else d for d in sorted(split)]
    market = Market(whole, klines_of=[*later, over._replace(id=91)])
    work = reconciling(market, symbol=PERPETUAL, stored=whole)
    work.wait_for(3, 2, 0, 0)
