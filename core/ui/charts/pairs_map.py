"""Symbols by symbols: a number of each pair as a colour, and the number itself where there is room; and how a funnel narrows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.analytics.funnel import Stage
from core.market import Floats, Ints
from core.ui.charts import frame
from core.ui.look import Look

#: With more symbols the numbers in the cells cannot be read.
_MOST_NUMBERED = 16
_CELL_PX = 34


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What colours the cells and what stands in them, shape (pairs,) each; NaN and empty where nothing is known.

    `centred` colours are around 0, from -1 to 1. `told` is a sentence for below the map.
    """

    values: Floats
    texts: list[str]
    title: str
    centred: bool
    told: str


def heat(symbols: Sequence[str], first: Ints, second: Ints, drawn: Drawn, look: Look) -> go.Figure:
    """A cell for each of the pairs (first, second), numbers of `symbols`, shape (pairs,), on both sides of the diagonal."""
    n = len(symbols)
    table, texts = np.full((n, n), np.nan), np.full((n, n), "", dtype=object)
    table[first, second] = table[second, first] = drawn.values
    texts[first, second] = texts[second, first] = drawn.texts
    around = {"zmid": 0.0, "zmin": -1.0, "zmax": 1.0, "colorscale": look.diverging}
    made = frame.figure(look, max(300, 90 + _CELL_PX * n))
    made.add_heatmap(
        z=table, x=list(symbols), y=list(symbols), xgap=2, ygap=2, text=texts.tolist(),
        texttemplate="%{text}" if n <= _MOST_NUMBERED else None, colorbar={"title": {"text": drawn.title}, "thickness": 10},
        hovertemplate="%{y} and %{x}: %{text}<extra></extra>", **(around if drawn.centred else {"colorscale": look.rising}),
    )  # fmt: skip
    made.update_layout(
        hovermode="closest",
        yaxis={"autorange": "reversed", "side": "left"},
        xaxis={"side": "bottom", "tickangle": -45 if n > 6 else 0},
    )
    return made


def funnel(stages: Sequence[Stage], pairs: int, look: Look) -> go.Figure:
    """How many pairs are left after each stage."""
    made = frame.figure(look, 60 + 34 * (len(stages) + 1))
    names = ["all pairs", *(stage.name.replace("_", "-") for stage in stages)]
    left = [pairs, *(stage.survived for stage in stages)]
    made.add_bar(
        y=names, x=left, orientation="h", marker={"color": look.z}, text=[f"{count:,}" for count in left], textposition="outside", cliponaxis=False,
        hovertext=["", *(stage.rule for stage in stages)], hovertemplate="%{y}: %{x:,}<br>%{hovertext}<extra></extra>",
    )  # fmt: skip
    made.update_layout(
        hovermode="closest",
        showlegend=False,
        xaxis={"range": [0, 1.12 * max(pairs, 1)], "title": {"text": "pairs left"}},
        yaxis={"autorange": "reversed", "side": "left"},
    )
    return made
