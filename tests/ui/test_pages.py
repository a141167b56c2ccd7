"""The pages as scripts, without a server: the accessor starts the runtime, once, and every page draws."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import runtime
from core.market import MINUTE, Symbol
from core.pairs import PairSpec
from core.store.gaps import GapRecord
from core.ui.features import columns
from tests.trading import wait_until

NOW = 1_723_161_600_000_000
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/desk.db")
    monkeypatch.setenv("SOURCE", "simulated")
    monkeypatch.setenv("SYMBOLS", "BTCUSDT,XRPUSDT")
    monkeypatch.chdir(ROOT)
    yield AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    st.cache_resource.clear()
    runtime.close_once()


def when_seeded() -> runtime.Runtime:
    """The runtime, once the exchange's bars of the time before are stored."""
    desk = runtime.running()
    assert desk is not None
    wait_until(lambda: all(len(desk.monitor.candles(symbol, MINUTE)) == 1000 for symbol in desk.monitor.symbols()))
    return desk


def test_the_market_page_draws(app: AppTest) -> None:
    app.run()
    assert "SIMULATED" in app.warning[0].value
    when_seeded()
    app.switch_page("pages/market.py").run()
    assert not app.exception
    assert app.selectbox(key="symbol").options == ["BTCUSDT", "XRPUSDT"]
    assert app.metric[0].label.startswith("Last price")
    (bars,) = (each.value for each in app.dataframe)
    assert list(bars["Open time, UTC"]) == sorted(bars["Open time, UTC"], reverse=True)
    assert any(f"the newest {len(bars)} bars of 1m since" in each.value for each in app.caption)


def test_the_scale_is_told_to_the_chart(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/market.py").run()
    app.segmented_control(key="scale").set_value("indexed").run()
    (chart,) = app.get("bidi_component")
    assert '"scale":"indexed"' in chart.proto.json.replace(" ", "")
    assert '"zone":"UTC"' in chart.proto.json.replace(" ", "")


def test_a_bad_interval_is_explained_and_the_usual_one_shown(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/market.py").run()
    app.text_input(key="other").set_value("7x").run()
    assert "'7x' is not an interval" in app.error[0].value
    assert not app.exception


def test_the_health_page_draws(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/health.py").run()
    assert not app.exception
    symbols, streams, *_ = (table.value for table in app.dataframe)
    assert list(symbols["Symbol"]) == list(streams["Symbol"]) == ["BTCUSDT", "XRPUSDT"]
    assert set(symbols["Grade"]) <= {*"ABCD", "–"}
    assert any("Binance spot" in each.value for each in app.markdown)
    assert [fact.label for fact in app.metric[:6]] == [
        "In this state for", "Hand-overs", "Clock", "Behind", "REST budget", "Repaired",
    ]  # fmt: skip
    assert any("every trade id of the record is accounted for" in each.value for each in app.markdown)


def test_the_data_page_draws(app: AppTest) -> None:
    app.run()
    when_seeded()
    app.switch_page("pages/data.py").run()
    assert not app.exception
    assert [fact.label for fact in app.metric] == [
        "Database", "Trades stored", "A thousand trades", "Growth a day", "Free on disk", "Room for",
    ]  # fmt: skip
    stored = next(table.value for table in app.dataframe if "Own minutes" in table.value)
    assert list(stored["Symbol"]) == ["BTCUSDT", "XRPUSDT"]
    assert list(stored["Tick"]) == ["0.01", "0.0001"]
    minutes = next(table.value for table in app.dataframe if "the desk's own" in table.value)
    assert minutes.drop(columns="Symbol").sum(axis=1).tolist() == [1440, 1440]
    app.segmented_control(key="span").set_value("7d").run()
    minutes = next(table.value for table in app.dataframe if "the desk's own" in table.value)
    assert minutes.drop(columns="Symbol").sum(axis=1).tolist() == [7 * 1440] * 2


def test_the_features_page_shows_the_columns_that_are_chosen(app: AppTest) -> None:
    app.query_params["y"], app.query_params["x"] = "XRPUSDT", "BTCUSDT"
    app.run()
    desk = when_seeded()
    app.switch_page("pages/features.py").run()
    assert not app.exception
    (table,) = (each.value for each in app.dataframe)
    assert list(table.columns) == ["open_time", *columns.USUAL]
    assert table["open_time"].is_monotonic_decreasing
    spec = PairSpec(Symbol.parse("XRPUSDT"), Symbol.parse("BTCUSDT"))
    series = desk.monitor.analysis(spec).series
    z = dict(zip(series.times.tolist(), series.z.tolist(), strict=True))
    shown = {
        int(time.value // 1000): value
        for time, value in zip(table["open_time"].astype("datetime64[ns]"), table["z"], strict=True)
    }
    assert len(shown) == 240
    assert sum(shown[at] == pytest.approx(z[at], rel=1e-3, abs=1e-3) for at in shown if at in z) >= 200
    app.segmented_control(key="rows").set_value("60")
    app.button(key="cols_data").click().run()
    (table,) = (each.value for each in app.dataframe)
    assert list(table.columns) == ["open_time", *columns.of_group("data")]
    assert len(table) == 60
    app.pills(key="cols").set_value([]).run()
    assert any("No column is chosen" in each.value for each in app.info)


def test_the_ledger_is_shown_and_chosen_from_by_state(app: AppTest) -> None:
    app.run()
    desk = runtime.running()
    assert desk is not None
    lost = GapRecord(7, 9, NOW, NOW + 3_000_000, "the connection was down", NOW + 4_000_000)
    symbol = Symbol.parse("BTCUSDT")
    desk._store.open_gap(symbol, lost).result()
    (gap,) = desk.monitor.gaps(symbol)
    desk._store.give_up(gap, 9, NOW, "not to be had").result()
    app.switch_page("pages/data.py").run()
    assert not app.exception
    (ledger,) = (table.value for table in app.dataframe if "Missing now" in table.value)
    assert list(ledger["State"]) == ["✕ lost for good"]
    app.pills(key="gap_states").set_value(["○ open"]).run()
    left = [state for table in app.dataframe if "Missing now" in table.value for state in table.value["State"]]
    assert "✕ lost for good" not in left
    assert bool(left) != any("No gap in these states" in each.value for each in app.markdown)


def test_pages_share_one_runtime_and_release_only_their_own(app: AppTest) -> None:
    app.run()
    first = runtime.running()
    assert first is not None
    app.switch_page("pages/health.py").run()
    assert runtime.running() is first
    st.cache_resource.clear()
    assert runtime.running() is None, "what the accessor started it releases"


def test_clearing_the_cache_leaves_a_server_that_was_there_before(app: AppTest, tmp_path: Path) -> None:
    from core.config import Settings

    mine, started = runtime.open_once(Settings.load())
    assert started
    app.run()
    st.cache_resource.clear()
    assert runtime.running() is mine
    assert mine.monitor.health().feed.state != "stopped"
    app.run()
    assert not app.exception
    assert runtime.running() is mine
