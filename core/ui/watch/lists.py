"""Which watch-list is looked at, and what its owner does to it."""

from collections.abc import Callable

import streamlit as st

from core.errors import BadName, DeskError
from core.market import Symbol
from core.pairs import watchlist
from core.pairs.presets import BUILT_IN, Preset
from core.pairs.watchlist import WatchList
from core.ui import desk, told
from core.ui.watch import opening, rows

_KEY = "list"
_PLACE = "lists"


def current() -> str:
    """The name of the list that is chosen."""
    return str(st.session_state.get(_KEY) or watchlist.DEFAULT)


def choose() -> None:
    """The control that chooses a list; none where there is but one."""
    try:
        names = desk.monitor().saved.lists()
    except DeskError as error:
        st.error(f"The watch-lists cannot be read: {error}", icon=":material/error:")
        return
    if len(names) > 1 or current() != names[0]:
        st.selectbox("List", names, key=_KEY, bind="query-params", width=150, label_visibility="collapsed")


def edit(listed: WatchList | None) -> None:
    """Everything that changes a list, in popovers. None where the list that is chosen cannot be read."""
    with st.container(horizontal=True, gap="small", width="content"):
        if listed is not None:
            with st.popover("Add", icon=":material/add:", key="list_add", help="a pair, with a preset's parameters"):
                _add(listed)
            with st.popover("Edit", icon=":material/edit:", key="list_edit", help="open, star, move and remove pairs"):
                _edit(listed)
        with st.popover("Lists", icon=":material/lists:", key="list_lists", help="begin another list, delete this one"):
            _lists()
    told.show(_PLACE)


def _add(listed: WatchList) -> None:
    symbols = [str(symbol) for symbol in desk.monitor().symbols()]
    presets = {preset.name: preset for preset in (*BUILT_IN, *desk.monitor().saved.presets().own)}
    y = st.selectbox("y, the leg that is explained", symbols, index=min(1, len(symbols) - 1), key="list_y")
    x = st.selectbox("x, the leg that explains it", symbols, key="list_x")
    preset = st.selectbox("Parameters of", list(presets), index=1, key="list_preset")
    if preset and y and x:
        st.caption(presets[preset].words)
        st.button(
            "Add the pair", key="list_add_pair", on_click=_put, args=(listed.name, y, x, presets[preset]), type="primary",
            disabled=y == x, help="a pair needs two symbols" if y == x else None,
        )  # fmt: skip


def _edit(listed: WatchList) -> None:
    """One pair, chosen by name: what a mouse does to a row the keyboard does here."""
    if not listed.pairs:
        st.caption("The list is empty.")
        return
    named = {rows.full(each.spec): each for each in listed.pairs}
    each = named[st.selectbox("Pair", list(named), key="list_pair") or next(iter(named))]
    spec, name, star = each.spec, listed.name, not each.starred
    with st.container(horizontal=True, gap="small"):
        if st.button("Open", key="list_open", icon=":material/open_in_new:", help="on the Pair page"):
            st.switch_page(opening.PAGE, query_params=opening.address(spec))
        _button("Star" if star else "Unstar", "star", name, lambda found: found.starred(spec, star))
        _button("Up", "arrow_upward", name, lambda found: found.moved(spec, -1))
        _button("Down", "arrow_downward", name, lambda found: found.moved(spec, 1))
        _button("Remove", "delete", name, lambda found: found.without(spec))
    st.caption("Up and down change the order that “own” sorts by.")


def _button(label: str, icon: str, name: str, change: Callable[[WatchList], WatchList]) -> None:
    key = f"list_{'star' if icon == 'star' else label.lower()}"
    st.button(label, key=key, icon=f":material/{icon}:", on_click=_change, args=(name, change))


def _lists() -> None:
    st.text_input("Begin a new list", key="list_new_name", max_chars=40, placeholder="its name")
    st.button("Begin", key="list_new", on_click=_new, disabled=not st.session_state.get("list_new_name"))
    name = current()
    first = name == watchlist.DEFAULT
    st.button(
        f"Put {name!r} back to its first pairs" if first else f"Delete the list {name!r}", key="list_delete",
        on_click=_delete, args=(name,), icon=":material/restart_alt:" if first else ":material/delete:",
    )  # fmt: skip


def _put(name: str, y: str, x: str, preset: Preset) -> None:
    def work() -> str:
        spec = preset.of_legs(Symbol.parse(y), Symbol.parse(x))
        before = spec in desk.monitor().saved.watch_list(name)
        desk.monitor().saved.change_list(name, lambda found: found.added(spec))
        return f"{rows.full(spec)} {'was there already' if before else 'is added'}."

    told.attempt(_PLACE, work)


def _change(name: str, change: Callable[[WatchList], WatchList]) -> None:
    def work() -> None:
        desk.monitor().saved.change_list(name, change)

    told.attempt(_PLACE, work)


def _new() -> None:
    def work() -> str:
        name = desk.monitor().saved.new_list(st.session_state["list_new_name"])
        st.session_state[_KEY], st.session_state["list_new_name"] = name, ""
        return f"The list {name!r} is empty: add pairs."

    told.attempt(_PLACE, work)


def _delete(name: str) -> None:
    def work() -> str:
        try:
            desk.monitor().saved.delete_list(name)
        except BadName:
            if name != watchlist.DEFAULT:
                raise
            return f"{name!r} has its first pairs."
        st.session_state[_KEY] = watchlist.DEFAULT
        return f"{name!r} has its first pairs again." if name == watchlist.DEFAULT else f"{name!r} is deleted."

    told.attempt(_PLACE, work)
