"""One section a venue: its connection, its clock, its REST budget and its repairs."""

from dataclasses import dataclass
from itertools import zip_longest
from math import ceil

import streamlit as st

from core.health import BudgetHealth, FeedHealth, Health, RepairHealth
from core.ui import badges, words, zone


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with its unit, what it is, and what to know about it; a dash is an unknown, and `told` says why."""

    label: str
    value: str
    told: str


def show(health: Health) -> None:
    """Every venue."""
    for feed, repair, budget in zip_longest(health.feeds, health.repairs, health.budgets):
        if feed is not None:
            _venue(health, feed, repair, budget)


def _venue(health: Health, feed: FeedHealth, repair: RepairHealth | None, budget: BudgetHealth | None) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badges.feed(feed, health.now_us)
            st.markdown(
                f"**{feed.name or 'venue'}** · {feed.words} · {feed.url or 'no address yet'} · {health.market} market"
            )
        with st.grid(6, min_column_width=150):
            for fact in facts(feed, repair, budget, health.now_us):
                st.metric(fact.label, fact.value, help=fact.told)
        st.caption(f"Repair: {repair_words(repair)}")


def facts(feed: FeedHealth, repair: RepairHealth | None, budget: BudgetHealth | None, now_us: int) -> tuple[Fact, ...]:
    """What is known of a venue in numbers."""
    return (
        Fact(
            "In this state for", words.duration((now_us - feed.since_us) / 1e6),
            f"{words.count(feed.connections)} connections opened since the start, "
            f"last frame {words.age(feed.last_frame_us, now_us)}",
        ),
        Fact("Hand-overs", words.count(feed.handovers), "connections that took the place of a living one, without a gap"),
        Fact("Clock", clock(feed), _clock_help(feed)),
        Fact(
            "Behind", words.milliseconds(feed.behind_ms),
            "how old the newest trade was when it was stored, by the venue's clock"
            if feed.behind_ms is not None else "not measured yet: it takes a trade and the venue's clock",
        ),
        Fact("REST budget", words.DASH if budget is None else f"{budget.used:,} / {budget.per_minute:,}", _budget_help(budget)),
        Fact(
            "Repaired", words.DASH if repair is None else words.count(repair.repaired),
            "nothing is known of its repairs" if repair is None
            else f"rows fetched again since the start, in {words.count(repair.requests)} requests",
        ),
    )  # fmt: skip


def clock(feed: FeedHealth) -> str:
    """How far this machine's clock is off the venue's: ``+3.2 ± 1 ms`` is ahead."""
    if feed.clock_offset_ms is None:
        return words.DASH
    unit, scale = ("ms", 1.0) if abs(feed.clock_offset_ms) < 1000 else ("s", 1000.0)
    error = "" if feed.clock_error_ms is None else f" ± {ceil(feed.clock_error_ms / scale):,}"
    offset = round(feed.clock_offset_ms / scale, 1) + 0.0  # never minus nothing
    return f"{'+' if offset > 0 else ''}{offset:,.1f}{error} {unit}"


def repair_words(repair: RepairHealth | None) -> str:
    """What the repairing does, and what is left of it."""
    if repair is None:
        return f"{words.DASH} nothing is known of it"
    if not repair.open_gaps:
        return repair.words
    gaps = "1 gap" if repair.open_gaps == 1 else f"{repair.open_gaps:,} gaps"
    return f"{repair.words} · {gaps} left, {repair.missing:,} ids missing"


def _clock_help(feed: FeedHealth) -> str:
    if feed.clock_offset_ms is None:
        return "not measured yet: the venue has not told its time"
    return "how far this machine's clock is ahead of the venue's, and how wrong that may be at most; minus is behind"


def _budget_help(budget: BudgetHealth | None) -> str:
    if budget is None:
        return "nothing is known of it"
    refused = budget.refused_until_us
    told = f"; not to be asked before {words.moment(refused, zone.current())}" if refused is not None else ""
    return f"request weight used of what the venue allows in this minute: {budget.words or 'in order'}{told}"
