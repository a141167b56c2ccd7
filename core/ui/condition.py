"""The Health page's parts: the venues, the desk's numbers, the symbols, and what happened."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.health import Health, Reconciliation, StoreState, SymbolHealth, SymbolState
from core.market import Symbol
from core.quality import Quality
from core.ui import badges, desk, tables, venues, words, zone
from core.ui.zone import UTC, Zone

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
    """How everything is, once a second."""
    monitor = desk.monitor()
    health = monitor.health()
    if health.store.state is not StoreState.OK:
        st.error(f"The database is {health.store.state}: {health.store.words}", icon=":material/database_off:")
    if health.store.damage:
        st.error(f"Damage: {health.store.damage}", icon=":material/database_off:")
    venues.show(health)
    _numbers(health)
    missing(health)
    st.subheader("Symbols", help=badges.GRADES_HELP)
    table = symbol_table(health, monitor.qualities(), monitor.reconciliations())
    tables.show(table, "symbols", _SYMBOL_HELP, grade="Grade", wide="Data quality")
    st.subheader("Streams")
    tables.show(stream_table(health), "streams", _STREAM_HELP)


@st.fragment(run_every=1.0)
def history() -> None:
    """What happened to the connections."""
    st.subheader("What happened")
    tables.show(event_table(desk.monitor().health(), zone.current()), "events", {})


def _numbers(health: Health) -> None:
    queue, store = health.queue, health.store
    with st.grid(6, min_column_width=150):
        st.metric(
            "Running for", words.duration((health.now_us - health.started_us) / 1e6), border=True,
            help=f"since {words.moment(health.started_us, zone.current())}; what is counted below is counted since then",
        )  # fmt: skip
        st.metric(
            "Bars final up to", _final(health), border=True,
            help="the event time up to which bars are final: later ones may still change",
        )  # fmt: skip
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


def missing(health: Health) -> None:
    """What is missing, in short; the Data page has the ledger."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(missing_words(health))
        st.page_link("pages/data.py", label="Gap ledger and storage", icon=":material/database:")


def missing_words(health: Health) -> str:
    """How many trades of which symbols are missing."""
    lacking = [each for each in health.symbols if each.missing]
    if not lacking:
        return "No gap: every trade id of the record is accounted for."
    gaps, ids = sum(each.gaps for each in lacking), sum(each.missing for each in lacking)
    names = ", ".join(str(each.symbol) for each in lacking)
    return f"**{ids:,} trades are missing in {gaps:,} gap{'' if gaps == 1 else 's'}** of {names}."


def _final(health: Health) -> str:
    if health.watermark_us is None:
        return words.DASH
    return f"{words.seconds((health.now_us - health.watermark_us) / 1e6)} ago"


def state(found: SymbolState) -> str:
    """A symbol's state as a sign and a word."""
    return _STATES[found]


STATES_HELP = (
    "live, quiet (the connection lives, nothing trades), stale (the connection is down), waiting, unknown, failed"
)
_SYMBOL_HELP = {
    "State": STATES_HELP,
    "Grade": f"of the last day's bars. {badges.GRADES_HELP}",
    "Match": "the last day's minutes that the exchange's own bars confirm, of those compared",
    "Worst difference": "the largest relative difference between a minute and the exchange's own bar",
    "Compared": "the last day's minutes beside the exchange's own bars",
    "Gaps": "holes in the trade ids that are still there, of the whole record",
    "Missing": "trades in those holes",
    "Repaired": "rows fetched again since the start",
    "Lost for good": "of the missing ones, those that the exchange does not give any more",
    "Silence": "since the last trade; ids that go on afterwards prove that nothing was missed",
    "Patience": "a longer silence than this, which follows the symbol's own rhythm, is looked into",
    "Data quality": "the last day's bars, proven by trade id",
}
_STREAM_HELP = {
    "Rate": "trades a second over the last ten seconds",
    "Lag p50": "receive time minus the venue's event time over the last minute, median, by this machine's clock",
    "Lag p99": "the same, 99th percentile",
    "Out of order": "trades that came after one with a greater id",
    "Rejected": "trades that could not be read or stored",
}


def symbol_table(
    health: Health,
    qualities: Mapping[Symbol, Quality | None],
    reconciliations: Mapping[Symbol, Reconciliation | None],
) -> pd.DataFrame:
    """How complete each symbol is: a row each, as text. A dash is an unknown, and the words beside it say why."""
    rows = [_symbol_row(each, qualities.get(each.symbol), reconciliations.get(each.symbol)) for each in health.symbols]
    return pd.DataFrame(rows)


def _symbol_row(symbol: SymbolHealth, quality: Quality | None, reconciliation: Reconciliation | None) -> dict[str, str]:
    return {
        "Symbol": str(symbol.symbol),
        "State": state(symbol.state),
        "Grade": words.DASH if quality is None else badges.letter(quality.grade),
        "Match": words.DASH if reconciliation is None else words.at_least(reconciliation.match_rate),
        "Worst difference": worst(reconciliation),
        "Compared": compared(reconciliation),
        "Gaps": words.count(symbol.gaps),
        "Missing": words.count(symbol.missing),
        "Repaired": words.count(symbol.repaired),
        "Lost for good": words.count(symbol.given_up),
        "Silence": words.seconds(symbol.silent_seconds),
        "Patience": words.seconds(symbol.patience_seconds),
        "In words": symbol.words,
        "Data quality": "the database does not tell it now" if quality is None else quality.words,
    }


def compared(reconciliation: Reconciliation | None) -> str:
    """How far the comparison with the exchange's own bars has come."""
    if reconciliation is None:
        return "nothing is stored yet"
    waiting = f", {reconciliation.waiting:,} waiting" if reconciliation.waiting else ""
    differing = f", {reconciliation.differing:,} differ" if reconciliation.differing else ""
    return f"{reconciliation.compared:,} min{differing}{waiting}"


def worst(reconciliation: Reconciliation | None) -> str:
    """The largest relative difference from the exchange's own bars."""
    if reconciliation is None or not reconciliation.compared:
        return words.DASH
    return "none" if reconciliation.worst is None else words.small(reconciliation.worst)


def stream_table(health: Health) -> pd.DataFrame:
    """What each symbol's stream brings: a row each, as text. A dash is an unknown."""
    return pd.DataFrame([_stream_row(symbol, health.now_us) for symbol in health.symbols])


def _stream_row(symbol: SymbolHealth, now_us: int) -> dict[str, str]:
    return {
        "Symbol": str(symbol.symbol),
        "Last price": words.price(symbol.last_price, symbol.scale),
        "Last trade": words.age(symbol.last_received_us, now_us),
        "Rate": words.rate(symbol.rate),
        "Lag p50": words.milliseconds(symbol.lag_p50_ms),
        "Lag p99": words.milliseconds(symbol.lag_p99_ms),
        "Received": words.count(symbol.received),
        "Stored": words.count(symbol.stored),
        "Duplicates": words.count(symbol.duplicates),
        "Out of order": words.count(symbol.out_of_order),
        "Rejected": words.count(symbol.rejected),
    }


def event_table(health: Health, place: Zone = UTC) -> pd.DataFrame:
    """The connections' history, newest first, with the times of `place`."""
    rows = [
        {
            "When": words.moment(e.time_us, place),
            "Ago": words.age(e.time_us, health.now_us),
            "What": e.kind,
            "In words": e.words,
        }
        for e in reversed(health.events[-_EVENTS_SHOWN:])
    ]
    return pd.DataFrame(rows, columns=["When", "Ago", "What", "In words"])
