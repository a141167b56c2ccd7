"""A hedge that follows the market: intercept and slope as random walks, by Kalman's filter, a few flops a bar.

The legs are taken from their first values, in units of their own first bars' changes, so that no result hangs on the price's
unit. What is held at a bar is the hedge of the bar before: spread and z-score are innovations, before the bar has had its say.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.analytics.rolling import check_size
from core.analytics.series import paired
from core.errors import BadParameter, BadSeries, Degenerate
from core.market import Floats

_LEAST = 10
#: What is known of the hedge at first, as a variance in units of the legs' changes: as good as nothing, and few digits lost.
_DIFFUSE = 1e6
#: The rows on which the noise is chosen, the first ones: those after them know nothing of what came later.
MOST_FITTED = 500
#: Bars until the filter has forgotten that it knew nothing.
BURN_IN = 20
#: Variances of moves between these are as exact as any.
_LEAST_VARIANCE, _MOST_VARIANCE = 1e-250, 1e250
_LEAST_RATIO, _MOST_RATIO = -34.0, 4.0  # of variances, in powers of e: from a fixed hedge to one that follows each bar


@dataclass(frozen=True, slots=True)
class Noise:
    """Variances a bar: of the observation [y's unit squared], of the intercept's walk [the same] and of the slope's.

    The intercept is that at the first row's x, not at 0: there slope and intercept walk apart.
    """

    observation: float
    intercept: float
    slope: float

    def __post_init__(self) -> None:
        if not (0 < self.observation < math.inf and 0 <= self.intercept < math.inf and 0 <= self.slope < math.inf):
            raise BadParameter(f"{self}: expected an observation variance above 0 and no other below 0, all finite")


class State(NamedTuple):
    """What the filter knows after a bar: the hedge at the reference prices, its covariance, and the bars it has seen."""

    level: float
    slope: float
    level_variance: float
    covariance: float
    slope_variance: float
    bars: int


class Step(NamedTuple):
    """One bar, by what was known before it: the hedge held, its error, the innovation and the innovation's standard deviation."""

    slope: float
    intercept: float
    slope_error: float
    innovation: float
    deviation: float

    @property
    def z(self) -> float:
        return self.innovation / self.deviation


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter itself: `step` is pure, so that a bar that is still forming can be tried and taken back."""

    noise: Noise
    reference_y: float
    reference_x: float
    start_level_variance: float
    start_slope_variance: float

    def start(self) -> State:
        """Before the first bar, when nothing is known."""
        return State(0.0, 0.0, self.start_level_variance, 0.0, self.start_slope_variance, 0)

    def step(self, state: State, y: float, x: float) -> tuple[State, Step]:
        """The state after the bar, and what was foreseen of it."""
        noise = self.noise
        x_, y_ = x - self.reference_x, y - self.reference_y
        level, slope, aa, ab, bb, bars = state
        aa, bb = aa + noise.intercept, bb + noise.slope
        ga, gb = aa + ab * x_, ab + bb * x_
        variance = ga + gb * x_ + noise.observation
        innovation = y_ - level - slope * x_
        ka, kb = ga / variance, gb / variance
        after = State(
            level + ka * innovation, slope + kb * innovation, aa - ka * ga, ab - ka * gb, bb - kb * gb, bars + 1
        )
        intercept = self.reference_y + level - slope * self.reference_x
        return after, Step(slope, intercept, math.sqrt(max(bb, 0.0)), innovation, math.sqrt(variance))


@dataclass(frozen=True, slots=True, eq=False)
class Kalman:
    """The filter over n rows, shape (n,) each, by what was known before each row; NaN in the first two, where nothing was.

    `slope` and `intercept` are the hedge held over the row, `slope_error` its standard error, `innovation` y less what the hedge
    foresaw, `deviation` its standard deviation and `z` the innovation in these. `memory_bars` is after how many bars a surprise has moved the hedge
    by as much as it was: 1 over the share of it that a bar takes over, in the middle of the newest rows. `filter` and `state` go on from there.
    """

    slope: Floats
    intercept: Floats
    slope_error: Floats
    innovation: Floats
    deviation: Floats
    z: Floats
    memory_bars: float
    log_likelihood: float
    filter: Filter
    state: State

    @property
    def noise(self) -> Noise:
        return self.filter.noise


def kalman(y: npt.ArrayLike, x: npt.ArrayLike, noise: Noise | None = None) -> Kalman:
    """The hedge of y on x, shape (n,) each, n >= 10, oldest first, of logs or of prices in any unit.

    Without `noise` it is chosen by `likeliest_noise` from the first 500 rows: these know two ratios of variances from each other, the
    rows after them nothing that came later. Raise NotEnoughData, BadSeries (where units are such that variances are no numbers,
    too), Degenerate where x does not vary or y is given by it.
    """
    ours, theirs = paired(y, x, _LEAST)
    start = _prepared(ours, theirs)
    if noise is None:
        noise = likeliest_noise(ours[:MOST_FITTED], theirs[:MOST_FITTED])
    return _run(replace(start, noise=noise), ours, theirs)


def _prepared(y: Floats, x: Floats) -> Filter:
    move_y, move_x = _units(y, x, _first_move)
    return Filter(
        noise=Noise(1.0, 0.0, 0.0),
        reference_y=float(y[0]),
        reference_x=float(x[0]),
        start_level_variance=_DIFFUSE * move_y * move_y,
        start_slope_variance=_DIFFUSE * (move_y / move_x) ** 2,
    )


def _units(y: Floats, x: Floats, move: Callable[[Floats, str], float]) -> tuple[float, float]:
    """The units of both legs. Raise BadSeries where their squares, or those of their ratio, are no numbers."""
    check_size(y, "y")
    check_size(x, "x")
    move_y, move_x = move(y, "y"), move(x, "x")
    for unit in (move_y, move_y / move_x):
        if not _LEAST_VARIANCE < unit * unit < _MOST_VARIANCE:
            raise BadSeries(
                f"y moves by {move_y:g} a row and x by {move_x:g}: the filter's variances would be no numbers; take logs, or other units"
            )
    return move_y, move_x


def _first_move(values: Floats, name: str) -> float:
    """That of the first rows, so that no row knows of much later ones; of all, where these stand still."""
    first = values[: BURN_IN + 1]
    return _move(first if np.ptp(first) > 0 else values, name)


def _move(values: Floats, name: str) -> float:
    """The root mean square change, the unit in which the filter measures."""
    largest = float(np.abs(np.diff(values)).max())
    if not largest > 0:
        raise Degenerate(f"{name} does not vary: there is no hedge to follow")
    changes = np.diff(values) / largest
    return largest * math.sqrt(float(changes @ changes) / len(changes))


def _run(filter_: Filter, y: Floats, x: Floats) -> Kalman:
    noise = filter_.noise
    from_y, from_x = filter_.reference_y, filter_.reference_x
    q_level, q_slope, observation = noise.intercept, noise.slope, noise.observation
    level, slope, aa, ab, bb, _ = filter_.start()
    n = len(y)
    told: list[float] = []
    tell = told.extend
    for y_, x_ in zip((y - from_y).tolist(), (x - from_x).tolist(), strict=True):
        aa += q_level
        bb += q_slope
        ga = aa + ab * x_
        gb = ab + bb * x_
        variance = ga + gb * x_ + observation
        innovation = y_ - level - slope * x_
        tell((slope, level, bb, innovation, variance))
        ka = ga / variance
        kb = gb / variance
        level += ka * innovation
        slope += kb * innovation
        aa -= ka * ga
        ab -= ka * gb
        bb -= kb * gb
    if not math.isfinite(level + slope + aa + ab + bb):
        raise BadSeries("y or x is in some row so far from its first one that the filter's variances are no numbers")
    slope_, level_, slope_variance, innovation_, spread = np.array(told).reshape(n, 5).T
    z = innovation_ / np.sqrt(spread)
    known = z[2:]
    shares = 1.0 - observation / spread[2:]
    share = float(np.median(shares[-BURN_IN * 50 :]))
    found = Kalman(
        slope=slope_.copy(),
        intercept=from_y + level_ - slope_ * from_x,
        slope_error=np.sqrt(np.maximum(slope_variance, 0.0)),
        innovation=innovation_.copy(),
        deviation=np.sqrt(spread),
        z=z,
        memory_bars=1.0 / share if share > 0 else math.inf,
        log_likelihood=-0.5 * float((np.log(2 * math.pi * spread[2:]) + known * known).sum()),
        filter=filter_,
        state=State(level, slope, aa, ab, bb, n),
    )
    for column in (found.slope, found.intercept, found.slope_error, found.innovation, found.deviation, found.z):
        column[:2] = np.nan
    return found


def likeliest_noise(y: npt.ArrayLike, x: npt.ArrayLike) -> Noise:
    """The variances under which the innovations of y on x are likeliest, shape (n,) each, n >= 10.

    The observation's variance has a closed form given the ratios of the two others to it, which are found on a grid and then by
    ever smaller steps; each between 1e-15 and 50, in units of the legs' changes. The first two rows only tell where the hedge is.
    Raise NotEnoughData, BadSeries, Degenerate. Harvey (1989), Forecasting, Structural Time Series Models, section 3.4.
    """
    ours, theirs = paired(y, x, _LEAST)
    move_y, move_x = _units(ours, theirs, _move)
    unit = move_y / move_x
    from_y, from_x = ((ours - ours[0]) / move_y).tolist(), ((theirs - theirs[0]) / move_x).tolist()
    known: dict[tuple[float, float], tuple[float, float]] = {}

    def cost(at: tuple[float, float]) -> float:
        if at not in known:
            known[at] = _concentrated(from_y, from_x, math.exp(at[0]), math.exp(at[1]))
        return known[at][0]

    best = min(((a, b) for a in (-18.0, -11.0, -5.0, 0.0) for b in (-28.0, -20.0, -12.0, -5.0)), key=cost)
    step = 4.0
    while step > 0.2:
        around = [
            (
                min(max(best[0] + step * a, _LEAST_RATIO), _MOST_RATIO),
                min(max(best[1] + step * b, _LEAST_RATIO), _MOST_RATIO),
            )
            for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        nearest = min(around, key=cost)
        if cost(nearest) < cost(best):
            best = nearest
        else:
            step /= 2.0
    observation = known[best][1]
    if not observation > 0:
        raise Degenerate("x gives y without error: there is no noise to filter")
    return Noise(
        observation * move_y * move_y,
        math.exp(best[0]) * observation * move_y * move_y,
        math.exp(best[1]) * observation * unit * unit,
    )


def _concentrated(y: list[float], x: list[float], q_level: float, q_slope: float) -> tuple[float, float]:
    """Minus twice the log likelihood but for a constant, and the observation's variance, given ratios to that."""
    level = slope = ab = 0.0
    aa = bb = _DIFFUSE
    squares, volume, rows = 0.0, 1.0, 0
    logs = 0.0
    for y_, x_ in zip(y, x, strict=True):
        aa += q_level
        bb += q_slope
        ga = aa + ab * x_
        gb = ab + bb * x_
        variance = ga + gb * x_ + 1.0
        innovation = y_ - level - slope * x_
        ka = ga / variance
        kb = gb / variance
        level += ka * innovation
        slope += kb * innovation
        aa -= ka * ga
        ab -= ka * gb
        bb -= kb * gb
        if rows > 1:
            squares += innovation * innovation / variance
            volume *= variance
            if volume > 1e200:
                logs += math.log(volume)
                volume = 1.0
        rows += 1
    used = rows - 2
    observation = squares / used
    return (used * math.log(observation) if observation > 0 else -math.inf) + logs + math.log(volume), observation
