"""The Screener page, put together."""

import math

import numpy as np
import streamlit as st

from core.errors import DeskError
from core.market import Floats
from core.monitor.jobs import Cancelled, Job
from core.monitor.screens import Screened, ScreenSpec
from core.ui import desk, look, zone
from core.ui.charts import frame, pairs_map
from core.ui.charts.pairs_map import Drawn
from core.ui.screener import controls, table

_ASKED = "screened"
_MAPS = ("adjusted p", "correlation", "half-life")


def show() -> None:
    """Controls, the run with its progress, and what was found."""
    asked = controls.draw()
    if asked is None:
        return
    last, job = st.session_state.get(_ASKED, (None, None))
    with st.container(horizontal=True, vertical_alignment="center"):
        running = job is not None and not job.done
        st.button(
            "Screen again" if last == asked else "Screen",
            key="run",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
            args=(asked,),
            disabled=running,
        )
        pairs = len(asked.symbols) * (len(asked.symbols) - 1) // 2
        changed = job is not None and last != asked
        st.caption(
            f"{pairs:,} pairs of {len(asked.symbols)} symbols."
            + (" What is below is of other settings: screen again." if changed else "")
        )
    if job is None:
        st.info(
            "Nothing is screened yet. Choose bars, lookback and rules, and press Screen: every pair goes through one funnel, and chance is counted.",
            icon=":material/filter_alt:",
        )
    elif running:
        _progress(job)
    elif job.error is not None:
        st.warning(
            "It was ended." if isinstance(job.error, Cancelled) else f"It could not be done: {job.error}",
            icon=":material/error:",
        )
    else:
        _found(job.result())


def _begin(asked: ScreenSpec) -> None:
    try:
        st.session_state[_ASKED] = (asked, desk.monitor().screen(asked))
    except DeskError as error:
        st.toast(f"{error}")


@st.fragment(run_every=0.3)
def _progress(job: Job[Screened]) -> None:
    if job.done:
        st.rerun()
    st.progress(min(job.progress, 1.0), job.words)
    st.button("End it", key="run_end", on_click=job.cancel)


def _found(found: Screened) -> None:
    screen, standing, shown = found.screen, found.standing, zone.current()
    st.markdown(f"**{_verdict(found)}**")
    st.caption(
        f"Stands on {standing.rows:,} of {standing.intervals:,} bars of {standing.interval}, {shown.moment(standing.from_us)} to {shown.moment(standing.to_us)}, {standing.source}: chosen on "
        f"the first {screen.formation:,}, ranked on the other {screen.rows - screen.formation:,}; {sum(standing.filled.values()):,} closes carried forward."
        + "".join(f" Left out: {name}, {why}." for name, why in standing.left_out.items())
    )
    table.show(found)
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        st.subheader("Funnel")
        st.plotly_chart(
            pairs_map.funnel(screen.stages, len(screen), look.current()), theme=None, config=frame.CONFIG, key="funnel"
        )
        st.dataframe(
            [
                {"Stage": stage.name.replace("_", "-"), "Left": stage.survived, "Asked": stage.rule}
                for stage in screen.stages
            ],
            hide_index=True,
            key="stages",
        )
    with right:
        _map(found)


def _verdict(found: Screened) -> str:
    """What came of it beside what chance would make, in a sentence."""
    screen = found.screen
    passed = len(screen.ranking)
    return (
        f"{passed:,} of {len(screen):,} pairs passed. {screen.tested:,} were tested: without any cointegration and without adjustment about {screen.expected_false:.1f} would be below "
        f"{screen.rules.level:g} by chance; the adjustment ({screen.rules.adjustment}) is there for these."
    )


def _map(found: Screened) -> None:
    st.subheader("Every pair")
    which = st.segmented_control(
        "Colour",
        _MAPS,
        default="adjusted p",
        required=True,
        key="map",
        bind="query-params",
        label_visibility="collapsed",
    )
    screen = found.screen
    drawn = _drawn(found, which or "adjusted p")
    made = pairs_map.heat(screen.symbols, screen.tests.first, screen.tests.second, drawn, look.current())
    st.plotly_chart(made, theme=None, config=frame.CONFIG, key="pairs_map")
    st.caption(drawn.told)


def _drawn(found: Screened, which: str) -> Drawn:
    screen = found.screen
    if which == "correlation":
        told = "Correlation of returns over the first part of the bars; blue moves together, orange against each other."
        return Drawn(screen.correlation, _texts(screen.correlation, ".2f"), "r", True, told)
    if which == "half-life":
        finite = np.where(np.isfinite(screen.traits.half_life), screen.traits.half_life, math.nan)
        told = "Half-life of the residual in bars; empty where it does not come back or was not tested. A walk has one too, about a sixth of the sample."
        return Drawn(finite, _texts(finite, ".0f"), "bars", False, told)
    told = "p-values, adjusted over all pairs that were tested; the more colour, the smaller (the scale is minus its decimal logarithm: 1.3 is 5 %, 2 is 1 %). Empty where a pair was not tested."
    logs = np.abs(np.log10(np.maximum(screen.adjusted, 1e-12)))
    return Drawn(logs, _texts(screen.adjusted, ".2g"), "−log₁₀ p", False, told)


def _texts(values: Floats, form: str) -> list[str]:
    return ["" if value != value else format(value, form).replace("-", "−") for value in values.tolist()]
