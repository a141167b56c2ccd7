"""From two legs to all that is known of the pair."""

import numpy as np

from core.analytics import hedge, ornstein, spread, volatility
from core.analytics.cointegration import both_orders
from core.analytics.correlation import cross_correlation, pearson, spearman
from core.analytics.excursions import excursions
from core.analytics.johansen import johansen
from core.analytics.relationship import relationship
from core.analytics.returns import returns
from core.analytics.reversion import half_life_ar1, half_life_autocovariance, hurst, variance_ratio
from core.analytics.stationarity import adf
from core.market import Floats
from core.pairs.answer import PairAnalysis, ReversionOf
from core.pairs.drawn import Drawn, draw
from core.pairs.provenance import Leg, known, told
from core.pairs.spec import PairSpec

#: How far the cross-correlation looks to either side, and over how many bars the variance ratio is taken.
_LAGS = 10
#: In how many parts of the lookback the pair has to hold by itself.
_PARTS = 4
#: The z-score whose excursions are counted.
_FAR = 2.0


def analyze(spec: PairSpec, y: Leg, x: Leg, end_us: int, source: str = "") -> PairAnalysis:
    """All that `spec` asks, of the legs and with the errors of `draw`."""
    return judge(draw(spec, y, x, end_us, source))


def judge(drawn: Drawn) -> PairAnalysis:
    """The tests of what is drawn."""
    spec, series = drawn.spec, drawn.series
    of_y, of_x = spread.levels(series.y, spec.price), spread.levels(series.x, spec.price)
    return_y, return_x = told(lambda: returns(series.y)), told(lambda: returns(series.x))
    reversion_of: ReversionOf = "least-squares residual" if spec.is_moving else "spread"
    settled = told(lambda: _settled(spec, of_y, of_x, series.spread))
    return PairAnalysis(
        spec=spec,
        provenance=drawn.provenance,
        series=series,
        last=drawn.last,
        hedge=drawn.hedge,
        memory_bars=told(lambda: known(drawn.path).memory_bars()),
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
        excursions=told(lambda: excursions(_zscores(drawn), _FAR)),
        volatility_y=told(lambda: volatility.standard(series.y)),
        volatility_x=told(lambda: volatility.standard(series.x)),
        filter=drawn.filter,
    )


def _settled(spec: PairSpec, y: Floats, x: Floats, values: Floats) -> Floats:
    """The series whose reversion is estimated: with one hedge over the lookback, whatever follows the market on screen."""
    if not spec.is_moving:
        return values
    fixed = hedge.ols(y, x)
    return spread.spread(y, x, fixed.slope, fixed.intercept)


def _zscores(drawn: Drawn) -> Floats:
    """The z-score of each bar; inside `told`, why there is none."""
    if np.isnan(drawn.series.z).all():
        known(drawn.last.z)
    return drawn.series.z
