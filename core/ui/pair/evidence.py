"""Cointegration over time, the odds of a reversion beside those of random walks, and which leg moves first."""

import pandas as pd
import streamlit as st

from core.analytics.leadlag import LeadLag
from core.analytics.odds import Episodes, Odds
from core.market import Symbol
from core.pairs import PairAnalysis, Unknown
from core.pairs.episodes import reversion_odds
from core.pairs.lead import leads
from core.pairs.over_time import cointegration_over_time
from core.pairs.provenance import told
from core.ui import desk, look, words, zone
from core.ui.charts import evidence, frame
from core.ui.pair_controls import PairChoice

_WINDOWS = 200
_NEWEST_TRADES = 50_000


def over_time(_choice: PairChoice, analysis: PairAnalysis) -> None:
    """The test in windows of a quarter of the lookback."""
    bars = len(analysis.series)
    window = max(bars // 4, 60)
    found = told(lambda: cointegration_over_time(analysis, window, max((bars - window) // _WINDOWS, 1)))
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/hourglass_empty:")
        return
    share = float((found.p_value <= 0.05).mean())
    st.plotly_chart(
        evidence.p_values(found, look.current(), zone.current()), theme=None, config=frame.CONFIG, key="p_values"
    )
    st.caption(
        f"Engle and Granger's test in {len(found.times):,} windows of {window:,} bars: {words.percent(share, digits=0)} of them are below 5 %. Of pairs without any "
        "tie 5 % are; windows overlap, so they come in clusters."
    )
    _numbers(
        pd.DataFrame(
            {"Window ends": zone.current().shifted(found.times), "p": found.p_value, "Hedge": found.hedge_ratio}
        )
    )


def odds(choice: PairChoice, analysis: PairAnalysis) -> None:
    """Of past excursions, how many came back and how many paid, beside the same of random walks."""
    found = reversion_odds(analysis, choice.levels.entry)
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/hourglass_empty:")
        return
    st.dataframe(odds_frame(found), hide_index=True, key="odds")
    st.caption(
        f"{found.found.count:,} excursions beyond {found.level:g} σ in {len(analysis.series):,} bars, entered at the next close and left at 0 or after two windows. On a random walk "
        "nearly every one comes back, because the mean comes to it, and most pay: only the gain says something, and only outside the last column."
    )


def odds_frame(found: Odds) -> pd.DataFrame:
    """Each share of the pair beside where nine of ten random walks are, as text."""
    own: Episodes = found.found

    def row(name: str, value: float, walks: tuple[float, float, float], form: str) -> dict[str, str]:
        shown = [words.DASH if each != each else format(each, form).replace("-", "−") for each in (value, *walks)]
        return {
            "Of the excursions": name,
            "This pair": shown[0],
            "Random walks, median": shown[2],
            "Nine of ten walks": f"{shown[1]} to {shown[3]}",
        }

    return pd.DataFrame(
        [
            row("came back to 0", own.returned, found.returned_of_walks, ".0%"),
            row("paid, before costs", own.paid, found.paid_of_walks, ".0%"),
            row("mean gain, σ of the entry", own.gain, found.gain_of_walks, "+.2f"),
        ]
    )


def lead(choice: PairChoice, _analysis: PairAnalysis) -> None:
    """The lead-lag curve of the newest trades."""
    spec = choice.spec
    found = _leads(str(spec.y), str(spec.x))
    if isinstance(found, Unknown):
        st.info(f"Not known: {found.reason}.", icon=":material/hourglass_empty:")
        return
    names = str(spec.y), str(spec.x)
    st.plotly_chart(evidence.lead(found, names, look.current()), theme=None, config=frame.CONFIG, key="lead_lag")
    st.caption(lead_words(found, names))
    _numbers(pd.DataFrame({"Lag, s": found.lags_us / 1e6, "Correlation": found.correlation}))


def lead_words(found: LeadLag, names: tuple[str, str]) -> str:
    """Who moves first, in a sentence."""
    best = abs(found.best_lag_us) / 1e6
    first, second = (names[1], names[0]) if found.best_lag_us > 0 else names
    told_ = "Neither leg moves first" if found.best_lag_us == 0 else f"{first} moves {best:g} s before {second}"
    return (
        f"{told_}, by Hayashi and Yoshida's correlation of {found.n_y:,} and {found.n_x:,} trades at their own times (an estimate that may pass 1); the band is two errors around nothing. A lag shorter than "
        "the exchange's own delays between its streams is theirs, not the market's."
    )


@st.cache_data(ttl=60.0, max_entries=20, show_spinner="Reading the newest trades of both legs …")
def _leads(y: str, x: str) -> LeadLag | Unknown:
    monitor = desk.monitor()
    of_y, of_x = (monitor.trades(Symbol.parse(name), _NEWEST_TRADES) for name in (y, x))
    return leads(of_y, of_x)


def _numbers(table: pd.DataFrame) -> None:
    with st.expander("The numbers behind it"):
        st.dataframe(table, hide_index=True)
