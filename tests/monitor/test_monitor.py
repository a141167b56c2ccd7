"""Up to when a symbol's stream is known to be whole, and what follows for its bars."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import make_url

from core.health import (
    FeedHealth,
    FeedState,
    Health,
    QueueHealth,
    StoreHealth,
    StoreState,
    SymbolHealth,
    SymbolState,
)
from core.market import MINUTE, SECOND_US, Scale, Symbol, Trades
from core.monitor import Monitor
from core.quality import Grade
from core.store import Commit, Store

BTC, PERPETUAL, OTHER = Symbol("BTCUSDT"), Symbol("BTCUSDT", perpetual=True), Symbol("LUNAUSDT")
START_US = 1_723_161_600 * SECOND_US
#: Trades at 10, 70, 130 and 185 seconds; the watermark at 190: the fourth minute is forming, and the record begins in the first.
LAST_US = START_US + 185 * SECOND_US
WATERMARK_US = START_US + 190 * SECOND_US


@dataclass
class Counters:
    """Who keeps the counters: one spot symbol, and a perpetual of another venue."""

    spot: FeedState = FeedState.LIVE
    since_us: int = START_US
    state: SymbolState = SymbolState.LIVE
    last_us: int | None = LAST_US

    def health(self) -> Health:
        def feed(state: FeedState, symbol: Symbol) -> FeedHealth:
            return FeedHealth(state, self.since_us, "", "", symbols=(symbol,))

        bitcoin = SymbolHealth(BTC, self.state, "", last_trade_us=self.last_us, last_received_us=self.last_us)
        return Health(
            market="binance",
            banner=None,
            started_us=START_US,
            now_us=WATERMARK_US,
            watermark_us=WATERMARK_US,
            feeds=(feed(self.spot, BTC), feed(FeedState.RECONNECTING, PERPETUAL)),
            queue=QueueHealth(0, 1, 0, 0.0, 0),
            store=StoreHealth(StoreState.OK, "", "", 0, 0, 0),
            symbols=(bitcoin, replace(bitcoin, symbol=PERPETUAL)),
            malformed=0,
            errors=0,
            events=(),
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(make_url(f"sqlite:///{tmp_path}/desk.db"), "binance", START_US)
    times = START_US + np.array([10, 70, 130, 185]) * SECOND_US
    ones = np.ones(4, dtype=np.int64)
    for symbol in (BTC, OTHER):
        trades = Trades(symbol, Scale(2, 5), np.arange(1, 5), ones, ones, times, times, ones > 0, ones)
        opened.append(Commit((trades,), watermark_us=WATERMARK_US)).result()
    yield opened
    opened.close()


def proven(store: Store, counters: Counters, symbol: Symbol = BTC) -> int:
    return Monitor(store.reader, counters).proof(symbol).proven_us


@pytest.mark.parametrize("state", [FeedState.LIVE, FeedState.BEHIND])
def test_while_trades_arrive_all_is_proven_up_to_the_watermark(store: Store, state: FeedState) -> None:
    assert proven(store, Counters(state, state=SymbolState.QUIET)) == WATERMARK_US


@pytest.mark.parametrize("state", sorted(set(FeedState) - {FeedState.LIVE, FeedState.BEHIND}))
def test_a_feed_that_brings_nothing_proves_nothing_after_the_last_trade(store: Store, state: FeedState) -> None:
    assert proven(store, Counters(state)) == LAST_US


def test_each_symbol_has_the_feed_that_carries_it(store: Store) -> None:
    assert proven(store, Counters(FeedState.LIVE), PERPETUAL) == LAST_US


def test_a_feed_that_came_back_proves_a_symbol_only_with_its_next_trade(store: Store) -> None:
    assert proven(store, Counters(since_us=LAST_US + 1)) == LAST_US


def test_trades_that_cannot_be_stored_prove_nothing(store: Store) -> None:
    assert proven(store, Counters(state=SymbolState.FAILED)) == LAST_US


@pytest.mark.parametrize(("symbol", "counters"), [(OTHER, Counters()), (BTC, Counters(last_us=None))])
def test_without_a_trade_since_the_start_it_is_the_last_stored_one(
    store: Store, symbol: Symbol, counters: Counters
) -> None:
    assert proven(store, counters, symbol) == LAST_US


def test_a_symbol_that_was_never_seen_is_not_proven_at_all(store: Store) -> None:
    assert proven(store, Counters(), Symbol("XRPUSDT")) == 0


def test_a_bar_that_ends_after_what_is_proven_is_unknown(store: Store) -> None:
    away = Monitor(store.reader, Counters(FeedState.RECONNECTING, last_us=START_US + 130 * SECOND_US))
    bars = away.candles(BTC, MINUTE)
    assert np.isnan(away.proof(BTC).present(bars)).tolist() == [True, False, True, True]
    told = away.quality(BTC, MINUTE, start_us=START_US + MINUTE.us)
    assert (told.grade, told.bars, told.unproven) == (Grade.B, 2, 1)


def test_a_forming_bar_takes_no_grade_away(store: Store) -> None:
    live = Monitor(store.reader, Counters())
    told = live.quality(BTC, MINUTE, start_us=START_US + MINUTE.us)
    assert (told.grade, told.bars, told.unproven) == (Grade.A, 2, 0)
    alone = live.quality(BTC, MINUTE, start_us=START_US + 3 * MINUTE.us)
    assert (alone.grade, alone.bars, alone.words) == (Grade.NONE, 1, "unknown: none of 1 bar is proven yet")


def test_of_a_venue_that_is_behind_only_what_came_is_proven(store: Store) -> None:
    """The watermark follows the other venue, which is on time."""
    mine = START_US + 140 * SECOND_US

    def at(state: FeedState, newest_us: int) -> int:
        counters = Counters(spot=state)
        health = counters.health()
        feeds = (replace(health.feeds[0], newest_us=newest_us), health.feeds[1])
        counters.health = lambda: replace(health, feeds=feeds)  # type: ignore[method-assign]
        return proven(store, counters)

    assert at(FeedState.BEHIND, mine) == mine
    assert at(FeedState.LIVE, mine) == WATERMARK_US - 3 * SECOND_US
    assert at(FeedState.LIVE, WATERMARK_US) == at(FeedState.BEHIND, WATERMARK_US + 5) == WATERMARK_US
