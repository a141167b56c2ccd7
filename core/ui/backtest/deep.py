"""The long part: walked forward, at other levels, on markets without a tie, and audited. Run when asked for."""

import pandas as pd
import streamlit as st

from core.analytics.backtest.audit import Audit
from core.analytics.backtest.grid import Grid
from core.analytics.backtest.placebo import Placebo
from core.analytics.backtest.walkforward import WalkForward
from core.errors import DeskError
from core.monitor.jobs import Cancelled, Job
from core.monitor.studies import RuleSpec, Studied
from core.pairs import PairAnalysis, Unknown
from core.ui import desk, look, pair_controls, words, zone
from core.ui.backtest.figures import bps
from core.ui.charts import equity, frame, levels

_ASKED = "studied"


def show(asked: RuleSpec) -> None:
    """The button, the progress, and what was found."""
    job: Job[Studied] | None = (
        st.session_state.get(_ASKED, (None, None))[1] if st.session_state.get(_ASKED, (None,))[0] == asked else None
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Study again" if job is not None and job.done else "Study this rule", key="study", on_click=_begin, args=(asked,), icon=":material/science:",
            type="primary", disabled=job is not None and not job.done,
        )  # fmt: skip
        st.caption(
            "Walks it forward, tries other levels, trades it on 200 markets without a tie, and looks for knowledge of the future: some seconds."
        )
    if job is None:
        return
    if not job.done:
        _progress(job)
    elif job.error is not None:
        st.warning(
            "It was ended." if isinstance(job.error, Cancelled) else f"It failed: {job.error}", icon=":material/error:"
        )
    else:
        _found(job.result(), asked)


def _begin(asked: RuleSpec) -> None:
    try:
        st.session_state[_ASKED] = (asked, desk.monitor().study(asked))
    except DeskError as error:
        st.session_state.pop(_ASKED, None)
        st.toast(f"{error}")


@st.fragment(run_every=0.3)
def _progress(job: Job[Studied]) -> None:
    if job.done:
        st.rerun()
    st.progress(min(job.progress, 1.0), job.words)
    st.button("End it", key="study_end", on_click=job.cancel)


def _found(studied: Studied, asked: RuleSpec) -> None:
    found, analysis = studied.study, studied.analysis
    told = analysis.provenance
    st.caption(
        f"Stands on {told.bars:,} bars to {zone.current().moment(told.to_us)}; later bars are not in it until you study again."
    )
    _chance(found.placebo)
    _audited(found.audit)
    _walked(found.walk, analysis)
    _levels(found.grid, asked)


def _chance(found: Placebo | Unknown) -> None:
    st.subheader("On markets without a tie")
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/help:")
        return
    st.plotly_chart(levels.chance(found, look.current()), theme=None, config=frame.CONFIG, key="chance")
    st.caption(chance_words(found))


def chance_words(found: Placebo) -> str:
    """The percentile in a sentence."""
    return (
        f"By a hedge that follows the market, the rule's Sharpe ratio is above that of {found.percentile:.0f} % of {len(found.values):,} markets with the same returns in shuffled "
        f"blocks and no tie (p {found.p_value:.3f}). What it earns there is what chance earns."
    )


def _audited(found: Audit | Unknown) -> None:
    if isinstance(found, Unknown):
        st.info(f"Knowledge of the future: not known, {found.reason}.", icon=":material/help:")
    elif found.is_causal:
        st.success(
            f"No knowledge of the future: {found.checked:,} z-scores were computed anew from {len(found.cuts)} shorter histories, and none changed.",
            icon=":material/verified:",
        )
    else:
        st.warning(
            f"It knew the future: {found.changed:,} of {found.checked:,} z-scores are others when computed from what was known then.",
            icon=":material/visibility:",
        )


def _walked(found: WalkForward | Unknown, analysis: PairAnalysis) -> None:
    st.subheader("Walked forward")
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/help:")
        return
    shown = zone.current()
    times = analysis.series.times
    st.plotly_chart(equity.walked(found, times, look.current(), shown), theme=None, config=frame.CONFIG, key="walked")
    hindsight = words.DASH if found.hindsight is None else bps(float(found.hindsight.net[-1]))
    st.caption(
        f"Fitted on a quarter of the bars and traded on the eighth after it, {len(found.windows)} times: net {bps(float(found.backtest.net[-1]))}. One hedge of all bars, which nobody had, would "
        f"have made {hindsight}."
    )
    with st.expander("The windows"):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Traded from": shown.moment(int(times[each.start])), "to": shown.moment(int(times[each.end - 1])), "Hedge": each.slope,
                        "Trades": each.trades, "Net, bps": 1e4 * each.net, "Why not": each.words or "",
                    }
                    for each in found.windows
                ]
            ),
            hide_index=True,
        )  # fmt: skip


def _levels(found: Grid | Unknown, asked: RuleSpec) -> None:
    st.subheader("At other levels")
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/help:")
        return
    st.plotly_chart(
        levels.heat(found, look.current(), (asked.levels.entry, asked.levels.exit)),
        theme=None,
        config=frame.CONFIG,
        key="levels",
    )
    row, column = found.robust
    entry, out = float(found.entries[row]), float(found.exits[column])
    flat = found.flatness(found.best)
    alone = "stands alone: its neighbours do much worse" if not flat >= 0.5 else "has neighbours that do about as well"
    st.caption(
        f"The best of {found.trials:,} cells {alone}. The square is the cell with the best neighbourhood: what to prefer, if anything. Each cell is a variant that was tried."
    )
    st.button(
        f"Apply the robust cell: enter {entry:g}, leave {out:g}".replace("-", "−"), key="apply_levels", on_click=pair_controls.apply, args=({"entry": entry, "exit": out},),
        icon=":material/check:",
    )  # fmt: skip
