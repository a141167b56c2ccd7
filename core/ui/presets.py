"""The presets' menu: apply one, keep what is chosen under a name, change one's own, and files of them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.analytics.backtest.signals import Levels
from core.errors import BadName, DeskError
from core.market import Symbol
from core.pairs import PairSpec
from core.pairs.presets import BUILT_IN, DEFAULT, Preset
from core.ui import desk, pair_controls, preset_files, told

#: Where the menu tells what came of a click.
PLACE = "presets"
_OWN_SETTINGS = "own settings"
_LEGS = ("y", "x")


def menu() -> None:
    """The presets in a popover that names the one chosen, to stand in the row of the pair's controls."""
    try:
        saved = desk.monitor().saved.presets()
    except DeskError as error:
        st.caption(f"Presets cannot be read: {error}")
        return
    here = current((*BUILT_IN, *saved.own))
    label = _OWN_SETTINGS if here is None else here.name
    with st.popover(label, icon=":material/bookmarks:", key="presets", help="named settings, saved on this desk"):
        told.show(PLACE)
        with st.container():  # what is in it may change: what comes after keeps its place, and what was typed there
            _offer("Always there", BUILT_IN, here)
            _offer("Your own", saved.own, here)
            for name, why in saved.unreadable:
                st.warning(f"{name} cannot be read: {why}", icon=":material/error:")
        _save(saved.own)
        with st.container():
            _change([*(preset.name for preset in saved.own), *(name for name, _ in saved.unreadable)], here)
        preset_files.show(saved.own, PLACE)


def current(known: Sequence[Preset]) -> Preset | None:
    """The first of `known` that equals what is chosen; None where none does, or what is chosen cannot be."""
    try:
        spec, levels = _choice()
    except DeskError:
        return None
    return next((preset for preset in known if preset.same(spec, levels)), None)


def values(preset: Preset) -> dict[str, Any]:
    """What the controls show of a preset, by name."""
    shown = pair_controls.widgets(preset.of_legs(Symbol("Y"), Symbol("X")))
    levels = {name: getattr(preset.levels, name) for name in ("entry", "exit", "stop")}
    return {name: value for name, value in {**shown, **levels}.items() if name not in _LEGS}


def _choice() -> tuple[PairSpec, Levels]:
    """What is chosen, of any legs. Raise DeskError where it cannot be."""
    spec, _ = pair_controls.read(
        {name: pair_controls.chosen(name) for name in pair_controls.KEYS} | {"y": "Y", "x": "X"}
    )
    return spec, Levels(*(pair_controls.chosen(name) for name in ("entry", "exit", "stop")))


def _offer(title: str, known: Sequence[Preset], here: Preset | None) -> None:
    """A button each."""
    if not known:
        return
    st.caption(title)
    with st.container(horizontal=True, gap="small"):
        for preset in known:
            st.button(
                preset.name, key=f"preset {preset.name}", help=preset.words, on_click=_apply, args=(preset,),
                icon=":material/check:" if here == preset else None,
                type="primary" if here == preset else "secondary",
            )  # fmt: skip


def _apply(preset: Preset) -> None:
    found = values(preset)
    lacking = pair_controls.unoffered(found)
    if not told.attempt(PLACE, lambda: _refuse(f"{preset.name}: {lacking}") if lacking else None):
        return
    pair_controls.apply(found)


def _refuse(words: str) -> None:
    raise BadName(words)


def _save(own: Sequence[Preset]) -> None:
    """Keep what is chosen; a name that is there already is asked about."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input("Save what is chosen as", key="preset_name", max_chars=40, placeholder="a name", width=190)
        taken = any(preset.name.casefold() == (name or "").strip().casefold() for preset in own)
        st.button(
            "Replace" if taken else "Save", key="preset_save", on_click=_keep, args=(taken,), disabled=not name,
            icon=":material/save:", help="replaces the one of this name" if taken else None,
        )  # fmt: skip


def _keep(replacing: bool) -> None:
    def work() -> str:
        preset = Preset.of(st.session_state["preset_name"], *_choice())
        desk.monitor().saved.save_preset(preset, replacing)
        st.session_state["preset_name"] = ""
        return f"{preset.name} is saved."

    told.attempt(PLACE, work)


def _change(names: Sequence[str], here: Preset | None) -> None:
    """Rename, duplicate or delete one's own; and back to the default."""
    if names:
        st.selectbox("One of your own", names, key="preset_own", width=190)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(
                "New name", key="preset_new_name", max_chars=40, placeholder="for rename, duplicate", width=190
            )
            new = not st.session_state.get("preset_new_name")
            st.button("Rename", key="preset_rename", on_click=_rename, disabled=new)
            st.button("Duplicate", key="preset_duplicate", on_click=_duplicate, disabled=new)
            st.button("Delete", key="preset_delete", on_click=_delete, icon=":material/delete:")
    st.button(
        f"Back to the default, {DEFAULT.name}", key="preset_reset", on_click=_apply, args=(DEFAULT,),
        icon=":material/restart_alt:", disabled=here == DEFAULT, type="tertiary",
    )  # fmt: skip


def _rename() -> None:
    def work() -> str:
        old = st.session_state["preset_own"]
        name = desk.monitor().saved.rename_preset(old, st.session_state["preset_new_name"])
        st.session_state["preset_own"], st.session_state["preset_new_name"] = name, ""
        return f"{old} is {name} now."

    told.attempt(PLACE, work)


def _duplicate() -> None:
    def work() -> str:
        saved, old = desk.monitor().saved, st.session_state["preset_own"]
        found = next((preset for preset in saved.presets().own if preset.name == old), None)
        if found is None:
            raise BadName(f"there is no preset {old!r} that can be read")
        preset = Preset.of(st.session_state["preset_new_name"], found.spec, found.levels)
        saved.save_preset(preset)
        st.session_state["preset_new_name"] = ""
        return f"{preset.name} is a copy of {old}."

    told.attempt(PLACE, work)


def _delete() -> None:
    def work() -> str:
        name = st.session_state["preset_own"]
        desk.monitor().saved.delete_preset(name)
        return f"{name} is deleted."

    told.attempt(PLACE, work)
