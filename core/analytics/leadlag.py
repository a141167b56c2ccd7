"""Who moves first, from raw trades: Hayashi-Yoshida covariance and its lead-lag curve. No grid, no filling.

Times are whole microseconds, oldest first. Of trades at the same time the last one counts, since nobody can tell
their order across symbols. A leg's return between two trades belongs to the whole span (earlier trade, later trade].
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.asynchronous import Overlaps, Path
from core.analytics.correlation import Correlation, fisher_interval
from core.analytics.instants import FURTHEST_US
from core.errors import BadParameter, Degenerate, NotEnoughData
from core.market import Floats, Ints

#: A grid of more steps than this is a mistake in its unit.
_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class HayashiYoshida:
    """Covariance of two legs' returns over the whole span, and what they stand on.

    `variance_y` and `variance_x` are sums of squared returns. `correlation` is too low where prices bounce (see
    `spacing_us`), and can leave -1 to 1 where there are few trades; `error` is its standard error if there were none.
    Counts are of the trade times that were used.
    """

    covariance: float
    variance_y: float
    variance_x: float
    correlation: float
    error: float
    n_y: int
    n_x: int


@dataclass(frozen=True, slots=True, eq=False)
class LeadLag:
    """Hayashi-Yoshida correlations by lag, shape (lags,) each; at a positive lag x moves first.

    `best_lag_us` is where the absolute correlation is greatest, the shortest of several. `ratio` is the sum of
    squared correlations at positive lags over that at their negatives: above 1 x leads; NaN where there are no such
    pairs of lags.
    """

    lags_us: Ints
    correlation: Floats
    error: float
    best_lag_us: int
    ratio: float
    n_y: int
    n_x: int


def hayashi_yoshida(
    times_y: npt.ArrayLike,
    prices_y: npt.ArrayLike,
    times_x: npt.ArrayLike,
    prices_x: npt.ArrayLike,
    log: bool = True,
    spacing_us: int = 1,
) -> HayashiYoshida:
    """Covariance and correlation of two legs' returns from trades that need not come at the same times.

    Times [us], prices: shape (trades,) for each leg. Returns are of logs, or plain changes where not `log`. The sum
    of products of all pairs of returns whose spans overlap, which is unbiased where sampling on a grid is not (Epps).
    Of the trades within each `spacing_us` [us] the last one counts. Real prices bounce, and answer each other only
    after some milliseconds, which makes the correlation of all trades too low; a second between trades keeps both
    out, and is unbiased still. Raise BadSeries, BadParameter, NotEnoughData below two distinct times, Degenerate
    where a price never changes.

    Hayashi and Yoshida (2005), Bernoulli 11, eq. 1.2.
    """
    y, x = Path.of(times_y, prices_y, log, "y", spacing_us), Path.of(times_x, prices_x, log, "x", spacing_us)
    covariances, error = _curve(y, x, np.zeros(1, dtype=np.int64))
    covariance = float(covariances[0])
    return HayashiYoshida(
        covariance=covariance * y.unit * x.unit,
        variance_y=y.variance * y.unit * y.unit,
        variance_x=x.variance * x.unit * x.unit,
        correlation=covariance / (math.sqrt(y.variance) * math.sqrt(x.variance)),
        error=error,
        n_y=len(y.times),
        n_x=len(x.times),
    )


def lead_lag(
    times_y: npt.ArrayLike,
    prices_y: npt.ArrayLike,
    times_x: npt.ArrayLike,
    prices_x: npt.ArrayLike,
    lags_us: npt.ArrayLike,
    log: bool = True,
    spacing_us: int = 1,
) -> LeadLag:
    """The Hayashi-Yoshida correlation of y with x moved later by each of `lags_us` [us, whole numbers, shape (lags,)].

    Input and errors as `hayashi_yoshida`; BadParameter where there are no lags, or they are no whole microseconds.

    Hoffmann, Rosenbaum and Yoshida (2013), Bernoulli 19; the ratio: Huth and Abergel (2014), J. Empirical Finance 26.
    """
    lags = _checked_lags(lags_us)
    y, x = Path.of(times_y, prices_y, log, "y", spacing_us), Path.of(times_x, prices_x, log, "x", spacing_us)
    covariances, error = _curve(y, x, lags)
    correlation = covariances / (math.sqrt(y.variance) * math.sqrt(x.variance))
    strength = np.abs(correlation)
    best = np.flatnonzero(strength == strength.max())
    return LeadLag(
        lags_us=lags,
        correlation=correlation,
        error=error,
        best_lag_us=int(lags[best[np.abs(lags[best]).argmin()]]),
        ratio=_ratio(lags, correlation),
        n_y=len(y.times),
        n_x=len(x.times),
    )


def sampled_correlation(
    times_y: npt.ArrayLike,
    prices_y: npt.ArrayLike,
    times_x: npt.ArrayLike,
    prices_x: npt.ArrayLike,
    step_us: int,
    log: bool = True,
) -> Correlation:
    """The realised correlation of returns over `step_us` [us], each leg at its last price on the epoch's grid.

    What to hold `hayashi_yoshida` against: too low at short steps, because a leg that did not trade did not move
    (Epps 1979), and less noisy at long ones where prices bounce (Griffin and Oomen 2011). Returns are about 0, not
    about their mean; the interval is Fisher's. Raise as `hayashi_yoshida`, BadParameter, NotEnoughData below 4
    returns.
    """
    if not 0 < step_us <= FURTHEST_US:
        raise BadParameter(f"the step of the grid is {step_us} us: expected a time above 0")
    y, x = Path.of(times_y, prices_y, log, "y"), Path.of(times_x, prices_x, log, "x")
    first, last = max(int(y.times[0]), int(x.times[0])), min(int(y.times[-1]), int(x.times[-1]))
    count = last // step_us + (-first // step_us)
    if count < 4:
        raise NotEnoughData(4, max(count, 0), f"steps of {step_us} us in which both legs are known")
    if count > _MOST:
        raise BadParameter(f"{count} steps of {step_us} us: expected at most {_MOST}; take a longer step")
    grid = (np.arange(count + 1) - (-first // step_us)) * step_us
    one, two = (np.diff(path.levels[np.searchsorted(path.times, grid, "right") - 1]) for path in (y, x))
    scale = math.sqrt(float(one @ one)) * math.sqrt(float(two @ two))
    if scale == 0:
        raise Degenerate(f"a leg does not move on a grid of {step_us} us: take a shorter step")
    value = min(1.0, max(-1.0, float(one @ two) / scale))
    low, high = fisher_interval(value, count)
    return Correlation(value, float(low), float(high), count)


def _checked_lags(lags_us: npt.ArrayLike) -> Ints:
    lags = np.asarray(lags_us)
    if lags.ndim != 1 or not len(lags) or lags.dtype.kind not in "iu":
        raise BadParameter(
            f"the lags have the type {lags.dtype} and the shape {lags.shape}: expected whole microseconds"
        )
    if max(-int(lags.min()), int(lags.max())) > FURTHEST_US:
        raise BadParameter(
            f"the lags reach from {lags.min()} to {lags.max()} us: expected microseconds, not nanoseconds"
        )
    return np.asarray(lags, dtype=np.int64)


def _overlaps(y: Path, x: Path) -> tuple[Overlaps, int]:
    """The overlaps as seen from the leg with fewer trades, and the sign of its shift if x is moved later."""
    return (Overlaps(x, y), 1) if len(x.times) <= len(y.times) else (Overlaps(y, x), -1)


def _curve(y: Path, x: Path, lags: Ints) -> tuple[Floats, float]:
    """Covariances with x moved later by each lag, and the error of the correlation if there were none."""
    overlaps, sign = _overlaps(y, x)
    order = np.argsort(sign * lags)
    covariances = np.empty(len(lags))
    covariances[order] = [overlaps.covariance(shift) for shift in (sign * lags[order]).tolist()]
    return covariances, math.sqrt(overlaps.squares() / y.variance / x.variance)


def _ratio(lags: Ints, correlation: Floats) -> float:
    """Squared correlations at positive lags over those at the same negative ones; NaN where none can be compared."""
    squares = dict(zip(lags.tolist(), (correlation**2).tolist(), strict=True))
    both = [lag for lag in squares if lag > 0 and -lag in squares]
    below = sum(squares[-lag] for lag in both)
    return sum(squares[lag] for lag in both) / below if below > 0 else math.nan
