"""The composition root: one start, one end, and nothing left behind when a start fails."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import runtime as module
from core.config import Settings
from core.errors import ConfigError, StoreCorrupt, WrongMarket
from core.exchange import child
from core.exchange.child import ExchangeProcess
from core.health import FeedState
from core.market import MINUTE, Symbol
from core.runtime import Runtime, close_once, open_once, parse_symbols, running
from core.store import Store, market_url
from tests.trading import BTC, NOW_US, wait_until


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**more: object) -> Settings:
        values = {
            "database_url": f"sqlite:///{tmp_path / 'desk.db'}",
            "source": "simulated",
            "symbols": "BTCUSDT,ETHUSDT",
        }
        return Settings(_env_file=None, **{**values, **more})

    return make


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[ExchangeProcess]:
    """Every exchange that is started."""
    started: list[ExchangeProcess] = []
    really = child.start

    def start(options: object) -> ExchangeProcess:
        started.append(really(options))
        return started[-1]

    monkeypatch.setattr(child, "start", start)
    return started


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test starts has ended with it."""
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_start_and_close(settings: Callable[..., Settings], children: list[ExchangeProcess], tmp_path: Path) -> None:
    runtime = Runtime.start(settings())
    try:
        wait_until(lambda: runtime.monitor.health().collecting)
        wait_until(lambda: runtime.monitor.health().symbols[0].stored)
        assert runtime.monitor.symbols() == (BTC, Symbol("ETHUSDT"))
        assert runtime.monitor.health().banner is not None
        assert len(runtime.monitor.candles(BTC, MINUTE))
        assert len(runtime.monitor.trades(BTC, 1)) == 1
    finally:
        runtime.close()
    runtime.close()
    assert runtime.monitor.health().feed.state is FeedState.STOPPED
    assert [process.process.poll() for process in children] == [0]
    assert (tmp_path / "desk.simulated.db").exists()
    assert not (tmp_path / "desk.db").exists()
    assert not (tmp_path / "desk.simulated.db-wal").exists(), "the last to leave folds the log into the file"


def test_the_process_has_one(settings: Callable[..., Settings], children: list[ExchangeProcess]) -> None:
    assert running() is None
    found: list[tuple[Runtime, bool]] = []
    threads = [threading.Thread(target=lambda: found.append(open_once(settings()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        assert len({id(runtime) for runtime, _ in found}) == 1
        assert sorted(started for _, started in found) == [False, False, False, True]
        assert running() is found[0][0]
        assert len(children) == 1
    finally:
        close_once()
    close_once()
    assert running() is None
    assert children[0].process.poll() == 0


@pytest.mark.parametrize("trouble", ["corrupt", "wrong market", "no symbols", "read fails"])
def test_a_start_that_fails_leaves_nothing_behind(
    settings: Callable[..., Settings], children: list[ExchangeProcess], tmp_path: Path, trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = tmp_path / "desk.simulated.db"
    expected: type[Exception] = ConfigError
    more = {}
    if trouble == "corrupt":
        path.write_bytes(b"no database" * 1000)
        expected = StoreCorrupt
    elif trouble == "wrong market":
        Store.open(market_url(f"sqlite:///{path}", "binance"), "binance", NOW_US).close()
        expected = WrongMarket
    elif trouble == "no symbols":
        more = {"symbols": ""}
    else:
        expected = ZeroDivisionError
        monkeypatch.setattr(module, "Collector", lambda **_: 1 / 0)
    with pytest.raises(expected):
        open_once(settings(**more))
    assert running() is None
    assert all(process.process.poll() is not None for process in children)
    assert len(children) == (0 if trouble == "no symbols" else 1)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "SYMBOLS is empty"),
        (("BTC USDT",), "'BTC USDT' is not a symbol"),
        (("BTCUSDT.P", "KRAKEN:XBT"), r"KRAKEN:XBT: this version collects Binance's spot and USD-M markets only"),
        (tuple(f"S{i}USDT" for i in range(1025)), "names 1025 symbols of one market; a connection carries 1024"),
    ],
)
def test_symbols_that_cannot_be_collected(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(Exception, match=words):
        parse_symbols(names)


def test_symbols_are_taken_once_in_any_case() -> None:
    assert parse_symbols(("btcusdt", "BTCUSDT", "BINANCE:BTCUSDT", "ETHUSDT")) == (BTC, Symbol("ETHUSDT"))


def test_a_venue_that_is_not_there_is_waited_for(settings: Callable[..., Settings]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    runtime = Runtime.start(
        settings(
            source="binance",
            binance_ws_url=f"ws://127.0.0.1:{port}",
            binance_rest_url=f"http://127.0.0.1:{port}",
            binance_ws_fallback_url="",
            binance_rest_fallback_url="",
        )
    )
    try:
        wait_until(lambda: runtime.monitor.health().feed.state is FeedState.RECONNECTING)
        assert not runtime.monitor.health().collecting
        assert "no connection to" in runtime.monitor.health().feed.words
    finally:
        runtime.close()
