"""Charts of what speaks for a pair: p-values over time, and which leg moves first."""

import numpy as np
import plotly.graph_objects as go

from core.analytics.leadlag import LeadLag
from core.pairs.over_time import CointegrationOverTime
from core.ui.charts import frame
from core.ui.look import Look
from core.ui.zone import Zone

_HEIGHT_PX = 280
#: The level that a p-value is usually held against.
_LEVEL = 0.05


def p_values(found: CointegrationOverTime, look: Look, zone: Zone) -> go.Figure:
    """The test in one window after the other; below the line it passes."""
    made = frame.figure(look, _HEIGHT_PX)
    times = zone.shifted(found.times)
    made.add_scatter(
        x=times, y=found.p_value, mode="lines", name="p, both orders", line={"color": look.z, "width": 1.5}
    )
    passed = found.p_value <= _LEVEL
    made.add_scatter(
        x=times[passed], y=found.p_value[passed], mode="markers", name="passes", marker={"color": look.good, "size": 5}
    )
    made.add_hline(
        y=_LEVEL,
        line={"color": look.warn, "width": 1, "dash": "dash"},
        annotation_text="5 %",
        annotation_position="top left",
    )
    made.update_yaxes(range=[0, 1], title_text="p-value")
    return made


def lead(found: LeadLag, names: tuple[str, str], look: Look) -> go.Figure:
    """The correlation at each lag with two errors around nothing; right of 0 x moves first."""
    made = frame.figure(look, _HEIGHT_PX)
    lags = found.lags_us / 1e6
    made.add_hrect(y0=-2 * found.error, y1=2 * found.error, fillcolor=look.faint, opacity=0.15, line_width=0)
    made.add_scatter(
        x=lags, y=found.correlation, mode="lines", name="correlation", line={"color": look.z, "width": 1.5}
    )
    best = int(np.flatnonzero(found.lags_us == found.best_lag_us)[0])
    made.add_scatter(
        x=[lags[best]],
        y=[found.correlation[best]],
        mode="markers",
        name="strongest",
        marker={"color": look.warn, "size": 9, "symbol": "diamond"},
    )
    made.update_xaxes(title_text=f"seconds that {names[1]} is ahead of {names[0]}")
    made.update_yaxes(title_text="correlation")
    return made
