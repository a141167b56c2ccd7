"""``python -m core exchange``."""

import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import SECONDS, Desk

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Serving = Callable[..., tuple["subprocess.Popen[str]", int]]


def test_one_line_when_ready_and_a_clean_end(serving: Serving) -> None:
    process, port = serving("--seed", "5")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v3/ping", timeout=SECONDS) as answer:
        assert answer.read() == b"{}"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_busy_port(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = desk.run("exchange", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"the exchange cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "choose another port, or 0 for any" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--port", "0", "--replay", "none.gz"], 1, "there is no recording none.gz"),
        (["--port", "0", "--speed", "fast"], 1, "speed 'fast' is unknown: expected max or a whole number"),
        (["--port", "0", "--once"], 1, "there is no recording"),
        (["--port", "70000"], 1, "port 70000 cannot be"),
        (["--port", "many"], 2, "invalid int value: 'many'"),
        ([], 2, "--port"),
        (["--port", "0", "--market", "coinm"], 2, "invalid choice: 'coinm'"),
    ],
)
def test_what_cannot_be_served(command: Command, arguments: list[str], status: int, words: str) -> None:
    done = command("exchange", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_recording(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello\n", encoding="utf-8")
    done = command("exchange", "--port", "0", "--replay", "x.txt")
    assert done.returncode == 1
    assert "expected a wire capture" in done.stderr
