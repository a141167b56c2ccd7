"""The Screener and the Backtest page as scripts: each control changes what it says, and the numbers are the monitor's."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import runtime
from core.analytics.backtest.costs import Costs
from core.analytics.backtest.signals import Levels
from core.analytics.funnel import Rules
from core.market import DAY_US, MINUTE, Symbol
from core.monitor.screens import ScreenSpec
from core.monitor.studies import RuleSpec
from core.pairs import PairSpec, Unknown
from core.pairs.trading import trade
from core.ui.backtest import figures, trades
from core.ui.screener import files, table
from core.ui.zone import UTC
from tests.trading import PATIENCE
from tests.ui.seeded import ROOT, seeded_desk

NAMES = "BTCUSDT,ETHUSDT,XRPUSDT,ADAUSDT"
ETH, BTC = Symbol("ETHUSDT"), Symbol("BTCUSDT")


@pytest.fixture(scope="module", autouse=True)
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[runtime.Runtime]:
    with seeded_desk(tmp_path_factory.mktemp("desk"), NAMES) as found:
        yield found


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)


def page(app: AppTest, name: str, **query: str) -> AppTest:
    app.switch_page(f"pages/{name}.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def metrics(app: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def test_a_cost_moves_net_by_what_was_traded(app: AppTest, desk: runtime.Runtime) -> None:
    page(app, "backtest", est="rolling_ols", entry="1.5")
    before, table_before = metrics(app), _trades(app)
    assert len(table_before) == int(before["Trades"])
    app.number_input(key="fee").set_value(15.0).run()
    after, table_after = metrics(app), _trades(app)
    assert before["Trades"] == after["Trades"]
    moved = table_before["Costs, bps"] - table_after["Costs, bps"]
    np.testing.assert_allclose(moved, 2 * 10.0, rtol=0.02)  # ten more, of the whole position, in and out
    np.testing.assert_allclose(table_before["Gross, bps"], table_after["Gross, bps"])
    assert "15" not in before["Costs"] or before["Costs"] != after["Costs"]


def _trades(app: AppTest) -> pd.DataFrame:
    return next(table.value for table in app.dataframe if "Why it ended" in table.value)


def test_levels_choose_the_trades(app: AppTest) -> None:
    page(app, "backtest", est="rolling_ols", entry="1.0")
    many = int(metrics(app)["Trades"])
    app.number_input(key="entry").set_value(2.5).run()
    few = int(metrics(app)["Trades"])
    assert many > few
    app.number_input(key="entry").set_value(19.0).run()
    assert any("No trade: the rule enters at 19 σ, and the largest |z| was" in each.value for each in app.info)


def test_hindsight_is_said_and_one_click_away_from_none(app: AppTest) -> None:
    page(app, "backtest")
    assert any(each.value.startswith("HINDSIGHT") for each in app.warning)
    app.button(key="causal").click().run()
    assert not any(each.value.startswith("HINDSIGHT") for each in app.warning)
    assert app.selectbox(key="est").value == "rolling_ols"


def test_every_variant_that_was_tried_counts(app: AppTest) -> None:
    page(app, "backtest", est="rolling_ols", entry="1.5")
    counts = []
    for entry in (1.5, 1.6, 1.7, 1.5):
        app.number_input(key="entry").set_value(entry).run()
        told = next(each.proto.help for each in app.metric if each.label == "Above 0")
        counts.append(int(told.split("best of the ")[1].split(" ")[0]))
    assert counts[1:] == [counts[0] + 1, counts[0] + 2, counts[0] + 2]


def test_a_study_is_run_and_its_robust_cell_applied(app: AppTest, desk: runtime.Runtime) -> None:
    page(app, "backtest", est="rolling_ols", entry="1.5", exit="0.25")
    app.button(key="study").click().run()
    asked = RuleSpec(
        PairSpec(ETH, BTC, estimator="rolling_ols"),
        Levels(1.5, 0.25),
        Costs.same(5.0, half_spread_bps=0.5, slippage_bps=0.5),
    )
    job = app.session_state["studied"]
    assert job[0] == asked
    studied = job[1].result(PATIENCE * 4)
    app.run()
    assert not app.exception
    assert any(f"of {len(studied.study.placebo.values)} markets" in each.value.replace(",", "") for each in app.caption)
    row, column = studied.study.grid.robust
    app.button(key="apply_levels").click().run()
    assert app.number_input(key="entry").value == studied.study.grid.entries[row]
    assert app.number_input(key="exit").value == studied.study.grid.exits[column]


def test_figures_and_file_are_the_engines(desk: runtime.Runtime) -> None:
    analysis = desk.monitor.analysis(PairSpec(ETH, BTC, estimator="rolling_ols"))
    found = trade(analysis, Levels(1.5, 0.0), Costs.same(2.0))
    assert not isinstance(found, Unknown)
    shown = {each.label: each.value for each in figures.figures(found.report, Unknown(""), MINUTE.us)}
    assert shown["Net"] == figures.bps(found.report.net)
    assert shown["Trades"] == str(len(found.backtest.trades))
    rows = list(csv.DictReader(io.StringIO(trades.frame(found, analysis, UTC).to_csv(index=False))))
    assert [float(each["Net, bps"]) for each in rows] == pytest.approx(
        [1e4 * each.net for each in found.backtest.trades]
    )
    assert sum(float(each["Net, bps"]) for each in rows) == pytest.approx(1e4 * found.report.net)
    assert trades.file_name(analysis).startswith("backtest_ETHUSDT_BTCUSDT_1m_240_2")
    assert trades.file_name(analysis).endswith("_UTC.csv")


def screened(app: AppTest) -> AppTest:
    app.button(key="run").click().run()
    app.session_state["screened"][1].result(PATIENCE * 4)
    return app.run()


def test_a_screen_is_run_and_says_what_chance_would_find(app: AppTest, desk: runtime.Runtime) -> None:
    page(app, "screener")
    assert any("Nothing is screened yet" in each.value for each in app.info)
    screened(app)
    assert not app.exception
    asked, job = app.session_state["screened"]
    assert asked == ScreenSpec(tuple(map(Symbol.parse, NAMES.split(","))), MINUTE, DAY_US, Rules())
    screen = job.result().screen
    assert any(f"{len(screen.ranking)} of 6 pairs passed" in each.value for each in app.markdown)
    stages = next(table.value for table in app.dataframe if "Asked" in table.value)
    assert list(stages["Left"]) == [stage.survived for stage in screen.stages]


def test_rules_of_the_address_are_asked_and_change_the_funnel(app: AppTest) -> None:
    page(app, "screener", rmin="0.99", lev="0.1", hold="0", adj="bh", syms="BTCUSDT")
    app.multiselect(key="syms").set_value([]).run()
    screened(app)
    asked, job = app.session_state["screened"]
    assert asked.rules == Rules(least_correlation=0.99, level=0.1, holdout=0.0, adjustment="bh")
    left = {stage.name: stage.survived for stage in job.result().screen.stages}
    assert left["correlation"] == 0
    app.number_input(key="rmin").set_value(None).run()
    assert any("is of other settings" in each.value for each in app.caption)


def test_rules_that_cannot_be_are_said(app: AppTest) -> None:
    page(app, "screener", hlmin="50", hlmax="10")
    assert any("the half-life is asked to be from 50 to 10 bars" in each.value for each in app.error)
    assert not any(each.key == "run" for each in app.button)


def test_the_table_has_every_pair_with_what_became_of_it(desk: runtime.Runtime) -> None:
    asked = ScreenSpec(tuple(map(Symbol.parse, NAMES.split(","))), MINUTE, DAY_US, replace(Rules(), adjustment="none"))
    found = desk.monitor.screen(asked).result(PATIENCE * 4)
    made = table.frame([found.screen.pair(number) for number in range(6)])
    assert len(made) == 6
    assert (made["What became of it"].str.startswith("✓ passed") == made["Rank"].notna()).all()
    np.testing.assert_array_equal(made["p"].to_numpy(float), found.screen.decisive)
    assert files.name(found).startswith("screen_1m_1d_2")
    rows = list(csv.DictReader(files.csv(found).decode().splitlines()))
    assert [float(row["p_value"]) for row in rows] == [found.screen.pair(number).p_value for number in range(6)]
    assert desk.monitor.screen(asked) is desk.monitor.screen(asked)
