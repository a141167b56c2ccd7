"""What is screened and what is asked of a pair: in the address, by short keys."""

from typing import cast, get_args

import streamlit as st

from core.analytics.funnel import Rules
from core.analytics.multiple import Adjustment
from core.errors import DeskError
from core.market import Interval, Symbol
from core.monitor.screens import ScreenSpec
from core.ui import desk
from core.ui.pair_controls import INTERVALS, LOOKBACKS

_ORDERS = {"both": "both orders of the legs have to pass", "either": "the better one, its p-value doubled"}
#: What is asked only where a number is given, by its key in the address.
_OPTIONAL = {
    "tmin": "least_trades_per_minute",
    "nmin": "least_notional_per_minute",
    "rmin": "least_correlation",
    "hlmin": "shortest_half_life",
    "hlmax": "longest_half_life",
    "xmin": "least_crossings",
}
_ADJUSTMENTS = {
    "holm": "the chance of even one false pair is the level at most",
    "bh": "the share of false pairs is the level at most, where tests are independent",
    "by": "the same, whatever ties the tests",
    "bonferroni": "every p-value times the number of tests",
    "none": "no adjustment: one in twenty unrelated pairs passes",
}


def draw() -> ScreenSpec | None:
    """Draw the controls. None where the choice cannot be, which they then say."""
    known = [str(symbol) for symbol in desk.monitor().symbols()]
    if len(known) < 2:
        st.info("A pair needs two symbols: name more in SYMBOLS and start the desk again.", icon=":material/link:")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        interval = st.segmented_control("Bars", INTERVALS, default="1m", required=True, key="tf", bind="query-params")
        lookback = st.selectbox(
            "Lookback", LOOKBACKS, index=LOOKBACKS.index("1d"), key="lb", bind="query-params", width=90
        )
        chosen = st.multiselect(
            "Symbols",
            known,
            key="syms",
            bind="query-params",
            placeholder=f"all {len(known)}",
            help="all where none is chosen; a pair needs two",
        )
        with st.popover("Rules", icon=":material/rule:", help="what is asked of a pair, stage by stage"):
            rules = _rules()
            stale = st.number_input(
                "Oldest close carried forward, bars", 0, 1000, 0, key="stale", bind="query-params",
                help="where a symbol has no bar, its last close stands in for so many bars; 0: bars that one symbol lacks are left out for all",
            )  # fmt: skip
    if rules is None:
        return None
    if len(chosen) == 1:
        st.info("A pair needs two symbols: choose more, or none for all.", icon=":material/link:")
        return None
    symbols = tuple(Symbol.parse(name) for name in known if not chosen or name in chosen)
    try:
        return ScreenSpec(symbols, Interval.parse(interval or "1m"), Interval.parse(lookback).us, rules, stale)
    except DeskError as error:
        st.error(f"{error}.", icon=":material/error:")
        return None


def apply(asked: ScreenSpec) -> None:
    """Choose what was asked; in a callback, before the controls are drawn."""
    state, rules = st.session_state, asked.rules
    everything = asked.symbols == desk.monitor().symbols()
    lookback = next(each for each in LOOKBACKS if Interval.parse(each).us == asked.lookback_us)
    state.update({"tf": str(asked.interval), "lb": lookback, "syms": [] if everything else [*map(str, asked.symbols)]})
    state.update({"lev": rules.level, "ord": rules.orders, "adj": rules.adjustment, "hold": round(100 * rules.holdout)})
    for key, name in _OPTIONAL.items():
        value = getattr(rules, name)
        state[key] = None if value is None else float(value)
    state.update({"stale": asked.stale_limit})


def _rules() -> Rules | None:
    level = st.number_input(
        "Level of the p-value", 0.001, 0.5, 0.05, 0.01, "%.3f", key="lev", bind="query-params", help="after adjustment"
    )
    orders = st.selectbox("Orders", list(_ORDERS), key="ord", bind="query-params", help=_told(_ORDERS))
    adjust = st.selectbox("Adjusted by", list(_ADJUSTMENTS), key="adj", bind="query-params", help=_told(_ADJUSTMENTS))
    trades = _optional("At least, trades a minute", "tmin", 1e6, "of each symbol")
    notional = _optional("At least, traded a minute", "nmin", 1e12, "of each symbol, in the quote currency")
    correlation = _optional("Correlation of returns, at least", "rmin", 1.0, "in size")
    shortest = _optional("Half-life from, bars", "hlmin", 1e6, "a shorter one is noise, or too fast to trade")
    longest = _optional("Half-life to, bars", "hlmax", 1e6, "a longer one ties capital up")
    crossings = _optional("Crossings of the mean, at least", "xmin", 1e6, "few say little")
    hold = st.slider(
        "Held out, %",
        0,
        60,
        30,
        5,
        key="hold",
        bind="query-params",
        help="the last part of the bars: nothing is chosen by it, and survivors are ranked on it",
    )
    try:
        return Rules(
            level=level, orders="both" if orders == "both" else "either", adjustment=_adjustment(adjust), least_trades_per_minute=trades,
            least_notional_per_minute=notional, least_correlation=correlation, shortest_half_life=shortest, longest_half_life=longest,
            least_crossings=None if crossings is None else int(crossings), holdout=hold / 100,
        )  # fmt: skip
    except DeskError as error:
        st.error(f"{error}", icon=":material/error:")
        return None


def _adjustment(name: str) -> Adjustment:
    assert name in get_args(Adjustment)
    return cast("Adjustment", name)


def _optional(label: str, key: str, most: float, told: str) -> float | None:
    return st.number_input(label, 0.0, most, None, key=key, bind="query-params", placeholder="not asked", help=told)


def _told(words: dict[str, str]) -> str:
    return "\n".join(f"- **{value}**: {meaning}" for value, meaning in words.items())
