"""What the API says of missing trades, proof and comparison."""

from dataclasses import replace
from typing import Any

import pytest

from core.api.schemas import CandlePage
from core.api.schemas_accounts import GapPage, QualityAnswer
from core.health import Difference, Gap, GapState, Reconciliation
from core.market import MINUTE, MINUTE_US, SECOND, SECOND_US, Symbol

BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
FROM_US = 1_723_161_600_000_000
GAP = Gap(
    BTC, 5, 8, 6, FROM_US + 70 * SECOND_US, FROM_US + 75 * SECOND_US, "reconnected", GapState.OPEN, 2,
    FROM_US + 76 * SECOND_US, FROM_US + 77 * SECOND_US, None, "the venue is slow", 1,
)  # fmt: skip


def test_the_ledger_is_told_in_full(desk: Any, market: Any) -> None:
    market.ledger = [GAP]
    page = desk.get("/gaps").json()
    GapPage.model_validate(page)
    assert (page["count"], page["truncated"]) == (1, False)
    assert page["gaps"][0] == {
        "symbol": "BTCUSDT",
        "state": "open",
        "words": "the venue is slow",
        "cause": "reconnected",
        "first_id": 5,
        "last_id": 8,
        "next_id": 6,
        "missing": 3,
        "attempts": 2,
        "from_us": FROM_US + 70 * SECOND_US,
        "from_iso": "2024-08-09T00:01:10.000Z",
        "to_us": FROM_US + 75 * SECOND_US,
        "to_iso": "2024-08-09T00:01:15.000Z",
        "detected_us": FROM_US + 76 * SECOND_US,
        "detected_iso": "2024-08-09T00:01:16.000Z",
        "tried_us": FROM_US + 77 * SECOND_US,
        "tried_iso": "2024-08-09T00:01:17.000Z",
        "closed_us": None,
        "closed_iso": None,
    }


def test_the_ledger_is_chosen_from_by_symbol_state_and_number(desk: Any, market: Any) -> None:
    closed = replace(GAP, next_id=None, state=GapState.CLOSED, to_us=GAP.to_us + 1, closed_us=GAP.to_us + 2)
    lost = replace(GAP, symbol=ETH, state=GapState.LOST, to_us=GAP.to_us + 2)
    market.ledger = [GAP, closed, lost]

    def states(query: str) -> list[str]:
        return [gap["state"] for gap in desk.get(f"/gaps{query}").json()["gaps"]]

    assert states("") == ["lost", "closed", "open"]
    assert states("?symbol=btcusdt") == ["closed", "open"]
    assert states("?state=open&state=lost") == ["lost", "open"]
    assert desk.get("/gaps?limit=2").json()["truncated"] is True
    assert desk.get("/gaps?limit=3").json()["truncated"] is False


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/gaps?symbol=LUNAUSDT", 404, "LUNAUSDT is not being collected"),
        ("/gaps?state=broken", 422, "state='broken': Input should be 'open'"),
        ("/gaps?limit=5001", 422, "limit=5001 is more than the 5000 rows"),
        ("/quality", 422, "symbol is missing"),
        ("/quality?symbol=LUNAUSDT", 404, "LUNAUSDT is not being collected"),
        ("/quality?symbol=BTCUSDT&interval=no", 422, "'no' is not an interval"),
    ],
)
def test_bad_questions_are_explained(desk: Any, path: str, status: int, words: str) -> None:
    answer = desk.get(path)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_a_symbol_that_is_collected_no_more_keeps_its_ledger(desk: Any, market: Any) -> None:
    market.ledger = [replace(GAP, symbol=Symbol("LUNAUSDT"))]
    assert desk.get("/gaps?symbol=LUNAUSDT").json()["count"] == 1


def test_candles_say_how_much_of_them_is_proven(desk: Any, market: Any) -> None:
    for second in (0, 65, 90, 125, 185):
        market.trade(BTC, second)
    market.ledger = [GAP]
    page = desk.get("/candles?symbol=BTCUSDT&interval=1m").json()
    CandlePage.model_validate(page)
    whole, lacking, also_whole, forming = page["candles"]
    assert "present" not in whole
    assert "present" not in also_whole
    assert lacking["present"] == 0.4
    assert forming["present"] is None
    assert (page["quality"]["grade"], page["quality"]["missing"], page["quality"]["unproven"]) == ("D", 3, 0)
    assert page["quality"]["share"] == pytest.approx(4 / 7)
    columns = desk.get("/candles?symbol=BTCUSDT&interval=1m&shape=columns").json()
    assert columns["candles"]["present"] == [1.0, 0.4, 1.0, None]


def test_quality_answers_for_a_range_with_what_the_venues_bars_say(desk: Any, market: Any) -> None:
    for second in (0, 65, 125):
        market.trade(BTC, second)
    market.compared[BTC] = Reconciliation(BTC, FROM_US, 97, 1, 2, 5, 0.25)
    market.differing = [Difference(BTC, FROM_US, ("trade_count", "volume"), 7, 9, 0.25, FROM_US + 3 * MINUTE_US, 4)]
    answer = desk.get("/quality?symbol=BTCUSDT&interval=1m&to=2024-08-09T00:02:00Z").json()
    QualityAnswer.model_validate(answer)
    assert (answer["grade"], answer["share"], answer["bars"], answer["unproven"]) == ("A", 1.0, 2, 0)
    assert (answer["from_iso"], answer["to_us"]) == ("2024-08-09T00:00:00.000Z", FROM_US + 2 * MINUTE_US)
    assert answer["words"] == "every one of 2 trades proven present by id"
    told = answer["reconciliation"]
    assert (told["match_rate"], told["worst"], told["waiting"], told["differing"]) == (0.98, 0.25, 5, 2)
    (difference,) = answer["differences"]
    assert (difference["open_iso"], difference["fields"]) == ("2024-08-09T00:00:00.000Z", ["trade_count", "volume"])


def test_nothing_known_is_null_with_the_reason(desk: Any) -> None:
    answer = desk.get("/quality?symbol=ETHUSDT").json()
    assert (answer["grade"], answer["share"], answer["from_us"], answer["reconciliation"]) == (None, None, None, None)
    assert answer["words"] == "unknown: there are no bars"
    assert answer["differences"] == []


def test_health_tells_of_every_venue_and_comparison(desk: Any, market: Any) -> None:
    market.trade(BTC, 60.0)
    market.compared[BTC] = Reconciliation(BTC, FROM_US, 0, 0, 0, 12, None)
    health = desk.get("/health").json()
    (feed,), (repair,), (budget,) = health["feeds"], health["repairs"], health["budgets"]
    assert health["feed"] == feed
    assert (feed["name"], feed["clock_offset_ms"], feed["clock_error_ms"], feed["handovers"]) == (
        "Venue spot",
        -3.5,
        20.0,
        2,
    )
    assert feed["behind_ms"] is None
    assert (repair["repaired"], repair["words"], budget["per_minute"]) == (17, "nothing to repair", 6000)
    bitcoin, ether = health["symbols"]
    assert bitcoin["reconciliation"]["match_rate"] is None
    assert bitcoin["reconciliation"]["waiting"] == 12
    assert ether["reconciliation"] is None


def test_health_answers_though_the_comparison_cannot_be_read(desk: Any, market: Any, logged: list[str]) -> None:
    market.broken = "the database is locked"
    answer = desk.get("/health")
    assert answer.status_code == 200
    assert [symbol["reconciliation"] for symbol in answer.json()["symbols"]] == [None, None]
    assert all("the database is locked" in logged.pop() for _ in range(2))


def test_what_is_kept_is_read_again_one_symbol_at_a_time(market: Any) -> None:
    def read() -> list[Symbol]:
        market.asked.clear()
        market.monitor.reconciliations()
        return list(market.asked)

    assert read() == [BTC, ETH]
    assert read() == []
    market.now_us += 11 * SECOND_US
    assert read() == [BTC]
    assert read() == [ETH]
    assert read() == []
    market.now_us += 61 * SECOND_US
    assert read() == [BTC, ETH]
    market.now_us -= 3600 * SECOND_US
    assert read() == [BTC, ETH], "a clock that was set back must not keep old answers for an hour"


@pytest.mark.parametrize("interval", [SECOND, MINUTE])
def test_the_monitor_and_a_proof_say_the_same(market: Any, interval: Any) -> None:
    for second in (0, 65, 125):
        market.trade(BTC, second)
    market.ledger = [GAP, replace(GAP, state=GapState.CLOSED, next_id=None)]
    proof = market.monitor.proof(BTC)
    assert proof.gaps == (GAP,)
    assert proof.window(market.monitor.candles(BTC, interval)) == market.monitor.quality(BTC, interval)
