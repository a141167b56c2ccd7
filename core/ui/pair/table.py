"""The numbers behind the chart, bar by bar."""

import pandas as pd
import streamlit as st

from core.pairs import PairAnalysis
from core.ui import zone
from core.ui.pair.chart import unit
from core.ui.pair_controls import PairChoice
from core.ui.zone import Zone

_ROWS = 500


def show(_choice: PairChoice, analysis: PairAnalysis) -> None:
    """The newest bars, newest first, and the way to all of them."""
    shown = zone.current()
    st.dataframe(frame(analysis, shown), hide_index=True, key="bars", height=380)
    st.caption(
        f"The newest {min(_ROWS, len(analysis.series)):,} of {len(analysis.series):,} bars, newest first. More columns and all rows are on the Features page."
    )
    st.page_link("pages/features.py", label="Features of this pair", icon=":material/table_chart:")


def frame(analysis: PairAnalysis, shown: Zone) -> pd.DataFrame:
    """A row a bar."""
    made, told = analysis.series, unit(analysis.spec)
    newest = slice(None, -_ROWS - 1, -1)
    zone_name = shown.label(int(made.times[-1]))
    return pd.DataFrame(
        {
            f"Open time, {zone_name}": shown.shifted(made.times[newest]),
            analysis.provenance.y: made.y[newest],
            analysis.provenance.x: made.x[newest],
            "Hedge": made.slope[newest],
            f"Spread, {told['unit'] or 'price'}": made.spread[newest] * told["factor"],
            "z": made.z[newest],
            "Correlation": made.correlation[newest],
        }
    )
