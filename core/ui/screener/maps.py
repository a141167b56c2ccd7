"""What the map of all pairs shows: a p-value, the correlation of returns, or the half-life."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import streamlit as st

from core.analytics.null import Null, expected
from core.errors import NotEnoughData
from core.market import Floats
from core.monitor.screens import Screened
from core.ui import look
from core.ui.charts import frame, pairs_map
from core.ui.charts.pairs_map import Drawn
from core.ui.screener import opening

_KEY = "pairs_map"
#: The p-value that has the full colour.
_LEAST_P = 1e-4


def show(found: Screened) -> None:
    """The choice of what is coloured, the map, and what it says in a sentence."""
    st.subheader("Every pair", anchor=False)
    which = st.segmented_control(
        "Colour", list(MAPS), default="adjusted p", required=True, key="map", bind="query-params", label_visibility="collapsed",
        help="what colours the cells",
    )  # fmt: skip
    drawn, tests = MAPS[which or "adjusted p"](found), found.screen.tests
    st.plotly_chart(
        pairs_map.heat(found.screen.symbols, tests.first, tests.second, drawn, look.current()), theme=None, config=frame.CONFIG, key=_KEY,
        on_select=partial(_open, found), selection_mode="points", alt=drawn.told,
    )  # fmt: skip
    many = len(found.screen.symbols) > pairs_map.MOST_CLICKED
    st.caption(f"{drawn.told} {'Pairs are opened from the table.' if many else 'Click a cell to open its pair.'}")


def _open(found: Screened) -> None:
    """Leave for the pair whose cell was clicked."""
    points = st.session_state[_KEY]["selection"]["points"]
    if points:
        opening.leave(found, int(points[0]["customdata"]))


def _p(values: Floats, told: str) -> Drawn:
    rounded = [words_of_p(value) for value in values.tolist()]
    return Drawn(
        -np.log10(np.maximum(values, _LEAST_P)), [_short(text) for text in rounded], [f"p {text}" if text else "not tested" for text in rounded], "p-value", 0.0,
        -math.log10(_LEAST_P), [(-math.log10(p), f"{p:g}") for p in (1.0, 0.05, 0.01, 0.001, 0.0001)], False, f"{told} Empty where a pair was not tested.",
    )  # fmt: skip


def words_of_p(value: float) -> str:
    """A p-value in few digits; empty where it is not known."""
    if math.isnan(value):
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.01 else f"{value:.2f}" if value < 0.995 else "1"


def _short(text: str) -> str:
    """A number as a cell has room for it: ``.05``."""
    return text.replace("0.", ".").replace(" ", "")


def _adjusted(found: Screened) -> Drawn:
    rules = found.screen.rules
    return _p(
        found.screen.adjusted,
        f"p-values adjusted over all {found.screen.tested:,} tests ({rules.adjustment}): the stronger the colour, the smaller; asked was {rules.level:g}.",
    )


def _unadjusted(found: Screened) -> Drawn:
    screen = found.screen
    told = f"p-values as if each pair were the only one: {screen.below:,} are {screen.rules.level:g} or less, and chance alone would make about {screen.expected_false:.1f} so."
    return _p(screen.decisive, told)


def _correlation(found: Screened) -> Drawn:
    values = found.screen.correlation
    texts = ["" if value != value else f"{value:.2f}".replace("-", "−") for value in values.tolist()]
    told = f"Correlation of returns over the bars that choose: blue moves together, orange against each other.{_noise(found, 'correlation', '{high:.2f} in size')}"
    full = [f"correlation {text}" if text else "not known: a symbol does not vary" for text in texts]
    ticks = [(place, f"{place:g}".replace("-", "−")) for place in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    return Drawn(values, [_short(text) for text in texts], full, "correlation", -1.0, 1.0, ticks, True, told)


def _half_life(found: Screened) -> Drawn:
    values, bars = found.screen.traits.half_life, found.screen.formation
    finite = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    top = max(math.ceil(math.log10(max(bars, 10))), 1)
    texts = ["" if value != value else "∞" if math.isinf(value) else f"{value:,.0f}" for value in values.tolist()]
    told = f"Half-life of the residual in bars: the stronger the colour, the shorter; ∞ does not come back.{_noise(found, 'half_life', '{low:,.0f} bars', less=True)}"
    full = [f"half-life {text} bars" if text else "half-life not known: not tested, or it alternates" for text in texts]
    ticks = [(top - power, f"{10**power:,}") for power in range(top + 1)]
    return Drawn(
        np.clip(top - np.log10(finite), 0.0, top),
        texts,
        full,
        "half-life, bars",
        0.0,
        float(top),
        ticks[::-1],
        False,
        told,
    )


def noise(found: Screened, statistic: str) -> Null | None:
    """What `statistic` shows of unrelated walks over the bars that choose, in its own unit; None where that is not known."""
    try:
        return expected(statistic, found.screen.formation)
    except NotEnoughData:
        return None


def _noise(found: Screened, statistic: str, form: str, less: bool = False) -> str:
    null = noise(found, statistic)
    if null is None:
        return ""
    bars = found.screen.formation if null.unit == "windows" else 1
    return f" Of unrelated walks 5 % show {'less' if less else 'more'} than {form.format(low=null.low * bars, high=null.high * bars)}."


#: What may colour the cells.
MAPS: Mapping[str, Callable[[Screened], Drawn]] = {
    "adjusted p": _adjusted,
    "p": _unadjusted,
    "correlation": _correlation,
    "half-life": _half_life,
}
