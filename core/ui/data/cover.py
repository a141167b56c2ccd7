"""The chart of what is there minute by minute, and the table behind it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import StoreError
from core.market import DAY_US
from core.monitor.coverage import Cover, Coverage
from core.ui import desk, look, words, zone
from core.ui.charts import coverage, frame

SPANS = {"1d": DAY_US, "7d": 7 * DAY_US}


def show() -> None:
    """The chart of the span that is chosen; it is drawn anew with the page."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Minutes", help="of each symbol: what is there, by whose word, and what is not")
        span = st.segmented_control(
            "Span", list(SPANS), default="1d", required=True, key="span", bind="query-params", label_visibility="collapsed",
            help="how far back the chart reaches",
        )  # fmt: skip
    monitor = desk.monitor()
    try:
        found = [monitor.coverage(symbol, SPANS[span or "1d"]) for symbol in monitor.symbols()]
    except StoreError as error:
        st.error(f"The minutes cannot be read: {error}", icon=":material/database_off:")
        return
    st.caption(sentence(found))
    chart = coverage.coverage(found, look.current(), zone.current())
    st.plotly_chart(chart, theme=None, config=frame.CONFIG, key="coverage")
    with st.expander("The numbers behind it"):
        st.dataframe(cover_table(found), hide_index=True, key="coverage_table")


def sentence(found: Sequence[Coverage]) -> str:
    """The chart in one sentence."""
    total = sum(len(each.minutes) for each in found)
    if not total:
        return "No symbol is collected."
    there = sum(len(each.minutes) - each.counts()[Cover.ABSENT] - each.counts()[Cover.GAP] for each in found)
    gaps = [str(each.symbol) for each in found if each.counts()[Cover.GAP]]
    wrong = f"trades are missing of {', '.join(gaps)}" if gaps else "no trade is known to be missing"
    return f"{words.at_least(there / total)} of {total:,} minutes of {len(found):,} symbols are accounted for; {wrong}."


def cover_table(found: Sequence[Coverage]) -> pd.DataFrame:
    """Minutes of each kind, a row a symbol."""
    rows = [
        {"Symbol": str(each.symbol), **{coverage.WORDS[c][0]: each.counts()[c] for c in coverage.WORDS}}
        for each in found
    ]
    return pd.DataFrame(rows)
