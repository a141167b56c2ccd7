"""The Health page's parts: the feed, the symbols, the store, and what happened."""

import pandas as pd
import streamlit as st

from core.health import Health, StoreState, SymbolHealth, SymbolState
from core.ui import desk, words
from core.ui.tiles import feed_badge

_STATES = {
    SymbolState.LIVE: "● live",
    SymbolState.QUIET: "◐ quiet",
    SymbolState.WAITING: "○ waiting",
    SymbolState.STALE: "◌ stale",
    SymbolState.UNKNOWN: "✕ unknown",
    SymbolState.FAILED: "✕ failed",
}
_EVENTS_SHOWN = 50


@st.fragment(run_every=1.0)
def show() -> None:
    """Everything, once a second."""
    health = desk.monitor().health()
    _feed(health)
    _numbers(health)
    st.subheader("Symbols")
    st.dataframe(
        symbol_table(health), hide_index=True, key="symbols",
        column_config={name: st.column_config.Column(help=told) for name, told in _COLUMN_HELP.items()},
    )  # fmt: skip
    st.subheader("What happened")
    st.dataframe(event_table(health), hide_index=True, key="events")


def _feed(health: Health) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        feed_badge(health)
        st.markdown(f"**{health.feed.words}** · {health.feed.url or 'no address yet'} · {health.market} market")
    if health.store.state is not StoreState.OK:
        st.error(f"The database is {health.store.state}: {health.store.words}", icon=":material/database_off:")


def _numbers(health: Health) -> None:
    queue, store = health.queue, health.store
    with st.grid(6, min_column_width=150):
        st.metric("Running for", words.duration((health.now_us - health.started_us) / 1e6), border=True)
        st.metric("Connections", words.count(health.feed.connections), border=True, help="opened since the start")
        st.metric(
            "Queue", words.count(queue.depth), border=True,
            help=f"frames waiting, of {queue.capacity:,}; at most {queue.high_water:,} waited so far",
        )  # fmt: skip
        st.metric(
            "Dropped", words.count(queue.dropped), border=True,
            help=f"frames lost to a full queue; it held the socket back for {queue.blocked_seconds:.1f} s",
        )  # fmt: skip
        st.metric(
            "Malformed", words.count(health.malformed), border=True, help="frames or trades that could not be read"
        )
        st.metric(
            "Database", words.size(store.size_bytes), border=True,
            help=f"{store.location}: {store.words}; {store.flushes:,} commits, {store.failures:,} failed tries",
        )  # fmt: skip


_COLUMN_HELP = {
    "State": "live, quiet (the connection lives, nothing trades), stale (the connection is down), waiting, unknown, failed",
    "Rate": "trades a second over the last ten seconds",
    "Lag p50": "receive time minus the venue's event time over the last minute, median, by this machine's clock",
    "Lag p99": "the same, 99th percentile",
    "Out of order": "trades that came after one with a greater id",
    "Rejected": "trades that could not be read or stored",
    "Gaps": "open holes in the trade ids",
    "Missing": "trades in those holes",
}


def symbol_table(health: Health) -> pd.DataFrame:
    """A row a symbol, as text: a dash is an unknown."""
    return pd.DataFrame([_symbol_row(symbol, health.now_us) for symbol in health.symbols])


def _symbol_row(symbol: SymbolHealth, now_us: int) -> dict[str, str]:
    return {
        "Symbol": str(symbol.symbol),
        "State": _STATES[symbol.state],
        "Last price": words.price(symbol.last_price, symbol.scale),
        "Last trade": words.age(symbol.last_received_us, now_us),
        "Rate": words.rate(symbol.rate),
        "Lag p50": words.milliseconds(symbol.lag_p50_ms),
        "Lag p99": words.milliseconds(symbol.lag_p99_ms),
        "Stored": words.count(symbol.stored),
        "Duplicates": words.count(symbol.duplicates),
        "Out of order": words.count(symbol.out_of_order),
        "Rejected": words.count(symbol.rejected),
        "Gaps": words.count(symbol.gaps),
        "Missing": words.count(symbol.missing),
        "In words": symbol.words,
    }


def event_table(health: Health) -> pd.DataFrame:
    """The connection's history, newest first."""
    rows = [
        {
            "When": words.moment(e.time_us),
            "Ago": words.age(e.time_us, health.now_us),
            "What": e.kind,
            "In words": e.words,
        }
        for e in reversed(health.events[-_EVENTS_SHOWN:])
    ]
    return pd.DataFrame(rows, columns=["When", "Ago", "What", "In words"])
