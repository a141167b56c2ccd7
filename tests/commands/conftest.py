"""Commands as a user runs them: processes with settings in the environment."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from core.__main__ import main
from core.config import Settings

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 90.0


class Desk:
    """``python -m core`` with a data folder and settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "desk.db"
        known = {name.upper() for name in Settings.model_fields}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name.upper() not in known},
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SOURCE": "binance",
            "PYTHONPATH": str(ROOT),
            "BINANCE_WS_FALLBACK_URL": "",
            "BINANCE_REST_FALLBACK_URL": "",
        }

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "core", *arguments], env={**self.environment, **settings}, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, **settings)
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def collect(self, port: int, *arguments: str, **settings: str) -> tuple[int, dict[str, Any]]:
        """Collect from a built-in exchange; exit status and report."""
        done = self.run("collect", "--json", *arguments, **self.at(port), **settings)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    @staticmethod
    def at(port: int) -> dict[str, str]:
        return {"BINANCE_WS_URL": f"ws://127.0.0.1:{port}", "BINANCE_REST_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """Run a command in this process, for what ends before anything is started; the log is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        with monkeypatch.context() as environment:
            for name in Settings.model_fields:
                environment.delenv(name.upper(), raising=False)
            for name, value in {**desk.environment, **settings}.items():
                environment.setenv(name, value)
            environment.chdir(desk.folder)
            try:
                status: Any = main(list(arguments))
            except SystemExit as ended:
                status = ended.code
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    yield run
    logger.remove()
    logger.add(sys.stderr)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def serving(desk: Desk) -> Iterator[Callable[..., tuple["subprocess.Popen[str]", int]]]:
    """Start ``python -m core exchange``; the process and its port."""
    with ExitStack() as stack:

        def start(*arguments: str) -> tuple["subprocess.Popen[str]", int]:
            process = stack.enter_context(desk.start("exchange", "--port", "0", *arguments))
            stack.callback(process.kill)
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("exchange ready: "), process.communicate()
            return process, int(line.split("http://127.0.0.1:")[1].split(" ")[0])

        yield start
