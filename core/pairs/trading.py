"""What a rule on a pair's z-score would have earned, whether it knew the future, and from where it pays its costs."""

from dataclasses import dataclass, replace

import numpy as np

from core.analytics import spread
from core.analytics.backtest.audit import Audit, lookahead
from core.analytics.backtest.costs import BreakEven, Costs, break_even
from core.analytics.backtest.report import Report, report
from core.analytics.backtest.run import Backtest, backtest
from core.analytics.backtest.signals import Levels
from core.errors import BadParameter
from core.market import Floats
from core.pairs.analyze import analyze
from core.pairs.answer import PairAnalysis
from core.pairs.provenance import Leg, Unknown, known, told


@dataclass(frozen=True, slots=True, eq=False)
class Traded:
    """A backtest over an analysis' own bars and what it comes to.

    `hindsight` says that the hedge was fitted on the bars that it traded: what it earned then is what could be known afterwards, and nothing to
    expect. `walkforward` in `analytics.backtest` fits before it trades.
    """

    backtest: Backtest
    report: Report
    hindsight: bool


def trade(
    analysis: PairAnalysis,
    levels: Levels,
    costs: Costs,
    trials: int = 1,
    rehedge: float | None = None,
    capital: float = 1.0,
) -> Traded | Unknown:
    """The rule by the analysis' z-score and hedge: decided at a close, filled at the next one, in both legs.

    `trials` is how many variants have been tried, this one among them, for the deflated Sharpe ratio.
    """

    def run() -> Traded:
        series = analysis.series
        found = backtest(
            series.y,
            series.x,
            series.z,
            held(analysis),
            levels,
            costs,
            price=analysis.spec.price,
            rehedge=rehedge,
            capital=capital,
        )
        return Traded(found, report(found, trials), not analysis.spec.is_causal)

    return told(run)


def held(analysis: PairAnalysis) -> Floats:
    """How much of x is held against y at each bar: values of a spread of logs, units of one of prices."""
    series, spec = analysis.series, analysis.spec
    if spec.spread == "residual":
        known(analysis.hedge)
        return series.slope
    return np.ones(len(series)) if spec.price == "log" else spread.ratio(series.y, series.x, "level")


def break_even_of(analysis: PairAnalysis, costs: Costs) -> BreakEven | Unknown:
    """The smallest z-score whose expected reversion over one half-life pays the assumed costs of both legs, both ways."""

    def run() -> BreakEven:
        last, spec = analysis.last, analysis.spec
        known(last.spread)
        window = analysis.series.spread[-spec.window :]
        deviation = float(np.nanstd(window, ddof=1))
        half_life = known(analysis.half_life).bars
        ratio = float(held(analysis)[-1])
        return break_even(costs, deviation, half_life, ratio, spec.price, (last.y, last.x))

    return told(run)


def audit(analysis: PairAnalysis, column: str = "z", cuts: int = 6) -> Audit | Unknown:
    """Whether a column of the analysis' series knew the future: the analysis made anew of shorter histories.

    `column` is "z", "spread", "slope" or "correlation". Raise BadParameter where it is none of these.
    """
    if column not in ("z", "spread", "slope", "correlation"):
        raise BadParameter(f"the column is {column!r}: expected z, spread, slope or correlation")
    series = analysis.series
    interval = analysis.spec.interval

    def metric(y: Floats, x: Floats) -> Floats:
        rows = len(y)
        times = np.arange(rows, dtype=np.int64) * interval.us
        spec = replace(
            analysis.spec, lookback_us=max(rows, analysis.spec.window) * interval.us, align="inner", stale_limit=0
        )
        legs = Leg("y", times, y, rows), Leg("x", times, x, rows)
        found: Floats = getattr(analyze(spec, *legs, rows * interval.us).series, column)
        return found

    return told(lambda: lookahead(metric, series.y, series.x, cuts))
