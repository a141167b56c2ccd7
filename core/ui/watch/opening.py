"""From a row to its pair."""

from collections.abc import Sequence

import streamlit as st

from core.pairs import PairSpec
from core.ui import pair_controls

PAGE = "pages/pair.py"


def address(spec: PairSpec) -> dict[str, str]:
    """The Pair page's query of `spec`, without what is the default there."""
    shown = pair_controls.widgets(spec)
    return {
        pair_controls.KEYS[name]: str(value)
        for name, value in shown.items()
        if value != pair_controls.DEFAULTS.get(name)
    }


def found(row: int, label: str, shown: Sequence[tuple[str, PairSpec]]) -> PairSpec | None:
    """The pair of the row that says `label`: rows may have changed places since they were `shown` to whoever clicked."""
    if row < len(shown) and shown[row][0] == label:
        return shown[row][1]
    return next((spec for name, spec in shown if name == label), None)


def clicked(key: str, shown: Sequence[tuple[str, PairSpec]]) -> PairSpec | None:
    """The pair whose button of the column `key` was clicked; inside the callback."""
    click = st.session_state[key]
    return found(click["row"], click["label"], shown)


def go(key: str, shown: Sequence[tuple[str, PairSpec]]) -> None:
    """The callback of a column of buttons: leave for the pair that was clicked, before anything of this page is drawn anew."""
    spec = clicked(key, shown)
    if spec is not None:
        st.switch_page(PAGE, query_params=address(spec))
