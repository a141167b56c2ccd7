"""``python -m core analyze``: all that is known of a pair, from the database or from a file."""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.analytics.backtest.costs import ASSUMED
from core.analytics.cross_checks import Kpss, PhillipsPerron, kpss, phillips_perron
from core.analytics.leadlag import LeadLag
from core.analytics.spread import levels
from core.commands import asked
from core.market import Floats, utc
from core.metrics import METRICS, Metric
from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import told
from core.pairs.scorecard import Component, scorecard
from core.plain import plain


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "analyze",
        help="spread, z-score, hedge, cointegration and reversion of a pair",
        description="Analyze y on x: two symbols of the database, or two columns of a file. Every number comes with the data "
        "it stands on; what cannot be told is a dash with its reason.",
    )
    asked.add_options(parser)
    parser.add_argument(
        "--lead-lag", action="store_true", help="which symbol moves first, from the newest trades of both"
    )
    parser.add_argument(
        "--cross-check", action="store_true", help="Phillips-Perron and KPSS of both legs and the spread too"
    )
    parser.add_argument("--series", action="store_true", help="with --json: every bar too")
    parser.add_argument("--json", action="store_true", help="all numbers with their provenance as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    analysis, timed = asked.analysis(arguments)
    others = checks(analysis) if arguments.cross_check else {}
    lead = asked.lead_of(arguments) if arguments.lead_lag else None
    if arguments.json:
        found = as_json(analysis, timed, arguments.series) | ({"cross_checks": plain(others)} if others else {})
        found |= {"lead_lag": plain(lead)} if lead else {}
        words = json.dumps(found, indent=2)
    else:
        words = as_text(analysis, timed) + _checked(others) + _led(lead, analysis)
    sys.stdout.write(words + "\n")
    return 0


def checks(analysis: PairAnalysis) -> dict[str, tuple[PhillipsPerron | Unknown, Kpss | Unknown]]:
    """Other tests of the legs and of the spread, by name. Of a spread that was fitted they find too much, as any such test does."""
    spec, series = analysis.spec, analysis.series
    trend: Any = spec.trend if spec.trend in ("c", "ct") else "ct"
    legs = {
        analysis.provenance.y: levels(series.y, spec.price),
        analysis.provenance.x: levels(series.x, spec.price),
        "spread": series.spread[~np.isnan(series.spread)],
    }

    def both(values: Floats) -> tuple[PhillipsPerron | Unknown, Kpss | Unknown]:
        return told(lambda: phillips_perron(values, trend)), told(lambda: kpss(values, trend))

    return {name: both(values) for name, values in legs.items()}


def as_json(analysis: PairAnalysis, timed: bool, series: bool) -> dict[str, Any]:
    """Everything, by name; the bars where they are asked for."""
    found: dict[str, Any] = plain(analysis)
    found["spec"] = analysis.spec.query() | {"y": analysis.provenance.y, "x": analysis.provenance.x}
    found["metrics"] = {metric.name: _metric_json(metric, analysis) for metric in METRICS}
    found["scorecard"] = plain(scorecard(analysis, ASSUMED))
    del found["filter"]
    if not series:
        del found["series"]
    if not timed:
        found["provenance"] |= {"from_us": None, "to_us": None}
        found["last"]["time_us"] = None
    return found


def _checked(others: Mapping[str, tuple[PhillipsPerron | Unknown, Kpss | Unknown]]) -> str:
    lines = []
    for name, (root, level) in others.items():
        for test, found in (("Phillips–Perron", root), ("KPSS", level)):
            if isinstance(found, Unknown):
                lines.append(f"  {test + ' of ' + name:<36}{'–':>14}   {found.reason}")
                continue
            bound = "at the end of the table, " if isinstance(found, Kpss) and found.bounded else ""
            null = "of stationarity" if isinstance(found, Kpss) else "of a unit root"
            numbers = f"{found.statistic:.3f}".replace("-", "−")
            fitted = "; of what was fitted it rejects too often" if name == "spread" else ""
            lines.append(
                f"  {test + ' of ' + name:<36}{numbers:>14}   p {bound}{found.p_value:.4f} {null}, {found.lags} lags{fitted}"
            )
    return "\n".join(["", "", "cross-checks", *lines]) if lines else ""


def _led(lead: LeadLag | Unknown | None, analysis: PairAnalysis) -> str:
    if lead is None:
        return ""
    if isinstance(lead, Unknown):
        return f"\n\nlead: –  {lead.reason}"
    first, second = analysis.provenance.x, analysis.provenance.y
    if lead.best_lag_us < 0:
        first, second = second, first
    best = int(np.flatnonzero(lead.lags_us == lead.best_lag_us)[0])
    words = (
        "neither moves first"
        if lead.best_lag_us == 0
        else f"{first} moves {abs(lead.best_lag_us) / 1e6:g} s before {second}"
    )
    return (
        f"\n\nlead: {words}: correlation {lead.correlation[best]:.3f} ± {lead.error:.3f} at that lag (Hayashi–Yoshida), of {lead.n_y:,} and {lead.n_x:,} "
        "trades at different times"
    )


def _metric_json(metric: Metric, analysis: PairAnalysis) -> dict[str, Any]:
    value = metric.of(analysis)
    known = not isinstance(value, Unknown)
    return {
        "value": plain(value) if known else None,
        "unit": metric.unit,
        "unknown": None if known else plain(value),
        "noise": plain(metric.baseline(analysis)),
    }


def as_text(analysis: PairAnalysis, timed: bool) -> str:
    """A report to read."""
    found, spec = analysis.provenance, analysis.spec
    on = "logs" if spec.price == "log" else "prices"
    span = f"{utc(found.from_us):%Y-%m-%d %H:%M:%S} to {utc(found.to_us):%Y-%m-%d %H:%M:%S} UTC" if timed else "by row"
    lines = [
        f"{found.y} on {found.x}, {on}, {spec.interval if timed else 'a row a bar'}, {found.source}",
        f"  stands on {found.bars:,} bars, {span}: {found.joined:,} of both legs, {found.filled:,} carried forward, "
        f"{found.dropped:,} left out with one leg alone, {found.absent:,} without trades",
        f"  quality: {'–  nothing is known of the trades behind these bars' if found.quality is None else _quality(found.quality)}",
        f"  hedge by {spec.estimator}, z-score {spec.z} over {spec.window} bars, tests with trend {spec.trend}, lags {spec.lags}",
        ""
        if spec.is_causal
        else "  the hedge is fitted on all of these bars: past spreads and z-scores know what came after",
    ]
    if not isinstance(analysis.relationship, Unknown):
        bond = analysis.relationship
        lines.append(f"  the relationship: {bond.verdict.upper()}; {'; '.join(bond.reasons)}")
    card = scorecard(analysis, ASSUMED)
    lines.append(
        f"  scorecard: {card.words}; against it: {', '.join(_against(each) for each in card.components if each.passed is False) or 'nothing'}"
    )
    lines.append("  noise: what unrelated walks show over as many bars, the median and where nine of ten are")
    group = None
    for metric in METRICS:
        if metric.group != group:
            group = metric.group
            lines += ["", f"{group}"]
        value = metric.of(analysis)
        why = f"   {value.reason}" if isinstance(value, Unknown) else _beside(metric.name, analysis)
        lines.append(
            f"  {metric.label:<36}{metric.words(value):>14} {metric.unit:<5}{_noise(metric, analysis):<34}{why}".rstrip()
        )
    return "\n".join(lines)


def _against(component: Component) -> str:
    return f"{component.name} {component.value:.3g} ({component.limit})"


def _noise(metric: Metric, analysis: PairAnalysis) -> str:
    """What unrelated walks show: the median, and where nine of ten are."""
    found = metric.baseline(analysis)
    if found is None:
        return ""
    low, median, high = (metric.words(value) for value in (found.low, found.median, found.high))
    return f" noise {median} ({low} to {high})"


def _quality(quality: Any) -> str:
    return f"{quality.grade}, {quality.words}"


def _beside(name: str, analysis: PairAnalysis) -> str:
    """What belongs beside a value: its interval, or its critical values."""
    if name == "hedge_ratio" and not isinstance(analysis.hedge, Unknown) and analysis.hedge.low is not None:
        return _interval((analysis.hedge.low, analysis.hedge.high or math.nan), 5)
    for metric, found in (("half_life", analysis.half_life), ("half_life_ar1", analysis.half_life_ar1)):
        if name == metric and not isinstance(found, Unknown):
            short = "; fewer than ten in the sample, so likely too short" if found.is_short else ""
            return _interval((found.low, found.high), 4) + short
    for metric, other in (("correlation", analysis.correlation), ("rank_correlation", analysis.rank_correlation)):
        if name == metric and not isinstance(other, Unknown):
            return _interval((other.low, other.high), 3)
    if name == "hurst" and not isinstance(analysis.hurst, Unknown):
        return _interval((analysis.hurst.low, analysis.hurst.high), 3)
    if name == "eg_statistic" and not isinstance(analysis.cointegration, Unknown):
        test = analysis.cointegration.y_on_x
        near = "; near-identical legs: this is rounding" if test.near_identical else ""
        values = test.critical_values
        return (
            f"   rejects below {values.five:.3f} (5 %), {values.one:.3f} (1 %)".replace("-", "−") if values else ""
        ) + near
    if name == "johansen_trace" and not isinstance(analysis.johansen, Unknown):
        return f"   rejects above {analysis.johansen.trace_critical[0].five:.2f} (5 %; of legs without drift that is 11 %, and 18.2 is 5 %)"
    return ""


def _interval(bounds: Sequence[float], digits: int) -> str:
    low, high = ("∞" if math.isinf(bound) else f"{bound:,.{digits}g}".replace("-", "−") for bound in bounds)
    return f"  95 %: {low} to {high}"
