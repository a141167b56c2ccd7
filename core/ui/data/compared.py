"""The desk's minutes beside the exchange's own bars."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from core.health import Reconciliation
from core.ui import condition, desk, ledger, tables, words, zone

_ROWS = 200
_HELP = {
    "Match": "minutes that the exchange's own bars confirm, of those compared",
    "Equal": "minutes equal in every field",
    "Spanning": "minutes that differ by no more than an aggregate over their boundary explains",
    "Differing": "minutes that still differ; they are fetched and compared again",
    "Waiting": "minutes that are not compared yet: the exchange's bars are asked for when they are surely final",
    "Worst difference": "the largest relative difference among them",
}


@st.fragment(run_every=10.0)
def show() -> None:
    """A row a symbol, and the minutes that differ."""
    monitor = desk.monitor()
    st.subheader("Beside the exchange's own bars", help="the last day's minutes of the desk's own")
    found = [each for each in monitor.reconciliations().values() if each is not None]
    st.caption(sentence(found))
    if found:
        tables.show(reconciliation_table(found), "reconciliation", _HELP)
    differences = monitor.differences(limit=_ROWS)
    if differences:
        st.markdown("**Minutes that differ**")
        tables.show(ledger.difference_table(differences, zone.current()), "differences", ledger.DIFFERENCE_HELP)
        st.caption(ledger.shown(len(differences), _ROWS))


def sentence(found: Iterable[Reconciliation]) -> str:
    """All symbols in one sentence."""
    known = list(found)
    compared, differing = sum(each.compared for each in known), sum(each.differing for each in known)
    if not compared:
        return "Nothing is compared yet: minutes are, some minutes after they end."
    return f"{words.at_least(1 - differing / compared)} of {compared:,} minutes match the exchange's own bars; {differing:,} differ."


def reconciliation_table(found: Iterable[Reconciliation]) -> pd.DataFrame:
    """A row a symbol, as text."""
    return pd.DataFrame(
        [
            {
                "Symbol": str(each.symbol),
                "Match": words.at_least(each.match_rate),
                "Equal": words.count(each.matched),
                "Spanning": words.count(each.spanning),
                "Differing": words.count(each.differing),
                "Waiting": words.count(each.waiting),
                "Worst difference": condition.worst(each),
            }
            for each in found
        ]
    )
