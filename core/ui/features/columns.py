"""Which columns and how many rows: all of it in the address."""

from dataclasses import dataclass

import streamlit as st

from core.pairs.features import FEATURES, NAMES

MARKS = "marks"
#: Every column that may be chosen, by the names of the address and of the file, in the order of the table.
COLUMNS = (*NAMES, MARKS)
USUAL = ("y", "x", "hedge", "spread", "z", "corr", "vol_y", "vol_x", "trades_y", "trades_x", "flow_y", "flow_x", MARKS)
GROUPS = tuple(dict.fromkeys(feature.group for feature in FEATURES))
ROWS = ("60", "240", "1000", "5000")
_KEY = "cols"


@dataclass(frozen=True, slots=True)
class Shown:
    """The columns by name, in the order of the table; the newest `rows` bars; and whether the table goes on with the market."""

    columns: tuple[str, ...]
    rows: int
    follows: bool


def choose() -> Shown:
    """Draw the choosers."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        rows = st.segmented_control(
            "Newest bars", ROWS, default="240", required=True, key="rows", bind="query-params",
            help="how many confirmed bars the table shows, the newest on top",
        )  # fmt: skip
        names = _columns()
        follows = st.toggle(
            "Follow", value=True, key="follow", bind="query-params",
            help="on: new bars come in as they close; off: the table stands still",
        )  # fmt: skip
    return Shown(names, int(rows or ROWS[1]), follows)


def _columns() -> tuple[str, ...]:
    with st.popover("Columns", icon=":material/view_column:", help=f"which of the {len(COLUMNS)} to show"):
        with st.container(horizontal=True, gap="small"):
            st.button("All", key="cols_all", on_click=_choose, args=(COLUMNS,), type="tertiary")
            st.button("Usual", key="cols_usual", on_click=_choose, args=(USUAL,), type="tertiary")
            for group in GROUPS:
                st.button(
                    group.capitalize(), key=f"cols_{group}", on_click=_choose, args=(of_group(group),), type="tertiary",
                    help=f"only the columns of {group}",
                )  # fmt: skip
        found = st.pills(
            "Columns", COLUMNS, selection_mode="multi", default=USUAL, key=_KEY, bind="query-params",
            label_visibility="collapsed", help="the time is always there",
        )  # fmt: skip
    return tuple(name for name in COLUMNS if name in found)


def of_group(group: str) -> tuple[str, ...]:
    """The columns of one group, with the marks."""
    return (*(feature.name for feature in FEATURES if feature.group == group), MARKS)


def _choose(names: tuple[str, ...]) -> None:
    st.session_state[_KEY] = list(names)
