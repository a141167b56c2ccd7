"""The whole board of a watch-list: every pair with all that is known of it in short."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import DeskError
from core.monitor.board import BoardRow
from core.monitor.quotes import PairState
from core.pairs.watchlist import WatchList
from core.ui import desk, look, zone
from core.ui.charts import frame, multiples
from core.ui.watch import lists, opening, rows

_KEY = "board_open"
#: A board that nobody has looked at yet is waited for so long [s].
_PATIENCE_SECONDS = 2.0
_MOST_CHARTS = 12


def show() -> None:
    """Choose the list, the order and the states; then the board, once a second."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        lists.choose()
        by = st.segmented_control(
            "Sort by", rows.ORDERS, default="z", required=True, key="by", bind="query-params", label_visibility="collapsed",
            help="by |z| of the last closed bar, by quality (scorecard, then data), by name, or in your own order",
        )  # fmt: skip
        states = st.pills(
            "States", [state.value for state in PairState], selection_mode="multi", key="state", bind="query-params",
            label_visibility="collapsed", help="all where none is chosen",
        )  # fmt: skip
        listed = _listed()
        lists.edit(listed)
    if listed is not None:
        _ticking(listed.name, str(by), tuple(states))
        _charts(listed, str(by), tuple(states))


def _listed() -> WatchList | None:
    try:
        return desk.monitor().saved.watch_list(lists.current())
    except DeskError as error:
        st.error(f"{error}", icon=":material/error:")
        return None


@st.fragment(run_every=1.0)
def _ticking(name: str, by: str, states: tuple[str, ...]) -> None:
    listed = desk.monitor().saved.watch_list(name)
    found = _found(listed, by, states)
    if not listed.pairs:
        st.info(
            "This list is empty: add pairs with the button above, or with Watch on the Pair page.",
            icon=":material/add:",
        )
        return
    table = rows.table(found, listed, zone.current())
    st.caption(rows.summary(found))
    shown = rows.styled(table, found, look.current())
    st.dataframe(shown, key="board", hide_index=True, column_config=_columns(table, found))


def _found(listed: WatchList, by: str, states: tuple[str, ...]) -> tuple[BoardRow, ...]:
    board = desk.monitor().board(listed.specs, _PATIENCE_SECONDS)
    return rows.ordered(rows.chosen(board, states), listed, by)


def _columns(table: pd.DataFrame, found: Sequence[BoardRow]) -> dict[str, Any]:
    labelled = tuple(zip(table["Pair"], (row.spec for row in found), strict=True))
    low, high = rows.SPARK_RANGE
    config = st.column_config
    plain = {name: config.Column(help=told) for name, told in rows.TOLD.items()}
    spark = config.LineChartColumn(help=rows.TOLD[rows.SPARK], width=130, y_min=low, y_max=high)
    pair = config.ButtonColumn(
        type="tertiary", alignment="left", pinned=True, help=rows.TOLD["Pair"], key=_KEY, on_click=opening.go,
        args=(_KEY, labelled),
    )  # fmt: skip
    return {**plain, rows.SPARK: spark, "Pair": pair}


def _charts(listed: WatchList, by: str, states: tuple[str, ...]) -> None:
    """Small multiples, drawn where they are asked for: they stand still until the next look."""
    if st.toggle("Charts of z", key="charts", bind="query-params", help="of the closed bars, side by side"):
        found = [row for row in _found(listed, by, states) if row.size >= 0][:_MOST_CHARTS]
        _multiples(found)


def _multiples(found: Sequence[BoardRow]) -> None:
    if not found:
        st.caption("No pair has a z-score yet.")
        return
    panels = [multiples.Panel(rows.pair(row.spec), row.path, rows.signed(row.z)) for row in found]
    st.plotly_chart(multiples.chart(panels, look.current()), theme=None, config=frame.CONFIG, key="multiples")
    st.caption(f"z of the last {len(found[0].path)} closed bars, ±4 σ everywhere, dotted at ±2; as of this look.")
