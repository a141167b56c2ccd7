"""The presets' menu: what is clicked is in the store, and what is applied is in the controls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import runtime
from core.config import Settings
from core.market import Symbol
from core.monitor.saved import Saved
from core.pairs import presets as models
from core.pairs.presets import BUILT_IN, Preset
from core.ui import pair_controls, preset_files, presets

ROOT = Path(__file__).resolve().parents[2]


def page() -> None:
    from core.ui import pair_controls, presets

    pair_controls.pair()
    presets.menu()


@pytest.fixture(scope="module", autouse=True)
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One desk for all of these tests: what they save they find, and take away again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('desk')}/desk.db")
        patch.setenv("SOURCE", "simulated")
        patch.setenv("SYMBOLS", "BTCUSDT,ETHUSDT")
        patch.chdir(ROOT)
        runtime.open_once(Settings.load())
        yield
        st.cache_resource.clear()
        runtime.close_once()


@pytest.fixture
def app() -> Iterator[AppTest]:
    yield another().run()
    for preset in saved().presets().own:
        saved().delete_preset(preset.name)


def another() -> AppTest:
    """A session of somebody else, or the same one reloaded."""
    return AppTest.from_function(page, default_timeout=60)


def saved() -> Saved:
    desk = runtime.running()
    assert desk is not None
    return desk.monitor.saved


def shown(app: AppTest) -> dict[str, Any]:
    return {name: app.session_state[key] for name, key in pair_controls.KEYS.items()}


def label(app: AppTest) -> str:
    """What the menu is called, which names the preset chosen."""
    return next(each.proto.popover.label for each in app.get("popover") if "named" in each.proto.popover.help)


def save(app: AppTest, name: str) -> AppTest:
    app.text_input(key="preset_name").set_value(name).run()
    return app.button(key="preset_save").click().run()


def test_saved_then_applied_in_another_session(app: AppTest) -> None:
    app.slider(key="w").set_value(120).run()
    app.selectbox(key="est").set_value("kalman").run()
    app.number_input(key="entry").set_value(3.0).run()
    assert label(app) == "own settings"
    save(app, "mine")
    assert not app.exception
    (found,) = saved().presets().own
    assert (found.name, found.spec.window, found.spec.estimator, found.levels.entry) == ("mine", 120, "kalman", 3.0)
    assert label(app) == "mine"
    other = another().run()
    assert label(other) == "Intraday", "a session that comes later begins with the default"
    other.button(key="preset mine").click().run()
    assert shown(other) == shown(app)
    assert label(other) == "mine"


def test_a_built_in_one_is_applied_whole_and_the_default_comes_back(app: AppTest) -> None:
    before = shown(app)
    app.button(key="preset Swing").click().run()
    assert (app.session_state["tf"], app.session_state["lb"], app.session_state["w"]) == ("5m", "7d", 288)
    assert (app.session_state["y"], app.session_state["x"]) == (before["y"], before["x"])
    assert label(app) == "Swing"
    app.button(key="preset_reset").click().run()
    assert shown(app) == before


@pytest.mark.parametrize("preset", BUILT_IN)
def test_the_controls_offer_all_of_the_built_in_ones(preset: Preset) -> None:
    values = presets.values(preset)
    assert set(values) == set(pair_controls.KEYS) - {"y", "x"}
    assert pair_controls.unoffered(values) == ""
    assert pair_controls.read({**values, "y": "A", "x": "B"})[0] == preset.of_legs(Symbol("A"), Symbol("B"))


def test_a_name_that_is_taken_is_asked_about(app: AppTest) -> None:
    save(app, "mine")
    app.slider(key="w").set_value(120).run()
    app.text_input(key="preset_name").set_value("MINE").run()
    assert app.button(key="preset_save").label == "Replace"
    app.button(key="preset_save").click().run()
    assert [(each.name, each.spec.window) for each in saved().presets().own] == [("MINE", 120)]


def test_the_names_of_the_built_in_ones_are_refused_with_words(app: AppTest) -> None:
    save(app, "swing")
    assert "is built in" in app.error[0].value
    assert saved().presets().own == ()


def test_rename_duplicate_and_delete(app: AppTest) -> None:
    save(app, "mine")
    app.text_input(key="preset_new_name").set_value("ours").run()
    app.button(key="preset_duplicate").click().run()
    assert [each.name for each in saved().presets().own] == ["mine", "ours"]
    app.selectbox(key="preset_own").set_value("mine").run()
    app.text_input(key="preset_new_name").set_value("yours").run()
    app.button(key="preset_rename").click().run()
    assert [each.name for each in saved().presets().own] == ["ours", "yours"]
    assert app.selectbox(key="preset_own").value == "yours"
    app.button(key="preset_delete").click().run()
    assert [each.name for each in saved().presets().own] == ["ours"]
    app.button(key="preset_delete").click().run()
    assert not app.exception
    assert saved().presets().own == ()


def test_what_no_control_offers_is_refused_with_words(app: AppTest) -> None:
    saved().save_preset(Preset.read("odd", {"interval": "7s", "lookback": "1h"}))
    app.run()
    before = shown(app)
    app.button(key="preset odd").click().run()
    assert "interval is 7s: the controls offer" in app.error[0].value
    assert shown(app) == before


def content(*bodies: dict[str, Any]) -> bytes:
    return json.dumps({**json.loads(models.exported(())), "presets": bodies}).encode()


def upload(app: AppTest, data: bytes) -> AppTest:
    app.get("file_uploader")[0].set_value(("presets.json", data, "application/json")).run()
    return app


def test_an_import_says_what_is_wrong_before_it_writes_and_asks_about_names(app: AppTest) -> None:
    save(app, "mine")
    upload(app, content({"name": "Mine", "window": 50}, {"name": "new", "window": 60}, {"name": "bad", "window": -1}))
    assert not app.exception
    assert any("'bad'" in each.value and "window is -1" in each.value for each in app.error)
    assert [each.name for each in saved().presets().own] == ["mine"], "nothing is written before it is asked for"
    assert app.button(key="preset_import").label == "Import 1"
    app.radio(key="preset_taken").set_value("replace").run()
    app.button(key="preset_import").click().run()
    assert [(each.name, each.spec.window) for each in saved().presets().own] == [("Mine", 50), ("new", 60)]
    assert not [each for each in app.button if each.key == "preset_import"], "the file is done with"


def test_names_that_are_taken_can_be_left_alone(app: AppTest) -> None:
    save(app, "mine")
    upload(app, content({"name": "mine", "window": 50}, {"name": "new", "window": 60}))
    app.button(key="preset_import").click().run()
    assert [(each.name, each.spec.window) for each in saved().presets().own] == [("mine", 240), ("new", 60)]


def test_no_file_of_presets_is_told(app: AppTest) -> None:
    upload(app, b'{"presets": 1')
    assert "the file is not JSON" in app.error[0].value
    assert not app.exception


def test_bytes_that_are_no_text() -> None:
    from core.errors import BadDocument

    with pytest.raises(BadDocument, match="not text"):
        preset_files.read(b"\xff\xfe\x00")


def test_a_link_changes_nothing_that_is_saved(app: AppTest) -> None:
    save(app, "mine")
    before = saved().presets()
    other = another()
    other.query_params.update({"tf": "5m", "w": "100", "preset": "mine", "lb": "7d"})
    other.run()
    assert other.session_state["tf"] == "5m"
    assert saved().presets() == before
