"""Market: one symbol, live."""

import streamlit as st

from core.ui import controls, live, tiles

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    choice = controls.market()
    tiles.head(choice)
tiles.market(choice)
live.chart(choice.symbol, choice.interval)
