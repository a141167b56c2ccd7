"""Widgets whose choice is in the address, and what they choose."""

from dataclasses import dataclass

import streamlit as st

from core.errors import InvalidInterval
from core.market import Interval, Symbol
from core.ui import desk

INTERVALS = ("1s", "1m", "5m", "15m", "1h", "4h", "1d")
_DEFAULT_INTERVAL = "1m"


@dataclass(frozen=True, slots=True)
class MarketChoice:
    """One symbol in one interval."""

    symbol: Symbol
    interval: Interval


def market() -> MarketChoice:
    """Choose a symbol and an interval: a usual one, or one typed in."""
    symbols = [str(symbol) for symbol in desk.monitor().symbols()]
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
        symbol = st.selectbox(
            "Symbol", symbols, key="symbol", bind="query-params", width=150, label_visibility="collapsed"
        )
        usual = st.segmented_control(
            "Interval", INTERVALS, default=_DEFAULT_INTERVAL, required=True, key="interval", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        typed = st.text_input(
            "Other interval", key="other", bind="query-params", placeholder="or 7s, 2h …", width=120,
            label_visibility="collapsed",
        )  # fmt: skip
    return MarketChoice(Symbol.parse(symbol or symbols[0]), _interval(str(usual or _DEFAULT_INTERVAL), typed or ""))


def _interval(usual: str, typed: str) -> Interval:
    if typed.strip():
        try:
            return Interval.parse(typed)
        except InvalidInterval as error:
            st.error(f"{error}. Showing {usual}.")
    return Interval.parse(usual)
