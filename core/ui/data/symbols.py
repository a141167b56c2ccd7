"""The symbols: what is stored of each, and how good it is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.health import Health, Reconciliation, SymbolHealth
from core.market import Symbol, decimal_text
from core.quality import Quality
from core.store.inventory import Record
from core.ui import badges, condition, desk, words, zone
from core.ui.zone import Zone


@st.fragment(run_every=10.0)
def show() -> None:
    """A row a symbol, every ten seconds."""
    monitor = desk.monitor()
    place = zone.current()
    st.subheader("Symbols", help=badges.GRADES_HELP)
    table = symbol_table(monitor.health(), monitor.records(), monitor.qualities(), monitor.reconciliations(), place)
    styled = table.style.map(lambda cell: badges.ground(str(cell)), subset=["Grade"]) if len(table) else table
    st.dataframe(
        styled, hide_index=True, key="data_symbols", column_config=_configuration(place), placeholder=words.DASH
    )


def symbol_table(
    health: Health,
    records: Mapping[Symbol, Record | None],
    qualities: Mapping[Symbol, Quality | None],
    reconciliations: Mapping[Symbol, Reconciliation | None],
    place: Zone,
) -> pd.DataFrame:
    """Times are those of `place`; counts are numbers, missing where they are not known."""
    rows = [
        {
            **_state(each, qualities.get(each.symbol), reconciliations.get(each.symbol)),
            **_stored(records.get(each.symbol), place),
        }
        for each in health.symbols
    ]
    return pd.DataFrame(rows)


def _state(symbol: SymbolHealth, quality: Quality | None, found: Reconciliation | None) -> dict[str, Any]:
    return {
        "Symbol": str(symbol.symbol),
        "State": condition.state(symbol.state),
        "Grade": words.DASH if quality is None else badges.letter(quality.grade),
        "Match": words.DASH if found is None else words.at_least(found.match_rate),
    }


def _stored(found: Record | None, place: Zone) -> dict[str, Any]:
    """What is stored; of a symbol that the database never met, nothing is."""
    if found is None:
        return dict.fromkeys(_STORED, None)
    values = (
        found.rows,
        found.trades_a_day,
        words.moment(found.first_trade_us, place),
        words.moment(found.last_trade_us, place),
        found.own,
        found.lent,
        words.moment(found.first_bar_us, place),
        words.moment(found.last_bar_us, place),
        decimal_text(1, found.scale.price),
        decimal_text(1, found.scale.quantity),
    )
    return dict(zip(_STORED, values, strict=True))


_STORED = (
    "Trades", "Trades a day", "First trade", "Newest trade", "Own minutes", "Exchange's minutes", "First bar", "Newest bar",
    "Tick", "Step",
)  # fmt: skip


def _configuration(place: Zone) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.Column
    return {
        "Symbol": text(pinned=True),
        "State": text(help=condition.STATES_HELP),
        "Grade": text(help=f"of the last day's bars. {badges.GRADES_HELP}"),
        "Match": text(help="the last day's minutes that the exchange's own bars confirm, of those compared"),
        "Trades": number(format="localized", help="stored rows by their ids, less those that are missing"),
        "Trades a day": number(
            format="%,.0f", help="of the newest day; of a shorter record as if it went on so; a dash below an hour"
        ),
        "Own minutes": number(format="localized", help="minute bars made of the desk's own trades"),
        "Exchange's minutes": number(format="localized", help="minute bars that the exchange gave for the time before"),
        "First bar": text(help=f"open time of the oldest minute, {place.name}"),
        "Newest bar": text(help=f"open time of the newest minute, {place.name}; it may still form"),
        "Tick": text(help="the finest step of its prices in the record"),
        "Step": text(help="the finest step of its quantities in the record"),
    }
