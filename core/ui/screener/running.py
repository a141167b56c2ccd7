"""A screen is costly: begun by a button, with its progress, once for all who ask the same."""

import streamlit as st

from core.errors import DeskError
from core.monitor.jobs import Cancelled, Job
from core.monitor.screens import Screened, ScreenSpec
from core.ui import desk
from core.ui.screener import controls

_ASKED = "screened"
_POLL_SECONDS = 0.3


def run(asked: ScreenSpec | None) -> Screened | None:
    """Draw the button and what is under way. The screen to show, which may be of other settings, as is then said; None where there is none."""
    if asked is not None:
        _adopt(asked)
    last, job = st.session_state.get(_ASKED, (None, None))
    with st.container(horizontal=True, vertical_alignment="center"):
        if asked is not None:
            _button(asked, job if last == asked else None)
        if job is not None and last != asked:
            st.caption(":material/info: What is below is of other settings.")
            st.button("Use its settings", key="use", on_click=controls.apply, args=(last,), type="tertiary")
    return _told(job)


def _adopt(asked: ScreenSpec) -> None:
    """Show what anybody has screened of these settings: a reload or a shared address finds it again."""
    known = desk.monitor().screened(asked)
    if known is not None:
        st.session_state[_ASKED] = (asked, known)


def _button(asked: ScreenSpec, job: Job[Screened] | None) -> None:
    st.button(
        "Screen" if job is None else "Screen again", key="run", type="primary", icon=":material/play_arrow:", on_click=_begin, args=(asked,),
        disabled=job is not None and not job.done, help="reads the bars that are final now; it takes some seconds",
    )  # fmt: skip
    st.caption(f"{asked.pairs:,} pairs of {len(asked.symbols)} symbols, {asked.bars:,} bars each.")


def _begin(asked: ScreenSpec) -> None:
    try:
        st.session_state[_ASKED] = (asked, desk.monitor().screen(asked))
    except DeskError as error:
        st.toast(f"{error}")


def _told(job: Job[Screened] | None) -> Screened | None:
    if job is None:
        st.info(
            "Nothing is screened yet. Choose bars, lookback and rules, and press Screen: every pair goes through one funnel, and chance is counted.",
            icon=":material/filter_alt:",
        )
    elif not job.done:
        _progress(job)
    elif isinstance(job.error, Cancelled):
        st.warning("It was ended, here or by another viewer. Screen again to begin anew.", icon=":material/block:")
    elif job.error is not None:
        st.warning(f"It could not be done: {job.error}. {_advice(job.error)}", icon=":material/error:")
    else:
        return job.result()
    return None


def _advice(error: BaseException) -> str:
    return (
        "Take a longer lookback or shorter bars, or wait until more are there."
        if isinstance(error, DeskError)
        else "Screen again, and look at the Health page where it stays so."
    )


@st.fragment(run_every=_POLL_SECONDS)
def _progress(job: Job[Screened]) -> None:
    if job.done:
        st.rerun()
    st.progress(min(job.progress, 1.0), f"{job.words} · {job.progress:.0%}")
    st.button("Cancel", key="run_end", on_click=job.cancel, icon=":material/close:", help="for all who wait for it")
