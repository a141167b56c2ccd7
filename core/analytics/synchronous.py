"""Bars that close for both legs at once: only when each of them has traded enough. No leg is stale in such a bar."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.instants import checked_times
from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class SynchronousBars:
    """Pair-synchronous bars, shape (n,) each, ascending; possibly none.

    A bar has the trades from `open_us` (its first, of either leg) to `close_us` [us], all of those at `close_us`
    among them. `y` and `x` are the legs' last prices in it, `age_y` and `age_x` how long before the close these
    traded [us]: one is 0.
    """

    open_us: Ints
    close_us: Ints
    y: Floats
    x: Floats
    age_y: Ints
    age_x: Ints
    trades_y: Ints
    trades_x: Ints

    def __len__(self) -> int:
        return len(self.close_us)


def bars(
    times_y: npt.ArrayLike,
    prices_y: npt.ArrayLike,
    times_x: npt.ArrayLike,
    prices_x: npt.ArrayLike,
    k: int = 1,
    notional: float | None = None,
    quantities_y: npt.ArrayLike | None = None,
    quantities_x: npt.ArrayLike | None = None,
) -> SynchronousBars:
    """Bars that close at the first time at which both legs have traded `k` times since the last close.

    With `notional` [quote currency] a leg has traded enough also once price x quantity adds up to that; it needs both
    legs' quantities. Times [us], oldest first, prices and quantities: shape (trades,) for each leg. Trades after the
    last close are in no bar yet. With k = 1 these are refresh times. Raise BadSeries, BadParameter.

    Barndorff-Nielsen, Hansen, Lunde and Shephard (2011), J. Econometrics 162, definition 1.
    """
    if k < 1 or not (notional is None or notional > 0):
        raise BadParameter(
            f"k is {k} and the notional {notional}: expected a number of trades from 1, an amount above 0"
        )
    y, x = checked(prices_y, 0, "the prices of y"), checked(prices_x, 0, "the prices of x")
    at_y, at_x = checked_times(times_y, len(y), "the times of y"), checked_times(times_x, len(x), "the times of x")
    ends_y, ends_x = _closes(
        at_y, at_x, _enough(y, k, notional, quantities_y, "y"), _enough(x, k, notional, quantities_x, "x")
    )
    starts_y, starts_x = _shifted(ends_y), _shifted(ends_x)
    last_y, last_x = at_y[ends_y - 1], at_x[ends_x - 1]
    close = np.maximum(last_y, last_x)
    return SynchronousBars(
        open_us=np.minimum(at_y[starts_y], at_x[starts_x]),
        close_us=close,
        y=y[ends_y - 1],
        x=x[ends_x - 1],
        age_y=close - last_y,
        age_x=close - last_x,
        trades_y=ends_y - starts_y,
        trades_x=ends_x - starts_x,
    )


def _enough(prices: Floats, k: int, notional: float | None, quantities: npt.ArrayLike | None, name: str) -> Ints:
    """For a bar that begins at each trade, the trade that is enough of this leg; their number where none is yet."""
    n = len(prices)
    by_count = np.minimum(np.arange(n) + min(k, n + 1) - 1, n)
    if notional is None:
        return by_count
    if quantities is None:
        raise BadParameter(f"bars by notional need the quantities of {name}: none were given")
    amounts = checked(quantities, 0, f"the quantities of {name}")
    if len(amounts) != n:
        raise BadSeries(f"{len(amounts)} quantities for {n} trades of {name}: expected one for each")
    with np.errstate(over="ignore"):
        traded = prices * amounts
        sums = np.cumsum(traded)
    if n and traded.min() < 0:
        raise BadSeries(f"a trade of {name} is worth {traded.min():g}, in row {int(traded.argmin())}: below 0")
    before = np.concatenate(([0.0], sums[:-1])) if n else sums
    wanted = before + notional
    # an amount that is lost in the sum's rounding is reached by the next trade that moves it, never by one before
    by_amount = np.where(wanted > before, np.searchsorted(sums, wanted, "left"), np.searchsorted(sums, before, "right"))
    return np.minimum(by_count, by_amount)


def _closes(at_y: Ints, at_x: Ints, enough_y: Ints, enough_x: Ints) -> tuple[Ints, Ints]:
    """For each bar, how many trades of each leg there were up to its close."""
    n_y, n_x = len(at_y), len(at_x)
    last_y, last_x, times_y, times_x = (column.tolist() for column in (enough_y, enough_x, at_y, at_x))
    of_y_at_y, of_y_at_x, of_x_at_y, of_x_at_x = (
        np.searchsorted(times, at, "right").tolist() for times in (at_y, at_x) for at in (at_y, at_x)
    )
    ends_y, ends_x = [], []
    i = j = 0
    while i < n_y and j < n_x:
        y, x = last_y[i], last_x[j]
        if y >= n_y or x >= n_x:
            break
        if times_y[y] >= times_x[x]:
            i, j = of_y_at_y[y], of_x_at_y[y]
        else:
            i, j = of_y_at_x[x], of_x_at_x[x]
        ends_y.append(i)
        ends_x.append(j)
    return np.array(ends_y, dtype=np.int64), np.array(ends_x, dtype=np.int64)


def _shifted(ends: Ints) -> Ints:
    return np.concatenate(([0], ends[:-1])).astype(np.int64) if len(ends) else ends
