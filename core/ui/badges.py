"""States and grades as an icon, a word and a colour; the story behind them on hover."""

import streamlit as st

from core.health import FeedHealth, FeedState, GapState
from core.market import Interval
from core.quality import Grade, Quality
from core.ui import words

_FEEDS = {
    FeedState.LIVE: ("LIVE", ":material/sensors:", "green"),
    FeedState.BEHIND: ("BEHIND", ":material/schedule:", "orange"),
    FeedState.WAITING: ("WAITING", ":material/hourglass_empty:", "yellow"),
    FeedState.CONNECTING: ("CONNECTING", ":material/sync:", "yellow"),
    FeedState.STARTING: ("STARTING", ":material/sync:", "yellow"),
    FeedState.SILENT: ("SILENT", ":material/volume_off:", "orange"),
    FeedState.RECONNECTING: ("RECONNECTING", ":material/sync_problem:", "orange"),
    FeedState.BLOCKED: ("BLOCKED", ":material/block:", "red"),
    FeedState.STOPPED: ("STOPPED", ":material/stop_circle:", "gray"),
}
_GRADES = {
    Grade.A: (":material/verified:", "green", "every trade is proven present, and the desk's own"),
    Grade.B: (":material/check_circle:", "blue", "whole; part stands on the exchange's own bars, or is not proven yet"),
    Grade.C: (":material/error:", "orange", "at least 99 % of the trades are present"),
    Grade.D: (":material/report:", "red", "less than 99 % of the trades are present"),
    Grade.NONE: (":material/help:", "gray", "not known yet"),
}
#: Behind a grade in a table, in the colours of the badges; through them the table's own ground shows, dark or light.
_GROUNDS = {
    Grade.A: "rgba(63, 191, 151, 0.28)",
    Grade.B: "rgba(90, 162, 255, 0.28)",
    Grade.C: "rgba(255, 159, 69, 0.32)",
    Grade.D: "rgba(255, 107, 114, 0.38)",
}
_GAPS = {
    GapState.OPEN: "○ open",
    GapState.REPAIRING: "◔ repairing",
    GapState.CLOSED: "● repaired",
    GapState.LOST: "✕ lost for good",
}

GRADES_HELP = "; ".join(f"{grade.value}: {told}" for grade, (_, _, told) in _GRADES.items() if grade is not Grade.NONE)


def feed(health: FeedHealth, now_us: int) -> None:
    """What the connection to a venue is doing, and for how long."""
    word, icon, color = _FEEDS[health.state]
    since = words.duration((now_us - health.since_us) / 1e6)
    st.badge(word, icon=icon, color=color, help=f"{health.words}, for {since}")  # type: ignore[arg-type]


def quality(found: Quality, interval: Interval) -> None:
    """The grade of a window of bars."""
    icon, color, told = _GRADES[found.grade]
    of = f"the newest {found.bars:,} bars of {interval}" if found.bars else f"bars of {interval}"
    help_text = f"Data quality of {of}: {found.words}. {letter(found.grade)}: {told}."
    st.badge(f"quality {letter(found.grade)}", icon=icon, color=color, help=help_text)  # type: ignore[arg-type]


def letter(grade: Grade) -> str:
    return words.DASH if grade is Grade.NONE else grade.value


def ground(shown: str) -> str:
    """The style of a table's cell that shows a grade."""
    color = next((color for grade, color in _GROUNDS.items() if grade.value == shown), None)
    return f"background-color: {color}; font-weight: 600" if color else ""


def gap(state: GapState) -> str:
    """A gap's state as a sign and a word."""
    return _GAPS[state]
