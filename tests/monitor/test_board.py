"""The board says what the analysis says, once for all who look, and a pair that fails says why in its row."""

from dataclasses import dataclass, replace
from threading import Event

import numpy as np
import pytest

from core.analytics.backtest.costs import ASSUMED
from core.errors import StoreUnavailable
from core.health import FeedState, Health, SymbolHealth, SymbolState
from core.market import MINUTE, MINUTE_US, Symbol
from core.metrics import metric
from core.monitor import Monitor
from core.monitor.board import SPARK_BARS, Board, BoardRow
from core.monitor.quotes import PairState, Quote
from core.pairs import Drawn, PairAnalysis, PairSpec, Unknown
from core.pairs.scorecard import scorecard
from core.pairs.trading import break_even_of
from core.store import Store
from tests.monitor.test_analyses import deals
from tests.monitor.test_monitor import Counters
from tests.store.conftest import Put
from tests.trading import BTC, ETH, PATIENCE, SCALE, START_US

SPEC = PairSpec(BTC, ETH, MINUTE, 30 * MINUTE_US, window=5)
STRANGER = PairSpec(BTC, Symbol("LUNAUSDT"), MINUTE, 30 * MINUTE_US, window=5)
NOW_US = START_US + 30 * MINUTE_US + 2_000_000


@dataclass
class Following(Counters):
    """Both legs are followed; the newest trades are those that the store has."""

    btc: SymbolState = SymbolState.LIVE

    def health(self) -> Health:
        def leg(symbol: Symbol, state: SymbolState, price: int, ago_us: int) -> SymbolHealth:
            return SymbolHealth(
                symbol,
                state,
                "its words",
                SCALE,
                last_trade_us=NOW_US - ago_us,
                last_received_us=NOW_US,
                last_price=price,
            )

        known = super().health()
        feed = replace(known.feeds[0], symbols=(BTC, ETH), state=self.spot)
        legs = leg(BTC, self.btc, 10_200, 700_000), leg(ETH, SymbolState.LIVE, 5_050, 100_000)
        return replace(known, now_us=NOW_US, watermark_us=NOW_US, feeds=(feed,), symbols=legs)


@pytest.fixture
def filled(store: Store, put: Put) -> Store:
    put(store, *deals(range(31), 1, 100.0, 2.0), watermark=1801)
    put(store, *deals(range(31), 1, 50.0, 1.0), symbol=ETH, watermark=1801)
    return store


def asked(store: Store, counters: Counters | None = None) -> Monitor:
    return Monitor(store.reader, counters or Following(), market="made up")


def row(monitor: Monitor, spec: PairSpec = SPEC) -> BoardRow:
    (found,) = monitor.board([spec], PATIENCE)
    monitor.close()
    return found


def test_a_row_says_what_the_analysis_says(filled: Store) -> None:
    monitor = asked(filled)
    found = row(monitor)
    analysis, quote = monitor.analysis(SPEC), monitor.quote(SPEC)
    assert not isinstance(quote.moment, Unknown)
    edge = break_even_of(analysis, ASSUMED)
    assert not isinstance(edge, Unknown)
    assert (found.state, found.words) == (PairState.LIVE, "")
    assert found.z == analysis.last.z
    assert found.z_live == quote.moment.z
    np.testing.assert_array_equal(found.path, analysis.series.z[-SPARK_BARS:])
    assert found.last_us == analysis.provenance.to_us
    assert found.p_value == metric("p_value").of(analysis)
    assert found.half_life == metric("half_life").of(analysis)
    assert found.break_even == (Unknown(edge.words) if edge.z is None else edge.z)
    assert not isinstance(found.score, Unknown)
    assert found.score.words == scorecard(analysis, ASSUMED).words
    assert analysis.provenance.quality is not None
    assert found.grade == analysis.provenance.quality.grade
    assert found.age_us == 700_000, "of the leg that has been silent longer"


def test_nobody_waits_who_does_not_want_to(filled: Store) -> None:
    monitor = asked(filled)
    (found,) = monitor.board([SPEC])
    monitor.close()
    assert found.state in (PairState.WAITING, PairState.LIVE)
    if found.state is PairState.WAITING:
        assert found.words == "it is being computed"
        assert isinstance(found.z, Unknown)


def test_too_few_bars_say_how_many_and_until_when(filled: Store) -> None:
    found = row(asked(filled), replace(SPEC, lookback_us=100 * MINUTE_US, window=60))
    assert found.state is PairState.WAITING
    assert found.words == "30 of 60 bars"
    assert found.waiting is not None
    assert found.waiting.ready_us == START_US + 60 * MINUTE_US


@pytest.mark.parametrize(
    ("counters", "words"),
    [
        (Following(btc=SymbolState.STALE), "BTCUSDT is stale: its words"),
        (Following(spot=FeedState.RECONNECTING), "the feed of BTCUSDT is reconnecting"),
    ],
)
def test_old_numbers_stay_and_say_that_they_are_old(filled: Store, counters: Counters, words: str) -> None:
    found = row(asked(filled, counters))
    assert found.state is PairState.STALE
    assert words in found.words
    assert not isinstance(found.z, Unknown)


def test_a_pair_without_bars_takes_no_other_with_it(filled: Store) -> None:
    monitor = asked(filled)
    stranger, known = monitor.board([STRANGER, SPEC], PATIENCE)
    monitor.close()
    assert stranger.state is PairState.UNKNOWN
    assert "LUNAUSDT is not being collected" in stranger.words
    assert isinstance(stranger.z, Unknown)
    assert isinstance(stranger.score, Unknown)
    assert known.state is PairState.LIVE


class Slow:
    """Answers when it is let; then it says how often it was asked."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self.go = Event()
        self.drew: list[PairSpec] = []

    def drawn(self, spec: PairSpec) -> Drawn:
        assert self.go.wait(PATIENCE)
        self.drew.append(spec)
        if spec == STRANGER:
            raise RuntimeError("nobody thought of this")
        if spec.window == 7:
            raise StoreUnavailable("the disk is full")
        return self._monitor.drawn(spec)

    def analysis(self, spec: PairSpec) -> PairAnalysis:
        return self._monitor.analysis(spec)

    def quote(self, spec: PairSpec) -> Quote:
        return self._monitor.quote(spec)


def test_one_computation_for_all_who_look_at_once(filled: Store) -> None:
    slow = Slow(asked(filled))
    board = Board(slow)
    for _ in range(5):
        (found,) = board.rows([SPEC])
        assert found.state is PairState.WAITING, "nobody is held up by a pair that is slow"
    slow.go.set()
    (found,) = board.rows([SPEC], PATIENCE)
    assert found.state is PairState.LIVE
    assert slow.drew.count(SPEC) == 1
    board.close()


def test_whatever_goes_wrong_with_a_pair_is_said_in_its_row(filled: Store) -> None:
    slow = Slow(asked(filled))
    slow.go.set()
    board = Board(slow)
    odd, full, known = board.rows([STRANGER, replace(SPEC, window=7), SPEC], PATIENCE)
    board.close()
    assert isinstance(odd.z, Unknown)
    assert "RuntimeError: the log has more" in odd.z.reason
    assert (full.state, full.words) == (PairState.UNKNOWN, "the disk is full")
    assert known.state is PairState.LIVE


def test_it_ends_at_once_whatever_is_wanted(filled: Store) -> None:
    slow = Slow(asked(filled))
    board = Board(slow)
    board.rows([replace(SPEC, window=window) for window in range(5, 25)])
    slow.go.set()
    board.close()
    assert len(slow.drew) <= 2
