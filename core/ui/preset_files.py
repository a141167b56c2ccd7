"""Presets as files: everything of one's own in one, and the reading of one, of which nothing is written before it is looked at."""

from collections.abc import Collection, Sequence

import streamlit as st

from core.errors import BadDocument, SavedError
from core.pairs import presets
from core.pairs.presets import Imported, Preset
from core.ui import desk, pair_controls, told

_FILE = "presets.json"
#: Chosen anew after each import, so that the file that was read goes away.
_TURN = "preset_files_read"
_MOST_BYTES = 1_000_000


def show(own: Sequence[Preset], place: str) -> None:
    """Download and upload. `place` is where it is told what came of it."""
    with st.expander("Export and import", icon=":material/swap_vert:", expanded=False):
        st.download_button(
            "Export your own as JSON", presets.exported(own), _FILE, "application/json", key="preset_export",
            disabled=not own, icon=":material/download:", on_click="ignore",
            help=None if own else "none of your own yet: save one first",
        )  # fmt: skip
        turn = st.session_state.get(_TURN, 0)
        file = st.file_uploader("Import presets from a file", "json", key=f"preset_file_{turn}", max_upload_size=1)
        if file is not None:
            _look(file.getvalue(), {preset.name.casefold() for preset in own}, place)


def read(content: bytes) -> Imported:
    """What a file holds. Raise BadDocument where it is none, or holds what no control here offers."""
    if len(content) > _MOST_BYTES:
        raise BadDocument(f"the file has {len(content):,} bytes: expected at most {_MOST_BYTES:,}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDocument(f"the file is not text: {error}") from error
    return presets.imported(text)


def _look(content: bytes, known: Collection[str], place: str) -> None:
    """Tell what is in the file and what is wrong with it, and ask."""
    try:
        found = read(content)
    except SavedError as error:
        st.error(f"{error}", icon=":material/error:")
        return
    for wrong in found.wrong:
        st.error(wrong, icon=":material/error:")
    taken = [preset.name for preset in found.presets if preset.name.casefold() in known]
    for preset in found.presets:
        st.caption(f"**{preset.name}** · {preset.words}" + (" · the name is taken" if preset.name in taken else ""))
    replace = "replace" if not taken else st.radio(
        "Names that are taken", ("skip", "replace"), key="preset_taken", horizontal=True
    )  # fmt: skip
    new = [preset for preset in found.presets if replace == "replace" or preset.name not in taken]
    st.button(
        f"Import {len(new)}", key="preset_import", on_click=_write, args=(new, taken, place), disabled=not new,
        icon=":material/upload:", type="primary",
    )  # fmt: skip


def _write(new: Sequence[Preset], replacing: Collection[str], place: str) -> None:
    def work() -> str:
        desk.monitor().saved.save_presets(new, replacing)
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        lacking = [preset.name for preset in new if pair_controls.unoffered(preset.body())]
        hint = f" No control offers all of {', '.join(lacking)}: applying says what." if lacking else ""
        return f"{len(new)} imported.{hint}"

    told.attempt(place, work)
