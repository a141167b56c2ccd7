"""What a callback has to say, told by the page that is drawn after it."""

from collections.abc import Callable

import streamlit as st

from core.errors import DeskError

_KEY = "told"


def attempt(place: str, work: Callable[[], str | None]) -> bool:
    """Do `work`, in a callback; keep what it says, or why it failed, for `show` of the same `place`. Whether it succeeded."""
    said = st.session_state.setdefault(_KEY, {})
    try:
        said[place] = ("done", work())
    except (DeskError, TimeoutError) as error:
        said[place] = ("failed", str(error) or "the database does not answer: try again")
        return False
    return True


def show(place: str) -> None:
    """Tell it, once. Its place stays, so that nothing after it is taken for something else when the words go."""
    kind, words = st.session_state.get(_KEY, {}).pop(place, ("", None))
    with st.container():
        if words and kind == "failed":
            st.error(words, icon=":material/error:")
        elif words:
            st.success(words, icon=":material/check_circle:")
