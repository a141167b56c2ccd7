"""The desk's way beside a peer's, interleaved in one process: how fast each is, and how far apart their answers."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.report import Options, Table, median


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: the desk's way and a peer's, how far apart their answers are, and what one peer call covers."""

    what: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any] | None
    difference: Callable[[Any, Any], float] | None = None
    share: float = 1.0


def compared(title: str, rows: Sequence[Row], options: Options) -> Table:
    """All rows, a round of both ways after the other; a peer that takes seconds has fewer rounds."""
    rounds = 2 if options.quick else 7
    table = Table(
        f"{title} ({rounds} interleaved rounds, OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'not set')})",
        ["", "desk min ms", "desk median ms", "peer", "peer median ms", "peer / desk", "difference"],
    )
    table.rows.extend(_measured(row, rounds) for row in rows)
    table.notes.append(
        "A difference is the greatest absolute one between both answers. Times of peers that do one window, one lag or a part at a time "
        "are of some of them, times their number."
    )
    return table


#: After so long a peer is asked no more [ms].
_PEER_MS = 20_000


def _measured(row: Row, rounds: int) -> list[Any]:
    ours: list[float] = []
    theirs: list[float] = []
    mine = other = None
    for number in range(rounds):
        mine = _timed(row.ours, ours)
        if row.theirs is not None and (number < 2 or sum(theirs) < _PEER_MS):
            other = _timed(row.theirs, theirs)
    peer = median(theirs) / row.share if theirs else None
    ratio = peer / median(ours) if peer is not None else None
    apart = row.difference(mine, other) if row.difference is not None else None
    return [row.what, min(ours), median(ours), row.peer, peer, ratio, None if apart is None else f"{apart:.0e}"]


def _timed(call: Callable[[], Any], times: list[float]) -> Any:
    started = time.perf_counter()
    answer = call()
    times.append(1000 * (time.perf_counter() - started))
    return answer
