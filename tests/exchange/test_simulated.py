"""The simulated market: the same for ever, with the structure that it promises."""

from itertools import islice, pairwise

import numpy as np
import pytest

from core.errors import ExchangeError
from core.exchange.factors import hour_of, start_of
from core.exchange.prices import Prices
from core.exchange.simulated import SimulatedMarket, SimulatedTape
from core.exchange.tape import aggregates
from core.exchange.universe import ASSETS, COINTEGRATED, Cointegration
from core.market import DAY_US, HOUR_US, MINUTE_US

#: 2026-03-04 05:06:07 UTC
_NOW = 1_772_600_767_000_000
_SYMBOLS = tuple(asset.listing.symbol for asset in ASSETS)


class Clock:
    def __init__(self, now_us: int = _NOW) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def _market(clock: Clock | None = None, seed: int = 7, days: int = 1) -> SimulatedMarket:
    return SimulatedMarket(seed, days, clock=clock or Clock())


def _log_prices(prices: Prices, symbol: str, hours: range, step: int = 1) -> np.ndarray:
    grid = np.arange(0, 3600, step, dtype=float)
    return np.concatenate([prices.log_price(symbol, hour, grid) for hour in hours])


def test_ten_symbols() -> None:
    assert len(_market().quoted) == 10
    assert set(SimulatedMarket(1, 1, ("ETHUSDT",), clock=Clock()).quoted) == {"ETHUSDT"}


def test_unknown_symbol() -> None:
    with pytest.raises(ExchangeError, match="no XUSDT: expected some of BTCUSDT"):
        SimulatedMarket(1, 1, ("XUSDT",))


def test_a_clock_before_the_beginning() -> None:
    with pytest.raises(ExchangeError, match="2020"):
        SimulatedMarket(1, 1, clock=lambda: 10**15)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "LTCUSDT"])
def test_a_restart_changes_nothing(symbol: str) -> None:
    before = _market().tapes[symbol]
    after = _market(Clock(_NOW + DAY_US)).tapes[symbol]
    hour = hour_of(_NOW) - 3
    after.block(hour + 9)
    assert list(before.block(hour).trades(0, 10**9)) == list(after.block(hour).trades(0, 10**9))


def test_another_seed_is_another_market() -> None:
    first, second = (_market(seed=seed).tapes["BTCUSDT"].newest(1)[0] for seed in (1, 2))
    assert first[:4] != second[:4]


@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_ids_are_contiguous_over_hours(symbol: str) -> None:
    tape = _market().tapes[symbol]
    newest = hour_of(_NOW)
    blocks = [tape.block(hour) for hour in range(newest - 2, newest + 1)]
    ids = np.concatenate([block.id for block in blocks])
    numbers = np.concatenate([block.aggregate_id for block in blocks])
    assert (np.diff(ids) == 1).all()
    assert set(np.diff(numbers).tolist()) == {0, 1}
    for block in blocks:
        assert (np.diff(block.time_us) >= 0).all()
        assert (np.diff(block.event_us) >= 0).all()
        assert (block.event_us >= block.time_us).all()


@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_trades_keep_to_tick_and_step(symbol: str) -> None:
    tape = _market().tapes[symbol]
    block = tape.block(hour_of(_NOW))
    for values, unit in ((block.price, tape.listing.tick), (block.quantity, tape.listing.step)):
        assert (values > 0).all()
        assert (values % unit == 0).all()


def test_nothing_of_the_future_is_public() -> None:
    clock = Clock()
    tape = _market(clock).tapes["BTCUSDT"]
    last = tape.newest(1)[0]
    assert last.event_us <= _NOW
    clock.now_us = last.event_us - 1
    assert tape.newest(1)[0].id < last.id
    assert list(tape.since("id", last.id)) == []
    clock.now_us += 60_000_000
    fresh = next(tape.since("id", last.id))
    assert fresh == last


def test_history_goes_back_to_midnight() -> None:
    tape = _market(days=1).tapes["LTCUSDT"]
    first = tape.first()
    assert first is not None
    assert 0 <= first.time_us - (_NOW // DAY_US - 1) * DAY_US < HOUR_US
    assert next(tape.since("id", 0)) == first


def test_access_by_id_by_time_and_backward_agree() -> None:
    tape = _market().tapes["AVAXUSDT"]
    start = _NOW - 2 * HOUR_US
    by_time = list(tape.since("time_us", start))
    assert list(tape.since("id", by_time[0].id)) == by_time
    assert list(islice(tape.backward(), len(by_time)))[::-1] == by_time
    assert all(trade.time_us >= start for trade in by_time)
    last = tape.last(start)
    assert last is not None
    assert last.id == by_time[0].id - 1


@pytest.mark.parametrize("symbol", ["BTCUSDT", "LINKUSDT"])
def test_aggregates_tile(symbol: str) -> None:
    tape = _market().tapes[symbol]
    found = list(aggregates(tape.since("time_us", _NOW // HOUR_US * HOUR_US - 5 * MINUTE_US)))
    for before, after in pairwise(found):
        assert (after.id, after.first_id) == (before.id + 1, before.last_id + 1)
    by_id = list(aggregates(tape.since("aggregate_id", found[3].id)))
    assert by_id == found[3:]


def test_sweeps_walk_away_from_the_taker() -> None:
    block = _market().tapes["BTCUSDT"].block(hour_of(_NOW) - 1)
    cuts = np.flatnonzero(np.diff(block.time_us)) + 1
    sweeps = [rows for rows in np.split(np.arange(len(block)), cuts) if len(rows) >= 10]
    assert len(sweeps) > 50
    for rows in sweeps:
        if len(set(block.buyer_maker[rows].tolist())) == 1 and block.event_us[rows[0]] == block.event_us[rows[-1]]:
            steps = np.diff(block.price[rows]) * (-1 if block.buyer_maker[rows[0]] else 1)
            assert (steps >= 0).all()


def test_some_minutes_are_quiet_and_volume_clusters() -> None:
    tape = _market().tapes["BTCUSDT"]
    newest = hour_of(_NOW)
    counts = np.concatenate([
        np.bincount((tape.block(h).time_us - start_of(h)) // MINUTE_US, minlength=60) for h in range(newest - 12, newest)
    ])  # fmt: skip
    assert (counts == 0).any()
    active = np.log1p(counts[counts > 0])
    assert np.corrcoef(active[1:], active[:-1])[0, 1] > 0.4


def test_rates_are_about_as_announced() -> None:
    market, hours = _market(), range(hour_of(_NOW) - 24, hour_of(_NOW))
    for asset in ASSETS:
        ids = market.tapes[asset.listing.symbol]._flow.first_ids(hours.stop)[0]
        rate = (ids[hours.stop] - ids[hours.start]) / 86_400
        assert asset.rate * 0.7 < rate < asset.rate * 1.4


@pytest.mark.parametrize("pair", COINTEGRATED, ids=lambda pair: f"{pair.y}-{pair.x}")
def test_cointegration_is_recovered(pair: Cointegration) -> None:
    prices, hours = Prices(7), range(40_000, 40_000 + 24 * 20)
    y, x = (_log_prices(prices, symbol, hours, 60) for symbol in (pair.y, pair.x))
    hedge, constant = np.polyfit(x, y, 1)
    assert hedge == pytest.approx(pair.hedge_ratio, rel=0.05)
    spread = y - hedge * x - constant
    decay = np.polyfit(spread[:-1], spread[1:], 1)[0]
    assert np.log(0.5) / np.log(decay) * 60 == pytest.approx(pair.half_life_seconds, rel=0.25)
    assert spread.std() == pytest.approx(pair.deviation, rel=0.2)


def test_unrelated_symbols_drift_apart_though_returns_correlate() -> None:
    prices, hours = Prices(7), range(40_000, 40_000 + 24 * 20)
    btc, xrp = (_log_prices(prices, symbol, hours, 60) for symbol in ("BTCUSDT", "XRPUSDT"))
    hedge, constant = np.polyfit(btc, xrp, 1)
    spread = xrp - hedge * btc - constant
    decay = np.polyfit(spread[:-1], spread[1:], 1)[0]
    assert np.log(0.5) / np.log(decay) > 600
    assert 0.3 < np.corrcoef(np.diff(btc), np.diff(xrp))[0, 1] < 0.95


def test_returns_have_fat_tails() -> None:
    returns = np.diff(_log_prices(Prices(7), "SOLUSDT", range(40_000, 40_048), 10))
    standard = (returns - returns.mean()) / returns.std()
    assert np.mean(standard**4) > 4


def test_eth_follows_btc() -> None:
    prices = Prices(7)
    grid = np.arange(1, 3599, 0.1)
    btc, eth = (np.diff(prices.log_price(symbol, 40_000, grid)) for symbol in ("BTCUSDT", "ETHUSDT"))
    agreement = [np.corrcoef(btc[: len(btc) - lag], eth[lag:])[0, 1] for lag in range(10)]
    assert int(np.argmax(agreement)) == 3


def test_paths_are_continuous_over_hours() -> None:
    prices = Prices(7)
    for symbol in _SYMBOLS:
        end = prices.log_price(symbol, 40_000, np.array([3599.0, 3600.0]))
        start = prices.log_price(symbol, 40_001, np.array([0.0, 1.0]))
        assert end[1] == pytest.approx(start[0], abs=1e-12)


def test_regime_break() -> None:
    at_us = start_of(40_010) + 1800 * 1_000_000
    whole, broken = Prices(7), Prices(7, at_us)
    pair, before, after = COINTEGRATED[0], range(40_000, 40_010), range(40_012, 40_020)
    assert (_log_prices(whole, pair.y, before) == _log_prices(broken, pair.y, before)).all()
    assert (_log_prices(whole, pair.x, after) == _log_prices(broken, pair.x, after)).all()
    departure = _log_prices(broken, pair.y, after) - _log_prices(whole, pair.y, after)
    assert abs(departure).max() > 5 * pair.deviation
    at_once = broken.log_price(pair.y, 40_010, np.array([1800.0, 1801.0]))
    assert abs(at_once[1] - at_once[0]) < 0.002


def test_klines_are_made_of_the_trades_that_are_told() -> None:
    market = _market()
    quoted = market.quoted["BNBUSDT"]
    assert isinstance(quoted.tape, SimulatedTape)
    start = _NOW // HOUR_US * HOUR_US - 10 * MINUTE_US
    for bar in islice(quoted.klines.bars("1m", start, _NOW), 15):
        trades = list(quoted.tape.since("time_us", bar.open_us, bar.end_us))
        assert bar.trades == len(trades)
        if trades:
            assert (bar.first_id, bar.last_id) == (trades[0].id, trades[-1].id)
            assert bar.volume == sum(t.quantity for t in trades)
            assert bar.quote == sum(t.quantity * t.price for t in trades)
            assert bar.taker_volume == sum(t.quantity for t in trades if not t.buyer_maker)
            assert (bar.open, bar.close) == (trades[0].price, trades[-1].price)
            assert (bar.high, bar.low) == (max(t.price for t in trades), min(t.price for t in trades))
