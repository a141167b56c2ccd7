"""Tables of text, with a help for each column that needs one."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.ui import badges

_WIDE_PX = 560


def show(
    table: pd.DataFrame, key: str, told: Mapping[str, str], grade: str | None = None, wide: str | None = None
) -> None:
    """Draw `table`. `told` explains its columns; `grade` is the one in the colours of the grades, `wide` the one for long words."""
    shown = table.style.map(lambda cell: badges.ground(str(cell)), subset=[grade]) if grade and len(table) else table
    columns = {
        name: st.column_config.Column(help=words, width=_WIDE_PX if name == wide else None)
        for name, words in told.items()
    }
    st.dataframe(shown, hide_index=True, key=key, column_config=columns)
