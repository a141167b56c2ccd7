"""The pairs of a screen, a row each: sortable, and a click opens the pair."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.analytics.screened import Screen, ScreenedPair
from core.market import Interval
from core.monitor.screens import Screened
from core.ui import pair_controls, words
from core.ui.zone import UTC

_KEY = "pairs"
_SHOWN = ("survivors", "closest", "all")
_CLOSEST = 20
_PAGE = "pages/pair.py"


def show(found: Screened) -> None:
    """The rows asked for, the file of all of them, and the way to a pair."""
    screen = found.screen
    shown = st.segmented_control(
        "Rows", _SHOWN, default="survivors" if screen.ranking else "closest", required=True, key="rows_of", label_visibility="collapsed",
        help="those that passed every stage, those with the least p-values, or all",
    )  # fmt: skip
    pairs = _pairs(screen, shown or "survivors")
    if not pairs:
        st.info(
            "No pair passed every stage. The closest are one click away; fewer rules or a longer lookback may let one pass, and chance too.",
            icon=":material/filter_alt_off:",
        )
        return
    st.dataframe(
        frame(pairs, Interval.parse(found.standing.interval)), hide_index=True, key=_KEY, on_select=partial(_open, pairs, found), selection_mode="single-row",
        column_config=_COLUMNS,
    )  # fmt: skip
    st.caption(
        "Click a row's box to open the pair. Hedge and p-values stand on the first part of the bars; the held-out p on the rest, with the hedge frozen: what chose a pair cannot judge it."
    )
    st.download_button(
        "CSV", data=lambda: frame(_pairs(screen, "all"), Interval.parse(found.standing.interval)).to_csv(index=False).encode(), file_name=file_name(found), mime="text/csv",
        icon=":material/download:", key="pairs_csv", on_click="ignore", help="every pair, whatever is shown",
    )  # fmt: skip
    if st.session_state.pop("screened_open", False):
        st.switch_page(_PAGE)


def _pairs(screen: Screen, shown: str) -> list[ScreenedPair]:
    if shown == "survivors":
        return list(screen.survivors())
    return screen.closest(_CLOSEST) if shown == "closest" else [screen.pair(number) for number in range(len(screen))]


def _open(pairs: Sequence[ScreenedPair], found: Screened) -> None:
    """Choose the pair of the row that was clicked; the callback, before the page is drawn."""
    rows = st.session_state[_KEY]["selection"]["rows"]
    if rows and rows[0] < len(pairs):
        pair_controls.apply({"y": pairs[rows[0]].y, "x": pairs[rows[0]].x, "price": found.screen.rules.price})
        st.session_state["screened_open"] = True


def frame(pairs: Sequence[ScreenedPair], interval: Interval) -> pd.DataFrame:
    """A row a pair; empty where a number is not known."""
    return pd.DataFrame([_row(pair, interval) for pair in pairs])


def _row(pair: ScreenedPair, interval: Interval) -> dict[str, object]:
    lasting = pair.persistence
    held = pair.held_out
    return {
        "Rank": pair.rank,
        "Pair": f"{pair.y} on {pair.x}",
        "p": pair.decisive,
        "Adjusted p": pair.adjusted,
        "Held-out p": None if held is None else held.p_value,
        "Half-life": pair.half_life,
        "as time": _time(pair.half_life, interval),
        "Hedge": pair.hedge_ratio,
        "r": pair.correlation,
        "Crossings": pair.crossings,
        "Lasted": None if lasting is None else [float(each) for each in lasting.passed],
        "of": words.DASH if lasting is None else f"{sum(lasting.passed)}/{len(lasting.passed)}",
        "What became of it": "✓ passed" if pair.fell_at is None else f"✕ {pair.why}",
    }


def _time(half_life: float | None, interval: Interval) -> str:
    if half_life is None:
        return words.DASH
    return "never" if half_life == float("inf") else words.duration(half_life * interval.us / 1e6)


_NUMBER = st.column_config.NumberColumn
_COLUMNS = {
    "p": _NUMBER(format="%.4f", help="Engle and Granger's: the greater of both orders', or twice the smaller, as the rules ask"),
    "Adjusted p": _NUMBER(format="%.4f", help="adjusted over all pairs that were tested"),
    "Held-out p": _NUMBER(format="%.4f", help="of the spread with the hedge frozen, on the bars that had no part in choosing it"),
    "Half-life": _NUMBER(format="%.1f", help="bars"),
    "Hedge": _NUMBER(format="%.5g"),
    "r": _NUMBER(format="%.3f", help="correlation of returns"),
    "Lasted": st.column_config.BarChartColumn(y_min=0, y_max=1, width=70, help="in which equal parts of the bars, oldest first, the pair passes by itself, unadjusted"),
    "of": st.column_config.TextColumn(width=46),
    "What became of it": st.column_config.TextColumn(width="large"),
}  # fmt: skip


def file_name(found: Screened) -> str:
    """``screen_1m_20261122T1000_20261123T1000_UTC.csv``."""
    first, last = (f"{UTC.local(time):%Y%m%dT%H%M}" for time in (found.standing.from_us, found.standing.to_us))
    return f"screen_{found.standing.interval}_{first}_{last}_UTC.csv"
