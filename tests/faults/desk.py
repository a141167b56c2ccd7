"""A desk as a process that may be killed, and what its database holds."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import StoreError
from core.health import GapState
from core.market import Symbol
from core.store import Store, market_url
from core.store.reader import Reader

ROOT = Path(__file__).resolve().parents[2]
_END_SECONDS = 30.0


class Desk:
    """``python -m core collect`` against addresses of the real market, which are the stand-in's."""

    def __init__(self, folder: Path, symbols: tuple[Symbol, ...], settings: Mapping[str, str]) -> None:
        self.folder, self.symbols = folder, symbols
        folder.mkdir(parents=True, exist_ok=True)
        self._told = folder.with_name(f"{folder.name}-told")  # not on the desk's own disk, which may be full
        self._told.mkdir(exist_ok=True)
        self.url = market_url(f"sqlite:///{folder / 'desk.db'}", "binance")
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("BINANCE_")},
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}",
            "LOG_DIR": str(self._told / "logs"),
            "SOURCE": "binance",
            "SYMBOLS": ",".join(map(str, symbols)),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        module = "tests.faults.jumping_clock" if self._environment.get("DESK_CLOCK") else "core"
        self.starts += 1
        with (
            (self._told / f"desk.{self.starts}.log").open("wb") as log,
            (self._told / "report.json").open("wb") as out,
        ):
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "collect", "--json"],
                cwd=self.folder, env=self._environment, stdout=out, stderr=log,
            )  # fmt: skip

    def pause(self) -> None:
        """Stop the process where it stands: a reader so slow that it does not read at all."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9."""
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> dict[str, Any]:
        """End it in order; its report."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(_END_SECONDS)
        report: dict[str, Any] = json.loads((self._told / "report.json").read_text() or "{}")
        return report

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._told.glob("desk.*.log")))

    def memory_mb(self) -> float:
        """What the process holds of its own in memory [MB]; pages of files, which the system takes and gives back, apart."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (line,) = (line for line in status if line.startswith("RssAnon:"))
        return int(line.split()[1]) * 1024 / 1e6

    def reader(self) -> Reader:
        return Store.read_only(self.url)

    def collected(self) -> bool:
        """Whether every symbol has trades."""
        try:
            reader = self.reader()
        except StoreError:
            return False
        try:
            return all(reader.last(symbol) is not None for symbol in self.symbols)
        except StoreError:
            return False
        finally:
            reader.close()

    def unfinished(self) -> int:
        """How many gaps are neither closed nor lost."""
        reader = self.reader()
        try:
            return len(reader.gaps(states=(GapState.OPEN, GapState.REPAIRING)))
        finally:
            reader.close()

    def _signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)


def until(condition: object, seconds: float, what: str, every: float = 0.1) -> float:
    """Wait for a condition that another process brings about; how long it took [s]. Raise AssertionError."""
    assert callable(condition)
    started = time.monotonic()
    while not condition():
        passed = time.monotonic() - started
        assert passed < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
    return time.monotonic() - started
