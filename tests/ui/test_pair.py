"""The Pair page as a script: what is chosen is what is shown, and each number is the monitor's."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import runtime
from core.analytics.backtest.costs import ASSUMED
from core.market import Symbol
from core.metrics import metric
from core.pairs import PairSpec, Unknown
from core.pairs.scorecard import scorecard
from core.ui import pair_controls
from core.ui.pair import explain
from tests.ui.seeded import ROOT, seeded_desk

ETH, BTC = Symbol("ETHUSDT"), Symbol("BTCUSDT")


@pytest.fixture(scope="module", autouse=True)
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[runtime.Runtime]:
    """One desk for all of these tests, with its history."""
    with seeded_desk(tmp_path_factory.mktemp("desk"), "BTCUSDT,ETHUSDT") as found:
        yield found


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)


def panels(app: AppTest) -> dict[str, dict[str, Any]]:
    """Each row of the panels by name."""
    rows: dict[str, dict[str, Any]] = {}
    for each in app.get("bidi_component"):
        for box in json.loads(json.loads(each.proto.json).get("boxes", "[]")):
            rows |= {row["name"]: row for row in box}
    return rows


def chart(app: AppTest) -> dict[str, Any]:
    found = (json.loads(each.proto.json) for each in app.get("bidi_component"))
    return next(data for data in found if "series" in data)


def test_numbers_are_the_monitors(app: AppTest, desk: runtime.Runtime) -> None:
    before = desk.monitor.analysis(PairSpec(ETH, BTC))
    app.run()
    assert not app.exception
    after = desk.monitor.analysis(PairSpec(ETH, BTC))  # another one where a bar closed meanwhile
    rows = panels(app)
    for name in ("hedge_ratio", "p_value", "half_life", "hurst", "correlation"):
        asked = metric(name)
        shown = rows[name]["value"].removesuffix(f" {asked.unit}")
        assert shown in {asked.words(asked.of(each)) for each in (before, after)}, name
        assert any("stands on 1," in line and " bars, " in line for line in rows[name]["tip"])
    assert re.fullmatch(r"[+−]\d+\.\d\d σ", rows["z_live"]["value"])
    assert rows["z_live"]["state"] in ("live", "stale")
    assert rows["hedge_ratio"]["noise"] == rows["hurst"]["noise"] == ""


def test_the_lens_shows_what_noise_would(app: AppTest) -> None:
    app.query_params["lens"] = "true"
    app.run()
    rows = panels(app)
    assert re.fullmatch(r"noise \S+ \(\S+ to \S+\)", rows["hurst"]["noise"])
    assert rows["half_life"]["noise"]
    assert rows["hedge_ratio"]["noise"] == ""


def test_an_address_names_the_pair_and_the_chart_asks_for_it(app: AppTest) -> None:
    app.query_params.update(
        {"y": "BTCUSDT", "x": "ETHUSDT", "w": "120", "est": "kalman", "z": "innovation", "what": "1"}
    )
    app.run()
    assert not app.exception
    data = chart(app)
    assert (data["y"], data["x"]) == ("BTCUSDT", "ETHUSDT")
    assert data["topic"] == "pair:y=BTCUSDT&x=ETHUSDT&window=120&estimator=kalman&z=innovation"
    assert data["series"] == "/api/v1/pairs/BTCUSDT/ETHUSDT/series?window=120&estimator=kalman&z=innovation"


def test_levels_reach_the_chart_and_ask_for_nothing_new(app: AppTest) -> None:
    app.run()
    before = chart(app)
    app.number_input(key="entry").set_value(3.0).run()
    after = chart(app)
    assert (before["levels"]["entry"], after["levels"]["entry"]) == (2.0, 3.0)
    assert after["series"] == before["series"]


def test_swap_exchanges_the_legs(app: AppTest) -> None:
    app.run()
    app.button(key="swap").click().run()
    assert (chart(app)["y"], chart(app)["x"]) == ("BTCUSDT", "ETHUSDT")


def test_a_window_longer_than_the_lookback_is_told_and_cut(app: AppTest) -> None:
    app.query_params.update({"lb": "1h", "w": "240"})
    app.run()
    assert any("The lookback has 60 bars: the window is 60" in each.value for each in app.caption)
    assert "window=60" in chart(app)["topic"]


def test_what_cannot_be_is_said_and_nothing_is_drawn(app: AppTest) -> None:
    app.query_params["z"] = "innovation"
    app.run()
    assert "the innovation is the Kalman filter's" in app.error[0].value
    assert not app.exception


def test_a_lookback_that_is_not_there_yet_waits_with_words(app: AppTest) -> None:
    app.query_params.update({"tf": "1s", "lb": "15m", "w": "1000"})
    app.run()
    assert not app.exception
    row = panels(app)["z_live"]
    assert row["state"] in ("live", "stale", "waiting")
    if row["state"] == "waiting":
        assert re.search(r"\d+ of \d+ bars, ready \d\d:\d\d:\d\d UTC", row["beside"])


def test_the_verdict_has_every_component(app: AppTest, desk: runtime.Runtime) -> None:
    app.run()
    table = next(table.value for table in app.table if "Verdict" in table.value)
    card = scorecard(desk.monitor.analysis(PairSpec(ETH, BTC)), ASSUMED)
    assert list(table["Component"]) == [each.name for each in card.components]
    assert set(table["Verdict"].str.replace("\u00a0", " ")) <= {"✓ passes", "✕ fails", "– not known"}


@pytest.mark.parametrize("part", ["explain", "over time", "odds", "lead", "table"])
def test_each_part_draws(app: AppTest, part: str) -> None:
    app.query_params["more"] = part
    app.run()
    assert not app.exception
    assert any("As of the bar that closed" in each.value for each in app.caption)


def test_pausing_holds_and_says_since_when(app: AppTest) -> None:
    app.run()
    app.button(key="pause").click().run()
    assert re.match(r"PAUSED since \d\d:\d\d:\d\d UTC", chart(app)["paused"])
    app.button(key="pause").click().run()
    assert chart(app)["paused"] == ""


def test_explained_numbers_come_out(desk: runtime.Runtime) -> None:
    """Who computes the line on a pocket calculator gets the number behind it."""
    analysis = desk.monitor.analysis(PairSpec(ETH, BTC, estimator="rolling_ols"))
    assert not isinstance(analysis.last.z, Unknown)
    words = explain.text(analysis).replace("−", "-").replace(",", "")
    found = re.search(r"= \((\S+) - \(?(\S+?)\)?\) / (\S+) = \*\*(\S+) σ", words)
    assert found is not None
    spread, centre, scale, z = map(float, found.groups())
    assert (spread - centre) / scale == pytest.approx(z, abs=2e-3)
    assert z == pytest.approx(analysis.last.z, abs=1e-3)


def test_a_spec_shown_by_the_controls_is_read_back() -> None:
    spec = PairSpec.parse(
        {"y": "ETHUSDT", "x": "BTCUSDT", "interval": "5m", "lookback": "7d", "window": "288", "z": "robust"}
    )
    read, note = pair_controls.read(pair_controls.widgets(spec))
    assert (read, note) == (spec, "")
