"""The frame around every page: navigation, the banner that cannot be overlooked, and the switch of the time zone."""

import streamlit as st

from core.ui import desk, zone

_RAIL_PX = 250
#: A desk needs the width of the screen.
_WIDE = """<style>
.stMainBlockContainer { padding-inline: clamp(0.75rem, 1.6vw, 2rem); }
[data-testid="stSidebarUserContent"], [data-testid="stSidebarContent"] { padding-inline: 0.3rem; }
</style>"""


def run() -> None:
    """Draw the frame and the page that the address names."""
    st.set_page_config(page_title="Pair trader's desk", page_icon="📈", layout="wide", initial_sidebar_state=_RAIL_PX)
    st.html(_WIDE)
    page = st.navigation(
        [
            st.Page("pages/pair.py", title="Pair", icon=":material/stacked_line_chart:", default=True),
            st.Page("pages/watch.py", title="Watch-list", icon=":material/visibility:"),
            st.Page("pages/screener.py", title="Screener", icon=":material/filter_alt:"),
            st.Page("pages/backtest.py", title="Backtest", icon=":material/history:"),
            st.Page("pages/features.py", title="Features", icon=":material/table_chart:"),
            st.Page("pages/market.py", title="Market", icon=":material/candlestick_chart:"),
            st.Page("pages/data.py", title="Data", icon=":material/database:"),
            st.Page("pages/health.py", title="Health", icon=":material/monitor_heart:"),
        ],
        position="top",
    )
    banner = desk.monitor().health().banner
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if banner:
            st.warning(banner, icon=":material/science:", width="stretch")
        zone.switch()
    page.run()
