"""What speaks against acting on a pair's z-score now."""

import math

from core.analytics.backtest.costs import Costs
from core.monitor.quotes import PairState, Quote
from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import known, told
from core.pairs.trading import break_even_of
from core.quality import Grade

#: A p-value above this is no sign of cointegration.
LEVEL = 0.05


def objections(quote: Quote, analysis: PairAnalysis | Unknown, costs: Costs) -> tuple[str, ...]:
    """Each in words, the gravest first; none where nothing is known against it."""
    found = [] if quote.state is PairState.LIVE else [f"{quote.state}: {quote.words}"]
    if isinstance(analysis, Unknown):
        return (*found, analysis.reason)
    return (*found, *_of_data(analysis), *_of_pair(analysis), *_of_costs(quote, analysis, costs))


def _of_data(analysis: PairAnalysis) -> list[str]:
    quality = analysis.provenance.quality
    bad = quality is not None and quality.grade not in (Grade.A, Grade.B)
    return [f"data quality {quality.grade}: {quality.words}"] if bad and quality is not None else []


def _of_pair(analysis: PairAnalysis) -> list[str]:
    found = []
    p_value = told(lambda: known(analysis.tested(known(analysis.cointegration).p_value)))
    if isinstance(p_value, Unknown):
        found.append(f"cointegration is not known: {p_value.reason}")
    elif p_value > LEVEL:
        found.append(f"no sign of cointegration: p {p_value:.3f} in both orders")
    half_life = analysis.half_life
    if isinstance(half_life, Unknown):
        found.append(f"the half-life is not known: {half_life.reason}")
    elif math.isinf(half_life.bars):
        found.append("the spread does not come back: its half-life has no end")
    return found


def _of_costs(quote: Quote, analysis: PairAnalysis, costs: Costs) -> list[str]:
    edge = break_even_of(analysis, costs)
    if isinstance(edge, Unknown) or isinstance(quote.moment, Unknown) or isinstance(quote.moment.z, Unknown):
        return []
    if edge.z is None:
        return [edge.words]
    if abs(quote.moment.z) < edge.z:
        return [f"a reversion from here does not pay the assumed costs: that begins at {edge.z:.2f} σ"]
    return []
