"""What users save: names that are taken are asked about, what cannot be read is told, and two who change a list both do."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.analytics.backtest.signals import Levels
from core.errors import BadDocument, BadName, StoreUnavailable
from core.market import Symbol
from core.monitor.saved import Saved
from core.pairs import PairSpec, watchlist
from core.pairs.presets import Preset
from core.pairs.watchlist import WatchList
from core.store import Document, Documents, Store
from tests.trading import BTC, ETH, NOW_US

SPEC = PairSpec(ETH, BTC, window=100)
SYMBOLS = (BTC, ETH, Symbol("XRPUSDT"))


@pytest.fixture
def saved(store: Store) -> Saved:
    return over(store)


def over(store: Store) -> Saved:
    return Saved(store.reader, store.writer, lambda: NOW_US, lambda: SYMBOLS)


def preset(name: str, window: int = 100) -> Preset:
    return Preset.of(name, PairSpec(ETH, BTC, window=window), Levels(2.5, 0.0, 4.0))


def names(saved: Saved) -> list[str]:
    return [each.name for each in saved.presets().own]


def put(store: Store, kind: str, name: str, body: str, version: int = 1) -> None:
    Documents(store.reader, store.writer).change(lambda shelf: shelf.put(Document(kind, name, body, version), NOW_US))


def test_a_preset_is_there_for_the_next_who_asks_and_after_a_restart(open_store) -> None:
    store = open_store()
    over(store).save_preset(preset("mine"))
    assert over(store).presets().own == (preset("mine"),)
    store.close()
    assert over(open_store()).presets().own == (preset("mine"),)


def test_a_name_that_is_taken_is_asked_about_in_capitals_or_not(saved: Saved) -> None:
    saved.save_preset(preset("mine"))
    with pytest.raises(BadName, match="there is a preset 'mine' already"):
        saved.save_preset(preset("Mine", 50))
    assert saved.presets().own == (preset("mine"),)
    saved.save_preset(preset("Mine", 50), replacing=True)
    assert saved.presets().own == (preset("Mine", 50),)


def test_saving_the_same_twice_is_no_question(saved: Saved) -> None:
    saved.save_preset(preset("mine"))
    saved.save_preset(preset("mine"))
    assert saved.presets().own == (preset("mine"),)


def test_the_built_in_ones_stay_as_they_are(saved: Saved) -> None:
    for change in (
        lambda: saved.save_preset(preset("swing"), replacing=True),
        lambda: saved.delete_preset("Swing"),
        lambda: saved.rename_preset("Scalp", "mine"),
        lambda: saved.rename_preset("mine", "SCALP"),
    ):
        with pytest.raises(BadName):
            change()
    assert names(saved) == []


def test_several_or_none(saved: Saved) -> None:
    saved.save_preset(preset("b"))
    with pytest.raises(BadName, match="'b' already"):
        saved.save_presets((preset("a"), preset("b", 50), preset("c")))
    assert saved.presets().own == (preset("b"),)
    saved.save_presets((preset("a"), preset("b", 50)), replacing=("b",))
    assert saved.presets().own == (preset("a"), preset("b", 50))


def test_another_name(saved: Saved) -> None:
    saved.save_presets((preset("a"), preset("b")))
    with pytest.raises(BadName, match="'b' already"):
        saved.rename_preset("a", "B")
    with pytest.raises(BadName, match="there is no preset 'c'"):
        saved.rename_preset("c", "d")
    assert saved.rename_preset("a", " A ") == "A"
    saved.delete_preset("b")
    assert names(saved) == ["A"]
    with pytest.raises(BadName, match="there is no preset 'b'"):
        saved.delete_preset("b")


def test_what_cannot_be_read_is_told_and_takes_no_other_with_it(saved: Saved, store: Store) -> None:
    saved.save_preset(preset("mine"))
    put(store, "preset", "torn", '{"window": 1')
    put(store, "preset", "newer", "{}", version=2)
    put(store, "preset", "strange", json.dumps({"colour": "red"}))
    found = saved.presets()
    assert [each.name for each in found.own] == ["mine"]
    told = dict(found.unreadable)
    assert "is not JSON" in told["torn"]
    assert "'{\"window\": 1'" in told["torn"]
    assert "of version 2, this desk reads up to 1" in told["newer"]
    assert "'colour'" in told["strange"]
    saved.delete_preset("torn")
    assert "torn" not in dict(saved.presets().unreadable)


def test_the_first_list_is_there_before_anybody_saves(saved: Saved) -> None:
    assert saved.lists() == (watchlist.DEFAULT,)
    assert saved.watch_list().specs == (PairSpec(ETH, BTC),)
    saved.change_list(watchlist.DEFAULT, lambda listed: listed.added(SPEC).without(PairSpec(ETH, BTC)))
    assert saved.watch_list().specs == (SPEC,)
    saved.delete_list(watchlist.DEFAULT)
    assert saved.watch_list().specs == (PairSpec(ETH, BTC),)


def test_lists_by_name(saved: Saved) -> None:
    assert saved.new_list(" majors ") == "majors"
    assert saved.watch_list("majors") == WatchList("majors")
    for taken in ("MAJORS", "pairs"):
        with pytest.raises(BadName, match="already"):
            saved.new_list(taken)
    saved.new_list("Alts")
    assert saved.lists() == (watchlist.DEFAULT, "Alts", "majors")
    saved.delete_list("majors")
    with pytest.raises(BadName, match="no watch-list 'majors'"):
        saved.watch_list("majors")
    with pytest.raises(BadName, match="no watch-list 'majors'"):
        saved.change_list("majors", lambda listed: listed)


def test_all_who_change_a_list_at_once_are_heard(saved: Saved) -> None:
    specs = [PairSpec(ETH, BTC, window=10 + number) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda spec: saved.change_list(watchlist.DEFAULT, lambda listed: listed.added(spec)), specs))
    assert set(saved.watch_list().specs) == {*specs, PairSpec(ETH, BTC)}


def test_a_list_that_cannot_be_read_is_not_written_over(saved: Saved, store: Store) -> None:
    put(store, "watch-list", watchlist.DEFAULT, '{"pairs": [{"y": "ETHUSDT"}]}')
    for ask in (saved.watch_list, lambda: saved.change_list(watchlist.DEFAULT, lambda listed: listed.added(SPEC))):
        with pytest.raises(BadDocument, match="pair 1: x is missing"):
            ask()
    saved.delete_list(watchlist.DEFAULT)
    assert saved.watch_list().specs == (PairSpec(ETH, BTC),)


def test_without_a_writer_nothing_is_saved(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="only reads"):
        Saved(store.reader, None, lambda: NOW_US, lambda: SYMBOLS).save_preset(preset("mine"))
