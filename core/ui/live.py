"""The live chart: a component that listens to the API's stream by itself, so that no script runs for a tick."""

from hashlib import sha256
from pathlib import Path

import streamlit as st

from core.market import Interval, Symbol
from core.ui.server import ASSETS, PLOTLY_JS

HEIGHT_PX = 520
#: How many bars the chart shows until the view is changed, where the record has so many.
BARS_IN_VIEW = 160


@st.cache_resource(show_spinner=False)
def _versions() -> dict[str, str]:
    """A digest of each script, so that a browser keeps it exactly as long as it is the same."""
    return {path.name: _digest(path) for path in (PLOTLY_JS, ASSETS / "live_chart.mjs")}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]


# The script itself is fetched once and kept; this much is sent with every run of the page.
_STUB = """
export default function (component) {
  let ended = false
  let end = () => {}
  import(new URL(component.data.script, window.location.origin).href).then((chart) => {
    if (!ended) end = chart.mount(component)
  })
  return () => {
    ended = true
    end()
  }
}
"""

_COMPONENT = st.components.v2.component("desk_live_chart", js=_STUB, isolate_styles=False)


def chart(symbol: Symbol, interval: Interval) -> None:
    """Draw the live chart of `symbol`; changing symbol or interval keeps the chart's node."""
    versions = _versions()
    _COMPONENT(
        key="live_chart",
        data={
            "script": f"/assets/live_chart.mjs?v={versions['live_chart.mjs']}",
            "plotly": f"/assets/plotly.min.js?v={versions['plotly.min.js']}",
            "symbol": str(symbol),
            "interval": str(interval),
            "intervalMs": interval.us // 1000,
            "height": HEIGHT_PX,
            "barsInView": BARS_IN_VIEW,
        },
        height=HEIGHT_PX + 48,
    )
