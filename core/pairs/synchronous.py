"""A pair bar by bar of its own trading: a bar closes only when both legs have traded enough, so that no leg in it is stale."""

from dataclasses import dataclass

import numpy as np

from core.analytics import synchronous
from core.errors import NotEnoughData
from core.market import MINUTE_US, Trades
from core.pairs.by_time import by_time
from core.pairs.provenance import Leg


@dataclass(frozen=True, slots=True)
class SynchronousLegs:
    """Both legs' last prices at each close, as legs whose rows stand one interval apart whatever the time between them.

    The bars reach from `from_us` to `to_us` [us]; the median one is `seconds` long, and its older price was `age_seconds` old.
    """

    y: Leg
    x: Leg
    from_us: int
    to_us: int
    seconds: float
    age_seconds: float


def synchronous_legs(y: Trades, x: Trades, k: int = 1, interval_us: int = MINUTE_US) -> SynchronousLegs:
    """Bars that close when both symbols have traded `k` times since the last close. A row is `interval_us` from the next.

    The trades are of any order in time. Raise NotEnoughData without a bar, BadParameter where `k` is below 1.
    """
    (times_y, prices_y), (times_x, prices_x) = by_time(y), by_time(x)
    bars = synchronous.bars(times_y, prices_y, times_x, prices_x, k=k)
    if not len(bars):
        raise NotEnoughData(1, 0, f"bars in which both {y.symbol} and {x.symbol} trade {k} times")
    rows = np.arange(len(bars), dtype=np.int64) * interval_us
    return SynchronousLegs(
        Leg(str(y.symbol), rows, bars.y, len(bars)),
        Leg(str(x.symbol), rows, bars.x, len(bars)),
        int(bars.open_us[0]),
        int(bars.close_us[-1]),
        float(np.median(bars.close_us - bars.open_us)) / 1e6,
        float(np.median(np.maximum(bars.age_y, bars.age_x))) / 1e6,
    )
