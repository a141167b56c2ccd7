"""Simulated prices: each symbol's log price as a sum of factors."""

from typing import NamedTuple

import numpy as np

from core.exchange.factors import SECONDS, Factor, start_of
from core.exchange.universe import ASSETS, COINTEGRATED, Asset, Cointegration
from core.market import Floats

#: The common factor's volatility [log price per square root of an hour]: about 50 % a year.
_MARKET_VOLATILITY = 0.0053
#: After a regime break the spread goes up by so much [log price] within some ten minutes, and then walks.
_BREAK_SHIFT = 0.03
_BREAK_SECONDS = 600.0
_BREAK_VOLATILITY = 0.008


class Term(NamedTuple):
    """`weight` times a factor, as it was `delay` seconds ago."""

    weight: float
    factor: Factor
    delay: float


class Prices:
    """The log prices of all assets. `break_us` ends the relation of the first cointegrated pair at that time."""

    def __init__(self, seed: int, break_us: int | None = None) -> None:
        self._break_us = break_us
        self._market = Factor.trend(seed, "market", _MARKET_VOLATILITY)
        self._stray = Factor.trend(seed, "break", _BREAK_VOLATILITY)
        self._terms = {asset.listing.symbol: self._own(seed, asset) for asset in ASSETS if asset.market}
        self._terms |= {pair.y: self._follow(seed, pair) for pair in COINTEGRATED}
        self._levels = {asset.listing.symbol: float(np.log(asset.price)) for asset in ASSETS}

    def log_price(self, symbol: str, hour: int, seconds: Floats) -> Floats:
        """The log price at `seconds` of an hour, any fractions between 0 and 3600."""
        value = np.full(len(seconds), self._levels[symbol])
        grid = np.arange(-1, SECONDS + 1)
        for weight, factor, delay in self._terms[symbol]:
            value += weight * np.interp(seconds - delay, grid, factor.seconds(hour))
        if self._break_us is not None and symbol == COINTEGRATED[0].y:
            value += self._broken(hour, seconds, self._break_us)
        return value

    def _own(self, seed: int, asset: Asset) -> list[Term]:
        own = Factor.trend(seed, f"own/{asset.listing.symbol}", asset.own)
        return [Term(asset.market, self._market, 0.0), Term(1.0, own, 0.0)]

    def _follow(self, seed: int, pair: Cointegration) -> list[Term]:
        spread = Factor(seed, f"spread/{pair.y}/{pair.x}", pair.half_life_seconds, pair.deviation)
        leader = self._terms[pair.x]
        return [Term(pair.hedge_ratio * t.weight, t.factor, pair.delay_seconds) for t in leader] + [
            Term(1.0, spread, 0.0)
        ]

    def _broken(self, hour: int, seconds: Floats, break_us: int) -> Floats:
        since = seconds + (start_of(hour) - break_us) / 1e6
        first_hour = hour + int(np.floor((break_us - start_of(hour)) / 1e6 / SECONDS))
        at = (break_us - start_of(first_hour)) / 1e6
        grid = np.arange(-1, SECONDS + 1)
        walk = np.interp(seconds, grid, self._stray.seconds(hour)) - np.interp(
            at, grid, self._stray.seconds(first_hour)
        )
        return np.where(since > 0, _BREAK_SHIFT * -np.expm1(-np.maximum(since, 0) / _BREAK_SECONDS) + walk, 0.0)
