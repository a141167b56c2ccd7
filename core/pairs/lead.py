"""Which leg moves first, from the trades themselves."""

import numpy as np

from core.analytics.leadlag import LeadLag, lead_lag
from core.errors import NotEnoughData
from core.market import Trades
from core.pairs.by_time import by_time
from core.pairs.provenance import Unknown, told

#: How far the curve reaches to either side, and its step [us].
REACH_US = 5_000_000
STEP_US = 100_000


def leads(y: Trades, x: Trades, reach_us: int = REACH_US, step_us: int = STEP_US) -> LeadLag | Unknown:
    """The lead-lag curve of two symbols' trades over the time that both have; at a positive lag x moves first.

    It needs neither bars nor filling. A lag shorter than the venue's own delays between the two streams is theirs, not the market's.
    """

    def run() -> LeadLag:
        if not (len(y) and len(x)):
            raise NotEnoughData(2, min(len(y), len(x)), "trades of each leg")
        start_us = max(int(y.trade_time_us.min()), int(x.trade_time_us.min()))
        end_us = min(int(y.trade_time_us.max()), int(x.trade_time_us.max()))
        (times_y, prices_y), (times_x, prices_x) = (by_time(_between(leg, start_us, end_us)) for leg in (y, x))
        if min(len(times_y), len(times_x)) < 2:
            raise NotEnoughData(2, min(len(times_y), len(times_x)), "trades of each leg in the time that both have")
        return lead_lag(times_y, prices_y, times_x, prices_x, np.arange(-reach_us, reach_us + step_us, step_us))

    return told(run)


def _between(trades: Trades, start_us: int, end_us: int) -> Trades:
    return trades.take((trades.trade_time_us >= start_us) & (trades.trade_time_us <= end_us))
