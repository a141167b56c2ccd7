"""The desk's server as a user starts it, in a process of its own, for tests that look at it from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DeskServer:
    """``streamlit run dashboard.py`` on a free port, its data in `folder`. Used as a context manager."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, root: Path = ROOT) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "desk.db"
        self._log = folder / "server.log"
        self._root = root
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("STREAMLIT_", "BINANCE_"))},
            "DATABASE_URL": f"sqlite:///{self.database}",
            "LOG_DIR": str(folder / "logs"),
            "SOURCE": "simulated",
            "SYMBOLS": "BTCUSDT,ETHUSDT,XRPUSDT",
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(self.port)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=self._root, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_collecting(self) -> dict[str, Any]:
        """The first health that says so."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            try:
                health = self.get("/api/v1/health")
            except OSError:
                time.sleep(0.1)  # polling another process, which has no other way to tell
                continue
            if health.get("collecting"):
                return health
            time.sleep(0.1)
        raise AssertionError(f"not collecting after {_START_SECONDS} s:\n{self.log()}")

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self) -> int:
        """Wait for the server to end by itself; its exit status."""
        assert self.process is not None
        return self.process.wait(_START_SECONDS)

    def terminate(self) -> int:
        """SIGTERM, and the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
