"""Documents stay as they were put, change in one piece or not at all, and an older database gets the table for them."""

from pathlib import Path

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, text

from core.store import Document, Documents, Shelf, Store
from core.store.migrate import _config
from tests.trading import NOW_US

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=50)


def documents(store: Store) -> Documents:
    return Documents(store.reader, store.writer)


def put(store: Store, name: str, body: str, now_us: int = NOW_US, kind: str = "preset") -> None:
    documents(store).change(lambda shelf: shelf.put(Document(kind, name, body, 1), now_us))


def test_the_first_writing_is_remembered(store: Store) -> None:
    put(store, "b", "1")
    put(store, "a", "2")
    put(store, "b", "3", NOW_US + 5)
    assert documents(store).all("preset") == (
        Document("preset", "a", "2", 1, NOW_US, NOW_US),
        Document("preset", "b", "3", 1, NOW_US, NOW_US + 5),
    )
    assert documents(store).all("watch-list") == ()


def test_one_kind_knows_nothing_of_another(store: Store) -> None:
    put(store, "a", "1")
    put(store, "a", "2", kind="watch-list")
    documents(store).change(lambda shelf: shelf.delete(Document("preset", "a", "", 1)))
    assert [each.body for each in documents(store).all("watch-list")] == ["2"]
    assert documents(store).all("preset") == ()


def test_a_new_name_keeps_the_rest(store: Store) -> None:
    put(store, "a", "1")
    documents(store).change(lambda shelf: shelf.rename(Document("preset", "a", "", 1), "z"))
    assert documents(store).all("preset") == (Document("preset", "z", "1", 1, NOW_US, NOW_US),)


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    def work(shelf: Shelf) -> None:
        shelf.put(Document("preset", "a", "1", 1), NOW_US)
        assert shelf.get("preset", "a") is not None
        raise KeyError("half way")

    with pytest.raises(KeyError):
        documents(store).change(work)
    assert documents(store).all("preset") == ()


def test_they_are_there_after_a_restart(open_store) -> None:
    first = open_store()
    put(first, "a", "1")
    first.close()
    assert [each.body for each in documents(open_store()).all("preset")] == ["1"]


@given(name=TEXT, body=TEXT)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_text_comes_back_as_it_was(store: Store, name: str, body: str) -> None:
    put(store, name, body)
    assert {each.name: each.body for each in documents(store).all("preset")}[name] == body


def test_a_database_of_the_second_version_gets_the_table(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'desk.db'}")
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0002")
        connection.execute(text(f"INSERT INTO desk VALUES (1, 'simulated', {NOW_US}, 7)"))
        connection.execute(text("INSERT INTO symbols VALUES (1, 'BTCUSDT')"))
    engine.dispose()
    store = Store.open(url, "simulated", NOW_US)
    try:
        assert [str(symbol) for symbol in store.reader.symbols()] == ["BTCUSDT"]
        assert store.reader.watermark_us() == 7
        put(store, "a", "1")
        assert [each.body for each in documents(store).all("preset")] == ["1"]
    finally:
        store.close()
