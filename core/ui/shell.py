"""The frame around every page: navigation, and the banner that cannot be overlooked."""

import streamlit as st

from core.ui import desk


def run() -> None:
    """Draw the frame and the page that the address names."""
    st.set_page_config(page_title="Pair trader's desk", page_icon="📈", layout="wide")
    page = st.navigation(
        [
            st.Page("pages/market.py", title="Market", icon=":material/candlestick_chart:", default=True),
            st.Page("pages/health.py", title="Health", icon=":material/monitor_heart:"),
        ],
        position="top",
    )
    banner = desk.monitor().health().banner
    if banner:
        st.warning(banner, icon=":material/science:")
    page.run()
