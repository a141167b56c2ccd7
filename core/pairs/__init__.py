"""A pair: what may be asked of it (PairSpec), and all that is known of it (PairAnalysis), with the data it stands on."""

from core.pairs.analyze import analyze, judge
from core.pairs.answer import Moment, PairAnalysis, PairSeries
from core.pairs.drawn import Drawn, draw
from core.pairs.follow import Follower
from core.pairs.provenance import Leg, Provenance, Unknown
from core.pairs.spec import PairSpec

__all__ = [
    "Drawn",
    "Follower",
    "Leg",
    "Moment",
    "PairAnalysis",
    "PairSeries",
    "PairSpec",
    "Provenance",
    "Unknown",
    "analyze",
    "draw",
    "judge",
]
