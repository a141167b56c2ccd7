"""Markets with a known truth, for the screener: walks, some of which follow others."""

from dataclasses import dataclass

import numpy as np

from core.analytics.tiles import all_pairs
from core.market import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Follower:
    """``log y = hedge_ratio * log x + s`` with an AR(1) spread s of coefficient `phi` and innovations of `noise`."""

    y: int
    x: int
    hedge_ratio: float = 0.9
    phi: float = 0.9
    noise: float = 1e-3


def logs(symbols: int, rows: int, followers: tuple[Follower, ...] = (), seed: int = 0) -> Floats:
    """Log prices, shape (symbols, rows): independent walks of 10 bp a row, but for those that follow."""
    random = np.random.default_rng(seed)
    levels = 4.0 + np.cumsum(1e-3 * random.standard_normal((symbols, rows)), axis=1)
    for follower in followers:
        levels[follower.y] = follower.hedge_ratio * levels[follower.x] + autoregression(random, rows, follower)
    return levels


def autoregression(random: np.random.Generator, rows: int, follower: Follower) -> Floats:
    """A stationary AR(1) path, from its stationary distribution on."""
    shocks = follower.noise * random.standard_normal(rows)
    shocks[0] /= (1 - follower.phi**2) ** 0.5
    path = np.empty(rows)
    before = 0.0
    for row, shock in enumerate(shocks.tolist()):
        path[row] = before = follower.phi * before + shock
    return path


def true_pairs(symbols: int, followers: tuple[Follower, ...]) -> Bools:
    """Which of `all_pairs` hold together: who follows the same, however far, also holds together."""
    group: Ints = np.arange(symbols)
    for follower in followers:
        group[group == group[follower.y]] = group[follower.x]
    pairs = all_pairs(symbols)
    return np.asarray(group[pairs[:, 0]] == group[pairs[:, 1]], dtype=np.bool_)
