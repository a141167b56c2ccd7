"""Small multiples: one scale for all, a sign beside each colour, and holes where nothing is known."""

import math

import pytest

from core.ui.charts import multiples
from core.ui.charts.multiples import Panel
from core.ui.look import DARK, LIGHT, Look

PANELS = [
    Panel(f"A{n} on B", [0.5, math.nan, 2.5 if n % 2 else -2.5], "▲ +2.50" if n % 2 else "▼ −2.50") for n in range(6)
]


@pytest.mark.parametrize("look", [DARK, LIGHT])
def test_a_panel_each_on_one_scale(look: Look) -> None:
    made = multiples.chart(PANELS, look)
    assert len(made.data) == 6
    assert {tuple(axis.range) for axis in made.select_yaxes()} == {(-4.2, 4.2)}
    assert [trace.line.color for trace in made.data] == [look.down, look.up] * 3
    assert [each.text for each in made.layout.annotations] == [f"{panel.name}  {panel.words}" for panel in PANELS]


def test_bars_count_back_from_the_last() -> None:
    (trace,) = multiples.chart(PANELS[:1], DARK).data
    assert list(trace.x) == [-2, -1, 0]
    assert math.isnan(trace.y[1])


def test_four_in_a_row() -> None:
    assert multiples.chart(PANELS, DARK).layout.height > multiples.chart(PANELS[:4], DARK).layout.height
