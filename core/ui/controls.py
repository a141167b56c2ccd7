"""Widgets whose choice is in the address, and what they choose."""

from dataclasses import dataclass

import streamlit as st

from core.errors import InvalidInterval
from core.market import Interval, Symbol
from core.ui import desk

INTERVALS = ("1s", "1m", "5m", "15m", "1h", "4h", "1d")
#: How the price pane is scaled, and what that means.
SCALES = {
    "linear": "prices",
    "log": "equal ratios are equally far apart",
    "percent": "of the first close in view",
    "indexed": "the first close in view is 100",
}
_DEFAULT_INTERVAL = "1m"


@dataclass(frozen=True, slots=True)
class MarketChoice:
    """One symbol in one interval, at a scale of SCALES; `other` is a symbol to pair it with, None where there is none."""

    symbol: Symbol
    interval: Interval
    scale: str = "linear"
    other: Symbol | None = None


def market() -> MarketChoice:
    """Choose a symbol, an interval (a usual one, or one typed in) and the scale of the price."""
    symbols = [str(symbol) for symbol in desk.monitor().symbols()]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
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
        scale = _scale()
        chosen = symbol or symbols[0]
        other = next((Symbol.parse(each) for each in symbols if each != chosen), None)
        _as_pair(chosen, other)
    return MarketChoice(Symbol.parse(chosen), _interval(str(usual or _DEFAULT_INTERVAL), typed or ""), scale, other)


def _scale() -> str:
    told = "\n".join(f"- **{value}**: {meaning}" for value, meaning in SCALES.items())
    found = st.segmented_control(
        "Scale", list(SCALES), default="linear", required=True, key="scale", bind="query-params",
        label_visibility="collapsed", help=f"the scale of the price:\n{told}",
    )  # fmt: skip
    return str(found or "linear")


def _as_pair(symbol: str, other: Symbol | None) -> None:
    if other is not None:
        st.page_link(
            "pages/pair.py", label=f"Pair with {other}", icon=":material/stacked_line_chart:",
            query_params={"y": symbol, "x": str(other)}, help=f"open the Pair page with {symbol} as y and {other} as x",
        )  # fmt: skip


def _interval(usual: str, typed: str) -> Interval:
    if typed.strip():
        try:
            return Interval.parse(typed)
        except InvalidInterval as error:
            st.error(f"{error}. Showing {usual}.")
    return Interval.parse(usual)
