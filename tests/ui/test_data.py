"""The Data page's tables, sums and chart, from values."""

from dataclasses import replace

import numpy as np
import pytest

from core.health import Reconciliation, SymbolHealth, SymbolState
from core.market import MINUTE_US, Scale, Symbol
from core.monitor.coverage import Cover, Coverage
from core.quality import Grade, Quality
from core.store.inventory import Disk, Record
from core.ui import look, words
from core.ui.charts import coverage
from core.ui.data import compared, cover, storage, symbols
from core.ui.zone import UTC, Zone
from tests.ui.test_condition import BTC, NOW, health

ETH = Symbol.parse("ETHUSDT")
BERLIN = Zone("Europe/Berlin")
RECORD = Record(
    BTC, Scale(2, 5), NOW, NOW + 90 * MINUTE_US, 3_000, NOW - 60 * MINUTE_US, NOW + 89 * MINUTE_US, 90, 60, 3_000, 1.5
)
DISK = Disk(6_000_000, 48_000_000_000, NOW)


def test_growth_is_the_days_trades_by_the_bytes_of_a_trade() -> None:
    found = storage.storage(DISK, [RECORD])
    assert found.bytes_a_thousand == 2_000_000
    assert found.growth_a_day == 3_000 * 16 * 2_000
    assert found.days_left == 500
    told = {label: value for label, value, _ in storage.facts(found, UTC)}
    assert told == {
        "Database": "6.0 MB", "Trades stored": "3,000", "A thousand trades": "2.0 MB", "Growth a day": "96.0 MB",
        "Free on disk": "48.0 GB", "Room for": "500 d",
    }  # fmt: skip


@pytest.mark.parametrize("short", [{"day_hours": 0.5}, {"day_hours": 0.0, "day_trades": 0}])
def test_a_growth_that_was_not_measured_is_a_dash_with_its_reason(short: dict[str, float]) -> None:
    found = storage.storage(DISK, [RECORD, replace(RECORD, symbol=ETH, **short)])
    told = {label: (value, why) for label, value, why in storage.facts(found, UTC)}
    for label in ("Growth a day", "Room for"):
        assert told[label][0] == words.DASH
        assert "after an hour" in told[label][1]


def test_an_empty_database_says_what_will_come() -> None:
    found = storage.storage(Disk(None, None, NOW), [])
    assert storage.sentence(found, [], UTC).startswith("No trade is stored yet")
    assert found.bytes_a_thousand is None


def test_a_symbol_is_told_with_its_record_and_its_quality() -> None:
    live = SymbolHealth(BTC, SymbolState.LIVE, "trades arrive")
    quality = Quality(9_997, 3, 0, 0, 60, 1, True, 0.9997, Grade.C, "")
    table = symbols.symbol_table(
        health(live), {BTC: RECORD}, {BTC: quality}, {BTC: Reconciliation(BTC, NOW, 1_430, 3, 1, 6, 0.0037)}, BERLIN
    )
    (row,) = table.to_dict("records")
    assert row == {
        "Symbol": "BTCUSDT", "State": "● live", "Grade": "C", "Match": "99.93 %", "Trades": 3_000, "Trades a day": 48_000,
        "First trade": "2024-08-09 02:00:00 CEST", "Newest trade": "2024-08-09 03:30:00 CEST", "Own minutes": 90,
        "Exchange's minutes": 60, "First bar": "2024-08-09 01:00:00 CEST", "Newest bar": "2024-08-09 03:29:00 CEST",
        "Tick": "0.01", "Step": "0.00001",
    }  # fmt: skip


def test_a_symbol_that_was_never_met_has_nothing_stored() -> None:
    waiting = SymbolHealth(ETH, SymbolState.WAITING, "")
    (row,) = symbols.symbol_table(health(waiting), {}, {}, {}, UTC).to_dict("records")
    assert row["Grade"] == row["Match"] == words.DASH
    assert row["Trades"] is row["First bar"] is row["Tick"] is None


def found(*kinds: Cover) -> Coverage:
    return Coverage(BTC, NOW, np.array(kinds, dtype=np.int8))


def test_the_chart_draws_each_kind_by_colour_and_pattern() -> None:
    chart = coverage.coverage([found(Cover.OWN, Cover.OWN, Cover.LENT, Cover.GAP)], look.DARK, BERLIN)
    drawn = {trace.name: trace for trace in chart.data if trace.x}
    assert set(drawn) == {"the desk's own", "the exchange's own bar", "trades missing"}
    own = drawn["the desk's own"]
    assert list(own.x) == [2 * 60_000]
    assert str(own.base[0]) == "2024-08-09T02:00:00.000000"
    assert own.customdata[0][1] == "2024-08-09 02:00:00 CEST"
    patterns = [(trace.marker.pattern.shape, trace.marker.color) for trace in chart.data]
    assert len(set(patterns)) == len(Cover), "colour is never alone"
    assert "CEST" in chart.layout.xaxis.title.text


def test_a_week_is_drawn_in_few_steps_and_loses_no_gap() -> None:
    minutes = np.full(7 * 1440, Cover.OWN, dtype=np.int8)
    minutes[5_001] = Cover.GAP
    chart = coverage.coverage([Coverage(BTC, NOW, minutes)], look.LIGHT, UTC)
    assert sum(len(trace.x) for trace in chart.data) == 3
    assert "34 minutes a step" in chart.layout.xaxis.title.text


def test_the_sentence_and_the_table_count_every_minute() -> None:
    kinds = [found(Cover.OWN, Cover.QUIET, Cover.ABSENT, Cover.GAP)]
    assert (
        cover.sentence(kinds) == "50.00 % of 4 minutes of 1 symbols are accounted for; trades are missing of BTCUSDT."
    )
    (row,) = cover.cover_table(kinds).to_dict("records")
    assert row["trades missing"] == row["not in the record"] == row["proven, no trade"] == row["the desk's own"] == 1


def test_the_comparison_in_one_sentence_and_by_symbol() -> None:
    one = Reconciliation(BTC, NOW, 997, 2, 1, 6, 0.0037)
    assert compared.sentence([one]) == "99.90 % of 1,000 minutes match the exchange's own bars; 1 differ."
    assert compared.sentence([]).startswith("Nothing is compared yet")
    (row,) = compared.reconciliation_table([one]).to_dict("records")
    assert (row["Match"], row["Waiting"], row["Worst difference"]) == ("99.90 %", "6", "0.37 %")
