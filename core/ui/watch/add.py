"""The button that puts the pair shown on a watch-list, or takes it off."""

import streamlit as st

from core.errors import DeskError
from core.pairs import PairSpec
from core.ui import desk, told
from core.ui.watch import lists

_PLACE = "watch"


def button(spec: PairSpec) -> None:
    """Whether the pair with these parameters is on the list that is chosen, as a button that changes it."""
    name = lists.current()
    try:
        there = spec in desk.monitor().saved.watch_list(name)
    except DeskError as error:
        st.button("Watch", key="watch", icon=":material/visibility:", disabled=True, help=f"{error}")
        return
    st.button(
        "Watched" if there else "Watch", key="watch", on_click=_change, args=(name, spec, there),
        icon=":material/visibility:" if there else ":material/visibility_off:",
        help=f"{'takes this pair off' if there else 'puts this pair with these parameters on'} the watch-list {name!r}",
    )  # fmt: skip
    told.show(_PLACE)


def _change(name: str, spec: PairSpec, there: bool) -> None:
    def work() -> None:
        saved = desk.monitor().saved
        saved.change_list(name, lambda listed: listed.without(spec) if there else listed.added(spec))

    told.attempt(_PLACE, work)
