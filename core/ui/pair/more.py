"""What is behind the chart, one at a time: verdict, explanation, cointegration over time, odds, lead, and the table."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import told
from core.ui import desk, zone
from core.ui.pair import evidence, explain, table, verdict
from core.ui.pair_controls import PairChoice

_PARTS: Mapping[str, Callable[[PairChoice, PairAnalysis], None]] = {
    "verdict": verdict.show,
    "explain": explain.show,
    "over time": evidence.over_time,
    "odds": evidence.odds,
    "lead": evidence.lead,
    "table": table.show,
}


#: Those that are drawn anew by themselves; a chart would be taken away and put back each time.
_TICKING = ("verdict", "explain", "odds", "table")


def show(choice: PairChoice, paused: bool) -> None:
    """The part that is chosen."""
    part = st.segmented_control(
        "More",
        list(_PARTS),
        default="verdict",
        required=True,
        key="more",
        bind="query-params",
        label_visibility="collapsed",
    )
    if paused or part not in _TICKING:
        _draw(choice, part or "verdict")
    else:
        _ticking(choice, part or "verdict")


@st.fragment(run_every=5.0)
def _ticking(choice: PairChoice, part: str) -> None:
    _draw(choice, part)


def _draw(choice: PairChoice, part: str) -> None:
    analysis = told(lambda: desk.monitor().analysis(choice.spec))
    if isinstance(analysis, Unknown):
        st.info(f"Nothing is known of {choice.spec} yet: {analysis.reason}.", icon=":material/hourglass_empty:")
        return
    _PARTS[part](choice, analysis)
    told_us = analysis.provenance.to_us
    st.caption(f"As of the bar that closed {zone.current().moment(told_us)}, {analysis.provenance.bars:,} bars.")
