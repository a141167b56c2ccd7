"""Where each market's data live."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.store import Store, market_url
from core.store.location import exists, size_bytes


@pytest.mark.parametrize(
    ("url", "market", "path"),
    [
        ("sqlite:///data/desk.db", "binance", "data/desk.db"),
        ("sqlite:///data/desk.db", "simulated", "data/desk.simulated.db"),
        ("sqlite:////var/x/desk", "replay", "/var/x/desk.replay.db"),
        ("sqlite:///a.b/my.desk.sqlite", "replay", "a.b/my.desk.replay.sqlite"),
    ],
)
def test_made_up_markets_have_files_of_their_own(url: str, market: str, path: str) -> None:
    assert market_url(url, market).database == path


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("desk.db", "is not a database URL: expected such as"),
        ("", "is not a database URL"),
        ("postgresql://u:p@h/db", "names a postgresql database; this version stores in SQLite only"),
        ("sqlite://", "in-memory"),
        ("sqlite:///:memory:", "in-memory"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "in-memory"),
        ("sqlite:///file:desk?mode=memory&cache=shared&uri=true", "in-memory"),
    ],
)
def test_urls_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        market_url(url, "binance")


def test_passwords_are_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        market_url("postgresql://trader:s3cret@host/db", "binance")
    assert "s3cret" not in str(caught.value)


def test_existence_and_size(tmp_path: Path, store: Store) -> None:
    assert exists(store.url)
    assert not exists(market_url(f"sqlite:///{tmp_path / 'none.db'}", "binance"))
    files = sum(path.stat().st_size for path in tmp_path.glob("desk.db*"))
    assert store.size_bytes() == size_bytes(store.url) == files > 0
    assert size_bytes(market_url(f"sqlite:///{tmp_path / 'none.db'}", "binance")) == 0
