"""The pair as of the newest trades: live, or the last that was known, and what speaks against acting on it."""

from dataclasses import replace

import numpy as np
import pytest

from core.analytics.backtest.costs import Costs
from core.errors import NotEnoughData
from core.health import FeedState, Health, StoreState, SymbolState
from core.market import MINUTE, MINUTE_US, Scale
from core.monitor.objections import objections
from core.monitor.quotes import PairState, Quote, quote
from core.pairs import Leg, Moment, PairAnalysis, PairSpec, Unknown, analyze
from tests.monitor.test_monitor import Counters
from tests.trading import BTC, ETH, START_US

SPEC = PairSpec(BTC, ETH, MINUTE, 30 * MINUTE_US, window=5)


def health(**of_btc: object) -> Health:
    """Both legs on one spot feed, at 100.00 and 50.00."""
    made = Counters().health()
    feed = replace(made.feeds[0], state=FeedState.LIVE, symbols=(BTC, ETH))
    btc = replace(made.symbols[0], last_price=10_000, scale=Scale(2, 5), silent_seconds=1.0, patience_seconds=9.0)
    eth = replace(btc, symbol=ETH, last_price=5_000)
    return replace(made, feeds=(feed,), symbols=(replace(btc, **of_btc), eth))


def peek(y: float, x: float) -> Moment:
    return Moment(START_US, y, x, 1.0, 0.25, y / 100 + x / 100)


def test_prices_are_the_newest_of_each_leg_in_quote_currency() -> None:
    found = quote(SPEC, health(), peek)
    assert isinstance(found.moment, Moment)
    assert (found.state, found.moment.y, found.moment.x, found.moment.z) == (PairState.LIVE, 100.0, 50.0, 1.5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": SymbolState.STALE, "words": "the connection is down"}, "BTCUSDT is stale: the connection is down"),
        ({"state": SymbolState.QUIET, "words": "quiet"}, "BTCUSDT is quiet"),
        ({"silent_seconds": 9.5}, "has not traded for"),
    ],
)
def test_a_leg_that_is_not_followed_makes_the_pair_stale_and_keeps_its_last_value(
    changed: dict[str, object], words: str
) -> None:
    found = quote(SPEC, health(**changed), peek)
    assert found.state is PairState.STALE
    assert words in found.words
    assert isinstance(found.moment, Moment)
    assert found.since_us == health().symbols[0].last_trade_us


@pytest.mark.parametrize("state", [state for state in FeedState if state is not FeedState.LIVE])
def test_whatever_the_feed_does_but_live_is_stale(state: FeedState) -> None:
    made = health()
    found = quote(SPEC, replace(made, feeds=(replace(made.feeds[0], state=state, words="why"),)), peek)
    assert found.state is PairState.STALE
    assert str(state) in found.words


def test_a_store_that_does_not_write_makes_it_stale() -> None:
    made = health()
    found = quote(SPEC, replace(made, store=replace(made.store, state=StoreState.RETRYING, words="locked")), peek)
    assert (found.state, "locked" in found.words) == (PairState.STALE, True)


def test_what_is_not_there_yet_is_waiting_with_what_it_needs() -> None:
    def lacking(y: float, x: float) -> Moment:
        raise NotEnoughData(60, 37, "bars")

    found = quote(SPEC, health(), lacking)
    assert isinstance(found.moment, Unknown)
    assert (found.state, found.moment.needed, found.moment.found) == (PairState.WAITING, 60, 37)


def test_without_a_trade_there_is_no_price_to_ask_with() -> None:
    found = quote(SPEC, health(last_price=None), lambda y, x: pytest.fail("asked"))
    assert isinstance(found.moment, Unknown)
    assert found.moment.reason == "no trade of BTCUSDT yet"


def analysis(tied: bool, rows: int = 600) -> PairAnalysis:
    """Of an autoregressive spread around a walk, or of two walks."""
    rng = np.random.default_rng(3)
    x = 4 + np.cumsum(1e-3 * rng.standard_normal(rows))
    noise = 2e-3 * np.convolve(rng.standard_normal(rows), 0.8 ** np.arange(60))[:rows]
    y = 1 + x + noise if tied else 4 + np.cumsum(1e-3 * rng.standard_normal(rows))
    times = START_US + np.arange(rows, dtype=np.int64) * MINUTE_US
    spec = PairSpec(BTC, ETH, MINUTE, rows * MINUTE_US, window=60)
    legs = Leg("y", times, np.exp(y), rows), Leg("x", times, np.exp(x), rows)
    return analyze(spec, *legs, START_US + rows * MINUTE_US)


def far(z: float) -> Quote:
    return quote(SPEC, health(), lambda y, x: Moment(START_US, y, x, 1.0, 0.0, z))


def test_nothing_speaks_against_a_live_pair_that_is_tied_and_far_enough() -> None:
    assert objections(far(3.0), analysis(tied=True), Costs.same(0.1)) == ()


def test_costs_speak_against_it_until_a_reversion_pays_them() -> None:
    found = analysis(tied=True)
    (words,) = objections(far(0.5), found, Costs.same(5.0))
    begins = float(words.removesuffix(" σ").rsplit(" ", 1)[1])
    assert objections(far(begins - 0.01), found, Costs.same(5.0)) != ()
    assert objections(far(begins + 0.01), found, Costs.same(5.0)) == ()


def test_walks_are_no_pair_whatever_their_z_score() -> None:
    found = objections(far(5.0), analysis(tied=False), Costs.same(0.0))
    assert any(words.startswith("no sign of cointegration: p 0.") for words in found)


def test_a_stale_pair_says_so_first() -> None:
    stale = quote(SPEC, health(state=SymbolState.STALE, words="the connection is down"), peek)
    assert (
        objections(stale, analysis(tied=True), Costs.same(0.0))[0] == "stale: BTCUSDT is stale: the connection is down"
    )


def test_without_an_analysis_its_reason_is_told() -> None:
    assert objections(far(3.0), Unknown("needs 60 bars, found 3", 60, 3), Costs.same(0.0)) == (
        "needs 60 bars, found 3",
    )
