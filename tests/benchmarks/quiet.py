"""What collecting costs while little happens: CPU of the whole collector at a paced market, and with none at all."""

import tempfile
from typing import Any

from tests.benchmarks.market import TRADES_PER_SECOND
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table, median, spread

#: Seconds of trades beyond those that are measured: before, and until the end is noticed.
_MARGIN_SECONDS = 10


def run(options: Options) -> list[Table]:
    rounds, seconds = (1, 5) if options.quick else (3, 20)
    found: dict[int, list[dict[str, Any]]] = {TRADES_PER_SECOND: [], 0: []}
    for _ in range(rounds):
        for rate, results in found.items():
            results.append(_measure(rate, seconds, options))
    table = Table(
        f"A quiet market: the whole collector, 10 symbols (medians of {rounds} rounds of {seconds} s)",
        ("", "trades/s", "% of a core", "range", "CPU us/trade", "commits/s"),
    )
    for rate, results in found.items():
        shares = [100 * result["cpu"] / result["seconds"] for result in results]
        trades = median([result["trades"] / result["seconds"] for result in results])
        table.rows.append(
            [
                f"paced at {rate:,} trades/s" if rate else "connected, no trades",
                trades,
                median(shares),
                spread(shares),
                1e4 * median(shares) / trades if trades else None,
                median([result["commits"] / result["seconds"] for result in results]),
            ]
        )
    return [table]


def _measure(rate: int, seconds: int, options: Options) -> dict[str, Any]:
    count = rate * (seconds + _MARGIN_SECONDS)
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        child("tests.benchmarks.load", "--trades", str(count), "--rate", str(rate or 1)) as load,
    ):
        port = str(load.line()["port"])
        with child("tests.benchmarks.peers", "quiet", port, str(seconds), folder) as peer:
            return peer.line()
