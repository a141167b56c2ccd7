"""The next bar of a pair, some microseconds after its prices are known: what `analyze` would say of it, were it the last one."""

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from core.analytics import spread
from core.analytics.hedge import HedgeRatio
from core.analytics.kalman import Filter, State, Step
from core.analytics.robust import OrderedWindow
from core.analytics.streaming import Rolling, RollingPair, Window
from core.analytics.weighted import Fading
from core.pairs.answer import Moment, PairAnalysis
from core.pairs.drawn import Drawn, lacking
from core.pairs.provenance import Unknown
from core.pairs.spec import PairSpec


class _Held(NamedTuple):
    """The hedge of one bar, its spread, and the filter's z-score of it."""

    slope: float
    spread: float
    z: float


class _Hedge(Protocol):
    """What gives each bar its spread. `take` moves on to the bar."""

    def of(self, y: float, x: float, take: bool) -> _Held: ...


class _ZScore(Protocol):
    """What gives each spread its z-score. `take` moves on to the bar."""

    def of(self, value: float, take: bool) -> float: ...


class Follower:
    """Stands at the last confirmed bar of an analysis, and says what comes of the bars after it.

    A hedge that is fixed stays as it was fitted: `analyze` fits it anew. The rest is as `analyze` has it, to 1e-12 of a z-score.
    """

    def __init__(self, analysis: PairAnalysis | Drawn) -> None:
        series, spec = analysis.series, analysis.spec
        self._spec = spec
        self._why = {what: lacking(series, what, spec.window) for what in ("hedge", "spread", "z-score")}
        y, x = spread.levels(series.y, spec.price), spread.levels(series.x, spec.price)
        slope = 1.0 if spec.spread == "ratio" or isinstance(analysis.hedge, Unknown) else analysis.hedge.slope
        least = spread.rounding(y, x, slope)
        self._hedge: _Hedge = _hedge(analysis, y.tolist(), x.tolist())
        self._zscore: _ZScore | None = None
        if spec.z != "innovation":
            known = series.spread[~np.isnan(series.spread)][-_seen(spec) :]
            self._zscore = _SCORES[spec.z](spec.window, least)
            for value in known.tolist():
                self._zscore.of(value, take=True)

    def peek(self, time_us: int, y: float, x: float) -> Moment:
        """The bar at `time_us` with these closes [quote currency], which still forms: nothing is taken. Raise BadSeries."""
        return self._moment(time_us, y, x, take=False)

    def push(self, time_us: int, y: float, x: float) -> Moment:
        """The bar at `time_us` with these closes, which is final. Raise BadSeries."""
        return self._moment(time_us, y, x, take=True)

    def _moment(self, time_us: int, y: float, x: float, take: bool) -> Moment:
        log = self._spec.price == "log"
        held = self._hedge.of(_log(y) if log else y, _log(x) if log else x, take)
        z = held.z if self._zscore is None else math.nan
        if self._zscore is not None and held.spread == held.spread:
            z = self._zscore.of(held.spread, take)
        return Moment(
            time_us,
            y,
            x,
            self._told(held.slope, "hedge"),
            self._told(held.spread, "spread"),
            self._told(z, "z-score"),
        )

    def _told(self, value: float, what: str) -> float | Unknown:
        return value if value == value else self._why[what]


def _log(price: float) -> float:
    return math.log(price) if price > 0 else float(spread.levels([price], "log")[0])  # which refuses it, with words


def _seen(spec: PairSpec) -> int:
    """How many spreads the z-score has to have seen: more make no difference."""
    return 60 * spec.window if spec.z == "ewm" else 2 * spec.window


class _Fixed:
    """One hedge for all bars."""

    def __init__(self, slope: float, intercept: float) -> None:
        self._slope, self._intercept = slope, intercept

    def of(self, y: float, x: float, take: bool) -> _Held:  # noqa: ARG002 - a fixed hedge takes nothing
        return _Held(self._slope, y - (self._intercept + self._slope * x), math.nan)


class _Ratio:
    """No hedge; the analysis' own is told along with the ratio."""

    def __init__(self, slope: float, price: str) -> None:
        self._slope, self._log = slope, price == "log"

    def of(self, y: float, x: float, take: bool) -> _Held:  # noqa: ARG002 - nor does a ratio
        return _Held(self._slope, y - x if self._log else y / x if x else math.nan, math.nan)


class _Rolled:
    """The hedge of the window that ends with the bar."""

    def __init__(self, window: int, y: list[float], x: list[float]) -> None:
        self._window = RollingPair(window)
        for row in zip(y[-2 * window :], x[-2 * window :], strict=True):
            self._window.push(*row)

    def of(self, y: float, x: float, take: bool) -> _Held:
        found = self._window.push(y, x) if take else self._window.peek(y, x)
        return _Held(math.nan, math.nan, math.nan) if found is None else _Held(found.slope, found.residual, math.nan)


class _Filtered:
    """The hedge that the filter held before the bar."""

    def __init__(self, filter_: Filter, state: State) -> None:
        self._filter, self._state = filter_, state

    def of(self, y: float, x: float, take: bool) -> _Held:
        after, step = self._filter.step(self._state, y, x)
        if take:
            self._state = after
        return _told(step)


def _told(step: Step) -> _Held:
    return _Held(step.slope, step.innovation, step.z)


class _ByWindow:
    """The z-score in the window that ends with the bar."""

    def __init__(self, window: int, least: float) -> None:
        self._window, self._least = Rolling(window), least

    def of(self, value: float, take: bool) -> float:
        found = self._window.push(value) if take else self._window.peek(value)
        return math.nan if found is None else found.z(self._least)


class _ByWindowBefore:
    """The z-score in the window that ends with the bar before."""

    def __init__(self, window: int, least: float) -> None:
        self._window, self._least = Rolling(window), least
        self._before: Window | None = None

    def of(self, value: float, take: bool) -> float:
        before = self._before
        if take:
            self._before = self._window.push(value)
        return math.nan if before is None else before.z_of(value, self._least)


class _Robust:
    def __init__(self, window: int, least: float) -> None:
        self._window, self._least = OrderedWindow(window), least

    def of(self, value: float, take: bool) -> float:
        window = self._window if take else self._window.copy()
        window.push(value)
        return window.z(value, self._least)


class _Fading:
    def __init__(self, window: int, least: float) -> None:
        self._fading, self._least = Fading(window), least

    def of(self, value: float, take: bool) -> float:
        return (self._fading.push if take else self._fading.peek)(value, self._least)


_SCORES: dict[str, Callable[[int, float], _ZScore]] = {
    "rolling": _ByWindow,
    "prior": _ByWindowBefore,
    "robust": _Robust,
    "ewm": _Fading,
}


def _hedge(analysis: PairAnalysis | Drawn, y: list[float], x: list[float]) -> _Hedge:
    spec, hedge = analysis.spec, analysis.hedge
    if spec.spread == "ratio":
        return _Ratio(hedge.slope if isinstance(hedge, HedgeRatio) else math.nan, spec.price)
    if isinstance(hedge, Unknown):
        return _Fixed(math.nan, math.nan)
    if analysis.filter is not None:
        return _Filtered(analysis.filter.filter, analysis.filter.state)
    if spec.estimator == "rolling_ols":
        return _Rolled(spec.window, y, x)
    return _Fixed(hedge.slope, hedge.intercept)
