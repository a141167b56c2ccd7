"""The pair and its parameters: the one place that writes them, whatever page asks. All of it is in the address.

An address names only what is not the default, by the short keys of `KEYS`; keys that nobody knows are left alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

import streamlit as st

from core.analytics.backtest.signals import Levels
from core.errors import DeskError
from core.market import Interval, Symbol
from core.pairs import PairSpec
from core.pairs.spec import LEAST_WINDOW, MOST_BARS
from core.ui import desk

INTERVALS = ("1s", "1m", "5m", "15m", "1h")
LOOKBACKS = ("15m", "1h", "4h", "12h", "1d", "3d", "7d", "30d")
#: What a field of the spec or of the levels is called in the address, and in the session.
KEYS: Mapping[str, str] = {
    "y": "y",
    "x": "x",
    "interval": "tf",
    "lookback": "lb",
    "window": "w",
    "estimator": "est",
    "spread": "form",
    "z": "z",
    "price": "price",
    "trend": "trend",
    "lags": "lags",
    "align": "align",
    "stale_limit": "stale",
    "entry": "entry",
    "exit": "exit",
    "stop": "stop",
}
DEFAULTS: Mapping[str, Any] = {
    "interval": "1m",
    "lookback": "1d",
    "window": 240,
    "estimator": "ols",
    "spread": "residual",
    "z": "rolling",
    "price": "log",
    "trend": "c",
    "lags": "aic",
    "align": "inner",
    "stale_limit": 0,
    "entry": 2.0,
    "exit": 0.5,
    "stop": None,
}
WINDOWS = (10, 1000, 10)
#: What the ticket puts into both legs together where nothing else is chosen [quote currency].
CAPITAL = 10_000.0

#: What may be chosen, in the words of the address, the API and the commands, and what each means.
ESTIMATORS = {
    "ols": "least squares, one hedge over the lookback",
    "rolling_ols": "least squares over the window, a new hedge each bar",
    "kalman": "a filter that follows the hedge bar by bar",
    "tls": "total least squares: the same whichever leg explains",
    "huber": "least squares that outliers hardly move",
    "theil_sen": "the median of all slopes",
    "johansen": "the strongest cointegrating relation",
    "min_half_life": "the combination that comes back fastest",
    "box_tiao": "the least predictable combination",
}
Z_SCORES = {
    "rolling": "mean and standard deviation of the window",
    "prior": "those of the window before the bar",
    "ewm": "exponentially weighted, half of it in the window",
    "robust": "median and MAD of the window",
    "innovation": "the Kalman filter's surprise in its own standard deviations",
}
_SPREADS = {"residual": "y − intercept − hedge · x", "ratio": "y / x"}
_PRICES = {"log": "logarithms of prices", "level": "prices"}
_TRENDS = {"c": "a constant", "ct": "a constant and a trend", "ctt": "a constant, a trend and its square"}
_LAGS = {
    "aic": "by Akaike's criterion",
    "bic": "by Schwarz's",
    "0": "none",
    "1": "one",
    "2": "two",
    "5": "five",
    "10": "ten",
}
_ALIGNS = {"inner": "only bars of both legs", "fill": "a leg's last close is carried forward"}


_OFFERED: Mapping[str, Collection[str]] = {
    "interval": INTERVALS,
    "lookback": LOOKBACKS,
    "estimator": ESTIMATORS,
    "spread": _SPREADS,
    "z": Z_SCORES,
    "price": _PRICES,
    "trend": _TRENDS,
    "lags": _LAGS,
    "align": _ALIGNS,
}


@dataclass(frozen=True, slots=True)
class PairChoice:
    """The question, and the levels of z-score that it is looked at with."""

    spec: PairSpec
    levels: Levels


def pair() -> PairChoice | None:
    """Draw the controls. None where there is nothing to choose or the choice cannot be, which they then say."""
    symbols = [str(symbol) for symbol in desk.monitor().symbols()]
    if len(symbols) < 2:
        st.info("A pair needs two symbols: name more in SYMBOLS and start the desk again.", icon=":material/link:")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _legs(symbols)
        _span()
        _model()
        _levels()
    return _chosen()


def apply(values: Mapping[str, Any]) -> None:
    """Choose `values`, by name as in `KEYS`. To be called from a callback, before the controls are drawn."""
    for name, value in values.items():
        st.session_state[KEYS[name]] = value


def open_pair(spec: PairSpec) -> None:
    """Choose `spec`, from a callback."""
    apply(widgets(spec))


def widgets(spec: PairSpec) -> dict[str, Any]:
    """What the controls show of `spec`, by name."""
    texts = spec.query()
    alike = (each for each in LOOKBACKS if Interval.parse(each).us == spec.lookback_us)  # seven days are a week
    texts["lookback"] = next(alike, texts["lookback"])
    return {
        name: int(text) if name in ("window", "stale_limit") else text for name, text in texts.items() if name in KEYS
    }


def unoffered(values: Mapping[str, Any]) -> str:
    """What of `values`, by name, no control offers, in words; empty where they offer all."""
    for name, options in _OFFERED.items():
        if name in values and values[name] not in options:
            return f"{name} is {values[name]}: the controls offer {', '.join(options)}"
    low, high, _ = WINDOWS
    if not low <= values.get("window", low) <= high:
        return f"window is {values['window']:,}: the controls offer {low:,} to {high:,}"
    return ""


def chosen(name: str) -> Any:
    """What is chosen for a name of `KEYS`, whether its control is drawn on this page or not."""
    return st.session_state.get(KEYS[name], DEFAULTS.get(name))


def _legs(symbols: list[str]) -> None:
    st.selectbox("y", symbols, index=1, key="y", bind="query-params", width=114, help="the leg that is explained")
    st.button("⇄", key="swap", on_click=swap, help="swap y and x", type="tertiary")
    st.selectbox("x", symbols, index=0, key="x", bind="query-params", width=114, help="the leg that explains it")


def swap() -> None:
    """Exchange the legs, in a callback."""
    state = st.session_state
    state["y"], state["x"] = state["x"], state["y"]


def _span() -> None:
    st.segmented_control("Bars", INTERVALS, default="1m", required=True, key="tf", bind="query-params")
    st.selectbox(
        "Lookback", LOOKBACKS, index=LOOKBACKS.index("1d"), key="lb", bind="query-params", width=80,
        help=f"how far back hedge and tests reach; at most {MOST_BARS:,} bars",
    )  # fmt: skip
    low, high, step = WINDOWS
    st.slider(
        "Window, bars", low, high, DEFAULTS["window"], step, key="w", bind="query-params", width=140,
        help="of the rolling mean, deviation, hedge and correlation; nothing is told before it is full",
    )  # fmt: skip


def _model() -> None:
    z = _shown("z")
    label = f"{_shown('estimator')}" + ("" if z == DEFAULTS["z"] else f", z {z}")
    with st.popover(label, icon=":material/tune:", help="how hedge, spread, z-score and tests are computed"):
        _choice("Hedge ratio by", ESTIMATORS, "estimator")
        _choice("Spread", _SPREADS, "spread")
        _choice("z-score", Z_SCORES, "z")
        _choice("Computed on", _PRICES, "price")
        _choice("Tests with", _TRENDS, "trend")
        _choice("Lags of the tests", _LAGS, "lags")
        _choice("Where one leg has no bar", _ALIGNS, "align")
        st.number_input(
            "Oldest close carried forward, bars", 0, 1000, 0, key="stale", bind="query-params",
            disabled=chosen("align") == "inner",
        )  # fmt: skip


def _shown(name: str) -> Any:
    """What is chosen, as a label says it before its control has read the address."""
    if KEYS[name] in st.session_state:
        return chosen(name)
    return st.query_params.get(KEYS[name], DEFAULTS.get(name))


def _choice(label: str, words: Mapping[str, str], name: str) -> None:
    told = "\n".join(f"- **{value}**: {meaning}" for value, meaning in words.items())
    st.selectbox(label, list(words), key=KEYS[name], bind="query-params", help=told)


def _levels() -> None:
    entry, out, stop = (_shown(name) for name in ("entry", "exit", "stop"))
    label = f"±{entry:g} / {out:g}" if isinstance(entry, float) and isinstance(out, float) else f"±{entry} / {out}"
    label += "" if stop is None else f" / {stop:g}" if isinstance(stop, float) else f" / {stop}"
    with st.popover(label, icon=":material/horizontal_rule:", help="z-scores to enter, leave and give up at"):
        st.number_input("Enter beyond, σ", 0.1, 20.0, 2.0, 0.1, "%.1f", key="entry", bind="query-params")
        st.number_input("Leave within, σ", -20.0, 20.0, 0.5, 0.1, "%.1f", key="exit", bind="query-params")
        st.number_input(
            "Give up beyond, σ", 0.1, 50.0, None, 0.1, "%.1f", key="stop", bind="query-params", placeholder="never"
        )
        st.number_input(
            "Capital in both legs, quote currency", 10.0, 1e9, CAPITAL, 1000.0, "%.0f", key="capital", bind="query-params",
            help="what the ticket beside the chart is made for",
        )  # fmt: skip


def _chosen() -> PairChoice | None:
    try:
        spec, note = read({name: chosen(name) for name in KEYS})
        levels = Levels(*(chosen(name) for name in ("entry", "exit", "stop")))
    except DeskError as error:
        st.error(f"{error}", icon=":material/error:")
        return None
    if note:
        st.caption(note)
    return PairChoice(spec, levels)


def read(values: Mapping[str, Any]) -> tuple[PairSpec, str]:
    """The spec of `values` by name, and what had to be changed for it, in words. Raise DeskError where it cannot be."""
    query = {name: str(value) for name, value in values.items() if name in _SPEC_NAMES and value is not None}
    bars = Interval.parse(query["lookback"]).us // Interval.parse(query["interval"]).us
    note = ""
    if LEAST_WINDOW <= bars < int(query["window"]):
        note = f"The lookback has {bars:,} bars: the window is {bars:,} in place of {query['window']}."
        query["window"] = str(bars)
    return PairSpec.parse(query), note


_SPEC_NAMES = {field.name for field in fields(PairSpec)} - {"lookback_us"} | {"lookback"}


def legs() -> tuple[Symbol, Symbol]:
    """The pair that is chosen, y and x."""
    return tuple(Symbol.parse(cast("str", chosen(name))) for name in ("y", "x"))  # type: ignore[return-value]
