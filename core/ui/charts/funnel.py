"""How a funnel narrows: what each stage asks, how many are left, and how many chance alone would leave."""

import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from core.analytics.funnel import NOT_ASKED, Stage
from core.ui.charts import frame
from core.ui.look import Look

_ROW_PX = 58
_LETTERS = 54


def funnel(stages: Sequence[Stage], pairs: int, chance: float, look: Look) -> go.Figure:
    """A bar for all `pairs` and one for each of `stages` that asks something; its words stand above it.

    `chance` is how many would pass the tests by themselves: a mark on the bar of cointegration.
    """
    rows = [("all pairs", "", pairs, 0)]
    rows += [(named(each), each.rule, each.survived, each.entered - each.survived) for each in asked(stages)]
    names, _, left, fell = (list(column) for column in zip(*rows, strict=True))
    made = frame.figure(look, 36 + _ROW_PX * len(rows))
    made.add_bar(
        y=names, x=left, orientation="h", width=0.34, marker={"color": look.z}, showlegend=False, customdata=fell,
        hovertemplate="%{y}: %{x:,} left, %{customdata:,} fell<extra></extra>",
    )  # fmt: skip
    _by_chance(made, "cointegration" in names, chance, look)
    for name, rule, count, lost in rows:
        _words(made, name, rule, look)
        _count(made, name, count, lost, max(count, chance) if name == "cointegration" else count, look)
    made.update_layout(
        hovermode="closest",
        margin={"t": 34},
        xaxis={"range": [0, 1.25 * max(pairs, 1)], "visible": False},
        yaxis={"autorange": False, "range": [len(rows) - 0.6, -0.8], "visible": False},
    )
    return made


def asked(stages: Sequence[Stage]) -> list[Stage]:
    """Those that ask something."""
    return [each for each in stages if each.rule != NOT_ASKED]


def named(stage: Stage) -> str:
    return stage.name.replace("_", "-")


def _by_chance(made: go.Figure, tested: bool, chance: float, look: Look) -> None:
    if tested:
        made.add_scatter(
            x=[chance], y=["cointegration"], mode="markers", name=f"by chance alone, before adjustment: about {chance:.1f}",
            marker={"symbol": "diamond", "size": 11, "color": look.warn, "line": {"width": 1, "color": look.background}},
            hovertemplate="%{fullData.name}<extra></extra>",
        )  # fmt: skip


def _count(made: go.Figure, name: str, left: int, fell: int, after: float, look: Look) -> None:
    words = f"<b>{left:,}</b>" + (f"  {fell:,} fell" if fell else "")
    made.add_annotation(
        x=after, y=name, text=words, showarrow=False, xanchor="left", xshift=10, font={"size": 12, "color": look.text}
    )


def _words(made: go.Figure, name: str, rule: str, look: Look) -> None:
    lines = textwrap.wrap(f"{name}: {rule}" if rule else name, _LETTERS)
    made.add_annotation(
        x=0, y=name, xref="x", yref="y", text="<br>".join(lines).replace(name, f"<b>{name}</b>", 1), showarrow=False, align="left",
        xanchor="left", yanchor="bottom", yshift=9, font={"size": 11, "color": look.text},
    )  # fmt: skip
