"""The ledger's tables, and the signs of states and grades."""

import re
from dataclasses import replace

from core.health import Difference, FeedState, Gap, GapState
from core.market import Symbol
from core.quality import Grade
from core.ui import badges, ledger

NOW = 1_723_161_600_000_000
GAP = Gap(
    Symbol("BTCUSDT"), 5, 8, 6, NOW, NOW + 1_500_000, "reconnected", GapState.OPEN, 0, NOW, None, None, "", 1
)  # fmt: skip


def test_a_gap_is_told_in_full() -> None:
    (row,) = ledger.gap_table([GAP]).to_dict("records")
    assert row == {
        "State": "○ open",
        "Symbol": "BTCUSDT",
        "When": "2024-08-09 00:00:00 UTC",
        "Lasted": "1.5 s",
        "Missing now": "3",
        "Ids": "5 to 8",
        "Cause": "reconnected",
        "Attempts": "0",
        "In words": "its repair has not begun",
    }


def test_a_repaired_gap_says_when_and_misses_nothing() -> None:
    closed = replace(GAP, state=GapState.CLOSED, next_id=None, closed_us=NOW + 60_000_000, attempts=1, last_id=5)
    (row,) = ledger.gap_table([closed]).to_dict("records")
    assert (row["State"], row["Missing now"], row["Ids"]) == ("● repaired", "0", "5")
    assert row["In words"] == "every id was fetched by 2024-08-09 00:01:00 UTC"


def test_times_that_step_back_are_no_negative_length() -> None:
    (row,) = ledger.gap_table([replace(GAP, from_us=NOW + 200_000, to_us=NOW)]).to_dict("records")
    assert row["Lasted"] == "0.2 s"


def test_a_difference_is_told_without_raw_names() -> None:
    found = Difference(Symbol("ETHUSDT"), NOW, ("trade_count", "quote_volume"), 812, 815, 0.0037, NOW, 2)
    (row,) = ledger.difference_table([found]).to_dict("records")
    assert row == {
        "Symbol": "ETHUSDT",
        "Minute": "2024-08-09 00:00:00 UTC",
        "What differs": "trade count, quote volume",
        "Trades here": "812",
        "Trades there": "815",
        "Difference": "0.37 %",
        "Compared": "2 times",
    }


def test_every_state_and_grade_has_its_sign() -> None:
    assert all(re.fullmatch(r"\W \w[\w ]+", badges.gap(state)) for state in GapState)
    assert len({badges.gap(state) for state in GapState}) == len(GapState)
    assert badges._FEEDS.keys() == set(FeedState)
    assert badges._GRADES.keys() == set(Grade)
    assert all(badges.ground(grade.value) for grade in Grade if grade is not Grade.NONE)
    assert badges.ground(badges.letter(Grade.NONE)) == ""
