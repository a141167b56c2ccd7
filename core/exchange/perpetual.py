"""Simulated order flow of the perpetual futures: the spot market's prices plus a small basis, trades of their own.

Two things differ from the spot market. Some ids are used up without a trade. And an aggregate takes in what comes within
a tenth of a second, so that its trades have times of their own. Times are whole milliseconds.

The block of an hour begins half a minute late and ends with a short silence: no aggregate and no bar is cut by it.
"""

import numpy as np

from core.exchange.chance import generator
from core.exchange.factors import SECONDS, Factor, hour_of, start_of
from core.exchange.flow import Flow, Pricing, drawn_orders, fills
from core.exchange.merging import WINDOW_US, kept_apart
from core.exchange.tape import Block
from core.exchange.universe import ASSETS
from core.market import SECOND_US, Bools, Floats, Ints

#: How far a perpetual is from the spot price [log price]: on average, its deviation from that, and how soon it halves [s].
BASIS = 0.0002
BASIS_DEVIATION = 0.0003
BASIS_HALF_LIFE = 1200.0
#: One trade in so many is preceded by an id or more that nobody gets; the chance of a second one, and of a third.
_SKIPPING = 2000
_MORE_SKIPPED = 0.1
#: The share of an aggregate's further fills that come after its first.
_LATER = 0.85
_LATE_SECONDS = 30
#: The part of a block in which orders come. What is left of it [s] is longer than an aggregate takes to be told.
_BUSY = 1 - 0.11 / SECONDS
_MILLISECOND_US = 1000


class PerpetualPrices:
    """The log prices of the perpetuals."""

    def __init__(self, seed: int, spot: Pricing) -> None:
        self._spot = spot
        self._basis = {
            asset.listing.symbol: Factor(seed, f"basis/{asset.listing.symbol}", BASIS_HALF_LIFE, BASIS_DEVIATION)
            for asset in ASSETS
        }

    def log_price(self, symbol: str, hour: int, seconds: Floats) -> Floats:
        """The log price at `seconds` of an hour, any fractions between 0 and 3600."""
        basis = np.interp(seconds, np.arange(-1, SECONDS + 1), self._basis[symbol].seconds(hour))
        return self._spot.log_price(symbol, hour, seconds) + BASIS + basis


class PerpetualFlow(Flow):
    """The blocks of one perpetual."""

    name = "flow/perpetual"
    aggregates = 0.47

    def number_of(self, time_us: int) -> int:
        return hour_of(time_us - _LATE_SECONDS * SECOND_US)

    def _unused(self, counts: Ints) -> Ints:
        skips = self._skips(len(counts))
        return np.asarray(skips.sum(axis=1))

    def _skips(self, hours: int) -> Ints:
        """How often ids are skipped in each hour, and how many more than one each time: two columns."""
        luck = generator(self._seed, f"{self._name}/skips").random((hours, 2))
        often = np.floor(self._counts[:hours] / _SKIPPING + luck[:, 0])
        more = np.minimum(np.floor(2 * _MORE_SKIPPED * often + luck[:, 1]), 2 * often)
        return np.column_stack((often, more)).astype(np.int64)

    def _block(self, hour: int) -> Block:
        _, aggregates = self.first_ids(hour + 1)
        first_aggregate, groups = int(aggregates[hour]), int(aggregates[hour + 1] - aggregates[hour])
        count = int(self._counts[hour])
        random = generator(self._seed, self._name, hour)
        orders = drawn_orders(random, groups)
        seconds = orders.seconds * _BUSY
        begins = (_start_of(hour) + np.floor(seconds * 1000).astype(np.int64) * _MILLISECOND_US)[orders.order]
        selling = np.asarray(orders.selling[orders.order])
        price = self._price(random, self._log_price(hour, seconds), orders)
        price = kept_apart(price, selling, begins, self._asset.listing.tick)
        group = np.repeat(np.arange(groups), fills(random, groups, count))
        time_us = begins[group] + _later(random, group, begins)
        delay = np.minimum(150 + random.exponential(400.0, groups), 3000).astype(np.int64)
        ids = self._ids(random, hour, count)
        return Block(
            ids, ids, price[group], self._quantity(random, count), time_us,
            np.maximum.accumulate(time_us + delay[group]), np.asarray(selling[group]), first_aggregate + group,
        )  # fmt: skip

    def _log_price(self, hour: int, seconds: Floats) -> Floats:
        symbol, at = self._asset.listing.symbol, seconds + _LATE_SECONDS
        cut = int(np.searchsorted(at, SECONDS))
        return np.concatenate((
            self._prices.log_price(symbol, hour, at[:cut]), self._prices.log_price(symbol, hour + 1, at[cut:] - SECONDS)
        ))  # fmt: skip

    def _ids(self, random: np.random.Generator, hour: int, count: int) -> Ints:
        """The ids of the hour's trades, ascending, with holes; the first trade has the first id."""
        often, more = self._skips(hour + 1)[hour].tolist()
        extra = random.choice(2 * often, more, replace=False) // 2 if more else np.zeros(0, np.int64)
        skipped = np.zeros(count, np.int64)
        skipped[1 + random.choice(count - 1, often, replace=False)] = 1 + np.bincount(extra, minlength=often)
        return np.asarray(self._trades[hour] + np.arange(count) + np.cumsum(skipped))


def _start_of(number: int) -> int:
    """When a block begins [us]."""
    return start_of(number) + _LATE_SECONDS * SECOND_US


def _later(random: np.random.Generator, group: Ints, begins: Ints) -> Ints:
    """How long after its aggregate began a trade came [us]: ascending within each, over before the next begins."""
    first: Bools = np.diff(group, prepend=-1) > 0
    part = np.where(first | (random.random(len(group)) >= _LATER), 0.0, 0.999 * random.random(len(group)))
    part = np.sort(group + part) - group
    room = np.minimum(np.diff(begins, append=begins[-1] + WINDOW_US), WINDOW_US) // _MILLISECOND_US
    return np.asarray(np.floor(part * room[group]).astype(np.int64) * _MILLISECOND_US)
