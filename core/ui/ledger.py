"""The gap ledger, and the minutes that differ from the exchange's own bars, as tables."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.health import Difference, Gap, GapState
from core.ui import badges, desk, tables, words, zone
from core.ui.zone import UTC, Zone

_ROWS = 200
_QUIET = (
    "Trade ids are counted without a break, so an id that is skipped is a trade that is missing. "
    "A time without trades while ids go on is a quiet or halted market, not a loss, and is not in this list."
)


def show() -> None:
    """The ledger with its filter."""
    st.subheader("Gap ledger", help=_QUIET)
    chosen = st.pills(
        "States", [badges.gap(state) for state in GapState], selection_mode="multi", key="gap_states",
        bind="query-params", label_visibility="collapsed", help="all where none is chosen",
    )  # fmt: skip
    _table(tuple(state for state in GapState if badges.gap(state) in chosen))


@st.fragment(run_every=2.0)
def _table(states: tuple[GapState, ...]) -> None:
    gaps = desk.monitor().gaps(states=states or None, limit=_ROWS)
    if gaps:
        tables.show(gap_table(gaps, zone.current()), "gaps", _GAP_HELP)
        st.caption(shown(len(gaps), _ROWS))
    else:
        st.markdown("No gap in these states." if states else "No gap: every trade id of the record is accounted for.")


_GAP_HELP = {
    "When": "the trade time before the first missing id",
    "Lasted": "from the trade before what is missing to the trade after it",
    "Ids": "the trade ids that were found missing, first and last",
    "Missing now": "how many of them are still missing",
    "Attempts": "how often its repair was begun",
    "State": "open, repairing, repaired (every id was fetched), lost for good (the exchange does not give them any more)",
}
DIFFERENCE_HELP = {
    "Minute": "open time",
    "What differs": "the numbers in which the desk's bar is not the exchange's",
    "Trades here": "as the desk has stored them",
    "Trades there": "as the exchange counts them",
    "Difference": "the largest relative difference among them",
    "Compared": "how often; what differs is fetched again and compared once more",
}


def shown(rows: int, most: int) -> str:
    """How many rows a table has of those that there are."""
    return f"The newest {rows:,}, newest first." if rows == most else f"{rows:,} in all, newest first."


def gap_table(gaps: Sequence[Gap], place: Zone = UTC) -> pd.DataFrame:
    """A row an entry, in the order given, with the times of `place`."""
    return pd.DataFrame([_gap_row(gap, place) for gap in gaps])


def _gap_row(gap: Gap, place: Zone) -> dict[str, str]:
    start_us, end_us = sorted((gap.from_us, gap.to_us))
    return {
        "State": badges.gap(gap.state),
        "Symbol": str(gap.symbol),
        "When": words.moment(start_us, place),
        "Lasted": words.seconds((end_us - start_us) / 1e6),
        "Missing now": words.count(gap.missing),
        "Ids": f"{gap.first_id}" if gap.first_id == gap.last_id else f"{gap.first_id} to {gap.last_id}",
        "Cause": gap.cause,
        "Attempts": words.count(gap.attempts),
        "In words": gap.words or _untold(gap, place),
    }


def _untold(gap: Gap, place: Zone) -> str:
    if gap.state is GapState.CLOSED:
        return f"every id was fetched by {words.moment(gap.closed_us, place)}"
    return "its repair has not begun" if gap.attempts == 0 else ""


def difference_table(differences: Sequence[Difference], place: Zone = UTC) -> pd.DataFrame:
    """A row a minute, in the order given, with the times of `place`."""
    return pd.DataFrame(
        [
            {
                "Symbol": str(each.symbol),
                "Minute": words.moment(each.open_time_us, place),
                "What differs": ", ".join(name.replace("_", " ") for name in each.fields),
                "Trades here": words.count(each.own_count),
                "Trades there": words.count(each.reference_count),
                "Difference": words.small(each.relative),
                "Compared": f"{each.attempts:,} times" if each.attempts != 1 else "once",
            }
            for each in differences
        ]
    )
