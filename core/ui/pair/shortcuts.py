"""Keys of the Pair page, and the sheet that lists them."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.ui import components, pair_controls
from core.ui.pair import view
from core.ui.pair_controls import INTERVALS, WINDOWS

_COMPONENT = components.define("desk_shortcuts")
_STEP = 10
_ANSWERED = "keys_answered"


def listen() -> None:
    """Listen to the keys; one that is pressed is followed before the page is drawn. Draw this after the controls that keys change."""
    answered = st.session_state.get(_ANSWERED, 0)
    data = {"script": components.address("shortcuts.mjs"), "keys": [*_ACTIONS], "answered": answered}
    _COMPONENT(key="keys", data=data, on_key_change=_pressed, height=1)
    if st.session_state.pop("sheet", False):
        _sheet()


def _pressed() -> None:
    key = st.session_state["keys"].get("key")
    st.session_state[_ANSWERED] = st.session_state.get(_ANSWERED, 0) + 1
    if key in _ACTIONS:
        _ACTIONS[key][1]()


@st.dialog("Keyboard")
def _sheet() -> None:
    known = [(_NAMES.get(key, key.upper()), words) for key, (words, _) in _ACTIONS.items()]
    lines = [f"| `{key}` | {words} |" for key, words in (*known, *_ELSEWHERE)]
    st.markdown("\n".join(["| Key | What it does |", "|---|---|", *lines]))


_NAMES = {" ": "Space"}
#: What the chart and the browser see to by themselves.
_ELSEWHERE = (
    ("R", "look at the newest bars again"),
    ("/", "search a pair"),
    ("Shift", "and drag over the chart: measure"),
    ("Tab", "go to the next control or number; what it stands on is shown"),
)


def _interval(interval: str) -> Callable[[], None]:
    return lambda: pair_controls.apply({"interval": interval})


def _window(step: int) -> Callable[[], None]:
    def change() -> None:
        low, high, _ = WINDOWS
        pair_controls.apply({"window": min(max(pair_controls.chosen("window") + step, low), high)})

    return change


def _scale(scale: str) -> Callable[[], None]:
    def change() -> None:
        st.session_state["scale"] = "indexed" if st.session_state.get("scale") == scale else scale

    return change


def _show_sheet() -> None:
    st.session_state["sheet"] = True


#: What a key does: in words, and what to call.
_ACTIONS: Mapping[str, tuple[str, Callable[[], None]]] = {
    **{str(number): (f"bars of {interval}", _interval(interval)) for number, interval in enumerate(INTERVALS, 1)},
    "[": ("a shorter window", _window(-_STEP)),
    "]": ("a longer window", _window(_STEP)),
    "i": ("swap y and x", pair_controls.swap),
    "l": ("logarithmic scale, and back", _scale("log")),
    "p": ("percent, and back", _scale("percent")),
    " ": ("hold the view still, and go on", view.pause),
    "?": ("this sheet", _show_sheet),
}
