"""Simulated order flow: the trades of one symbol in one hour, a function of seed, symbol and hour.

The hour's numbers of trades and of aggregates are drawn first and by themselves, so that ids can be counted up from 2020
without making the trades. Orders then arrive in clusters, some minutes stay quiet, and a large order sweeps levels.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from core.exchange.chance import generator
from core.exchange.factors import SECONDS, hour_of, start_of
from core.exchange.tape import Block
from core.exchange.universe import Asset
from core.market import HOUR_US, Bools, Floats, Ints

#: The share of aggregates that begin a taker order of their own.
_ORDERS = 0.85
_QUIET_MINUTE = 1 / 60
_BURST_SECOND = 1 / 200
_BURST = 15.0
#: The mean distance of two book levels, in parts of the price.
_LEVEL = 2e-6


class Pricing(Protocol):
    """Where prices come from."""

    def log_price(self, symbol: str, hour: int, seconds: Floats) -> Floats:
        """The log price at `seconds` of an hour, any fractions between 0 and 3600."""


class Orders(NamedTuple):
    """The taker orders of an hour, ascending by time, and the aggregates that they make, each one price level.

    `seconds` [of the hour] and `selling` have one value an order; `fresh`, whether the aggregate is the first of its
    order, and `order`, the number of that order, have one an aggregate.
    """

    fresh: Bools
    order: Ints
    seconds: Floats
    selling: Bools


class Flow:
    """The blocks of one asset, one an hour, and the ids with which they begin."""

    #: The name of its randomness, and the share of aggregates in trades.
    name = "flow"
    aggregates = 0.62

    def __init__(self, seed: int, asset: Asset, prices: Pricing) -> None:
        self._seed = seed
        self._asset = asset
        self._prices = prices
        self._name = f"{self.name}/{asset.listing.symbol}"
        self._counts: Ints = np.zeros(0, np.int64)
        self._trades: Ints = np.zeros(0, np.int64)
        self._aggregates: Ints = np.zeros(0, np.int64)
        self.block = lru_cache(maxsize=3)(self._block)

    def number_of(self, time_us: int) -> int:
        """The number of the block that holds the trades of `time_us`."""
        return hour_of(time_us)

    def first_ids(self, hours: int) -> tuple[Ints, Ints]:
        """The first trade id and the first aggregate id of at least the blocks 0 to `hours`."""
        if hours >= len(self._trades):
            self._counts = self._counted(hours + 1000)
            self._trades = 1 + np.concatenate(([0], np.cumsum(self._counts + self._unused(self._counts))))
            groups = np.round(self._counts * self.aggregates).astype(np.int64)
            self._aggregates = 1 + np.concatenate(([0], np.cumsum(groups)))
        return self._trades, self._aggregates

    def _unused(self, counts: Ints) -> Ints:
        """How many ids of each hour never become a trade."""
        return np.zeros(len(counts), np.int64)

    def _counted(self, hours: int) -> Ints:
        """Trades in each hour: a daily tide and noise."""
        noise = generator(self._seed, f"{self._name}/counts").standard_normal(hours)
        tide = 1 + 0.35 * np.sin((np.arange(hours) % 24 - 8) * np.pi / 12)
        mean = self._asset.rate * SECONDS * tide
        return np.maximum(50, np.round(mean * np.exp(0.25 * noise - 0.03))).astype(np.int64)

    def _block(self, hour: int) -> Block:
        trades, aggregates = self.first_ids(hour + 1)
        first_id, count = int(trades[hour]), int(trades[hour + 1] - trades[hour])
        first_aggregate, groups = int(aggregates[hour]), int(aggregates[hour + 1] - aggregates[hour])
        random = generator(self._seed, self._name, hour)
        orders = drawn_orders(random, groups)
        price = self._price(random, self._log_price(hour, orders.seconds), orders)
        group = np.repeat(np.arange(groups), fills(random, groups, count))
        time_us, event_us = _times(random, hour, orders.seconds)
        ids = first_id + np.arange(count)
        rows = orders.order[group]
        return Block(
            ids, ids, price[group], self._quantity(random, count), time_us[rows], event_us[rows],
            np.asarray(orders.selling[rows]), first_aggregate + group,
        )  # fmt: skip

    def _log_price(self, hour: int, seconds: Floats) -> Floats:
        """The log price at ascending `seconds` of a block."""
        return self._prices.log_price(self._asset.listing.symbol, hour, seconds)

    def _price(self, random: np.random.Generator, log_price: Floats, orders: Orders) -> Ints:
        """The price of each aggregate [1e-8]: the best one for the first of an order, then ever worse ones."""
        fresh, order, _, selling = orders
        tick = self._asset.listing.tick
        middle = np.exp(log_price) * (1e8 / tick)
        best = np.where(selling, np.floor(middle), np.floor(middle) + 1).astype(np.int64)
        gap = max(1.0, self._asset.price * 1e8 / tick * _LEVEL)
        worse = np.where(fresh, 0, 1 + np.floor(random.exponential(gap, len(fresh)))).astype(np.int64)
        depth = np.cumsum(worse)
        depth -= depth[fresh][order]
        return np.asarray((best[order] + np.where(selling, -1, 1)[order] * depth) * tick)

    def _quantity(self, random: np.random.Generator, count: int) -> Ints:
        """The quantity of each fill [1e-8], at least one step."""
        step = self._asset.listing.step
        median = self._asset.notional / self._asset.price * 1e8 / step
        steps = np.round(median * np.exp(1.3 * random.standard_normal(count)))
        return np.asarray(np.maximum(1, steps).astype(np.int64) * step)


def drawn_orders(random: np.random.Generator, aggregates: int) -> Orders:
    """An hour's orders that make so many aggregates."""
    fresh = random.random(aggregates) < _ORDERS
    fresh[0] = True
    order = np.cumsum(fresh) - 1
    seconds = _arrivals(random, int(order[-1]) + 1)
    selling = random.random(len(seconds)) < _selling(random)[(seconds // 60).astype(np.int64)]
    return Orders(fresh, order, seconds, np.asarray(selling))


def _arrivals(random: np.random.Generator, count: int) -> Floats:
    """When orders come, ascending [seconds of the hour]: clustered, with bursts, and with minutes in which none comes."""
    mood, minutes = 0.0, []
    for shock, luck in zip(random.standard_normal(60).tolist(), random.random(60).tolist(), strict=True):
        mood = 0.8 * mood + 0.36 * shock
        minutes.append(0.0 if luck < _QUIET_MINUTE else float(np.exp(mood)))
    burst = np.where(random.random(SECONDS) < _BURST_SECOND, _BURST, 1.0)
    intensity = np.repeat(minutes, 60) * burst * np.exp(0.4 * random.standard_normal(SECONDS))
    reached = np.concatenate(([0.0], np.cumsum(intensity)))
    drawn = np.sort(random.random(count)) * reached[-1]
    seconds = np.interp(drawn, reached, np.arange(SECONDS + 1))
    return np.asarray(np.minimum(seconds, SECONDS - 1e-6), dtype=np.float64)


def _selling(random: np.random.Generator) -> Floats:
    """The probability of each minute that a taker sells."""
    return np.asarray(np.clip(0.5 + 0.1 * random.standard_normal(60), 0.1, 0.9), dtype=np.float64)


def fills(random: np.random.Generator, groups: int, trades: int) -> Ints:
    """The number of fills of each aggregate, `trades` in all: mostly one, seldom hundreds."""
    appetite = np.cumsum(np.minimum(random.pareto(1.2, groups), 300.0))
    extra = np.searchsorted(appetite, random.random(trades - groups) * appetite[-1])
    return np.asarray(1 + np.bincount(extra, minlength=groups))


def _times(random: np.random.Generator, hour: int, seconds: Floats) -> tuple[Ints, Ints]:
    """Trade and event time of each order [us]; an event follows its trade by up to three milliseconds."""
    time_us = start_of(hour) + np.floor(seconds * 1e6).astype(np.int64)
    delay = np.minimum(150 + random.exponential(400.0, len(seconds)), 3000).astype(np.int64)
    event_us = np.minimum(np.maximum.accumulate(time_us + delay), start_of(hour) + HOUR_US - 1)
    return time_us, event_us
