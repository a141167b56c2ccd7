"""The exchange as a process: how it starts, is refused, and ends."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import websocket

from core.errors import ExchangeError
from core.exchange.child import ExchangeProcess, start
from core.exchange.options import ExchangeOptions

_ROOT = Path(__file__).resolve().parents[2]


def test_ready_and_closed(exchange: Callable[..., ExchangeProcess], small_file: Path) -> None:
    process = exchange(replay=small_file)
    assert process.market == "spot recorded market"
    assert process.port > 0
    assert process.close() == 0
    assert process.close() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(
    exchange: Callable[..., ExchangeProcess], connect: Callable[[str], websocket.WebSocket], number: signal.Signals
) -> None:
    process = exchange(symbols=("LTCUSDT",))
    ws = connect(f"{process.ws_url}/ws/nosuch@trade")
    process.process.send_signal(number)
    assert ws.recv_data() == (websocket.ABNF.OPCODE_CLOSE, b"\x03\xe9")
    ws.shutdown()
    assert process.wait(20) == 0


def test_it_dies_with_its_parent() -> None:
    code = (
        "import sys\nfrom core.exchange.child import start\nfrom core.exchange.options import ExchangeOptions\n"
        "p = start(ExchangeOptions(symbols=('LTCUSDT',)))\nprint(p.port, flush=True)\nsys.stdin.read()\n"
        "import os\nos._exit(1)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        address = ("127.0.0.1", int(parent.stdout.readline()))
        with socket.create_connection(address, timeout=30) as client:
            parent.communicate("")
            assert client.recv(1) == b""


def test_busy_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ExchangeError, match=rf"cannot listen on 127.0.0.1:{port}"):
            start(ExchangeOptions(port=port, symbols=("LTCUSDT",)))


def test_unreadable_recording(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="there is no recording"):
        start(ExchangeOptions(replay=tmp_path / "nothing"))


def test_one_line_on_stdout_and_status_one_on_stderr(tmp_path: Path) -> None:
    code = "import sys\nfrom core.exchange import *\nfrom pathlib import Path\nsys.exit(serve(ExchangeOptions(replay=Path('x'))))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("exchange: there is no recording x")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": -1}, "port -1"), ({"market": "coinm"}, "expected spot or usdm"), ({"speed": "0"}, "speed '0'"),
        ({"speed": "fast"}, "expected max or a whole number"), ({"shift": "later"}, "expected none or now"),
        ({"once": True}, "no recording"), ({"seed": -1}, "seed -1"),
    ],
)  # fmt: skip
def test_bad_options(options: dict, words: str) -> None:
    with pytest.raises(ExchangeError, match=words):
        ExchangeOptions(**options)
