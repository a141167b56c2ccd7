"""How a pair's cointegration came and went: the test in one window after the other."""

from dataclasses import dataclass

import numpy as np

from core.analytics import spread
from core.analytics.rolling_tests import rolling_engle_granger
from core.market import Floats, Ints
from core.pairs.answer import PairAnalysis


@dataclass(frozen=True, slots=True, eq=False)
class CointegrationOverTime:
    """Engle and Granger's test in the `window` bars that end with each of `times` [us], shape (m,) each, oldest first.

    `p_value` is of both orders (twice the smaller, at most 1), NaN where a leg does not vary in the window. The windows overlap: of
    a pair without any tie 5 % of them are below 5 %, and not one here and one there but many together.
    """

    times: Ints
    p_value: Floats
    hedge_ratio: Floats
    window: int
    step: int


def cointegration_over_time(analysis: PairAnalysis, window: int, step: int = 1) -> CointegrationOverTime:
    """The test of the analysis' spec over its own bars, every `step` bars back from the last one.

    Raise NotEnoughData where the lookback has fewer than `window` bars, BadParameter.
    """
    spec, series = analysis.spec, analysis.series
    y, x = spread.levels(series.y, spec.price), spread.levels(series.x, spec.price)
    one, other = (rolling_engle_granger(*legs, window, spec.trend, spec.lags, step=step) for legs in ((y, x), (x, y)))
    asked = np.arange(len(y) - 1, window - 2, -step)[::-1]
    combined = np.minimum(1.0, 2.0 * np.fmin(one.p_value, other.p_value))
    return CointegrationOverTime(series.times[asked], combined[asked], one.hedge_ratio[asked], window, step)
