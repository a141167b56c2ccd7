"""What every chart has in common: a calm frame with thin lines and the scale on the right."""

from typing import Any

import plotly.graph_objects as go

from core.ui.look import Look

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
#: What the toolbar over a chart offers, and no logo.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}


def figure(look: Look, height_px: int) -> go.Figure:
    """An empty figure, `height_px` high and as wide as there is room."""
    made = go.Figure()
    made.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": look.text},
        hovermode="x unified",
        hoverlabel={"bgcolor": look.panel, "bordercolor": look.grid, "font": {"color": look.text, "family": FONT}},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"color": look.text}},
        colorway=[look.y, look.x, look.spread, look.good, look.warn, look.bad, look.z, look.down, look.up, look.faint],
        xaxis=axis(look),
        yaxis={**axis(look), "side": "right"},
    )
    return made


def axis(look: Look) -> dict[str, Any]:
    """An axis with a thin grid and without a zero line; titles and ticks make room for themselves."""
    return {
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "tickcolor": look.grid,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"color": look.faint, "size": 11}, "standoff": 8},
        "tickfont": {"color": look.faint},
    }
