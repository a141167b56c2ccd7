"""How the page is looked at: the null lens, the capital of the ticket, and the pause of the view."""

import streamlit as st

from core.ui import desk, zone


def controls() -> str:
    """The switches; since when the view is paused, in words, empty where it is not."""
    st.toggle(
        "Null lens", key="lens", bind="query-params",
        help="beside each number what pairs without any tie show over as many bars: the median and where nine of ten are",
    )  # fmt: skip
    since = st.session_state.get("paused_us")
    st.button(
        "Resume" if since else "Pause", key="pause", on_click=pause, type="primary" if since else "secondary",
        icon=":material/play_arrow:" if since else ":material/pause:",
        help="holds the view still; the desk keeps collecting. Key: space; ? shows all keys",
    )  # fmt: skip
    return f"PAUSED since {zone.current().clock(since)}; the desk keeps collecting" if since else ""


def pause() -> None:
    """Hold the view still, or let it go on, in a callback."""
    since = st.session_state.get("paused_us")
    st.session_state["paused_us"] = None if since else desk.monitor().health().now_us
