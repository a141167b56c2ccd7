"""The feature table: one row a minute with return, volatility three ways, VWAP, imbalance and traffic."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.instants import ascending_times
from core.analytics.returns import log_ratio
from core.analytics.series import checked
from core.analytics.volatility import garman_klass_variances, parkinson_variances
from core.errors import BadParameter, BadSeries
from core.market import MINUTE_US, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """One row for each period that had a bar, ascending, shape (m,) each; periods without bars are absent.

    `log_return` is close to close (NaN in the first row), `realised` the root of the sum of squared returns of the
    bars in the period, `parkinson` and `garman_klass` are from the period's own range, each a standard deviation over
    the period. `vwap` [quote currency] and `imbalance` (takers' bought less sold volume over volume, -1 to 1) are NaN
    without volume. `zero_share` is the share of the period's intervals without a trade.
    """

    open_time_us: Ints
    close: Floats
    log_return: Floats
    realised: Floats
    parkinson: Floats
    garman_klass: Floats
    vwap: Floats
    imbalance: Floats
    trades: Floats
    notional: Floats
    zero_share: Floats

    def __len__(self) -> int:
        return len(self.open_time_us)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of one symbol, shape (n,) each: open times [us], prices, volumes [base currency], trade counts."""

    open_time_us: npt.ArrayLike
    open: npt.ArrayLike
    high: npt.ArrayLike
    low: npt.ArrayLike
    close: npt.ArrayLike
    volume: npt.ArrayLike
    quote_volume: npt.ArrayLike
    trade_count: npt.ArrayLike
    taker_buy_volume: npt.ArrayLike


def features(bars: Bars, step_us: int, period_us: int = MINUTE_US) -> Features:
    """The features of `bars` of interval `step_us` [us] by periods of `period_us` [us], aligned to the epoch.

    Raise BadParameter where the interval does not divide the period, BadSeries where columns are no numbers, not of one
    length, not ascending in time, or a bar's high and low do not enclose its open and close.
    """
    if step_us <= 0 or period_us % step_us:
        raise BadParameter(
            f"bars of {step_us} us in periods of {period_us} us: expected a whole number of bars a period"
        )
    column = {
        name: checked(getattr(bars, name), 0, name)
        for name in ("open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume")
    }
    times = ascending_times(bars.open_time_us, len(column["close"]), "the open times")
    lengths = {name: len(values) for name, values in column.items()}
    if len(set(lengths.values())) > 1:
        raise BadSeries(f"the columns have {lengths} rows: expected one length")
    if not len(times):
        return Features(times, *(np.zeros(0) for _ in range(10)))
    garman_klass_variances(*(column[name] for name in ("open", "high", "low", "close")))  # refuses what is no bar
    with np.errstate(over="ignore", invalid="ignore"):  # sums beyond all floats are inf, and what is made of them NaN
        return _by_period(times, column, step_us, period_us)


def _by_period(times: Ints, column: dict[str, Floats], step_us: int, period_us: int) -> Features:
    periods = times // period_us
    starts = np.concatenate(([0], np.flatnonzero(periods[1:] != periods[:-1]) + 1))
    ends = np.append(starts[1:], len(times)) - 1
    opens, closes = column["open"][starts], column["close"][ends]
    highs, lows = np.maximum.reduceat(column["high"], starts), np.minimum.reduceat(column["low"], starts)
    sums = {
        name: np.add.reduceat(column[name], starts)
        for name in ("volume", "quote_volume", "trade_count", "taker_buy_volume")
    }
    close = np.concatenate((column["open"][:1], column["close"]))
    changes = log_ratio(close[1:], close[:-1])
    traded = np.add.reduceat((column["trade_count"] > 0).astype(np.float64), starts)
    return Features(
        open_time_us=periods[starts] * period_us,
        close=closes,
        log_return=np.concatenate(([np.nan], log_ratio(closes[1:], closes[:-1]))),
        realised=np.sqrt(np.add.reduceat(changes**2, starts)),
        parkinson=np.sqrt(parkinson_variances(highs, lows)),
        garman_klass=np.sqrt(garman_klass_variances(opens, highs, lows, closes)),
        vwap=_ratio(sums["quote_volume"], sums["volume"]),
        imbalance=_ratio(2 * sums["taker_buy_volume"] - sums["volume"], sums["volume"]),
        trades=sums["trade_count"],
        notional=sums["quote_volume"],
        zero_share=1 - traded / (period_us // step_us),
    )


def _ratio(above: Floats, below: Floats) -> Floats:
    """`above` / `below`; NaN where `below` is not above 0."""
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0), dtype=np.float64)
