"""The pair's live chart, and what of it is in the address: scale, panes, and a range that was looked at."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.api.encode_pair import topic
from core.errors import DeskError
from core.health import Health
from core.market import Symbol
from core.pairs import PairSpec
from core.ui import components, desk, zone
from core.ui.live import labels
from core.ui.pair_controls import PairChoice

SCALES = ("indexed", "percent", "linear", "log")
PANES = ("correlation", "volume")
_BARS_IN_VIEW = 360
_PANE_PX = {"price": 190, "spread": 130, "z": 160, "correlation": 70, "volume": 70}
_STAMP = "%Y%m%dT%H%M%S"

_COMPONENT = components.define("desk_pair_chart")


def controls() -> None:
    """How the chart is drawn."""
    st.segmented_control(
        "Scale", SCALES, default="indexed", required=True, key="scale", bind="query-params", label_visibility="collapsed",
        help="of the prices: both from 100 or 0 % at the first bar in view, or each on its own axis",
    )  # fmt: skip
    st.pills(
        "Panes", PANES, selection_mode="multi", default=list(PANES), key="panes", bind="query-params",
        label_visibility="collapsed", help="what is drawn below the z-score",
    )  # fmt: skip


def draw(choice: PairChoice, paused: str) -> None:
    """The chart of the pair; whatever changes, its node stays."""
    panes = [pane for pane in PANES if pane in (st.session_state.get("panes") or ())]
    height = sum(_PANE_PX[name] for name in ("price", "spread", "z", *panes)) + 30
    _COMPONENT(
        key="pair_chart",
        data=_data(choice, panes, height) | {"paused": paused},
        default={"view": None},
        on_view_change=_moved,
        height="content",
    )
    with suppress(DeskError):  # which the chart is told when it asks
        desk.monitor().charted(choice.spec)  # while the browser makes ready to ask


def _data(choice: PairChoice, panes: list[str], height: int) -> dict[str, Any]:
    spec, health, shown = choice.spec, desk.monitor().health(), zone.current()
    return {
        "script": components.address("pair_chart.mjs"),
        "plotly": components.address("plotly.min.js"),
        "series": _series(spec),
        "topic": topic(spec),
        "y": str(spec.y),
        "x": str(spec.x),
        "interval": str(spec.interval),
        "intervalMs": spec.interval.us // 1000,
        "height": height,
        "barsInView": _BARS_IN_VIEW,
        "scale": st.session_state.get("scale") or SCALES[0],
        "panes": panes,
        "levels": {"entry": choice.levels.entry, "exit": choice.levels.exit, "stop": choice.levels.stop},
        "spread": unit(spec),
        "decimals": {"y": _decimals(health, spec.y), "x": _decimals(health, spec.x)},
        "zone": shown.name,
        "zoneLabels": labels(shown, health.now_us),
        "range": _range(),
    }


def _series(spec: PairSpec) -> str:
    query = {name: text for name, text in spec.brief().items() if name not in ("y", "x")}
    return f"/api/v1/pairs/{spec.y}/{spec.x}/series" + (f"?{urlencode(query)}" if query else "")


def unit(spec: PairSpec) -> dict[str, Any]:
    """What the spread is shown in: basis points of a price ratio, or the quote currency."""
    if spec.price == "log":
        return {"factor": 1e4, "unit": "bps"}
    return {"factor": 1.0, "unit": "" if spec.spread == "ratio" else "quote"}


def _decimals(health: Health, symbol: Symbol) -> int:
    own = next((each for each in health.symbols if each.symbol == symbol), None)
    return 2 if own is None or own.scale is None else own.scale.price


def _range() -> list[int] | None:
    """The range that the address names [ms]; what is no range is left alone."""
    try:
        found = [_parsed(st.query_params[name]) for name in ("from", "to")]
    except (KeyError, ValueError):
        return None
    return found if found[0] < found[1] else None


def _parsed(text: str) -> int:
    return round(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp() * 1000)


def _moved() -> None:
    """Keep the range that the user looks at in the address; a view that follows has none."""
    view = st.session_state["pair_chart"].get("view")
    for name, time_ms in zip(("from", "to"), view or (None, None), strict=True):
        if time_ms is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = f"{datetime.fromtimestamp(time_ms / 1000, UTC):{_STAMP}}"
