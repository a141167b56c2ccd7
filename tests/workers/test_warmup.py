"""History by REST: which bars are asked for, and when none are."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.errors import RestError
from core.exchange.child import ExchangeProcess
from core.feed.binance import BinanceSpot
from core.market import MINUTE, SECOND, BarSource, Scale, Symbol, Trades
from core.store import Commit, Store
from core.workers.warmup import WarmUp
from tests.trading import BTC, PATIENCE, SCALE, Deal, trades
from tests.workers.conftest import rest_client


@pytest.fixture
def market(exchange: Callable[..., ExchangeProcess]):
    """A client of a simulated market, and the market's time [us]."""
    process = exchange(symbols=("BTCUSDT",), history_days=2)
    client = rest_client(process.rest_url)
    yield client, BinanceSpot().read_time(client.get(BinanceSpot().time_request()))
    client.close()


def test_a_day_of_minutes_and_a_quarter_of_an_hour_of_seconds(market, store: Store) -> None:
    client, now_us = market
    count, from_us = WarmUp(store, client, BinanceSpot(), now_us).seed(BTC, SCALE)
    minutes = store.reader.candles(BTC, MINUTE, limit=5000)
    seconds = store.reader.candles(BTC, SECOND, limit=5000)
    assert count == len(minutes) + len(seconds)
    assert from_us == minutes.open_time_us[0]
    assert minutes.open_time_us[0] < now_us - 24 * 3_600_000_000
    assert set(minutes.source) == {BarSource.SEEDED}
    assert max(minutes.open_time_us[-1] + MINUTE.us, seconds.open_time_us[-1] + SECOND.us) <= now_us - 4_000_000
    whole = minutes.take(minutes.open_time_us >= seconds.open_time_us[0] + MINUTE.us)
    for open_us, volume in zip(whole.open_time_us.tolist(), whole.volume.tolist(), strict=True):
        inside = (seconds.open_time_us >= open_us) & (seconds.open_time_us < open_us + MINUTE.us)
        assert int(seconds.volume[inside].sum()) == volume, "seconds add up to the minute"
    assert np.all(np.diff(minutes.open_time_us) > 0)


def at(time_us: int, trade_id: int = 1) -> Trades:
    """A trade at `time_us`."""
    one = trades([Deal(trade_id, 0)])
    return replace(one, trade_time_us=np.array([time_us]), received_us=np.array([time_us]))


def test_the_desks_own_bars_win(market, store: Store) -> None:
    client, now_us = market
    time_us = now_us - 3_600_000_000
    store.append(Commit((at(time_us),))).result(PATIENCE)
    warm_up = WarmUp(store, client, BinanceSpot(), now_us)
    assert warm_up.seed(BTC, SCALE)[0] > 1000
    bars = store.reader.candles(BTC, MINUTE, limit=5000)
    own = bars.take(bars.source == BarSource.OWN)
    assert own.trade_count.tolist() == [1]
    assert own.open_time_us.tolist() == [MINUTE.floor(time_us)]
    assert warm_up.seed(BTC, SCALE) == (0, None), "once is enough"


def test_what_lies_between_the_history_and_the_stream_is_completed(market, store: Store) -> None:
    """A start in the first seconds of a minute: the minute before it has just closed, and the desk saw none of it."""
    client, now_us = market
    started_us = MINUTE.floor(now_us) - 2 * MINUTE.us + 1_000_000
    warm_up = WarmUp(store, client, BinanceSpot(), started_us)
    warm_up.seed(BTC, SCALE)
    assert store.reader.candles(BTC, MINUTE, limit=1).open_time_us[0] == MINUTE.floor(started_us) - 2 * MINUTE.us
    store.append(Commit((at(started_us + 500_000),))).result(PATIENCE)
    warm_up.complete(BTC, SCALE)
    newest = store.reader.candles(BTC, MINUTE, limit=3)
    assert np.diff(newest.open_time_us).tolist() == [MINUTE.us, MINUTE.us]
    assert newest.source.tolist() == [BarSource.SEEDED, BarSource.SEEDED, BarSource.OWN]
    seconds = store.reader.candles(BTC, SECOND, limit=5000)
    assert seconds.source[-1] == BarSource.OWN
    assert (seconds.source[:-1] == BarSource.SEEDED).all()


def test_a_stranger_has_no_history(market, store: Store) -> None:
    client, now_us = market
    with pytest.raises(RestError, match="Invalid symbol"):
        WarmUp(store, client, BinanceSpot(), now_us).seed(Symbol("NOSUCHUSDT"), Scale(2, 5))
    assert store.reader.symbols() == []


def test_a_market_without_a_past(market, store: Store) -> None:
    client, now_us = market
    assert WarmUp(store, client, BinanceSpot(), now_us - 30 * 86_400_000_000).seed(BTC, SCALE) == (0, None)
