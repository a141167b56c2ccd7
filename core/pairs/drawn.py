"""What a chart of a pair shows: hedge, spread, z-score and correlation of each bar, without the tests."""

import math
from dataclasses import dataclass

import numpy as np

from core.analytics import spread
from core.analytics.alignment import Aligned, align
from core.analytics.correlation import rolling_pearson
from core.analytics.hedge import HedgeRatio
from core.analytics.kalman import Kalman
from core.errors import NotEnoughData
from core.market import Floats
from core.pairs import paths
from core.pairs.answer import Moment, PairSeries
from core.pairs.provenance import Leg, Provenance, Unknown, known, told
from core.pairs.spec import PairSpec
from core.quality import join


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The bars of a PairAnalysis, and the hedge they stand on: a tenth of the work of the whole.

    `path` is the hedge of each bar with those of the warm-up, which come before the first of `series`.
    """

    spec: PairSpec
    provenance: Provenance
    series: PairSeries
    last: Moment
    path: paths.Path | Unknown

    @property
    def hedge(self) -> HedgeRatio | Unknown:
        """The hedge that stands at the last bar."""
        return self.path if isinstance(self.path, Unknown) else self.path.ratio

    @property
    def filter(self) -> Kalman | None:
        """The Kalman filter, where that is the estimator."""
        return None if isinstance(self.path, Unknown) else self.path.filter


def draw(spec: PairSpec, y: Leg, x: Leg, end_us: int, source: str = "") -> Drawn:
    """The bars that `spec` asks for, of the confirmed bars of both legs that open before `end_us` [us].

    The legs may reach back before the lookback, by `spec.warm_up` bars: rolling values of its first bars stand on these,
    the hedge does not. `source` names where the legs come from. Raise NotEnoughData where the lookback has no bar of both
    legs, BadSeries where the legs are not of one interval, or a log is to be taken of what is not above 0.
    """
    rows = _aligned(spec, y, x)
    first = int(np.searchsorted(rows.times, end_us - spec.lookback_us))
    if first == len(rows):
        raise NotEnoughData(1, 0, f"bars of both {y.name} and {x.name} in the last {spec.lookback}")
    ours, theirs = spread.levels(rows.y, spec.price, y.name), spread.levels(rows.x, spec.price, x.name)
    path = told(lambda: paths.hedged(spec, ours, theirs, first))
    values = told(lambda: paths.spreads(spec, ours, theirs, path))
    scores = told(lambda: paths.zscores(spec, ours, theirs, path, known(values)))
    moving = told(lambda: rolling_pearson(rows.y, rows.x, spec.window).values)
    series = _series(rows, first, path, values, scores, moving)
    provenance = _provenance(spec, y, x, rows, first, end_us, source)
    return Drawn(spec, provenance, series, _last(series, path, scores, spec.window), path)


def _aligned(spec: PairSpec, y: Leg, x: Leg) -> Aligned:
    """The confirmed bars of both legs on one grid."""
    (times_y, closes_y), (times_x, closes_x) = ((leg.times[: leg.final], leg.closes[: leg.final]) for leg in (y, x))
    return align(times_y, closes_y, times_x, closes_x, spec.interval.us, spec.stale_limit, spec.align)


def _series(
    rows: Aligned,
    first: int,
    path: paths.Path | Unknown,
    values: Floats | Unknown,
    scores: paths.Scores | Unknown,
    moving: Floats | Unknown,
) -> PairSeries:
    nothing = np.full(len(rows), np.nan)
    centre, scale, z = (nothing,) * 3 if isinstance(scores, Unknown) else (scores.centre, scores.scale, scores.z)
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
        centre=centre[first:],
        scale=scale[first:],
        z=z[first:],
        correlation=(nothing if isinstance(moving, Unknown) else moving)[first:],
    )


def _last(series: PairSeries, path: paths.Path | Unknown, scores: paths.Scores | Unknown, window: int) -> Moment:
    """The last bar; a value that is not there says why."""

    def value(column: Floats, of: object, what: str) -> float | Unknown:
        if not math.isnan(column[-1]):
            return float(column[-1])
        return of if isinstance(of, Unknown) else lacking(series, what, window)

    return Moment(
        time_us=int(series.times[-1]),
        y=float(series.y[-1]),
        x=float(series.x[-1]),
        slope=value(series.slope, path, "hedge"),
        spread=value(series.spread, path, "spread"),
        z=value(series.z, scores, "z-score"),
    )


def lacking(series: PairSeries, what: str, window: int) -> Unknown:
    """Why the last bar has no such value."""
    found = int(np.count_nonzero(~np.isnan(series.spread)))
    if found < window:
        return Unknown(f"no {what} yet: its window has {found} of {window} bars", window, found)
    return Unknown(f"no {what}: its window does not vary")


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
