"""The Health page's tables from a health value."""

from core.health import (
    Event,
    FeedHealth,
    FeedState,
    Health,
    QueueHealth,
    Reconciliation,
    StoreHealth,
    StoreState,
    SymbolHealth,
    SymbolState,
)
from core.market import Scale, Symbol
from core.quality import Grade, Quality
from core.ui import condition, words
from core.ui.zone import Zone

NOW = 1_723_161_600_000_000
BTC = Symbol.parse("BTCUSDT")


def health(*symbols: SymbolHealth, events: tuple[Event, ...] = ()) -> Health:
    return Health(
        market="binance",
        banner=None,
        started_us=NOW - 5_000_000,
        now_us=NOW,
        watermark_us=None,
        feeds=(FeedHealth(FeedState.LIVE, NOW - 4_000_000, "wss://somewhere", "trades arrive"),),
        queue=QueueHealth(0, 10, 0, 0.0, 0),
        store=StoreHealth(StoreState.OK, "fine", "desk.db", None, 0, 0),
        symbols=symbols,
        malformed=0,
        errors=0,
        events=events,
    )


def test_a_symbol_without_a_trade_is_dashes_not_zeros() -> None:
    waiting = SymbolHealth(BTC, SymbolState.WAITING, "no trade since the start")
    stream = condition.stream_table(health(waiting)).iloc[0]
    assert stream["Last price"] == stream["Last trade"] == stream["Lag p50"] == stream["Lag p99"] == words.DASH
    row = condition.symbol_table(health(waiting), {BTC: None}, {}).iloc[0]
    assert row["State"] == "○ waiting"
    assert row["Grade"] == row["Match"] == row["Worst difference"] == row["Silence"] == row["Patience"] == words.DASH
    assert row["Data quality"] == "the database does not tell it now"
    assert row["Compared"] == "nothing is stored yet"


def test_a_live_symbol_is_told_in_full() -> None:
    live = SymbolHealth(
        BTC, SymbolState.LIVE, "trades arrive", scale=Scale(2, 5), last_price=6_183_763,
        last_received_us=NOW - 2_000_000, rate=12.5, stored=1_000, missing=3, gaps=1, lag_p50_ms=4.4, lag_p99_ms=80.2,
        repaired=41, given_up=2, silent_seconds=0.44, patience_seconds=75.0,
    )  # fmt: skip
    stream = condition.stream_table(health(live)).iloc[0]
    assert dict(stream[["Last price", "Last trade", "Rate", "Stored", "Lag p50", "Lag p99"]]) == {
        "Last price": "61,837.63",
        "Last trade": "2 s ago",
        "Rate": "12.5",
        "Stored": "1,000",
        "Lag p50": "4 ms",
        "Lag p99": "80 ms",
    }
    quality = Quality(9_997, 3, 0, 0, 60, 1, True, 0.9997, Grade.C, "99.97 %: 3 trades missing in 1 gap")
    compared = Reconciliation(BTC, NOW, 1_430, 3, 1, 6, 0.0037)
    row = condition.symbol_table(health(live), {BTC: quality}, {BTC: compared}).iloc[0]
    assert dict(row.drop(["Symbol", "State", "In words"])) == {
        "Grade": "C",
        "Match": "99.93 %",
        "Worst difference": "0.37 %",
        "Compared": "1,434 min, 1 differ, 6 waiting",
        "Gaps": "1",
        "Missing": "3",
        "Repaired": "41",
        "Lost for good": "2",
        "Silence": "0.4 s",
        "Patience": "1 m 15 s",
        "Data quality": "99.97 %: 3 trades missing in 1 gap",
    }


def test_what_was_not_compared_yet_is_no_match_and_what_matches_has_no_worst() -> None:
    symbol = SymbolHealth(BTC, SymbolState.LIVE, "")

    def row(*counts: int) -> tuple[str, str]:
        found = condition.symbol_table(health(symbol), {}, {BTC: Reconciliation(BTC, NOW, *counts, None)}).iloc[0]
        return found["Match"], found["Worst difference"]

    assert row(0, 0, 0, 5) == (words.DASH, words.DASH)
    assert row(5, 0, 0, 0) == ("100.00 %", "none")


def test_every_state_has_a_sign_and_a_word() -> None:
    for state in SymbolState:
        shown = condition.symbol_table(health(SymbolHealth(BTC, state, "")), {}, {}).iloc[0]["State"]
        assert shown.split(" ", 1)[1] == state.value


def test_history_is_newest_first() -> None:
    events = tuple(Event(NOW - i * 1_000_000, "live", f"event {i}") for i in reversed(range(3)))
    table = condition.event_table(health(events=events))
    assert list(table["In words"]) == ["event 0", "event 1", "event 2"]
    assert list(table["Ago"]) == ["0 s ago", "1 s ago", "2 s ago"]
    assert condition.event_table(health()).empty


def test_what_is_missing_is_counted_and_named() -> None:
    live = SymbolHealth(BTC, SymbolState.LIVE, "", missing=3, gaps=1)
    assert condition.missing_words(health(live)) == "**3 trades are missing in 1 gap** of BTCUSDT."
    whole = SymbolHealth(BTC, SymbolState.LIVE, "")
    assert condition.missing_words(health(whole)).startswith("No gap")


def test_history_is_told_in_the_zone_that_is_chosen() -> None:
    table = condition.event_table(health(events=(Event(NOW, "live", ""),)), Zone("Europe/Berlin"))
    assert list(table["When"]) == ["2024-08-09 02:00:00 CEST"]
