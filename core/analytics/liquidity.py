"""Is there a market: ages of last trades, trades and notional a minute, the share of bars without a trade."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.instants import ascending_times, checked_times
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import MINUTE_US, Bools, Floats


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How much was traded over `minutes` minutes, in `bars` intervals of which `bars` x `zero_share` had no trade.

    `notional_per_minute` is in quote currency, None where no volumes were given. `longest_silence` counts intervals
    in a row without a trade.
    """

    trades_per_minute: float
    notional_per_minute: float | None
    zero_share: float
    longest_silence: int
    bars: int
    minutes: float


def liquidity(
    open_times_us: npt.ArrayLike,
    trade_counts: npt.ArrayLike,
    step_us: int,
    from_us: int,
    to_us: int,
    quote_volumes: npt.ArrayLike | None = None,
) -> Liquidity:
    """The traffic of one symbol in the intervals of `step_us` that open from `from_us` up to, without, `to_us` [us].

    Bars: open times [us] ascending, trade counts, quote volumes [quote currency], shape (n,) each; intervals without
    trades may be absent or have count 0, no bars at all are no trades. Bars outside are left out. Raise BadSeries,
    BadParameter where the range holds no interval.
    """
    if step_us <= 0 or to_us - from_us < step_us:
        raise BadParameter(f"from {from_us} to {to_us} us by {step_us}: expected a range of one interval at the least")
    counts = checked(trade_counts, 0, "the trade counts")
    times = ascending_times(open_times_us, len(counts), "the open times")
    inside = (times >= from_us) & (times < to_us)
    bars, minutes = (to_us - from_us) // step_us, (to_us - from_us) / MINUTE_US
    traded = times[inside & (counts > 0)]
    edges = np.concatenate(([from_us - step_us], traded, [from_us + bars * step_us]))
    return Liquidity(
        trades_per_minute=float(counts[inside].sum()) / minutes,
        notional_per_minute=None if quote_volumes is None else _notional(quote_volumes, inside) / minutes,
        zero_share=1 - len(np.unique((traded - from_us) // step_us)) / bars,
        longest_silence=max(0, int(np.diff(edges).max()) // step_us - 1),
        bars=bars,
        minutes=minutes,
    )


def _notional(quote_volumes: npt.ArrayLike, inside: Bools) -> float:
    volumes = checked(quote_volumes, 0, "the quote volumes")
    if len(volumes) != len(inside):
        raise BadSeries(f"{len(volumes)} quote volumes for {len(inside)} bars: expected one for each")
    return math.fsum(volumes[inside].tolist())


def ages(trade_times_us: npt.ArrayLike, at_us: npt.ArrayLike) -> Floats:
    """How long ago [s] the last trade at or before each of `at_us` was, shape (m,); NaN before the first trade.

    `trade_times_us`: shape (n,), oldest first. Raise BadSeries.
    """
    traded = checked_times(trade_times_us, name="the trade times")
    at = checked_times(at_us, name="the times to look from")
    rows = np.searchsorted(traded, at, "right") - 1
    found = np.full(len(at), np.nan)
    known = rows >= 0
    found[known] = (at[known] - traded[rows[known]]) / 1e6
    return found


def fresh(ages_s: npt.ArrayLike, limit_s: float) -> Bools:
    """Where an age is known and at most `limit_s` [s]; NaN, no trade yet, is not fresh. Raise BadParameter below 0."""
    if not limit_s >= 0:
        raise BadParameter(f"the staleness limit is {limit_s} s: expected 0 or more")
    return np.asarray(np.nan_to_num(np.asarray(ages_s, dtype=np.float64), nan=np.inf) <= limit_s)


def rolling_zero_share(trade_counts: npt.ArrayLike, window: int) -> Floats:
    """The share of the last `window` bars without a trade, shape (n,); NaN before the first full window.

    `trade_counts`: one for each interval, none left out. Raise BadSeries, BadParameter where `window` is not from 1
    to n.
    """
    counts = checked(trade_counts, 1, "the trade counts")
    if not 1 <= window <= len(counts):
        raise BadParameter(f"the window is {window} rows: expected from 1 to the {len(counts)} rows there are")
    zeros = np.concatenate(([0], np.cumsum(counts <= 0)))
    found = np.full(len(counts), np.nan)
    found[window - 1 :] = (zeros[window:] - zeros[:-window]) / window
    return found
