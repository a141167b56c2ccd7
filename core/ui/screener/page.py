"""The Screener page, put together."""

import streamlit as st

from core.analytics.funnel import NOT_ASKED
from core.monitor.screens import Screened
from core.ui import look
from core.ui.charts import frame, funnel
from core.ui.screener import controls, maps, running, table, verdict


def show() -> None:
    """Controls, the run with its progress, and what was found."""
    found = running.run(controls.draw())
    if found is not None:
        _found(found)


def _found(found: Screened) -> None:
    verdict.show(found)
    table.show(found)
    table.download(found)
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        _funnel(found)
    with right:
        maps.show(found)


def _funnel(found: Screened) -> None:
    screen = found.screen
    st.subheader("Funnel", anchor=False)
    told = _told(found)
    st.plotly_chart(
        funnel.funnel(screen.stages, len(screen), screen.expected_false, look.current()), theme=None, config=frame.CONFIG, key="funnel",
        alt=told,
    )  # fmt: skip
    st.caption(told)
    with st.expander("The numbers behind it"):
        st.dataframe(
            [
                {"Stage": funnel.named(each), "Entered": each.entered, "Left": each.survived, "Asked": each.rule}
                for each in screen.stages
            ],
            hide_index=True,
            key="stages",
        )


def _told(found: Screened) -> str:
    screen = found.screen
    worst = max(screen.stages, key=lambda stage: stage.entered - stage.survived)
    silent = [funnel.named(each) for each in screen.stages if each.rule == NOT_ASKED]
    most = (
        f"Most pairs fell at {funnel.named(worst)}, {worst.entered - worst.survived:,} of {worst.entered:,}."
        if worst.survived < worst.entered
        else "No pair fell."
    )
    return most + (f" Not asked, in Rules: {', '.join(silent)}." if silent else "")
