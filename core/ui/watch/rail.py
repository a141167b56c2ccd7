"""The rail: a watch-list beside the Pair page, as narrow as can be."""

import json
from collections.abc import Sequence

import streamlit as st

from core.errors import DeskError
from core.monitor.board import BoardRow
from core.monitor.quotes import PairState
from core.pairs import Unknown
from core.ui import components, desk, look, pair_controls, zone
from core.ui.watch import lists, rows
from core.ui.zone import Zone

_KEY = "rail"
_COMPONENT = components.define("desk_rail")
_FAR = 2.0


def rail() -> None:
    """The list that is chosen, by |z|; a click opens the pair. To stand in the sidebar."""
    st.markdown("**Watch-list**", help="by |z| of the last closed bar; click a pair to open it here")
    lists.choose()
    _ticking()
    st.page_link("pages/watch.py", label="Whole board", icon=":material/visibility:")


@st.fragment(run_every=2.0)
def _ticking() -> None:
    name, shown, colors = lists.current(), zone.current(), look.current()
    try:
        encoded = desk.shared().of(("rail", name, shown), lambda: _encoded(name, shown), seconds=1.0)
    except DeskError as error:
        st.caption(f"{error}")
        return
    data = {"script": components.address("rail.mjs"), "rows": encoded, "up": colors.up, "down": colors.down}
    _COMPONENT(key=_KEY, data=data, on_open_change=_open, height="content")


def _encoded(name: str, shown: Zone) -> str:
    """The rows of the list, for all who look at it. Raise DeskError."""
    monitor = desk.monitor()
    listed = monitor.saved.watch_list(name)
    return json.dumps(table(rows.ordered(monitor.board(listed.specs), listed, "z"), shown), ensure_ascii=False)


def table(found: Sequence[BoardRow], shown: Zone) -> list[dict[str, object]]:
    """Pair, z with its sign, its last bars, and the same in words, by the full name of the pair."""
    several = len({row.spec.interval for row in found}) > 1
    return [
        {
            "name": rows.full(row.spec),
            "pair": _short(row, several),
            "z": _z(row),
            "side": _side(row),
            "path": rows.path(row),
            "told": f"{rows.full(row.spec)}: z {_z(row)}, {rows.said(row, shown)}",
        }
        for row in found
    ]


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


def _side(row: BoardRow) -> str:
    """Whether the live z-score is far from its mean, and on which side; empty where it is not, or not live."""
    z = row.z_live
    if row.state is not PairState.LIVE:
        return "old"
    return "" if isinstance(z, Unknown) or abs(z) < _FAR else "up" if z > 0 else "down"


def _open() -> None:
    """The callback: choose the pair whose row was clicked, wherever it is by now, and draw the page around anew."""
    name = st.session_state[_KEY].get("open")
    listed = desk.monitor().saved.watch_list(lists.current())
    spec = next((spec for spec in listed.specs if rows.full(spec) == name), None)
    if spec is not None:
        pair_controls.open_pair(spec)
        st.rerun(scope="app")
