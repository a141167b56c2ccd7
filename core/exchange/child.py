"""The exchange as a child process that ends with its parent."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from dataclasses import asdict, replace
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Any, Self

from core.errors import ExchangeError
from core.exchange.options import HOST, ExchangeOptions
from core.exchange.serve import serve

_READY = re.compile(r"exchange ready: (?P<market>.+) on http://[^ :]+:(?P<port>\d+) and .*")
_RUN = "import sys; from core.exchange.child import main; sys.exit(main(sys.argv[1]))"
_BACKSTAGE_SECONDS = 30.0
_ROOT = Path(__file__).resolve().parents[2]


class ExchangeProcess:
    """A running child. Closing it ends the child, and so does the end of this process, in whatever way."""

    def __init__(self, process: subprocess.Popen[str], market: str, port: int) -> None:
        self.process = process
        self.market = market
        self.port = port

    @property
    def rest_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}"

    def fault(self, name: str, **parameters: object) -> None:
        """Start a fault. Raise ExchangeError with the exchange's own words where it is not understood."""
        self._backstage("POST", "/_exchange/faults", {"fault": name, **parameters})

    def heal(self, name: str = "") -> None:
        """End a fault, or all."""
        self._backstage("DELETE", f"/_exchange/faults{f'?fault={name}' if name else ''}")

    def faults(self) -> list[dict[str, Any]]:
        """The faults that hold, each with its parameters and the seconds that are left of it."""
        found: list[dict[str, Any]] = self._backstage("GET", "/_exchange/faults")["active"]
        return found

    def bites(self) -> dict[str, int]:
        """How often each fault did something."""
        found: dict[str, int] = self._backstage("GET", "/_exchange/faults")["bites"]
        return found

    def stats(self) -> dict[str, Any]:
        """The exchange's own log in numbers."""
        return self._backstage("GET", "/_exchange/stats")

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()
        _release(self.process.stdin)
        _release(self.process.stdout)

    def _backstage(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.rest_url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_BACKSTAGE_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise ExchangeError(json.load(error)["error"]) from error

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the child to end by itself; its exit status."""
        return self.process.wait(timeout)

    def close(self, timeout: float = 5.0) -> int:
        """End the child and return its status: asked by closing its stdin, killed after `timeout` seconds."""
        _release(self.process.stdin)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _release(self.process.stdout)
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(options: ExchangeOptions, timeout: float = 60.0) -> ExchangeProcess:
    """Start a child and wait until it is ready, at most `timeout` seconds.

    Raise ExchangeError, with the child's own words, where it does not get there.
    """
    values = json.dumps(asdict(replace(options, die_with_parent=True)), default=str)
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, values], env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
        line = _first_line(process, timeout)
        match = _READY.match(line)
        if match is not None:
            return ExchangeProcess(process, match["market"], int(match["port"]))
        ExchangeProcess(process, "", 0).close(1.0)
        said.seek(0)
        words = said.read().strip().removeprefix("exchange: ")
    raise ExchangeError(words or f"the exchange was not ready within {timeout:g} s")


def main(values: str) -> int:
    """The child's side: `values` is what `start` wrote."""
    fields = json.loads(values)
    fields["replay"] = Path(fields["replay"]) if fields["replay"] else None
    fields["memory"] = Path(fields["memory"]) if fields["memory"] else None
    fields["faults"] = tuple((at, fault) for at, fault in fields["faults"])
    fields["symbols"] = tuple(fields["symbols"]) if fields["symbols"] else None
    return serve(ExchangeOptions(**fields))


def _first_line(process: subprocess.Popen[str], timeout: float) -> str:
    """The first line on the child's stdout; empty where it ends or the time runs out before."""
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    threading.Thread(target=_read_line, args=(process.stdout, lines), daemon=True).start()
    try:
        return lines.get(timeout=timeout)
    except Empty:
        return ""


def _read_line(stream: IO[str], lines: Queue[str]) -> None:
    lines.put(stream.readline())


def _release(stream: IO[str] | None) -> None:
    if stream is not None:
        stream.close()
