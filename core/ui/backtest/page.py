"""The Backtest page, put together."""

import streamlit as st

from core.monitor.studies import RuleSpec
from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import told
from core.pairs.study import leg_profits
from core.pairs.trading import Traded, break_even_of, trade
from core.ui import desk, look, pair_controls, waiting, zone
from core.ui.backtest import controls, deep, figures, trades
from core.ui.backtest.controls import RuleChoice
from core.ui.charts import equity, frame
from core.ui.charts.equity import Ran

_TRIED = "variants"


def show() -> None:
    """Controls, the result at once, and the long part when asked for."""
    choice = pair_controls.pair()
    rule = None if choice is None else controls.draw(choice.levels)
    if choice is None or rule is None:
        return
    asked = RuleSpec(choice.spec, rule.levels, rule.costs)
    analysis = told(lambda: desk.monitor().analysis(choice.spec))
    if isinstance(analysis, Unknown):
        waiting.until_known(choice.spec, "There is nothing to trade yet")
        return
    traded = trade(analysis, rule.levels, rule.costs, _tried(asked, rule), rule.rehedge)
    if isinstance(traded, Unknown):
        st.info(f"There is nothing to trade: {traded.reason}.", icon=":material/hourglass_empty:")
        return
    _result(traded, analysis, rule)
    deep.show(asked)


def _tried(asked: RuleSpec, rule: RuleChoice) -> int:
    """How many variants have been tried in this session, this one among them."""
    known: set[object] = st.session_state.setdefault(_TRIED, set())
    known.add((asked, rule.rehedge))
    return len(known)


def _result(traded: Traded, analysis: PairAnalysis, rule: RuleChoice) -> None:
    shown = zone.current()
    st.markdown(
        f"**{trades.verdict(traded)}** Decided at a close, filled at the next one, quantities held as they were at the entry."
    )
    if traded.hindsight:
        _warn()
    figures.show(traded, break_even_of(analysis, rule.costs), analysis, shown)
    series, told_ = analysis.series, analysis.provenance
    ran = Ran(
        traded.backtest, leg_profits(traded.backtest, series.y, series.x), series.times, series.z, (told_.y, told_.x)
    )
    st.plotly_chart(
        equity.equity(ran, look.current(), shown, trades.chosen(traded)), theme=None, config=frame.CONFIG, key="equity"
    )
    st.caption(
        f"{told_.bars:,} bars to {shown.moment(told_.to_us)}, {told_.source}. Top: net, and before costs. Middle: by leg. Bottom: the z-score with entries ▲▼ and exits ✕."
    )
    trades.show(traded, analysis, shown)


def _warn() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            "HINDSIGHT: the hedge was fitted on the very bars that it trades. This is what could be known afterwards, and nothing to expect.", icon=":material/history:",
            width="stretch",
        )  # fmt: skip
        st.button(
            "Use rolling_ols",
            key="causal",
            on_click=pair_controls.apply,
            args=({"estimator": "rolling_ols"},),
            help="a hedge of each bar, from the window that ends with it",
        )
