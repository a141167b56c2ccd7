"""The Pair page, put together."""

import streamlit as st

from core.ui import hints, pair_controls, presets
from core.ui.pair import chart, more, shortcuts, side, view
from core.ui.watch import add, rail

_HINTS = (
    "Solid lines are closed bars; the dot ● is the forming bar by the newest trades, which still moves.",
    "Point at a number to read which bars it stands on; the null lens shows beside it what pairs without any tie would show.",
    "Drag to move the chart, wheel to zoom, Shift and drag to measure. Everything you choose is in the address. Press ? for the keys.",
)
#: On a phone the columns are one: first the chart, then the numbers and the ticket, then what is behind them.
_BODY = '.st-key-pair_body [data-testid="stHorizontalBlock"]:not(.st-key-pair_more *)'
_NARROW = f"""<style>
@media (max-width: 640px) {{
  {_BODY} {{ display: flex; flex-direction: column; flex-wrap: nowrap; }}
  {_BODY} > [data-testid="stColumn"], {_BODY} > [data-testid="stColumn"] > [data-testid="stVerticalBlock"] {{ display: contents; }}
  [data-testid="stLayoutWrapper"]:has(> .st-key-pair_more) {{ order: 1; }}
}}
</style>"""


def show() -> None:
    """Controls, chart, numbers, and what is behind them; the watch-list at the left."""
    with st.sidebar:
        rail.rail()
    choice = pair_controls.pair()
    if choice is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        presets.menu()
        add.button(choice.spec)
        chart.controls()
        paused = view.controls()
    hints.show("pair", _HINTS)
    shortcuts.listen()
    st.html(_NARROW)
    with st.container(key="pair_body"):
        left, right = st.columns([2.9, 1], gap="small")
    with left:
        chart.draw(choice, paused)
        with st.container(key="pair_more"):
            more.show(choice, bool(paused))
    with right:
        (side.still if paused else side.ticking)(choice)
