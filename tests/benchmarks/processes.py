"""Starting the other processes of a measurement, and hearing from them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """A Python module as a process that prints a line of JSON at a time."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)

    def line(self) -> dict[str, Any]:
        """The next line. Raise RuntimeError where the process ended instead."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            if text.startswith("{"):
                found: dict[str, Any] = json.loads(text)
                return found
        raise RuntimeError(f"{self.process.args!r} ended with {self.process.wait()} before it had told anything")

    def end(self) -> None:
        """Ask it to go, and wait."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()


@contextmanager
def child(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Child]:
    """The process, ended at the end."""
    made = Child(module, *arguments, env=env)
    try:
        yield made
    finally:
        made.end()


#: Prints what `peak_mb` answers, in a process that cannot import this.
TELL_PEAK = "print(next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) / 1024)"


def peak_mb() -> float:
    """The most memory this process has had [MB]; rusage would count its parent's before the exec. Linux alone."""
    with Path("/proc/self/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
