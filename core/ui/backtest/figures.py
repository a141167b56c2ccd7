"""The figures of a backtest, each with its unit and what it means."""

import math
from dataclasses import dataclass

import streamlit as st

from core.analytics.backtest.costs import BreakEven
from core.analytics.backtest.report import Report
from core.market import DAY_US
from core.pairs import PairAnalysis, Unknown
from core.pairs.trading import Traded
from core.ui import words
from core.ui.pair import states
from core.ui.zone import Zone

_YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Figure:
    """A label, a value as text, a second line, and the words behind it."""

    label: str
    value: str
    beside: str
    told: str


def show(traded: Traded, edge: BreakEven | Unknown, analysis: PairAnalysis, zone: Zone) -> None:
    """All of them in a grid."""
    standing = "\n\n".join(states.standing(analysis.provenance, zone))
    with st.grid(4, min_column_width=150):
        for each in figures(traded.report, edge, analysis.spec.interval.us):
            st.metric(
                each.label,
                each.value,
                each.beside or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=f"{each.told}\n\n{standing}",
            )


def figures(found: Report, edge: BreakEven | Unknown, interval_us: int) -> list[Figure]:
    """Money in basis points of the capital; a dash where there is nothing to take it from."""
    costs = found.fees + found.spread + found.slippage
    sharpe = found.sharpe
    year = math.sqrt(_YEAR_DAYS * DAY_US / interval_us)
    return [
        Figure("Net", bps(found.net), f"gross {bps(found.gross)}", "after all costs, of the capital, by the quantities held"),
        Figure("Costs", bps(-costs), f"fees {bps(-found.fees)}", f"fees {bps(-found.fees)}, half spread {bps(-found.spread)}, slippage {bps(-found.slippage)}; {found.turnover:,.1f} times the capital was traded"),
        Figure("Trades", f"{found.trades:,}", "" if found.hit_rate is None else f"{found.hit_rate:.0%} with a profit", "positions in both legs, from entry to exit"),
        Figure("Mean trade", _optional(found.mean_trade), "" if found.mean_bars is None else f"{found.mean_bars:,.1f} bars", "net, and how long it was held"),
        Figure("Sharpe, a bar", words.DASH if sharpe is None else words.signed(sharpe.value, 4), "" if sharpe is None else f"± {sharpe.error:.4f}; {sharpe.value * year:+.1f} a year".replace("-", "−"), "mean over deviation of the net profit of a bar, its error from autocorrelated and fat-tailed profits; a year of such bars if they went on like this, which one lookback cannot show"),
        Figure("Above 0", _probability(found.probabilistic), f"deflated {_probability(found.deflated)}", f"the probability that the true ratio is above 0: of this rule alone, and of the best of the {found.trials} variants that you have tried in this session"),
        Figure("Drawdown", bps(-found.drawdown.depth), f"{found.drawdown.length:,} bars", "the deepest fall of the net profit below what it had been"),
        Figure("Breaks even", words.DASH if found.break_even_bps is None else f"{found.break_even_bps:.2f} bps", _pays(edge), "the cost of each leg and side that uses up the gross profit; and the z-score from which a reversion is expected to pay the costs chosen"),
    ]  # fmt: skip


def bps(share: float) -> str:
    """A share of the capital in basis points."""
    return f"{words.signed(1e4 * share, 1)} bps"


def _optional(share: float | None) -> str:
    return words.DASH if share is None else bps(share)


def _probability(value: float | None) -> str:
    return words.DASH if value is None else f"{value:.1%}"


def _pays(edge: BreakEven | Unknown) -> str:
    return (
        f"pays beyond {words.DASH}" if isinstance(edge, Unknown) or edge.z is None else f"pays beyond ±{edge.z:.2f} σ"
    )
