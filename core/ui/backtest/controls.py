"""What a trade costs, and what bounds the rule: in the address, by short keys."""

from dataclasses import dataclass, replace
from typing import cast

import streamlit as st

from core.analytics.backtest.costs import Costs
from core.analytics.backtest.signals import Direction, Levels
from core.errors import DeskError

_DIRECTIONS = ("both", "long", "short")


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """The rule's levels with its bounds, its costs, and from which share of the capital on x is traded back to the hedge."""

    levels: Levels
    costs: Costs
    rehedge: float | None


def draw(levels: Levels) -> RuleChoice | None:
    """Draw the controls. None where the choice cannot be, which they then say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        fee = _bps("Fee, bps", "fee", 5.0, "of each leg and side")
        half = _bps("Half spread, bps", "hs", 0.5, "half of the quoted spread, of each leg and side; assumed")
        slip = _bps("Slippage, bps", "slip", 0.5, "of each leg and side; assumed")
        bars = st.number_input(
            "At most, bars", 1, 100_000, None, 1, key="maxbars", bind="query-params", placeholder="no limit", width=120,
            help="a position is given up after so many bars",
        )  # fmt: skip
        share = st.number_input(
            "Re-hedge from, %", 0.0, 100.0, None, 1.0, "%.1f", key="rehedge", bind="query-params", placeholder="never", width=130,
            help="x is traded back to the hedge of the moment where it is off by this share of the capital; that costs",
        )  # fmt: skip
        direction = st.segmented_control(
            "Direction", _DIRECTIONS, default="both", required=True, key="dir", bind="query-params",
            help="long buys the spread, short sells it",
        )  # fmt: skip
    try:
        bounded = replace(levels, max_bars=bars, direction=cast("Direction", direction or "both"))
        return RuleChoice(
            bounded, Costs.same(fee, half_spread_bps=half, slippage_bps=slip), None if share is None else share / 100
        )
    except DeskError as error:
        st.error(f"{error}", icon=":material/error:")
        return None


def _bps(label: str, key: str, usual: float, told: str) -> float:
    return st.number_input(label, 0.0, 500.0, usual, 0.5, "%.1f", key=key, bind="query-params", width=130, help=told)
