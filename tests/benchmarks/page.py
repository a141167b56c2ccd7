"""Reading back: a day of one-second bars from the store to the floats of a figure, and a page of the API."""

import http.client
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import make_url

from core.market import DAY_US, SECOND, SECOND_US, Candles, Symbol
from core.store import Commit, Reader, Store
from tests.benchmarks import market
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table, median, percentile
from tests.desk_server import DeskServer

_TRADES_PER_BAR = 3
_BARS = DAY_US // SECOND_US
_API_BARS = 5000
_COMMIT = 50_000


def run(options: Options) -> list[Table]:
    rounds = 5 if options.quick else 25
    table = Table(
        f"Reading back one-second bars ({rounds} times each)",
        ("", "bars", "p50 ms", "p95 ms", "Mbars/s", "KB"),
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        database = Path(folder) / "desk.db"
        store = Store.open(make_url(f"sqlite:///{database}"), "binance", _now_us())
        symbol = fill(store)
        try:
            _row(
                table, "24 h from the store to the figure's arrays", _BARS, lambda: figure(store.reader, symbol), rounds
            )
        finally:
            store.close()
        with child("tests.benchmarks.load", "--trades", "0", "--rate", "1") as load:
            _api(table, Path(folder), int(load.line()["port"]), symbol, rounds)
    return [table]


def fill(store: Store) -> Symbol:
    """A day of trades up to now, some in each second."""
    count = _BARS * _TRADES_PER_BAR
    start_us = SECOND.floor(_now_us()) - DAY_US
    trades = market.trades(count, start_us, 1.0)
    times = start_us + np.arange(count) * (SECOND_US // _TRADES_PER_BAR)
    trades = replace(trades, trade_time_us=times, received_us=times + 40_000)
    for at in range(0, count, _COMMIT):
        store.append(Commit((trades.take(slice(at, at + _COMMIT)),))).result()
    store.append(Commit((), watermark_us=start_us + DAY_US)).result()
    return trades.symbol


def figure(reader: Reader, symbol: Symbol) -> int:
    """What a chart draws: open times [ms] and eight float columns."""
    bars: Candles = reader.candles(symbol, SECOND, limit=_BARS)
    columns = [bars.open_time_us // 1000, *(bars.prices(name) for name in ("open", "high", "low", "close"))]
    columns += [bars.volumes(), bars.quote_volumes(), bars.vwap()]
    if {len(column) for column in columns} != {_BARS}:
        raise RuntimeError(f"expected {_BARS} bars, found {len(bars)}")
    return sum(column.nbytes for column in columns)


def _api(table: Table, folder: Path, port: int, symbol: Symbol, rounds: int) -> None:
    """The same database behind the desk's server, in its own process."""
    with DeskServer(folder, listening_to(port)) as desk:
        wait_for_server(desk)
        connection = http.client.HTTPConnection("127.0.0.1", desk.port)
        for shape in ("rows", "columns"):
            path = f"/api/v1/candles?symbol={symbol}&interval=1s&limit={_API_BARS}&shape={shape}"

            def ask(path: str = path) -> int:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
                return len(body)

            _row(table, f"/api/v1/candles over HTTP, {shape}", _API_BARS, ask, rounds)
        connection.close()


def listening_to(port: int) -> dict[str, str]:
    """The desk's environment: the load is its market."""
    return {
        "SOURCE": "binance",
        "SYMBOLS": ",".join(listed.name for listed in market.LISTED),
        "BINANCE_WS_URL": f"ws://127.0.0.1:{port}",
        "BINANCE_REST_URL": f"http://127.0.0.1:{port}",
        "BINANCE_WS_FALLBACK_URL": "",
        "BINANCE_REST_FALLBACK_URL": "",
    }


def wait_for_server(desk: DeskServer, seconds: float = 60.0) -> None:
    """Until it answers. Raise RuntimeError where it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            desk.get("/api/v1/health")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server does not answer:\n{desk.log()}")


def _row(table: Table, words: str, bars: int, work: Callable[[], int], rounds: int) -> None:
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        size = work()
        times.append(1000 * (time.perf_counter() - started))
    p50 = median(times)
    table.rows.append([words, bars, p50, percentile(times, 95), bars / p50 / 1000, size / 1000])


def _now_us() -> int:
    return time.time_ns() // 1000
