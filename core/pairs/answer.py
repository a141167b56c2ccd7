"""PairAnalysis: all that is known of a pair, each number with the data it stands on, or with why it is not known."""

from dataclasses import dataclass, field
from typing import Literal

from core.analytics.cointegration import BothOrders
from core.analytics.correlation import Correlation, CrossCorrelation
from core.analytics.excursions import Excursions
from core.analytics.hedge import HedgeRatio
from core.analytics.johansen import Johansen
from core.analytics.kalman import Kalman
from core.analytics.ornstein import Ou
from core.analytics.relationship import Relationship
from core.analytics.reversion import HalfLife, Hurst, VarianceRatio
from core.analytics.stationarity import Adf
from core.analytics.volatility import Volatility
from core.market import Floats, Ints
from core.pairs.provenance import Provenance, Unknown
from core.pairs.spec import PairSpec

#: Bars below which the tables of p-values are far too generous: of 30 bars of unrelated walks one pair in nine is below 5 %.
LEAST_TESTED = 60
#: The series that the reversion of a pair is estimated on.
ReversionOf = Literal["spread", "least-squares residual"]


@dataclass(frozen=True, slots=True, eq=False)
class PairSeries:
    """A row a confirmed bar, open times [us] ascending, shape (n,) each.

    `y` and `x` are closes [quote currency], carried forward where `age_y` or `age_x` [bars] is above 0. `slope` and `intercept`
    are the hedge that the row's `spread` stands on, with `slope_error` where the estimator gives one. `z` is (spread - centre) /
    scale. NaN: before what a value needs is there, or where a window does not vary.
    """

    times: Ints
    y: Floats
    x: Floats
    age_y: Ints
    age_x: Ints
    slope: Floats
    intercept: Floats
    slope_error: Floats
    spread: Floats
    centre: Floats
    scale: Floats
    z: Floats
    correlation: Floats

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True)
class Moment:
    """One bar of the pair: open time [us], closes [quote currency], the slope held, spread and z-score."""

    time_us: int
    y: float
    x: float
    slope: float | Unknown
    spread: float | Unknown
    z: float | Unknown


@dataclass(frozen=True, slots=True, eq=False)
class PairAnalysis:
    """The answer to a PairSpec. What cannot be told is an Unknown with its reason.

    `last` is the last confirmed bar. `hedge` stands on the lookback; of
    an estimator that follows the market it is the last confirmed bar's. `cointegration`, `johansen` and both legs' `unit_roots` are
    tests of the legs; `reversion_of` says what `half_life` and those after it stand on: never on a spread
    whose hedge moved with the market, which looks as if it came back where nothing does. `filter` is the Kalman filter with its
    state after the last bar, where that is the estimator.
    """

    spec: PairSpec
    provenance: Provenance
    series: PairSeries
    last: Moment
    hedge: HedgeRatio | Unknown
    memory_bars: float | Unknown
    correlation: Correlation | Unknown
    rank_correlation: Correlation | Unknown
    cross_correlation: CrossCorrelation | Unknown
    unit_roots: tuple[Adf | Unknown, Adf | Unknown]
    cointegration: BothOrders | Unknown
    johansen: Johansen | Unknown
    relationship: Relationship | Unknown
    reversion_of: ReversionOf
    half_life: HalfLife | Unknown
    half_life_ar1: HalfLife | Unknown
    ornstein_uhlenbeck: Ou | Unknown
    hurst: Hurst | Unknown
    variance_ratio: VarianceRatio | Unknown
    excursions: Excursions | Unknown
    volatility_y: Volatility | Unknown
    volatility_x: Volatility | Unknown
    filter: Kalman | None = field(default=None, repr=False)

    def tested(self, p_value: float) -> float | Unknown:
        """A p-value of these bars, where they are enough for its table, which is that of long series."""
        if self.provenance.bars >= LEAST_TESTED:
            return p_value
        reason = f"a p-value needs {LEAST_TESTED} bars, found {self.provenance.bars}: its table is that of long series; see the critical values"
        return Unknown(reason, LEAST_TESTED, self.provenance.bars)
