"""What became of a pair's spread after it had gone far."""

from core.analytics.odds import Odds, odds
from core.pairs.answer import PairAnalysis
from core.pairs.provenance import Unknown, told


def reversion_odds(analysis: PairAnalysis, level: float = 2.0) -> Odds | Unknown:
    """The episodes of the analysis' spread beyond `level`, beside those of random walks; of one hedge alone.

    The z-score is that of the spec's window, whatever kind the spec asks for.
    """
    if analysis.spec.is_moving:
        return Unknown(
            "the hedge moves with the market: what its spread makes nobody can hold; take a fixed estimator, or a backtest"
        )
    return told(lambda: odds(analysis.series.spread, analysis.spec.window, level))
