"""From two legs to all that is known of the pair."""

import math

import numpy as np

from core.analytics import hedge, ornstein, spread, volatility
from core.analytics.alignment import Aligned, align
from core.analytics.cointegration import both_orders
from core.analytics.correlation import cross_correlation, pearson, rolling_pearson, spearman
from core.analytics.excursions import excursions
from core.analytics.johansen import johansen
from core.analytics.relationship import relationship
from core.analytics.returns import returns
from core.analytics.reversion import half_life_ar1, half_life_autocovariance, hurst, variance_ratio
from core.analytics.stationarity import adf
from core.errors import NotEnoughData
from core.market import Floats
from core.pairs import paths
from core.pairs.answer import Moment, PairAnalysis, PairSeries, ReversionOf
from core.pairs.provenance import Leg, Provenance, Unknown, known, told
from core.pairs.spec import PairSpec
from core.quality import join

#: How far the cross-correlation looks to either side, and over how many bars the variance ratio is taken.
_LAGS = 10
#: In how many parts of the lookback the pair has to hold by itself.
_PARTS = 4
#: The z-score whose excursions are counted.
_FAR = 2.0


def analyze(spec: PairSpec, y: Leg, x: Leg, end_us: int, source: str = "") -> PairAnalysis:
    """All that `spec` asks, of the confirmed bars of both legs that open before `end_us` [us].

    The legs may reach back before the lookback, by `spec.warm_up` bars: rolling values of its first bars stand on these,
    estimates do not. `source` names where the legs come from. Raise NotEnoughData where the lookback has no bar of both
    legs, BadSeries where the legs are not of one interval, or a log is to be taken of what is not above 0.
    """
    rows = _aligned(spec, y, x)
    from_us = end_us - spec.lookback_us
    first = int(np.searchsorted(rows.times, from_us))
    if first == len(rows):
        raise NotEnoughData(1, 0, f"bars of both {y.name} and {x.name} in the last {spec.lookback}")
    ours, theirs = spread.levels(rows.y, spec.price, y.name), spread.levels(rows.x, spec.price, x.name)
    path = told(lambda: paths.hedged(spec, ours, theirs, first))
    values = told(lambda: paths.spreads(spec, ours, theirs, path))
    z = told(lambda: paths.zscores(spec, ours, theirs, path, known(values)))
    moving = told(lambda: rolling_pearson(rows.y, rows.x, spec.window).values)
    series = _series(rows, first, path, values, z, moving)
    of_y, of_x = ours[first:], theirs[first:]
    return_y, return_x = told(lambda: returns(series.y)), told(lambda: returns(series.x))
    reversion_of: ReversionOf = "least-squares residual" if spec.is_moving else "spread"
    settled = told(lambda: _settled(spec, of_y, of_x, series.spread))
    return PairAnalysis(
        spec=spec,
        provenance=_provenance(spec, y, x, rows, first, end_us, source),
        series=series,
        last=_last(series, path, z),
        hedge=told(lambda: known(path).ratio),
        memory_bars=told(lambda: known(path).memory_bars()),
        correlation=told(lambda: pearson(known(return_y), known(return_x))),
        rank_correlation=told(lambda: spearman(known(return_y), known(return_x))),
        cross_correlation=told(lambda: cross_correlation(known(return_y), known(return_x), _LAGS)),
        unit_roots=(
            told(lambda: adf(of_y, spec.trend, spec.lags)),
            told(lambda: adf(of_x, spec.trend, spec.lags)),
        ),
        cointegration=told(lambda: both_orders(of_y, of_x, spec.trend, spec.lags)),
        johansen=told(lambda: johansen(np.column_stack((of_y, of_x)))),
        relationship=told(lambda: relationship(of_y, of_x, _PARTS, spec.trend, spec.lags)),
        reversion_of=reversion_of,
        half_life=told(lambda: half_life_autocovariance(known(settled))),
        half_life_ar1=told(lambda: half_life_ar1(known(settled))),
        ornstein_uhlenbeck=told(lambda: ornstein.fit(known(settled))),
        hurst=told(lambda: hurst(known(settled))),
        variance_ratio=told(lambda: variance_ratio(known(settled), _LAGS)),
        excursions=told(lambda: excursions(known(z)[first:], _FAR)),
        volatility_y=told(lambda: volatility.standard(series.y)),
        volatility_x=told(lambda: volatility.standard(series.x)),
        filter=None if isinstance(path, Unknown) else path.filter,
    )


def _aligned(spec: PairSpec, y: Leg, x: Leg) -> Aligned:
    """The confirmed bars of both legs on one grid."""
    (times_y, closes_y), (times_x, closes_x) = ((leg.times[: leg.final], leg.closes[: leg.final]) for leg in (y, x))
    return align(times_y, closes_y, times_x, closes_x, spec.interval.us, spec.stale_limit, spec.align)


def _series(
    rows: Aligned,
    first: int,
    path: paths.Path | Unknown,
    values: Floats | Unknown,
    z: Floats | Unknown,
    moving: Floats | Unknown,
) -> PairSeries:
    nothing = np.full(len(rows), np.nan)
    slope, intercept, error = (nothing,) * 3 if isinstance(path, Unknown) else (path.slope, path.intercept, path.error)
    return PairSeries(
        times=rows.times[first:],
        y=rows.y[first:],
        x=rows.x[first:],
        age_y=rows.age_y[first:],
        age_x=rows.age_x[first:],
        slope=slope[first:],
        intercept=intercept[first:],
        slope_error=error[first:],
        spread=(nothing if isinstance(values, Unknown) else values)[first:],
        z=(nothing if isinstance(z, Unknown) else z)[first:],
        correlation=(nothing if isinstance(moving, Unknown) else moving)[first:],
    )


def _settled(spec: PairSpec, y: Floats, x: Floats, values: Floats) -> Floats:
    """The series whose reversion is estimated: with one hedge over the lookback, whatever follows the market on screen."""
    if not spec.is_moving:
        return values
    fixed = hedge.ols(y, x)
    return spread.spread(y, x, fixed.slope, fixed.intercept)


def _last(series: PairSeries, path: paths.Path | Unknown, z: Floats | Unknown) -> Moment:
    """The last bar; a value that is not there says why."""

    def value(column: Floats, of: object, what: str) -> float | Unknown:
        if not math.isnan(column[-1]):
            return float(column[-1])
        return of if isinstance(of, Unknown) else Unknown(f"no {what}: its window is not full, or does not vary")

    return Moment(
        time_us=int(series.times[-1]),
        y=float(series.y[-1]),
        x=float(series.x[-1]),
        slope=value(series.slope, path, "hedge"),
        spread=value(series.spread, path, "spread"),
        z=value(series.z, z, "z-score"),
    )


def _provenance(spec: PairSpec, y: Leg, x: Leg, rows: Aligned, first: int, end_us: int, source: str) -> Provenance:
    """What the rows from `first` on stand on; intervals count from the first bar of either leg in the lookback."""
    from_us = end_us - spec.lookback_us
    own = [leg.times[: leg.final][leg.times[: leg.final] >= from_us] for leg in (y, x)]
    joined = int(np.count_nonzero(np.maximum(rows.age_y, rows.age_x)[first:] == 0))
    used = int(np.count_nonzero(np.minimum(rows.age_y, rows.age_x)[first:] == 0))
    bars = len(rows) - first
    begin_us = min(int(times[0]) for times in (*own, rows.times[first:]) if len(times))
    intervals = (end_us - begin_us) // spec.interval.us
    dropped = sum(map(len, own)) - joined - used
    qualities = [leg.quality for leg in (y, x) if leg.quality is not None]
    return Provenance(
        y=y.name,
        x=x.name,
        source=source,
        bars=bars,
        from_us=int(rows.times[first]),
        to_us=int(rows.times[-1]) + spec.interval.us,
        joined=joined,
        filled=bars - joined,
        dropped=dropped,
        absent=intervals - bars - dropped,
        revision=y.revision + x.revision,
        quality=join(qualities) if len(qualities) == 2 else None,
    )
