"""The built-in exchange's market by its own prices, and which of its pairs hold together: the truth of a screen."""

from dataclasses import dataclass

import numpy as np

from core.analytics.screener import Rules, Universe, screen
from core.analytics.tiles import all_pairs
from core.exchange.factors import hour_of
from core.exchange.prices import Prices
from core.exchange.universe import ASSETS, COINTEGRATED
from core.market import Bools

#: A moment from which on the prices are taken [us].
START_US = 1_750_000_000_000_000
_MINUTES = np.arange(60.0) * 60.0 + 59.0
NAMES = tuple(asset.listing.symbol for asset in ASSETS)


@dataclass(frozen=True, slots=True)
class Found:
    """Of the screens of so many markets: with how many false discoveries, their mean share, and what share of true pairs was found."""

    markets: int
    with_false: int
    false_share: float
    power: float


def universe(seed: int, hours: int = 48) -> Universe:
    """Minute closes of all symbols over so many hours."""
    prices, first = Prices(seed), hour_of(START_US)
    logs = [np.concatenate([prices.log_price(name, first + hour, _MINUTES) for hour in range(hours)]) for name in NAMES]
    return Universe(NAMES, np.exp(np.stack(logs)))


def true_pairs() -> Bools:
    """Which of `all_pairs` hold together: those that were built, and who follows the same leg."""
    group = {name: name for name in NAMES}
    for pair in COINTEGRATED:
        old, new = group[pair.y], group[pair.x]
        group = {name: new if of == old else of for name, of in group.items()}
    return np.array([group[NAMES[first]] == group[NAMES[second]] for first, second in all_pairs(len(NAMES))])


def screened(markets: int, rules: Rules | None = None, hours: int = 48, first_seed: int = 1) -> Found:
    """What screens of so many markets find, each with another seed."""
    true = true_pairs()
    false, shares, powers = [], [], []
    for seed in range(first_seed, first_seed + markets):
        found = np.isin(np.arange(len(true)), screen(universe(seed, hours), rules).ranking)
        false.append(bool((found & ~true).any()))
        shares.append((found & ~true).sum() / max(1, found.sum()))
        powers.append(found[true].mean())
    return Found(markets, sum(false), float(np.mean(shares)), float(np.mean(powers)))
