"""Settings: where they come from, and what a wrong one says."""

from pathlib import Path

import pytest

from core.config import Settings
from core.errors import ConfigError


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without .env, and an environment without the desk's settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = Settings.load()
    assert settings.source == "auto"
    assert settings.database_url == "sqlite:///data/desk.db"
    assert len(settings.symbols) == 10


def test_environment_before_file_before_default(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / ".env").write_text("SYMBOLS=SOLUSDT\nLOG_LEVEL=debug\nUNRELATED=1\n", encoding="utf-8")
    monkeypatch.setenv("SYMBOLS", " btcusdt, ETHUSDT ,,")
    settings = Settings.load(source="Simulated")
    assert settings.symbols == ("btcusdt", "ETHUSDT")
    assert settings.log_level == "DEBUG"
    assert settings.source == "simulated"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().source = "replay"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCE", "kraken"), ("QUEUE_FRAMES", "5"), ("QUEUE_FRAMES", "many"), ("FLUSH_SECONDS", "0"), ("PROBE_SECONDS", "61"),
        ("REPLAY_SPEED", "0"), ("REPLAY_SHIFT", "later"), ("SQLITE_SYNCHRONOUS", "OFF"), ("LOG_LEVEL", "LOUD"),
        ("SIMULATION_SEED", "-1"), ("SILENCE_SECONDS", "nan"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named_with_its_value(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"^bad settings: {name}="):
        Settings.load()


def test_every_bad_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE", "kraken")
    monkeypatch.setenv("QUEUE_FRAMES", "5")
    with pytest.raises(ConfigError, match=r"SOURCE='kraken': .*; QUEUE_FRAMES='5': Input should be greater"):
        Settings.load()


def test_a_file_that_is_no_text(clean: Path) -> None:
    (clean / ".env").write_bytes(b"SYMBOLS=\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"\.env is not UTF-8"):
        Settings.load()
