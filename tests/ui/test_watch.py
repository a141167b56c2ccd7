"""The watch-list on screen: order, words and filter; and what is clicked is in the store."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import runtime
from core.config import Settings
from core.market import MINUTE_US, Interval, Symbol
from core.monitor.board import BoardRow, Waiting
from core.monitor.quotes import PairState
from core.monitor.saved import Saved
from core.pairs import PairSpec, Unknown
from core.pairs.scorecard import Component, Scorecard
from core.pairs.watchlist import DEFAULT, Watched, WatchList
from core.quality import Grade
from core.ui import pair_controls
from core.ui.look import DARK
from core.ui.watch import opening, rail, rows
from core.ui.zone import UTC
from tests.trading import START_US

ROOT = Path(__file__).resolve().parents[2]
BTC, ETH, SOL = (Symbol(name) for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT"))
A, B, C = PairSpec(ETH, BTC), PairSpec(SOL, BTC), PairSpec(SOL, ETH)
LIST = WatchList("mine", (Watched(A), Watched(B), Watched(C)))


def score(passed: int) -> Scorecard:
    return Scorecard(tuple(Component("", 1.0, "", number < passed, "") for number in range(9)))


def row(spec: PairSpec, z: float, passed: int = 5, grade: Grade = Grade.B) -> BoardRow:
    return BoardRow(
        spec, PairState.LIVE, "", z + 0.1, z, (0.0, np.nan, z), START_US, 0.04, 30.0, 1.9, score(passed), grade, 1_500_000
    )  # fmt: skip


ROWS = (row(A, 1.0, 5), row(B, -3.0, 5, Grade.A), row(C, 2.0, 7))


@pytest.mark.parametrize(
    ("by", "order"), [("z", (B, C, A)), ("quality", (C, B, A)), ("name", (A, B, C)), ("own", (A, B, C))]
)
def test_the_order(by: str, order: tuple[PairSpec, ...]) -> None:
    assert tuple(each.spec for each in rows.ordered(ROWS, LIST, by)) == order


def test_starred_ones_come_first_and_unknown_ones_last() -> None:
    dark = replace(ROWS[1], z=Unknown("no bars"))
    assert [each.spec for each in rows.ordered((ROWS[0], dark, ROWS[2]), LIST, "z")] == [C, A, B]
    assert [each.spec for each in rows.ordered(ROWS, LIST.starred(A, star=True), "z")] == [A, B, C]


def test_only_the_states_that_are_asked_for() -> None:
    stale = replace(ROWS[0], state=PairState.STALE)
    assert rows.chosen((stale, *ROWS[1:]), ["stale"]) == (stale,)
    assert rows.chosen(ROWS, []) == ROWS


def test_the_words_of_a_row() -> None:
    shown = rows.table(ROWS, LIST.starred(A, star=True), UTC).iloc[0]
    assert shown["Pair"] == "★ ETHUSDT on BTCUSDT"
    assert (shown["z live"], shown["z closed"], shown["p"]) == (1.1, 1.0, 0.04)
    assert shown[rows.SPARK] == [0.0, None, 1.0]
    assert (shown["Scorecard"], shown["Data"], shown["Age"], shown["State"]) == ("5 of 9", "B", "1.5 s", "● live")
    assert shown["Last bar"] == "00:00:00 UTC"


def test_what_waits_says_until_when_and_what_is_stale_says_why() -> None:
    waiting = replace(
        ROWS[0], state=PairState.WAITING, words="37 of 60 bars", waiting=Waiting(37, 60, START_US + 23 * MINUTE_US)
    )
    assert rows.said(waiting, UTC) == "○ waiting: 37 of 60 bars, ready at 00:23:00 UTC"
    stale = replace(ROWS[0], state=PairState.STALE, words="the connection is down")
    assert rows.said(stale, UTC) == "◌ stale: the connection is down"


def test_an_unknown_is_a_dash_and_never_nothing() -> None:
    why = Unknown("no bars")
    dark = BoardRow(A, PairState.UNKNOWN, "no bars", why, why, (), None, why, why, why, why)
    table = rows.table((dark,), LIST, UTC)
    assert np.isnan(table["z live"][0])
    text = rows.styled(table, (dark,), DARK).to_html()
    assert text.count("–") == 9  # both z, p, half-life, break-even, scorecard, data, last bar, age
    assert rows.signed(why) == "–"


def test_colour_says_what_the_sign_says_and_grey_what_is_old() -> None:
    stale = replace(ROWS[1], state=PairState.STALE)
    found = (ROWS[2], stale)
    styles = rows.styled(rows.table(found, LIST, UTC), found, DARK)._compute().ctx
    closed = rows.COLUMNS.index("z closed")
    assert ("color", DARK.up) in styles[0, closed]
    assert styles[1, closed] == [("color", DARK.faint)], "an old signal does not look like one"
    assert rows.signed(-2.5) == "▼ −2.50"
    assert rows.signed(2.5) == "▲ +2.50"


def test_the_sentence_over_the_board() -> None:
    assert (
        rows.summary(ROWS)
        == "3 of 3 pairs live, 2 beyond 2 σ; SOLUSDT on BTCUSDT is farthest from its mean, at ▼ −3.00 σ."
    )
    assert rows.summary((replace(ROWS[1], state=PairState.STALE),)) == "0 of 1 pairs live, 0 beyond 2 σ."


def test_the_rail_is_short_and_shows_no_signal_of_what_is_old() -> None:
    stale = replace(ROWS[1], state=PairState.STALE)
    table = rail.table((ROWS[0], stale, ROWS[1]), UTC)
    assert [row["pair"] for row in table] == ["ETH/BTC", "SOL/BTC", "SOL/BTC"]
    assert [(row["z"], row["side"]) for row in table] == [("▲ +1.10", ""), ("◌ −3.00", "old"), ("▼ −2.90", "down")]
    other = replace(ROWS[2], spec=replace(C, interval=Interval.parse("5m")))
    assert [row["pair"] for row in rail.table((ROWS[0], other), UTC)] == ["ETH/BTC 1m", "SOL/ETH 5m"]


def test_the_address_of_a_pair_names_only_what_is_not_the_default() -> None:
    assert opening.address(A) == {"y": "ETHUSDT", "x": "BTCUSDT"}
    swing = PairSpec(ETH, BTC, Interval.parse("5m"), 7 * 24 * 60 * MINUTE_US, 288, estimator="kalman", lags=2)
    assert opening.address(swing) == {
        "y": "ETHUSDT", "x": "BTCUSDT", "tf": "5m", "lb": "7d", "w": "288", "est": "kalman", "lags": "2",
    }  # fmt: skip


def test_a_click_is_on_the_pair_that_was_seen_wherever_it_is_by_now() -> None:
    shown = [("a", A), ("b", B), ("b", C)]
    assert opening.found(0, "a", shown) == A
    assert opening.found(0, "b", shown) == B
    assert opening.found(2, "b", shown) == C
    assert opening.found(9, "a", shown) == A
    assert opening.found(0, "gone", shown) is None


# The page, with a desk behind it


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('desk')}/desk.db")
        patch.setenv("SOURCE", "simulated")
        patch.setenv("SYMBOLS", "BTCUSDT,ETHUSDT,SOLUSDT")
        patch.chdir(ROOT)
        held, _ = runtime.open_once(Settings.load())
        yield held.monitor.saved
        st.cache_resource.clear()
        runtime.close_once()


@pytest.fixture
def saved(desk: Saved) -> Iterator[Saved]:
    """The desk's saved lists: only the first, as nobody has changed it."""
    yield desk
    for name in desk.lists()[1:]:
        desk.delete_list(name)
    desk.change_list(DEFAULT, lambda listed: listed)
    desk.delete_list(DEFAULT)


def board() -> AppTest:
    def page() -> None:
        from core.ui.watch import board

        board.show()

    return AppTest.from_function(page, default_timeout=60)


def beside() -> AppTest:
    def page() -> None:
        from core.ui import pair_controls
        from core.ui.watch import add

        choice = pair_controls.pair()
        if choice is not None:
            add.button(choice.spec)

    return AppTest.from_function(page, default_timeout=60)


def test_the_board_shows_the_first_pairs(saved: Saved) -> None:
    app = board().run()
    assert not app.exception
    assert list(app.dataframe[0].value["Pair"]) == ["ETHUSDT on BTCUSDT"]


def test_a_pair_is_added_with_a_presets_parameters(saved: Saved) -> None:
    app = board().run()
    app.selectbox(key="list_y").set_value("SOLUSDT")
    app.selectbox(key="list_preset").set_value("Swing").run()
    app.button(key="list_add_pair").click().run()
    assert not app.exception
    added = saved.watch_list().specs[-1]
    assert (str(added), added.window) == ("SOLUSDT on BTCUSDT, 5m over 1w", 288)
    assert "is added" in app.success[0].value
    app.button(key="list_add_pair").click().run()
    assert "was there already" in app.success[0].value
    app.selectbox(key="list_x").set_value("SOLUSDT").run()
    assert app.button(key="list_add_pair").disabled


def test_star_move_and_remove(saved: Saved) -> None:
    saved.change_list(DEFAULT, lambda listed: listed.added(B).added(C))
    app = board()
    app.query_params["by"] = "own"
    app.run()
    app.selectbox(key="list_pair").set_value(rows.full(C)).run()
    app.button(key="list_up").click().run()
    assert saved.watch_list().specs == (A, C, B)
    app.button(key="list_star").click().run()
    assert [each.spec for each in saved.watch_list().pairs if each.starred] == [C]
    assert app.dataframe[0].value["Pair"][0] == "★ SOLUSDT on ETHUSDT"
    app.button(key="list_down").click().run()
    assert saved.watch_list().specs == (A, B, C)
    app.button(key="list_remove").click().run()
    assert saved.watch_list().specs == (A, B)
    assert not app.exception


def test_order_and_states_are_in_the_address(saved: Saved) -> None:
    saved.change_list(DEFAULT, lambda listed: listed.added(PairSpec(SOL, Symbol("LUNAUSDT"))))
    app = board()
    app.query_params.update({"by": "name", "state": "unknown"})
    app.run()
    assert app.segmented_control(key="by").value == "name"
    assert list(app.dataframe[0].value["Pair"]) == ["SOLUSDT on LUNAUSDT"]
    assert "LUNAUSDT is not being collected" in app.dataframe[0].value["State"][0]
    app.pills(key="state").set_value(["stale"]).run()
    assert any("No pair is in these states" in each.value for each in app.caption)


def test_another_list_is_begun_and_deleted(saved: Saved) -> None:
    app = board().run()
    app.text_input(key="list_new_name").set_value("majors").run()
    app.button(key="list_new").click().run()
    assert saved.lists() == (DEFAULT, "majors")
    assert app.selectbox(key="list").value == "majors"
    assert "This list is empty" in app.info[0].value
    app.button(key="list_delete").click().run()
    assert not app.exception
    assert saved.lists() == (DEFAULT,)
    assert list(app.dataframe[0].value["Pair"]) == ["ETHUSDT on BTCUSDT"]


def test_a_list_that_nobody_has_is_told(saved: Saved) -> None:
    app = board()
    app.session_state["list"] = "theirs"
    app.run()
    assert not app.exception


def test_the_pair_shown_is_put_on_the_list_and_taken_off(saved: Saved) -> None:
    app = beside().run()
    app.slider(key="w").set_value(100).run()
    assert app.button(key="watch").label == "Watch"
    app.button(key="watch").click().run()
    mine = PairSpec(ETH, BTC, window=100)
    assert saved.watch_list().specs == (A, mine)
    assert app.button(key="watch").label == "Watched"
    app.button(key="watch").click().run()
    assert saved.watch_list().specs == (A,)


def test_opening_a_pair_chooses_all_of_it(saved: Saved) -> None:
    swing = PairSpec(SOL, ETH, Interval.parse("5m"), 7 * 24 * 60 * MINUTE_US, 288)
    chosen = {pair_controls.KEYS[name]: value for name, value in pair_controls.widgets(swing).items()}
    app = beside()
    for key, value in chosen.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    assert (app.selectbox(key="y").value, app.selectbox(key="lb").value, app.slider(key="w").value) == (
        "SOLUSDT",
        "7d",
        288,
    )
