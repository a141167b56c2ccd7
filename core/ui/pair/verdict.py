"""The verdict, with every part of it visible."""

import pandas as pd
import streamlit as st

from core.analytics.backtest.costs import ASSUMED
from core.pairs import PairAnalysis, Unknown
from core.pairs.scorecard import Component, scorecard
from core.ui.pair_controls import PairChoice
from core.ui.words import DASH, significant

#: A space at which no line ends.
_FIXED = "\u00a0"
_MARKS = {True: "✓ passes", False: "✕ fails", None: "– not known"}


def show(_choice: PairChoice, analysis: PairAnalysis) -> None:
    """The scorecard's words, the relationship's, and a row a component."""
    card = scorecard(analysis, ASSUMED)
    bond = analysis.relationship
    verdict = (
        ""
        if isinstance(bond, Unknown)
        else f"The relationship **{_VERDICTS.get(bond.verdict, bond.verdict)}**: {'; '.join(bond.reasons)}. "
    )
    cost = ASSUMED.y.total_bps("taker")
    st.markdown(f"**{card.words}** components pass. {verdict}Costs are assumed to be {cost:g} bps each leg and side.")
    st.table(frame(card.components), hide_index=True, border="horizontal")


_VERDICTS = {
    "holds": "holds in the parts of the lookback",
    "broken": "held and is broken",
    "doubtful": "shows in the last part alone",
    "none": "does not show in the parts of the lookback, which are shorter and tell less",
}


def _value(component: Component) -> str:
    value = component.value
    if value is None or component.told:
        return component.told or DASH
    return f"{value:,.0f}" if value == int(value) else significant(value, 4)


def frame(components: tuple[Component, ...]) -> pd.DataFrame:
    """A row a component, as text."""
    return pd.DataFrame(
        [
            {
                "Component": each.name,
                "Value": _value(each),
                "Limit": each.limit.replace(" ", _FIXED),
                "Verdict": _MARKS[each.passed].replace(" ", _FIXED),
                "Why": each.words,
            }
            for each in components
        ]
    )
