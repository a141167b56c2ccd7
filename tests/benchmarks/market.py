"""A market to measure with: ten symbols, contiguous ids, prices that walk, sweeps within a millisecond."""

from typing import NamedTuple

import numpy as np

from core.market import Ints, Scale, Symbol, Trades

SEED = 7
#: What the market's own time runs at, whatever the speed of the wire.
TRADES_PER_SECOND = 1000


class Listed(NamedTuple):
    """A symbol: its tick sizes, a price to begin at [ticks], its next trade id and its share of all trades."""

    name: str
    scale: Scale
    price: int
    first_id: int
    share: float


LISTED = (
    Listed("BTCUSDT", Scale(2, 5), 6_183_763, 3_735_683_259, 0.27),
    Listed("ETHUSDT", Scale(2, 4), 268_380, 1_520_538_925, 0.19),
    Listed("BNBUSDT", Scale(1, 3), 5_154, 797_320_155, 0.09),
    Listed("SOLUSDT", Scale(2, 3), 15_671, 701_220_410, 0.12),
    Listed("XRPUSDT", Scale(4, 0), 6_102, 652_118_777, 0.08),
    Listed("ADAUSDT", Scale(4, 1), 3_514, 480_021_633, 0.05),
    Listed("DOGEUSDT", Scale(5, 0), 10_402, 708_441_029, 0.07),
    Listed("LTCUSDT", Scale(2, 3), 6_155, 355_870_214, 0.03),
    Listed("LINKUSDT", Scale(2, 2), 1_053, 412_664_870, 0.05),
    Listed("AVAXUSDT", Scale(2, 2), 2_184, 330_187_452, 0.05),
)


class Tape(NamedTuple):
    """Trades of all symbols in the order of their arrival; `symbol` is the row in LISTED."""

    symbol: Ints
    trade_id: Ints
    price: Ints
    quantity: Ints
    time_us: Ints
    is_buyer_maker: Ints


def tape(count: int, start_us: int, trades_per_second: float = TRADES_PER_SECOND) -> Tape:
    """`count` trades from `start_us` on."""
    random = np.random.default_rng(SEED)
    symbol = _bursts(random, random.choice(len(LISTED), count, p=[listed.share for listed in LISTED]))
    gaps = np.where(random.random(count) < 0.4, 0.0, random.exponential(1 / 0.6, count))  # sweeps share their time
    time_us = start_us + (np.cumsum(gaps) * 1e6 / trades_per_second).astype(np.int64)
    ids, prices, quantities = (np.empty(count, dtype=np.int64) for _ in range(3))
    for row, listed in enumerate(LISTED):
        own = np.flatnonzero(symbol == row)
        ids[own] = listed.first_id + np.arange(len(own))
        steps = np.where(random.random(len(own)) < 0.25, random.integers(-2, 3, len(own)), 0)
        prices[own] = np.maximum(listed.price // 2, listed.price + np.cumsum(steps))
        quantities[own] = _quantities(random, listed, len(own))
    maker = _bursts(random, random.integers(0, 2, count))
    return Tape(symbol, ids, prices, quantities, time_us, maker)


def trades(count: int, start_us: int, trades_per_second: float) -> Trades:
    """`count` trades of one symbol as the desk holds them."""
    whole = tape(count, start_us, trades_per_second)
    first = LISTED[0]
    ids = first.first_id + np.arange(count)
    prices = first.price + np.cumsum(np.random.default_rng(SEED).integers(-2, 3, count))
    received = whole.time_us + 40_000
    maker = whole.is_buyer_maker.astype(bool)
    return Trades(
        Symbol(first.name), first.scale, ids, prices, whole.quantity, whole.time_us, received, maker, np.ones_like(ids)
    )


def _quantities(random: np.random.Generator, listed: Listed, count: int) -> Ints:
    """Fat-tailed sizes worth some hundred dollars; always at least one step."""
    dollars = random.lognormal(5.0, 1.6, count)
    steps = dollars / (listed.price / 10**listed.scale.price) * 10**listed.scale.quantity
    return np.asarray(np.maximum(1, steps), dtype=np.int64)


def _bursts(random: np.random.Generator, values: Ints) -> Ints:
    """`values` with runs: six of ten take after the one before."""
    rows = np.arange(len(values))
    rows[random.random(len(values)) < 0.6] = 0
    return np.asarray(values[np.maximum.accumulate(rows)], dtype=np.int64)
