"""Logging: every library's log in one place."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from core import logs
from core.errors import ConfigError


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logger.remove()
    logger.add(sys.stderr)
    root.handlers[:] = handlers
    root.setLevel(level)


def written(folder: Path) -> str:
    logger.complete()
    return (folder / "desk.log").read_text(encoding="utf-8")


def test_our_lines_and_the_libraries_in_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", tmp_path / "logs", "10 MB", "14 days")
    logger.info("ours")
    logger.debug("too fine")
    logging.getLogger("some.library").warning("theirs %s", 5)
    logging.getLogger("urllib3.connectionpool").info("chatter")
    try:
        raise KeyError("why")
    except KeyError:
        logging.getLogger("some.library").exception("failed")
    text = written(tmp_path / "logs")
    assert "| INFO    | tests.test_logs | ours" in text or "| ours" in text
    assert "| WARNING | some.library | theirs 5" in text
    assert "| ERROR   | some.library | failed" in text
    assert "KeyError: 'why'" in text
    assert "too fine" not in text
    assert "chatter" not in text
    assert capsys.readouterr().err.count("theirs 5") == 1


def test_levels_of_their_own_are_kept(tmp_path: Path) -> None:
    logs.configure("DEBUG", tmp_path, "10 MB", "14 days")
    logging.getLogger("some.library").log(35, "between")
    assert "| Level 35 | some.library | between" in written(tmp_path)


def test_a_folder_that_cannot_be_written_is_told_and_the_console_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("in the way")
    logs.configure("INFO", tmp_path / "logs", "10 MB", "14 days")
    logger.info("still heard")
    err = capsys.readouterr().err
    assert "set LOG_DIR to another folder" in err
    assert "still heard" in err


@pytest.mark.parametrize(("rotation", "retention"), [("often", "14 days"), ("10 MB", "for ever")])
def test_rotation_that_cannot_be_understood(tmp_path: Path, rotation: str, retention: str) -> None:
    with pytest.raises(ConfigError, match=r"LOG_ROTATION=.*LOG_RETENTION=.* cannot be understood"):
        logs.configure("INFO", tmp_path, rotation, retention)


def test_rotated_files(tmp_path: Path) -> None:
    logs.configure("INFO", tmp_path, "1 KB", "14 days")
    for i in range(100):
        logger.info("line {}", i)
    written(tmp_path)
    assert len(list(tmp_path.glob("desk*.log"))) > 3
