"""The rail: a watch-list beside the Pair page, as narrow as can be."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import DeskError
from core.monitor.board import BoardRow
from core.monitor.quotes import PairState
from core.pairs import PairSpec
from core.ui import desk, pair_controls
from core.ui.watch import lists, opening, rows

_KEY = "rail_open"
_PAIR_PX, _Z_PX, _SPARK_PX = 80, 66, 60
_ROW_PX = 30


def rail() -> None:
    """The list that is chosen, by |z|; a click opens the pair. To stand in the sidebar."""
    st.markdown("**Watch-list**", help="by |z| of the last closed bar; click a pair to open it here")
    lists.choose()
    _ticking()
    st.page_link("pages/watch.py", label="Whole board", icon=":material/visibility:")


@st.fragment(run_every=1.0)
def _ticking() -> None:
    monitor = desk.monitor()
    try:
        listed = monitor.saved.watch_list(lists.current())
    except DeskError as error:
        st.caption(f"{error}")
        return
    found = rows.ordered(monitor.board(listed.specs), listed, "z")
    if not found:
        st.caption("Empty: put the pair shown on it with the Watch button.")
        return
    shown = table(found)
    st.dataframe(shown, key="rail", hide_index=True, row_height=_ROW_PX, column_config=_columns(shown, found))


def _columns(shown: pd.DataFrame, found: Sequence[BoardRow]) -> dict[str, Any]:
    labelled = tuple(zip(shown["Pair"], (row.spec for row in found), strict=True))
    low, high = rows.SPARK_RANGE
    config = st.column_config
    return {
        "Pair": config.ButtonColumn(
            type="tertiary", alignment="left", key=_KEY, on_click=_open, args=(labelled,), width=_PAIR_PX
        ),
        "z": config.TextColumn(width=_Z_PX, help="live, by the newest trades; ◌ is stale, ○ waits for bars"),
        "path": config.LineChartColumn("60 bars", width=_SPARK_PX, y_min=low, y_max=high),
    }


def table(found: Sequence[BoardRow]) -> pd.DataFrame:
    """Pair, z with its sign, and its last bars."""
    several = len({row.spec.interval for row in found}) > 1
    return pd.DataFrame(
        [{"Pair": _short(row, several), "z": _z(row), "path": rows.path(row)} for row in found],
        columns=["Pair", "z", "path"],
    )


def _short(row: BoardRow, several: bool) -> str:
    """The legs without the quote currency that both have in common; with the interval where there are `several`."""
    y, x = str(row.spec.y), str(row.spec.x)
    common = "USDT" if y.endswith("USDT") and x.endswith("USDT") else ""
    legs = f"{y.removesuffix(common)}/{x.removesuffix(common)}"
    return f"{legs} {row.spec.interval}" if several else legs


def _z(row: BoardRow) -> str:
    """What is not live does not look like a signal."""
    if row.state is PairState.LIVE:
        return rows.signed(row.z_live)
    return rows.STATES[row.state].split()[0] + (f" {rows.signed(row.z).split()[-1]}" if row.size >= 0 else "")


def _open(shown: Sequence[tuple[str, PairSpec]]) -> None:
    """The callback: choose the pair whose button was clicked, and draw the page around anew."""
    spec = opening.clicked(_KEY, shown)
    if spec is not None:
        pair_controls.open_pair(spec)
        st.rerun(scope="app")
