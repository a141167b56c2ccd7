"""What the database takes on disk, how it grows, and how long there is room."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from core.store.inventory import Disk, Record
from core.ui import desk, words, zone
from core.ui.zone import Zone


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes, trades and days; None where it is not known. A trade's bytes are those of the whole database, its bars among them."""

    disk: Disk
    rows: int
    bytes_a_thousand: float | None
    growth_a_day: float | None
    days_left: float | None


def storage(disk: Disk, records: Iterable[Record]) -> Storage:
    """How the database stands, by the trades in it."""
    known = list(records)
    rows = sum(each.rows for each in known)
    each_trade = disk.size_bytes / rows if disk.size_bytes is not None and rows else None
    paces = [each.trades_a_day for each in known if each.rows]
    pace = None if not paces or None in paces else sum(each or 0.0 for each in paces)
    growth = None if pace is None or each_trade is None else pace * each_trade
    left = disk.free_bytes / growth if growth and disk.free_bytes is not None else None
    return Storage(disk, rows, None if each_trade is None else 1000 * each_trade, growth, left)


@st.fragment(run_every=10.0)
def show() -> None:
    """The sum of it, every ten seconds."""
    monitor, place = desk.monitor(), zone.current()
    records = [each for each in monitor.records().values() if each is not None]
    found = storage(monitor.disk(), records)
    st.caption(sentence(found, records, place))
    with st.grid(6, min_column_width=150):
        for label, value, told in facts(found, place):
            st.metric(label, value, border=True, help=told)


def facts(found: Storage, place: Zone) -> tuple[tuple[str, str, str], ...]:
    """Label, number with unit, and what it is; a dash is an unknown, and its words say why."""
    growth = "trades of the newest day times the bytes of a trade" if found.growth_a_day else _UNMEASURED
    return (
        ("Database", words.size(found.disk.size_bytes), f"made {place.moment(found.disk.created_us)}; with its write-ahead log"),
        ("Trades stored", words.count(found.rows), "rows of all symbols by their ids, less those that are missing"),
        ("A thousand trades", words.size(_whole(found.bytes_a_thousand)), "the database by the trades in it, their bars included"),
        ("Growth a day", words.size(_whole(found.growth_a_day)), growth),
        ("Free on disk", words.size(found.disk.free_bytes), "where the database lies"),
        ("Room for", words.DASH if found.days_left is None else words.duration(found.days_left * 86400), "free disk by the growth a day; nothing is ever deleted by itself" if found.growth_a_day else _UNMEASURED),
    )  # fmt: skip


_UNMEASURED = "measured after an hour of the desk's own minutes of every symbol"


def sentence(found: Storage, records: Iterable[Record], place: Zone) -> str:
    """The database in one sentence."""
    firsts = [each.first_trade_us for each in records if each.first_trade_us is not None]
    if not firsts:
        return "No trade is stored yet: the first ones appear here as soon as they arrive."
    growth = "" if found.growth_a_day else f" Its growth is {_UNMEASURED}."
    return (
        f"{found.rows:,} trades of {len(firsts):,} symbols since {place.moment(min(firsts))}, "
        f"in {words.size(found.disk.size_bytes)}.{growth}"
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
