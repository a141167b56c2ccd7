"""The trades, one a row: choosing one marks it on the chart."""

import pandas as pd
import streamlit as st

from core.analytics.backtest.run import Trade
from core.pairs import PairAnalysis
from core.pairs.trading import Traded
from core.ui import words
from core.ui.zone import UTC, Zone

_KEY = "trades"


def chosen(traded: Traded) -> Trade | None:
    """The trade whose row was clicked."""
    state = st.session_state.get(_KEY)
    rows = state["selection"]["rows"] if state else ()
    trades = traded.backtest.trades
    return trades[rows[0]] if rows and rows[0] < len(trades) else None


def show(traded: Traded, analysis: PairAnalysis, zone: Zone) -> None:
    """The table, and its file."""
    table = frame(traded, analysis, zone)
    if not len(table):
        _none(traded, analysis)
        return
    st.dataframe(
        table, hide_index=True, key=_KEY, on_select="rerun", selection_mode="single-row",
        column_config={
            name: st.column_config.DatetimeColumn(format="MM-DD HH:mm:ss") if name in _times(zone) else st.column_config.NumberColumn(format="%.1f")
            for name in (*_times(zone), "Gross, bps", "Costs, bps", "Net, bps", "Worst, bps", "Best, bps")
        },
    )  # fmt: skip
    st.caption(f"{len(table):,} trades, oldest first. Click a row to see it on the chart.")
    st.download_button(
        "CSV", data=lambda: frame(traded, analysis, UTC).to_csv(index=False).encode(), file_name=file_name(analysis), mime="text/csv",
        icon=":material/download:", key="trades_csv", on_click="ignore", help="every trade, times in UTC",
    )  # fmt: skip


def _none(traded: Traded, analysis: PairAnalysis) -> None:
    """Why there is no trade, and which level would have made one."""
    z = analysis.series.z[:-1]
    known = z[z == z]
    most = f"the largest |z| was {abs(known).max():.2f}" if len(known) else "no z-score is known"
    st.info(f"No trade: the rule enters at {traded.backtest.levels.entry:g} σ, and {most}.", icon=":material/block:")


def frame(traded: Traded, analysis: PairAnalysis, zone: Zone) -> pd.DataFrame:
    """A row a trade."""
    told, times, capital = analysis.provenance, analysis.series.times, traded.backtest.capital
    rows = [
        _row(trade, times[trade.entry_row], times[trade.exit_row], (told.y, told.x), capital, zone)
        for trade in traded.backtest.trades
    ]
    return pd.DataFrame(rows)


def _times(zone: Zone) -> tuple[str, str]:
    """The headers of the times, which name their zone."""
    return f"Entry, {zone.name}", f"Exit, {zone.name}"


def _row(
    trade: Trade, entry_us: int, exit_us: int, names: tuple[str, str], capital: float, zone: Zone
) -> dict[str, object]:
    y, x = names
    entry, exit_ = _times(zone)
    return {
        entry: zone.shifted([entry_us])[0],
        "Net, bps": 1e4 * trade.net / capital,
        "Side": "▲ bought" if trade.side > 0 else "▼ sold",
        "Bars": trade.bars,
        "Why it ended": trade.reason,
        exit_: zone.shifted([exit_us])[0],
        "Gross, bps": 1e4 * trade.gross / capital,
        "Costs, bps": 1e4 * (trade.net - trade.gross) / capital,
        "Worst, bps": 1e4 * trade.mae / capital,
        "Best, bps": 1e4 * trade.mfe / capital,
        "Hedge": trade.hedge_ratio,
        f"{y} in": trade.entry_y,
        f"{y} out": trade.exit_y,
        f"{x} in": trade.entry_x,
        f"{x} out": trade.exit_x,
        "Re-hedges": trade.rehedges,
    }


def file_name(analysis: PairAnalysis) -> str:
    """``backtest_ETHUSDT_BTCUSDT_1m_240_20260809T0000_20260810T0000_UTC.csv``."""
    told, spec = analysis.provenance, analysis.spec
    first, last = (f"{UTC.local(time):%Y%m%dT%H%M}" for time in (told.from_us, told.to_us))
    return f"backtest_{told.y}_{told.x}_{spec.interval}_{spec.window}_{first}_{last}_UTC.csv"


def verdict(traded: Traded) -> str:
    """The result in a sentence."""
    found = traded.report
    if not found.trades:
        return "The rule never entered."
    made = "earned" if found.net > 0 else "lost"
    before = (
        "before costs it lost too"
        if found.gross <= 0
        else f"before costs it made {words.signed(1e4 * found.gross, 1)} bps"
    )
    return f"The rule {made} {abs(1e4 * found.net):,.1f} bps of the capital in {found.trades:,} trades; {before}."
