"""Socket to committed row: the desk against the usual design, in one run, one after the other, several rounds."""

import tempfile
from typing import Any, NamedTuple

from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table, median, spread


class _Peer(NamedTuple):
    name: str
    words: str
    trades: int
    quick_trades: int


_ORIGINAL, _DISCARD = "original", "discard"
_PEERS = (
    _Peer("desk", "the desk (WAL, synchronous=NORMAL)", 1_000_000, 200_000),
    _Peer("desk-full", "the desk (WAL, synchronous=FULL)", 1_000_000, 200_000),
    _Peer(_ORIGINAL, "original design: WebSocketApp + ORM add_all (journal=DELETE, FULL)", 100_000, 20_000),
    _Peer("receive", "WebSocketApp as found, storing nothing", 200_000, 40_000),
    _Peer(_DISCARD, "the load alone, into a reader that discards", 1_000_000, 200_000),
)


def run(options: Options) -> list[Table]:
    rounds = 1 if options.quick else 3
    results: dict[str, list[dict[str, Any]]] = {peer.name: [] for peer in _PEERS}
    for _ in range(rounds):
        for peer in _PEERS:
            results[peer.name].append(measure(peer.name, peer.quick_trades if options.quick else peer.trades, options))
    return [_table(results, rounds)]


def measure(name: str, trades: int, options: Options) -> dict[str, Any]:
    """One peer taking in `trades`, in fresh processes and a fresh folder."""
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        child("tests.benchmarks.load", "--trades", str(trades)) as load,
    ):
        port = str(load.line()["port"])
        with child("tests.benchmarks.peers", name, port, str(trades), folder) as peer:
            sent = load.line()
            found = peer.line()
        seconds = found["ended"] - sent["started"]
        return {
            "rate": trades / seconds,
            "cpu_us": 1e6 * found["cpu"] / trades,
            "kb": found["bytes"] / trades,  # bytes a trade are KB a thousand
            "sent_rate": sent["rate"],
            "dropped": found.get("dropped", 0),
            "commits": found.get("commits"),
            "trades": trades,
        }


def _table(results: dict[str, list[dict[str, Any]]], rounds: int) -> Table:
    table = Table(
        f"Socket to committed row, one process (medians of {rounds} interleaved rounds)",
        ("", "trades/s", "range", "x original", "CPU us/trade", "KB/1000", "sent/s", "dropped"),
    )
    base = median([result["rate"] for result in results[_ORIGINAL]])
    for peer in _PEERS:
        found = results[peer.name]
        rates = [result["rate"] for result in found]
        kb = median([result["kb"] for result in found])
        table.rows.append(
            [
                peer.words,
                median(rates),
                spread(rates),
                median(rates) / base if peer.name != _DISCARD else None,
                median([result["cpu_us"] for result in found]),
                kb or None,
                median([result["sent_rate"] for result in found]),
                sum(result["dropped"] for result in found),
            ]
        )
    table.notes.append(
        "The desk proves continuity, keeps exact integers and adds up 1s and 1m bars in the trades' transaction; after each "
        "round its database is checked: every id once, no gap, bars equal to the trades. 10 symbols; the market's own time "
        "runs at 1,000 trades a second, so most trades are minutes old when they come, and their lag takes a byte more on disk."
    )
    return table
