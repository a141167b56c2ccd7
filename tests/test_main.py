"""The command line as a whole."""

import sys
from pathlib import Path

import pytest
from loguru import logger

from core import __version__
from core.__main__ import main


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder without .env, and the log as before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    yield
    logger.remove()
    logger.add(sys.stderr)


@pytest.mark.parametrize("arguments", [["--help"], ["exchange", "--help"], ["collect", "--help"], ["export", "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: python -m core" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["trade"], ["collect", "--what"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_errors_are_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE", "kraken")
    assert main(["export", "trades", "--symbol", "BTCUSDT"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: bad settings: SOURCE='kraken'")
    assert err.count("\n") == 1


@pytest.mark.parametrize("where", ["environment", "file", "nowhere"])
def test_the_level_of_the_log(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Quiet on success, unless LOG_LEVEL says otherwise, wherever it is set."""
    if where == "environment":
        monkeypatch.setenv("LOG_LEVEL", "info")
    elif where == "file":
        (tmp_path / ".env").write_text("LOG_LEVEL=info\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert main(["export", "trades", "--symbol", "BTCUSDT"]) == 1
    capsys.readouterr()
    logger.info("news")
    assert ("news" in capsys.readouterr().err) == (where != "nowhere")
