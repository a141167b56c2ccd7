"""The states of a number: live, stale, waiting, unknown. What is not known says why, and what is on its way when it comes."""

from core.market import SECOND_US, Interval
from core.monitor.quotes import PairState, Quote
from core.pairs import Provenance, Unknown
from core.ui import badges, words
from core.ui.panel import State
from core.ui.zone import Zone

STATES: dict[PairState, State] = {
    PairState.LIVE: "live",
    PairState.STALE: "stale",
    PairState.WAITING: "waiting",
    PairState.UNKNOWN: "unknown",
}


def of(value: float | Unknown) -> State:
    """The state of a confirmed value."""
    if not isinstance(value, Unknown):
        return "known"
    return "unknown" if value.needed is None else "waiting"


def why(unknown: Unknown, interval: Interval, now_us: int, zone: Zone) -> str:
    """Why there is no value; where bars are lacking, how many are there and when the last of them closes."""
    if unknown.needed is None or unknown.found is None or unknown.found >= unknown.needed:
        return unknown.reason
    ready_us = interval.floor(now_us) + (unknown.needed - unknown.found) * interval.us
    return f"{unknown.found:,} of {unknown.needed:,} bars, ready {zone.clock(ready_us)}"


def age(quote: Quote) -> str:
    """How old the older leg's newest trade is."""
    known = [time for time in quote.traded_us if time is not None]
    if len(known) < 2:
        return words.DASH
    return f"{words.seconds(max(quote.now_us - min(known), 0) / SECOND_US)} ago"


def standing(told: Provenance, zone: Zone) -> tuple[str, ...]:
    """Which data a number stands on, in lines."""
    quality = told.quality
    return (
        f"stands on {told.bars:,} bars, {zone.moment(told.from_us)} to {zone.moment(told.to_us)}",
        f"{told.joined:,} of both legs, {told.filled:,} carried forward, {told.dropped:,} left out with one leg alone, {told.absent:,} without trades",
        f"data quality {words.DASH if quality is None else f'{badges.letter(quality.grade)}: {quality.words}'}",
        f"{told.source}, revision {told.revision}, computed by version {told.version}",
    )
