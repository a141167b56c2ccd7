"""Where to enter and leave a spread that is an Ornstein-Uhlenbeck process, if costs are known: at most profit per time."""

import math
from dataclasses import dataclass

import numpy as np

from core.analytics.ornstein import Ou
from core.errors import BadParameter, Degenerate

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
#: Beyond so many standard deviations nobody waits.
_MOST = 6.0
_STEPS = 80


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Buy the spread at the mean less `entry` standard deviations, sell it at the mean plus `entry`, and so on.

    `profit` is that of a round (from one side to the other and back), after costs [unit of the spread], `duration` how long one takes
    and `rate` profit over that, in units of the fit's dt; all expected, if the process is what was fitted and stays so.
    """

    entry: float
    profit: float
    duration: float
    rate: float


def thresholds(process: Ou, cost: float) -> Thresholds:
    """The symmetric thresholds with the greatest profit per time, where turning the position costs `cost` each time.

    `cost` [unit of the spread] is of both legs, both ways: a round turns it twice. Raise BadParameter where it is below 0, Degenerate where
    the process does not revert, or no threshold within 6 standard deviations pays the cost. Bertram (2010), Physica A 389, section 4.
    """
    if not (math.isfinite(cost) and cost >= 0):
        raise BadParameter(f"the cost is {cost}: expected a number from 0, in the unit of the spread")
    if not (math.isfinite(process.half_life) and process.deviation > 0):
        raise Degenerate("the spread does not revert: there is nowhere to enter")
    least = cost / (2.0 * process.deviation)
    if least >= _MOST:
        raise Degenerate(
            f"a turn costs {cost:.4g}, more than 12 standard deviations of the spread: no threshold pays it"
        )
    low, high = least, _MOST
    for _ in range(_STEPS):  # the rate has one maximum
        one, other = low + (high - low) / 3.0, high - (high - low) / 3.0
        if _rate(process, one, cost) < _rate(process, other, cost):
            low = one
        else:
            high = other
    entry = max(0.5 * (low + high), 1e-9)
    profit, duration = 2.0 * (2.0 * entry * process.deviation - cost), cycle(process, entry)
    return Thresholds(entry, profit, duration, profit / duration)


def cycle(process: Ou, entry: float) -> float:
    """The expected time from `entry` standard deviations on one side of the mean to the other side and back [units of dt]."""
    return 2.0 * math.pi / process.kappa * _erfi(entry / math.sqrt(2.0))


def _rate(process: Ou, entry: float, cost: float) -> float:
    return (2.0 * entry * process.deviation - cost) / cycle(process, entry) if entry > 0 else 0.0


def _erfi(at: float) -> float:
    """The imaginary error function, 2 / sqrt(pi) times the integral of exp(t^2) from 0."""
    points = 0.5 * at * (np.asarray(_NODES) + 1.0)
    return float(at / math.sqrt(math.pi) * (np.asarray(_WEIGHTS) @ np.exp(points * points)))
