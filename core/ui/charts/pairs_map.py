"""Symbols by symbols: a number of each pair as a colour, and the number itself where there is room. A click on a cell is a click on its pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core.market import Floats, Ints
from core.ui.charts import frame
from core.ui.look import Look

#: With more symbols the numbers in the cells cannot be read.
MOST_NUMBERED = 20
#: With more symbols the cells are too small to be clicked, and too many to be drawn one by one.
MOST_CLICKED = 60
_CELL_PX, _MOST_PX = 34, 900


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What colours the cells and what stands in them, shape (pairs,) each; NaN and empty where nothing is known.

    The colours go from `low` to `high` of `values`; `centred` ones are around the middle, of two hues. `ticks` are the places of the
    legend with their words, `full` a pair's number in words. `told` is a sentence for below the map.
    """

    values: Floats
    texts: Sequence[str]
    full: Sequence[str]
    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    centred: bool
    told: str


def heat(symbols: Sequence[str], first: Ints, second: Ints, drawn: Drawn, look: Look) -> go.Figure:
    """A cell for each of the pairs (first, second), numbers of `symbols`, shape (pairs,), on both sides of the diagonal.

    The points on the cells carry the pair's place in `first` as `customdata`.
    """
    n = len(symbols)
    table = np.full((n, n), np.nan)
    table[first, second] = table[second, first] = drawn.values
    made = frame.figure(look, min(120 + _CELL_PX * n, _MOST_PX))
    scale = look.diverging if drawn.centred else look.rising
    made.add_heatmap(
        z=table, x=list(symbols), y=list(symbols), xgap=2, ygap=2, zmin=drawn.low, zmax=drawn.high, colorscale=scale,
        hoverinfo="skip" if n <= MOST_CLICKED else "x+y", colorbar=_legend(drawn, look),
    )  # fmt: skip
    if n <= MOST_CLICKED:
        _cells(made, symbols, (first, second), drawn, scale, look)
    made.update_layout(
        hovermode="closest",
        hoverdistance=60,
        showlegend=False,
        margin={"t": 44},
        yaxis={"range": [n - 0.5, -0.5], "side": "left", "showgrid": False},
        xaxis={"range": [-0.5, n - 0.5], "side": "bottom", "tickangle": -45 if n > 6 else 0, "showgrid": False},
    )
    return made


def _legend(drawn: Drawn, look: Look) -> dict[str, object]:
    places, words = zip(*drawn.ticks, strict=True)
    return {
        "title": {"text": drawn.title, "side": "top", "font": {"color": look.faint, "size": 11}},
        "orientation": "h", "thickness": 8, "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "len": 0.9,
        "tickvals": list(places), "ticktext": list(words), "tickangle": 0, "tickfont": {"color": look.faint, "size": 10}, "outlinewidth": 0,
    }  # fmt: skip


def _cells(
    made: go.Figure, symbols: Sequence[str], legs: tuple[Ints, Ints], drawn: Drawn, scale: list[tuple[float, str]], look: Look
) -> None:  # fmt: skip
    """The numbers, each in the ink that can be read on its cell, and what a click takes hold of."""
    places = np.concatenate(legs), np.concatenate(legs[::-1])
    numbers = np.tile(np.arange(len(legs[0])), 2)
    colors = [ink(shade(value, drawn, scale), look) for value in drawn.values.tolist()]
    made.add_scatter(
        x=[symbols[place] for place in places[0]], y=[symbols[place] for place in places[1]], customdata=numbers, mode="markers+text",
        marker={"symbol": "square", "size": 20, "color": "rgba(0,0,0,0)"}, textposition="middle center",
        text=[drawn.texts[number] for number in numbers] if len(symbols) <= MOST_NUMBERED else None,
        textfont={"size": 10, "color": [colors[number] for number in numbers]}, hovertext=[drawn.full[number] for number in numbers],
        hovertemplate="%{y} and %{x}<br>%{hovertext}<extra></extra>", selected={"textfont": {"color": look.text}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def shade(value: float, drawn: Drawn, scale: list[tuple[float, str]]) -> tuple[float, float, float]:
    """The colour of a cell as red, green and blue from 0 to 1, as the heat map blends it; NaN: that of nothing."""
    share = 0.0 if value != value else min(max((value - drawn.low) / (drawn.high - drawn.low), 0.0), 1.0)
    (left, one), (right, other) = next(pair for pair in pairwise(scale) if share <= pair[1][0])
    weight = (share - left) / (right - left)
    return tuple((1 - weight) * a + weight * b for a, b in zip(_parts(one), _parts(other), strict=True))  # type: ignore[return-value]


def ink(color: tuple[float, float, float], look: Look) -> str:
    """The darkest or the brightest of the look, whichever stands out more on `color`."""
    under = luminance(color)

    def contrast(hexadecimal: str) -> float:
        dark, bright = sorted((under, luminance(_parts(hexadecimal))))
        return (bright + 0.05) / (dark + 0.05)

    return max((look.text, look.background), key=contrast)


def luminance(color: tuple[float, float, float]) -> float:
    """The relative luminance of red, green and blue from 0 to 1 (WCAG 2.2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(hexadecimal: str) -> tuple[float, float, float]:
    red, green, blue = (int(hexadecimal[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
