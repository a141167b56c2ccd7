"""Trades as a path of prices."""

import numpy as np

from core.market import Floats, Ints, Trades


def by_time(trades: Trades) -> tuple[Ints, Floats]:
    """Times [us] and prices [quote currency] in the order of time, of equal times in that of the ids, shape (trades,) each."""
    order = np.argsort(trades.trade_time_us, kind="stable")
    return trades.trade_time_us[order], trades.price[order] / 10.0**trades.scale.price
