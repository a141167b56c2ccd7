"""A rule at other levels, and on markets without a tie."""

import numpy as np
import plotly.graph_objects as go

from core.analytics.backtest.grid import Grid
from core.analytics.backtest.placebo import Placebo
from core.ui.charts import frame
from core.ui.look import Look


def heat(found: Grid, look: Look, current: tuple[float, float]) -> go.Figure:
    """Sharpe ratio a bar, times 100, of each entry and exit; a square is the robust cell, a circle the best, a cross the one chosen."""
    made = frame.figure(look, 360)
    shown = 100 * found.sharpe
    most = float(np.nanmax(np.abs(shown))) or 1.0
    exits, entries = found.exits.tolist(), found.entries.tolist()
    made.add_heatmap(
        z=shown, x=exits, y=entries, zmid=0.0, zmin=-most, zmax=most, colorscale=look.diverging, xgap=2, ygap=2,
        text=[["" if value != value else f"{value:.1f}".replace("-", "−") for value in row] for row in shown.tolist()],
        texttemplate="%{text}", textfont={"color": look.text}, customdata=np.dstack((1e4 * found.net, found.trades)), colorbar={"title": {"text": "Sharpe<br>× 100"}, "thickness": 10},
        hovertemplate="enter %{y} σ, leave %{x} σ<br>Sharpe a bar × 100: %{z:.2f}<br>net %{customdata[0]:.1f} bps, %{customdata[1]} trades<extra></extra>",
    )  # fmt: skip
    for name, (row, column), symbol in (("robust", found.robust, "square-open"), ("best", found.best, "circle-open")):
        _cell(made, name, exits[column], entries[row], symbol, look.text)
    _cell(made, "chosen", current[1], current[0], "x", look.text)
    made.update_layout(
        hovermode="closest",
        xaxis={"title": {"text": "leave within, σ"}, "dtick": 0.5},
        yaxis={"title": {"text": "enter beyond, σ"}, "side": "left"},
    )
    return made


def _cell(made: go.Figure, name: str, x: float, y: float, symbol: str, color: str) -> None:
    made.add_scatter(
        x=[x], y=[y], mode="markers", name=name, marker={"symbol": symbol, "size": 22 if symbol != "x" else 9, "color": color, "line": {"width": 2}},
        hoverinfo="skip",
    )  # fmt: skip


def chance(found: Placebo, look: Look) -> go.Figure:
    """The rule's Sharpe ratio among those of markets without a tie."""
    made = frame.figure(look, 260)
    made.add_histogram(x=100 * found.values, nbinsx=40, name="markets without a tie", marker={"color": look.faint})
    made.add_vline(
        x=100 * found.real,
        line={"color": look.warn, "width": 2},
        annotation_text=f"the rule: above {found.percentile:.0f} %",
        annotation_position="top",
    )
    made.update_layout(
        hovermode="closest",
        xaxis={"title": {"text": "Sharpe ratio a bar × 100"}},
        yaxis={"title": {"text": "markets"}},
        bargap=0.05,
    )
    return made
