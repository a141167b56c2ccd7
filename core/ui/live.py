"""The live chart: a component that listens to the API's stream by itself, so that no script runs for a tick."""

from hashlib import sha256
from pathlib import Path

import streamlit as st

from core.market import DAY_US, Interval, Symbol
from core.ui import desk
from core.ui.server import ASSETS, PLOTLY_JS
from core.ui.zone import Zone

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


def chart(symbol: Symbol, interval: Interval, scale: str, zone: Zone) -> None:
    """Draw the live chart of `symbol`; changing what is shown keeps the chart's node."""
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
            "scale": scale,
            "zone": zone.name,
            "zoneLabels": labels(zone, desk.monitor().health().now_us),
        },
        height=HEIGHT_PX + 48,
    )


def labels(zone: Zone, now_us: int) -> dict[str, str]:
    """How `zone` is called by its offset [min], in the course of the year before `now_us`: in summer and in winter."""
    moments = [now_us - month * 30 * DAY_US for month in range(13)]
    return {str(_offset_minutes(zone, each)): zone.label(each) for each in moments}


def _offset_minutes(zone: Zone, time_us: int) -> int:
    offset = zone.local(time_us).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() / 60)
