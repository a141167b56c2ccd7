"""Rules studied: at length, once for all who ask, on a thread of their own."""

from collections.abc import Callable
from dataclasses import dataclass

from core.analytics.backtest.costs import Costs
from core.analytics.backtest.signals import Levels
from core.monitor.jobs import Job, Jobs
from core.pairs import PairAnalysis, PairSpec
from core.pairs.study import Study, study

#: Studies that are kept: each holds some arrays of the length of the lookback.
_MOST = 16


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule on a pair: what is asked of a study."""

    pair: PairSpec
    levels: Levels
    costs: Costs


@dataclass(frozen=True, slots=True)
class Studied:
    """A study with the analysis that it stands on."""

    analysis: PairAnalysis
    study: Study


class Studies:
    """The studies of this process."""

    def __init__(self, analysis: Callable[[PairSpec], PairAnalysis]) -> None:
        self._analysis = analysis
        self._jobs = Jobs(_MOST)

    def of(self, asked: RuleSpec) -> Job[Studied]:
        """The study of the pair's bars as they are now, begun where there is none; it does not follow later bars."""
        analysis = self._analysis(asked.pair)
        told = analysis.provenance
        key = (asked, told.to_us, told.revision, told.bars)

        def compute(job: Job[Studied]) -> Studied:
            return Studied(analysis, study(analysis, asked.levels, asked.costs, job.step))

        return self._jobs.of(key, compute)

    def close(self) -> None:
        """End what runs."""
        self._jobs.close()
