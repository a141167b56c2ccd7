"""Small multiples: the z-scores of several pairs side by side, all on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.ui.charts import frame
from core.ui.look import Look

_COLUMNS = 4
_ROW_PX = 130
_EXTENT = 4.2
_FAR = 2.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair: its name, its z-scores, the oldest first (NaN: none), and the last one in words, with its sign."""

    name: str
    z: Sequence[float]
    words: str


def chart(panels: Sequence[Panel], look: Look) -> go.Figure:
    """A panel each, four in a row; the fill up to 0 is in the colour of the last value's side."""
    columns = min(len(panels), _COLUMNS)
    lines = -(-len(panels) // columns)
    height = 40 + _ROW_PX * lines
    made = frame.figure(look, height)
    made.set_subplots(
        lines, columns, shared_yaxes=True, horizontal_spacing=0.02, vertical_spacing=min(0.35, 34 / height),
        subplot_titles=[f"{panel.name}  {panel.words}" for panel in panels],
    )  # fmt: skip
    for place, panel in enumerate(panels):
        _draw(made, panel, look, place // columns + 1, place % columns + 1)
    made.update_annotations(font={"size": 11, "color": look.text})
    made.update_xaxes(showticklabels=False, ticks="", showgrid=False, zeroline=False, linecolor=look.grid)
    made.update_yaxes(
        range=[-_EXTENT, _EXTENT], tickvals=[-_FAR, 0, _FAR], tickfont={"color": look.faint, "size": 10},
        gridcolor=look.grid, griddash="dot", zeroline=True, zerolinecolor=look.faint, side="left",
    )  # fmt: skip
    made.update_layout(showlegend=False, hovermode="closest")
    return made


def _draw(made: go.Figure, panel: Panel, look: Look, line: int, column: int) -> None:
    values = np.asarray(panel.z, dtype=np.float64)
    last = values[~np.isnan(values)][-1:]
    color = look.up if len(last) and last[0] > 0 else look.down
    made.add_trace(
        go.Scatter(
            x=np.arange(1 - len(values), 1), y=values, mode="lines", name=panel.name, line={"color": color, "width": 1.4},
            fill="tozeroy", hovertemplate="%{y:+.2f} σ, %{x} bars<extra></extra>",
        ),
        row=line,
        col=column,
    )  # fmt: skip
