"""The Health page's tables from a health value."""

from core.health import (
    Event,
    FeedHealth,
    FeedState,
    Health,
    QueueHealth,
    StoreHealth,
    StoreState,
    SymbolHealth,
    SymbolState,
)
from core.market import Scale, Symbol
from core.ui import condition, words

NOW = 1_723_161_600_000_000


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
    waiting = SymbolHealth(Symbol.parse("BTCUSDT"), SymbolState.WAITING, "no trade since the start")
    row = condition.symbol_table(health(waiting)).iloc[0]
    assert row["Last price"] == row["Last trade"] == row["Lag p50"] == row["Lag p99"] == words.DASH
    assert row["State"] == "○ waiting"


def test_a_live_symbol_is_told_in_full() -> None:
    live = SymbolHealth(
        Symbol.parse("BTCUSDT"), SymbolState.LIVE, "trades arrive", scale=Scale(2, 5), last_price=6_183_763,
        last_received_us=NOW - 2_000_000, rate=12.5, stored=1_000, missing=3, gaps=1, lag_p50_ms=4.4, lag_p99_ms=80.2,
    )  # fmt: skip
    row = condition.symbol_table(health(live)).iloc[0]
    assert dict(row[["Last price", "Last trade", "Rate", "Stored", "Gaps", "Missing", "Lag p50", "Lag p99"]]) == {
        "Last price": "61,837.63",
        "Last trade": "2 s ago",
        "Rate": "12.5",
        "Stored": "1,000",
        "Gaps": "1",
        "Missing": "3",
        "Lag p50": "4 ms",
        "Lag p99": "80 ms",
    }


def test_every_state_has_a_sign_and_a_word() -> None:
    for state in SymbolState:
        shown = condition.symbol_table(health(SymbolHealth(Symbol.parse("X"), state, ""))).iloc[0]["State"]
        assert shown.split(" ", 1)[1] == state.value


def test_history_is_newest_first() -> None:
    events = tuple(Event(NOW - i * 1_000_000, "live", f"event {i}") for i in reversed(range(3)))
    table = condition.event_table(health(events=events))
    assert list(table["In words"]) == ["event 0", "event 1", "event 2"]
    assert list(table["Ago"]) == ["0 s ago", "1 s ago", "2 s ago"]
    assert condition.event_table(health()).empty
