"""``python -m core backtest``: what a rule on a pair's z-score would have earned, and whether to believe it."""

import argparse
import json
import sys
from typing import Any

from core.analytics.backtest.audit import Audit
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.placebo import Placebo
from core.analytics.backtest.signals import Levels
from core.commands import asked
from core.errors import DeskError
from core.market import utc
from core.pairs import PairAnalysis, Unknown, study
from core.pairs.provenance import told
from core.pairs.trading import Traded, audit, break_even_of, trade
from core.plain import plain


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "backtest",
        help="what a rule on the z-score would have earned after costs, beside markets without a tie",
        description="Trade y against x by the z-score: decided at a close, filled at the next, quantities held as they were at the entry, "
        "costs assumed as given. Says where the result knew the future, and how markets without any tie do by the same rule.",
    )
    asked.add_options(parser)
    parser.add_argument("--entry", type=float, default=2.0, metavar="Z", help="enter at this z-score (default 2)")
    parser.add_argument("--exit", type=float, default=0.5, metavar="Z", help="leave at this one (default 0.5)")
    parser.add_argument("--stop", type=float, metavar="Z", help="give up at this one")
    parser.add_argument("--max-bars", type=int, metavar="N", help="give up after so many bars")
    parser.add_argument("--direction", choices=("both", "long", "short"), default="both", help="of the spread")
    parser.add_argument("--fee", type=float, default=5.0, metavar="BPS", help="of each leg and side (default 5)")
    parser.add_argument("--half-spread", type=float, default=0.5, metavar="BPS", help="likewise (default 0.5)")
    parser.add_argument("--slippage", type=float, default=0.5, metavar="BPS", help="likewise (default 0.5)")
    parser.add_argument(
        "--rehedge", type=float, metavar="SHARE", help="trade x back when it is off by this share of the capital"
    )
    parser.add_argument(
        "--trials", type=int, default=1, metavar="N", help="how many variants were tried, for the deflated Sharpe ratio"
    )
    parser.add_argument(
        "--placebo", type=int, default=100, metavar="RUNS", help="markets without a tie (default 100; 0: none)"
    )
    parser.add_argument("--trades", action="store_true", help="list every trade")
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    levels = Levels(arguments.entry, arguments.exit, arguments.stop, arguments.max_bars, arguments.direction)
    costs = Costs.same(arguments.fee, half_spread_bps=arguments.half_spread, slippage_bps=arguments.slippage)
    analysis, timed = asked.analysis(arguments)
    traded = trade(analysis, levels, costs, arguments.trials, arguments.rehedge)
    if isinstance(traded, Unknown):
        raise DeskError(f"there is nothing to trade: {traded.reason}")
    placebo = told(lambda: study.placebo(analysis, levels, costs, arguments.placebo)) if arguments.placebo else None
    checked = audit(analysis)
    words = (
        json.dumps(_as_json(analysis, traded, placebo, checked, costs), indent=2)
        if arguments.json
        else _as_text(analysis, traded, placebo, checked, costs, arguments.trades, timed)
    )
    sys.stdout.write(words + "\n")
    return 0


def _as_json(
    analysis: PairAnalysis, traded: Traded, placebo: Placebo | Unknown | None, checked: Audit | Unknown, costs: Costs
) -> dict[str, Any]:
    found = traded.backtest
    return {
        "provenance": plain(analysis.provenance),
        "spec": analysis.spec.query(),
        "levels": plain(found.levels),
        "costs": plain(costs),
        "hindsight": traded.hindsight,
        "report": plain(traded.report),
        "break_even_z": plain(break_even_of(analysis, costs)),
        "placebo": plain(placebo),
        "audit": plain(checked),
        "trades": plain(found.trades),
    }


def _as_text(
    analysis: PairAnalysis, traded: Traded, placebo: Placebo | Unknown | None, checked: Audit | Unknown, costs: Costs,
    every: bool, timed: bool,
) -> str:  # fmt: skip
    told_, found, levels = analysis.provenance, traded.report, traded.backtest.levels
    stop = "" if levels.stop is None else f", stop {levels.stop:g}"
    limit = "" if levels.max_bars is None else f", at most {levels.max_bars} bars"
    lines = [
        f"{told_.y} on {told_.x}, {told_.bars:,} bars of {told_.source}; hedge by {analysis.spec.estimator}, z-score {analysis.spec.z} over "
        f"{analysis.spec.window} bars",
        f"  enter at {levels.entry:g}, leave at {levels.exit:g}{stop}{limit}; decided at a close, filled at the next; assumed costs of "
        f"{costs.y.total_bps('taker'):g} bps each leg and side",
    ]
    if traded.hindsight:
        lines.append(
            "  HINDSIGHT: the hedge was fitted on the very bars it trades; take rolling_ols or kalman to see what could be known"
        )
    lines += [
        "",
        _row("trades", f"{found.trades:,}", "" if found.hit_rate is None else f"{found.hit_rate:.0%} with a profit"),
        _row("gross", _bps(found.gross), "of the capital, by the quantities held"),
        _row(
            "fees, spread, slippage",
            _bps(-(found.fees + found.spread + found.slippage)),
            f"{found.turnover:,.1f} times the capital was traded",
        ),
        _row("net", _bps(found.net), "" if found.mean_trade is None else f"{_bps(found.mean_trade)} a trade"),
        _row("deepest drawdown", _bps(-found.drawdown.depth), f"{found.drawdown.length:,} bars long"),
        _row("exposure", f"{found.exposure:.1%}", ""),
        _row(
            "breaks even at",
            "–" if found.break_even_bps is None else f"{found.break_even_bps:.2f} bps",
            "each leg and side",
        ),
    ]
    if found.sharpe is not None:
        chance = (
            ""
            if found.deflated is None
            else f"; above 0 with probability {found.probabilistic:.3f}, after {found.trials} variants {found.deflated:.3f}"
        )
        lines.append(
            _row(
                "Sharpe ratio a bar",
                f"{found.sharpe.value:.4f}".replace("-", "−"),
                f"± {found.sharpe.error:.4f}{chance}",
            )
        )
    edge = break_even_of(analysis, costs)
    pays = "–" if isinstance(edge, Unknown) or edge.z is None else f"{edge.z:.2f} σ"
    lines.append(_row("a reversion pays from", pays, edge.reason if isinstance(edge, Unknown) else edge.words))
    lines += ["", *_believed(placebo, checked)]
    if every:
        lines += ["", *_listed(analysis, traded, timed)]
    return "\n".join(lines)


def _believed(placebo: Placebo | Unknown | None, checked: Audit | Unknown) -> list[str]:
    if isinstance(placebo, Unknown):
        lines = [f"  placebo: –, {placebo.reason}"]
    elif placebo is None:
        lines = []
    else:
        lines = [
            f"  placebo: by a rolling hedge the rule's Sharpe ratio is above {placebo.percentile:.0f} % of {len(placebo.values)} markets with the same "
            f"returns and no tie (p {placebo.p_value:.3f})"
        ]
    if isinstance(checked, Unknown):
        return [*lines, f"  look-ahead: –, {checked.reason}"]
    verdict = "none found" if checked.is_causal else f"{checked.changed:,} z-scores were others when less was known"
    return [*lines, f"  look-ahead: {verdict}; {checked.checked:,} values at {len(checked.cuts)} shorter histories"]


def _listed(analysis: PairAnalysis, traded: Traded, timed: bool) -> list[str]:

    def when(row: int) -> str:
        return f"{utc(int(analysis.series.times[row])):%m-%d %H:%M:%S}" if timed else f"row {row}"

    head = f"  {'entry':<16}{'exit':<16}{'side':<7}{'bars':>6}{'gross':>12}{'costs':>12}{'net':>12}   reason"
    return [head] + [
        f"  {when(each.entry_row):<16}{when(each.exit_row):<16}{'bought' if each.side > 0 else 'sold':<7}{each.bars:>6,}{_bps(each.gross):>12}"
        f"{_bps(each.net - each.gross):>12}{_bps(each.net):>12}   {each.reason}"
        for each in traded.backtest.trades
    ]


def _row(label: str, value: str, note: str) -> str:
    return f"  {label:<26}{value:>14}   {note}".rstrip()


def _bps(share: float) -> str:
    return f"{1e4 * share:+,.1f} bps".replace("-", "−")
