"""The simulated perpetuals: sparse ids, aggregates of a tenth of a second, and a price near the spot price."""

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest

from core.exchange.factors import hour_of, start_of
from core.exchange.merging import WINDOW_US
from core.exchange.perpetual import BASIS, BASIS_DEVIATION, BASIS_HALF_LIFE, PerpetualPrices
from core.exchange.prices import Prices
from core.exchange.simulated import SimulatedMarket
from core.exchange.tape import Trade, aggregates
from core.exchange.universe import ASSETS, perpetual
from core.exchange.usdm import UsdmMarket
from core.market import DAY_US, HOUR_US, MINUTE_US, SECOND_US

#: 2026-03-04 05:06:07 UTC
_NOW = 1_772_600_767_000_000
_SYMBOLS = tuple(asset.listing.symbol for asset in ASSETS)


class Clock:
    def __init__(self, now_us: int = _NOW) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def _market(clock: Clock | None = None, seed: int = 7) -> UsdmMarket:
    return UsdmMarket(seed, 1, clock=clock or Clock())


def _runs(trades: Iterator[Trade]) -> Iterator[list[Trade]]:
    """The rule: trades that follow one another at one price on one side, while less than 100 ms after the first."""
    run = [next(trades)]
    for trade in trades:
        first = run[0]
        if (trade.price, trade.buyer_maker) == (
            first.price,
            first.buyer_maker,
        ) and trade.time_us < first.time_us + WINDOW_US:
            run.append(trade)
        else:
            yield run
            run = [trade]


@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_aggregates_are_what_the_rule_makes_of_the_trades(symbol: str) -> None:
    tape = _market().tapes[symbol]
    border = start_of(hour_of(_NOW)) + 30 * SECOND_US  # two blocks meet here
    told = list(aggregates(tape.aggregated.since("time_us", border - 10 * MINUTE_US, border + 4 * MINUTE_US)))
    made = list(islice(_runs(tape.since("id", told[0].first_id)), len(told)))
    assert len(told) > 100
    for aggregate, run in zip(told, made, strict=True):
        assert (aggregate.first_id, aggregate.last_id) == (run[0].id, run[-1].id)
        assert aggregate.quantity == sum(trade.quantity for trade in run)
        assert (aggregate.price, aggregate.time_us) == (run[0].price, run[0].time_us)
        assert aggregate.event_us >= max(aggregate.time_us + WINDOW_US, run[-1].event_us)
    assert [after.id - before.id for before, after in pairwise(told)] == [1] * (len(told) - 1)


@pytest.mark.parametrize("symbol", _SYMBOLS)
def test_blocks_are_in_order(symbol: str) -> None:
    tape = _market().tapes[symbol]
    flow = tape._flow
    blocks = [flow.block(number) for number in range(flow.number_of(_NOW) - 2, flow.number_of(_NOW) + 1)]
    for columns in ([b.id for b in blocks], [b.time_us for b in blocks], [b.event_us for b in blocks]):
        assert (np.diff(np.concatenate(columns)) >= 0).all()
    for block in blocks:
        assert (block.event_us >= block.time_us).all()
        assert (block.time_us % 1000 == 0).all()
        for values, unit in ((block.price, tape.listing.tick), (block.quantity, tape.listing.step)):
            assert (values > 0).all()
            assert (values % unit == 0).all()


def test_ids_are_skipped_seldom_and_few_at_a_time() -> None:
    tape = _market().tapes["BTCUSDT"]
    flow = tape._flow
    newest = flow.number_of(_NOW)
    ids = np.concatenate([flow.block(number).id for number in range(newest - 5, newest + 1)])
    steps = np.diff(ids)
    assert set(steps.tolist()) >= {1, 2, 3}
    assert steps.max() <= 4
    assert len(ids) / 2600 < (steps > 1).sum() < len(ids) / 1600


def test_skipped_ids_are_not_in_the_bars() -> None:
    quoted = _market().quoted["BTCUSDT"]
    bar = quoted.klines.bar("1h", _NOW // HOUR_US * HOUR_US - HOUR_US)
    assert bar is not None
    trades = list(quoted.tape.since("time_us", bar.open_us, bar.end_us))
    assert bar.trades == len(trades) < bar.last_id - bar.first_id + 1
    assert bar.volume == sum(trade.quantity for trade in trades)


def test_some_aggregates_lie_in_two_minutes_some_in_two_hours() -> None:
    flow = _market().tapes["BTCUSDT"]._flow
    newest, minutes, hours = flow.number_of(_NOW), 0, 0
    for number in range(newest - 48, newest):
        block = flow.block(number)
        same = np.diff(block.aggregate_id) == 0
        minutes += int((same & (np.diff(block.time_us // MINUTE_US) > 0)).sum())
        hours += int((same & (np.diff(block.time_us // HOUR_US) > 0)).sum())
    assert minutes >= 100
    assert hours >= 1


@pytest.mark.parametrize("symbol", ["BTCUSDT", "LTCUSDT"])
def test_a_restart_changes_nothing(symbol: str) -> None:
    before, after = _market().tapes[symbol], _market(Clock(_NOW + DAY_US)).tapes[symbol]
    last = before.aggregated.last()
    assert last is not None
    first_id = last.aggregate_id - 500
    assert list(before.log_rows(first_id, last.aggregate_id)) == list(after.log_rows(first_id, last.aggregate_id))


def test_an_aggregate_is_public_when_its_time_is_over() -> None:
    clock = Clock()
    aggregated = _market(clock).tapes["BTCUSDT"].aggregated
    last = next(aggregates(aggregated.backward()))
    assert last.event_us <= _NOW
    clock.now_us = last.event_us - 1
    before = next(aggregates(aggregated.backward()))
    assert before.id < last.id
    assert list(aggregated.since("aggregate_id", last.id)) == []
    clock.now_us = _NOW + MINUTE_US
    assert next(aggregates(aggregated.since("aggregate_id", last.id))) == last


def test_the_log_of_each_market() -> None:
    spot = SimulatedMarket(7, 1, clock=Clock()).tapes["LTCUSDT"]
    trade = spot.newest(1)[0]
    assert list(spot.log_rows(trade.id, trade.id + 9)) == [
        (trade.id, trade.price, trade.quantity, trade.time_us, trade.buyer_maker, trade.id, trade.id)
    ]
    usdm = _market().tapes["LTCUSDT"]
    a = next(aggregates(usdm.aggregated.backward()))
    rows = list(usdm.log_rows(a.id - 2, a.id))
    assert rows[-1] == (a.id, a.price, a.quantity, a.time_us, a.buyer_maker, a.first_id, a.last_id)
    assert [row.id for row in rows] == [a.id - 2, a.id - 1, a.id]


def test_a_perpetual_has_its_own_trades_and_rate() -> None:
    spot, usdm = SimulatedMarket(7, 1, clock=Clock()), _market()
    hours = range(hour_of(_NOW) - 24, hour_of(_NOW))
    for asset in ASSETS:
        symbol, listed = asset.listing.symbol, perpetual(asset)
        ids = usdm.tapes[symbol]._flow.first_ids(hours.stop)[0]
        rate = (ids[hours.stop] - ids[hours.start]) / 86_400
        assert 0.95 * asset.rate <= listed.rate <= 1.5 * asset.rate
        assert listed.rate * 0.7 < rate < listed.rate * 1.4
        assert usdm.tapes[symbol].newest(1)[0].quantity != spot.tapes[symbol].newest(1)[0].quantity


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ADAUSDT"])
def test_the_basis_is_small_and_reverts(symbol: str) -> None:
    spot = Prices(7)
    perpetuals = PerpetualPrices(7, spot)
    grid = np.arange(0, 3600, 60, dtype=float)
    basis = np.concatenate(
        [
            perpetuals.log_price(symbol, hour, grid) - spot.log_price(symbol, hour, grid)
            for hour in range(40_000, 40_480)
        ]
    )
    assert basis.mean() == pytest.approx(BASIS, abs=3e-5)
    assert basis.std() == pytest.approx(BASIS_DEVIATION, rel=0.15)
    decay = np.polyfit(basis[:-1], basis[1:], 1)[0]
    assert np.log(0.5) / np.log(decay) * 60 == pytest.approx(BASIS_HALF_LIFE, rel=0.25)


def test_the_traded_prices_are_a_basis_apart() -> None:
    spot, usdm = SimulatedMarket(7, 1, clock=Clock()).quoted["BTCUSDT"], _market().quoted["BTCUSDT"]
    start = _NOW // HOUR_US * HOUR_US - 2 * HOUR_US
    ratios = [
        np.log(p.close / s.close)
        for p, s in zip(usdm.klines.bars("1m", start, _NOW), spot.klines.bars("1m", start, _NOW), strict=True)
    ]
    assert abs(np.mean(ratios)) < 0.002
    assert 0 < np.std(ratios) < 0.001
