"""``python -m core analyze``: all that is known of a pair, from the database or from a file."""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import sources
from core.analytics.cross_checks import Kpss, PhillipsPerron, kpss, phillips_perron
from core.analytics.spread import levels
from core.commands import tables
from core.commands.database import reading
from core.config import Settings
from core.errors import ConfigError
from core.market import MINUTE, Floats, Interval, Symbol, utc
from core.metrics import METRICS, Metric
from core.monitor.analyses import analyzed
from core.monitor.proof import Proof
from core.pairs import Leg, PairAnalysis, PairSpec, Unknown, analyze
from core.pairs.provenance import told
from core.plain import plain
from core.store import Reader
from core.store.gaps import UNFINISHED

_ALL_GAPS = 1_000_000
_DEFAULT_WINDOW = 240
_CHOICES = ("price", "estimator", "spread", "z", "trend", "align")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "analyze",
        help="spread, z-score, hedge, cointegration and reversion of a pair",
        description="Analyze y on x: two symbols of the database, or two columns of a file. Every number comes with the data "
        "it stands on; what cannot be told is a dash with its reason.",
    )
    parser.add_argument("symbols", nargs="*", metavar="SYMBOL", help="y and x, such as BTCUSDT ETHUSDT")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="take two columns of a CSV or Parquet file, every row")
    parser.add_argument("--y", metavar="COL", help="of the file")
    parser.add_argument("--x", metavar="COL", help="of the file")
    parser.add_argument("--interval", default="1m", help="of the bars (default 1m)")
    parser.add_argument("--lookback", default="1d", help="how far back estimates reach (default 1d)")
    parser.add_argument(
        "--window", type=int, help=f"of rolling values, in bars (default {_DEFAULT_WINDOW}, or a quarter)"
    )
    parser.add_argument("--log", action="store_true", help="of a file: take logs (of symbols that is the default)")
    parser.add_argument("--price", choices=("log", "level"), help="what hedge, spread and tests are computed on")
    parser.add_argument(
        "--estimator", default="ols", help="ols, rolling_ols, tls, huber, theil_sen, kalman or johansen"
    )
    parser.add_argument("--spread", default="residual", help="residual or ratio")
    parser.add_argument("--z", default="rolling", help="rolling, ewm, robust, prior, or innovation (of kalman)")
    parser.add_argument("--trend", default="c", help="of the tests: c, ct or ctt")
    parser.add_argument("--lags", default="aic", help="of the tests: aic, bic or a number")
    parser.add_argument("--align", default="inner", help="inner, or fill: carry a leg's last close forward")
    parser.add_argument("--stale-limit", type=int, default=0, metavar="BARS", help="how old a carried close may be")
    parser.add_argument(
        "--cross-check", action="store_true", help="Phillips-Perron and KPSS of both legs and the spread too"
    )
    parser.add_argument("--series", action="store_true", help="with --json: every bar too")
    parser.add_argument("--json", action="store_true", help="all numbers with their provenance as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    analysis, timed = _of_file(arguments) if arguments.csv else (_of_database(arguments), True)
    others = checks(analysis) if arguments.cross_check else {}
    if arguments.json:
        found = as_json(analysis, timed, arguments.series) | ({"cross_checks": plain(others)} if others else {})
        words = json.dumps(found, indent=2)
    else:
        words = as_text(analysis, timed) + _checked(others)
    sys.stdout.write(words + "\n")
    return 0


def _of_file(arguments: argparse.Namespace) -> tuple[PairAnalysis, bool]:
    if arguments.symbols or not (arguments.y and arguments.x):
        raise ConfigError("with --csv FILE the legs are columns: expected --y COL --x COL, and no symbols")
    found = tables.wide(arguments.csv, (arguments.y, arguments.x))
    rows = len(found.closes[0])
    steps = np.unique(np.diff(found.times[0])) if found.timed else np.empty(0)
    timed = len(steps) == 1 and steps[0] > 0 and steps[0] % 1_000_000 == 0
    interval = Interval(int(steps[0])) if timed else MINUTE  # every row is a bar, whatever its time
    times = found.times[0] if timed else np.arange(rows, dtype=np.int64) * interval.us
    window = arguments.window or min(_DEFAULT_WINDOW, max(3, rows // 4))
    price = arguments.price or ("log" if arguments.log else "level")
    spec = _spec(arguments, Symbol("Y"), Symbol("X"), interval, max(rows, window) * interval.us, window, price)
    y, x = (Leg(name, times, closes, rows) for name, closes in zip(found.names, found.closes, strict=True))
    end_us = int(times[-1]) + interval.us if rows else 0
    return analyze(spec, y, x, end_us, str(arguments.csv)), timed


def _of_database(arguments: argparse.Namespace) -> PairAnalysis:
    if len(arguments.symbols) != 2 or arguments.y or arguments.x:
        raise ConfigError("expected two symbols, such as: analyze BTCUSDT ETHUSDT; or --csv FILE --y COL --x COL")
    y, x = (Symbol.parse(text) for text in arguments.symbols)
    interval, lookback = Interval.parse(arguments.interval), Interval.parse(arguments.lookback)
    window = arguments.window or min(_DEFAULT_WINDOW, max(3, lookback.us // interval.us // 4))
    spec = _spec(arguments, y, x, interval, lookback.us, window, arguments.price or "log")
    settings = Settings.load()
    with reading(settings) as reader:
        known = reader.symbols()
        strangers = [str(symbol) for symbol in (y, x) if symbol not in known]
        if strangers:
            there = ", ".join(map(str, known)) or "none"
            raise ConfigError(f"there are no trades of {', '.join(strangers)} in the database; there are of: {there}")
        end_us = interval.floor(reader.watermark_us())
        return analyzed(reader, partial(proof, reader), spec, end_us, sources.market_name(settings))


def proof(reader: Reader, symbol: Symbol) -> Proof:
    """What a database by itself says of a symbol's wholeness: up to its last trade, but for the gap ledger."""
    last = reader.last(symbol)
    return Proof(reader.gaps(symbol, UNFINISHED, _ALL_GAPS), last.trade_time_us if last else 0, reader.watermark_us())


def _spec(
    arguments: argparse.Namespace, y: Symbol, x: Symbol, interval: Interval, lookback_us: int, window: int, price: str
) -> PairSpec:
    lags = int(arguments.lags) if arguments.lags.isdecimal() else arguments.lags
    chosen: dict[str, Any] = {name: getattr(arguments, name) for name in _CHOICES}
    chosen |= {"price": price, "lags": lags, "stale_limit": arguments.stale_limit}
    return PairSpec(y, x, interval, lookback_us, window, **chosen)


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
        f"{found.y} on {found.x}, {on}, {spec.interval if timed else 'row by row'}, {found.source}",
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
