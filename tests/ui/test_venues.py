"""A venue's section from health values."""

from dataclasses import replace

from core.health import BudgetHealth, FeedHealth, FeedState, RepairHealth
from core.ui import venues, words
from core.ui.venues import facts

NOW = 1_723_161_600_000_000
FEED = FeedHealth(FeedState.LIVE, NOW - 4_000_000, "wss://somewhere", "trades arrive", name="Binance spot")


def shown(feed: FeedHealth, repair: RepairHealth | None = None, budget: BudgetHealth | None = None) -> dict[str, str]:
    return {fact.label: fact.value for fact in facts(feed, repair, budget, NOW)}


def test_numbers_have_units() -> None:
    feed = replace(FEED, clock_offset_ms=3.24, clock_error_ms=1.0, behind_ms=12.4, handovers=2)
    repair = RepairHealth("Binance spot", "fetching", 1, 10, 12_345, 13)
    assert shown(feed, repair, BudgetHealth(40, 6000, None, "")) == {
        "In this state for": "4 s",
        "Hand-overs": "2",
        "Clock": "+3.2 ± 1 ms",
        "Behind": "12 ms",
        "REST budget": "40 / 6,000",
        "Repaired": "12,345",
    }


def test_a_clock_is_never_off_by_minus_nothing() -> None:
    assert venues.clock(replace(FEED, clock_offset_ms=-0.04, clock_error_ms=0.9)) == "0.0 ± 1 ms"


def test_the_error_of_a_clock_is_rounded_up_and_a_great_offset_is_told_in_seconds() -> None:
    assert venues.clock(replace(FEED, clock_offset_ms=12.34, clock_error_ms=7.1)) == "+12.3 ± 8 ms"
    assert venues.clock(replace(FEED, clock_offset_ms=-1234.5)) == "-1.2 s"
    assert venues.clock(replace(FEED, clock_offset_ms=3_600_000, clock_error_ms=20.0)) == "+3,600.0 ± 1 s"


def test_the_unknown_is_a_dash_with_its_reason() -> None:
    unknown = {fact.label: fact.told for fact in facts(FEED, None, None, NOW) if fact.value == words.DASH}
    assert unknown.keys() == {"Clock", "Behind", "REST budget", "Repaired"}
    assert "not told its time" in unknown["Clock"]
    assert "not measured yet" in unknown["Behind"]
    assert "nothing is known" in unknown["REST budget"]
    assert "nothing is known" in unknown["Repaired"]


def test_repairs_tell_what_they_do_and_what_is_left() -> None:
    busy = RepairHealth("Binance spot", "repairing BTCUSDT: fetching 12,345 of 20,000", 2, 7_655, 0, 0)
    assert venues.repair_words(busy) == "repairing BTCUSDT: fetching 12,345 of 20,000 · 2 gaps left, 7,655 ids missing"
    assert venues.repair_words(replace(busy, open_gaps=0, words="nothing to repair")) == "nothing to repair"
    assert venues.repair_words(None).startswith(words.DASH)


def test_a_venue_that_refuses_says_until_when() -> None:
    told = facts(FEED, None, BudgetHealth(6000, 6000, NOW, "told to wait"), NOW)[4].told
    assert "not to be asked before 2024-08-09 00:00:00 UTC" in told
