"""History by REST: which bars are asked for, and when none are."""

from collections.abc import Callable

import numpy as np
import pytest

from core.errors import RestError
from core.exchange.child import ExchangeProcess
from core.feed.binance import BinanceSpot
from core.feed.rest import RestClient
from core.market import MINUTE, SECOND, BarSource, Scale, Symbol
from core.store import Commit, Store
from core.workers.warmup import WarmUp
from tests.trading import BTC, PATIENCE, SCALE, Deal, trades


@pytest.fixture
def market(exchange: Callable[..., ExchangeProcess]):
    """A client of a simulated market, and the market's time [us]."""
    process = exchange(symbols=("BTCUSDT",), history_days=2)
    client = RestClient([process.rest_url])
    yield client, BinanceSpot().read_time(client.get(*BinanceSpot().time_request()))
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


def test_a_symbol_with_a_record_is_left_alone(market, store: Store) -> None:
    client, now_us = market
    known = trades([Deal(1, 0)])
    store.append(Commit((known,))).result(PATIENCE)
    assert WarmUp(store, client, BinanceSpot(), now_us).seed(BTC, SCALE) == (0, None)
    assert set(store.reader.candles(BTC, MINUTE).source) == {BarSource.OWN}


def test_a_stranger_has_no_history(market, store: Store) -> None:
    client, now_us = market
    with pytest.raises(RestError, match="Invalid symbol"):
        WarmUp(store, client, BinanceSpot(), now_us).seed(Symbol("NOSUCHUSDT"), Scale(2, 5))
    assert store.reader.symbols() == []


def test_a_market_without_a_past(market, store: Store) -> None:
    client, now_us = market
    assert WarmUp(store, client, BinanceSpot(), now_us - 30 * 86_400_000_000).seed(BTC, SCALE) == (0, None)
