"""A pair on the stream: its new bars, and the forming one as often as it moves."""

import asyncio
from typing import Self
from urllib.parse import parse_qsl

import msgspec
import numpy as np

from core.analytics.backtest.costs import ASSUMED
from core.api import encode_pair
from core.api.protocol import BadRequest, Kind, News
from core.errors import AnalysisError, DeskError
from core.market import Symbol
from core.monitor import Change, Monitor
from core.monitor.quotes import Quote
from core.pairs import PairSpec, Unknown
from core.pairs.charted import Charted
from core.pairs.provenance import known, told
from core.pairs.trading import break_even_of

#: Between two looks: half of it is how much later a trade is seen, on the average.
_LOOK_SECONDS = 0.2
#: Looks without a trade until the state is asked for all the same: what stands still may have become stale.
_QUIET_LOOKS = 5
#: New bars that are told one by one; more are asked for with the whole.
_MOST_ROWS = 20


class PairTopic:
    """A pair by its spec. A message has the forming bar and its state, and the bars that closed since the one before.

    `anew` says that bars told before are others now: one was amended, or more closed than a message holds. A hedge over the lookback is
    fitted anew with every bar, and all bars with it; that is `hindsight` in the series, and is not told by `anew`.
    """

    poll_seconds = _LOOK_SECONDS
    due = True

    def __init__(self, monitor: Monitor, spec: PairSpec) -> None:
        self.name = encode_pair.topic(spec)
        self._monitor = monitor
        self._spec = spec
        self._moved = True
        self._looks = 0
        self._told: tuple[int, int] | None = None  # the last bar told, and the revision of all
        self._last = b""

    @classmethod
    def open(cls, name: str, monitor: Monitor, collected: tuple[Symbol, ...]) -> Self:
        """The topic of that name. Raise BadRequest where it names no pair that is collected."""
        try:
            spec = PairSpec.parse(dict(parse_qsl(name.partition(":")[2], strict_parsing=True)))
        except (DeskError, ValueError) as error:
            raise BadRequest(f"{name!r}: {error}") from error
        for symbol in (spec.y, spec.x):
            if symbol not in collected:
                raise BadRequest(
                    f"{name!r}: {symbol} is not being collected; collected are: {', '.join(map(str, collected))}"
                )
        return cls(monitor, spec)

    def note(self, change: Change) -> None:
        """A trade of either leg moves the pair."""
        self._moved = self._moved or self._spec.y in change.touched or self._spec.x in change.touched

    async def snapshot(self) -> bytes:
        return await asyncio.to_thread(self._read, True)

    async def news(self) -> News | None:
        self._looks += 1
        if not self._moved and self._looks < _QUIET_LOOKS:
            return None
        self._moved, self._looks = False, 0
        data = await asyncio.to_thread(self._read, False)
        if data == self._last:
            return None
        self._last = data
        return News(Kind.DELTA, data)

    def _read(self, whole: bool) -> bytes:
        quote = self._monitor.quote(self._spec)
        try:
            found = self._monitor.charted(self._spec)
        except AnalysisError as error:
            return msgspec.json.encode({**encode_pair.live(quote), "reason": str(error)})
        return msgspec.json.encode(self._news(found, quote, whole))

    def _news(self, found: Charted, quote: Quote, whole: bool) -> dict[str, object]:
        """What is told of the bars; a snapshot has the last ones alone, as the rest is asked for by HTTP."""
        times = found.drawn.series.times
        told = int(times[-1]), found.drawn.provenance.revision
        before, self._told = self._told, told
        rows = np.flatnonzero(times > before[0]) if before else np.arange(max(len(times) - 2, 0), len(times))
        anew = before is not None and (before[1] != told[1] or len(rows) > _MOST_ROWS)
        rows = rows[-_MOST_ROWS:]
        message: dict[str, object] = {**encode_pair.live(quote), "last": told[0] // 1000}
        if whole or anew or len(rows):
            rows = rows if len(rows) else np.arange(len(times) - 1, len(times))
            message |= encode_pair.about(found) | {"anew": anew, "columns": encode_pair.columns(found, rows)}
            message["pays"] = self._pays()
        return message

    def _pays(self) -> float | None:
        """The z-score from which a reversion is expected to pay the assumed costs; None where none does, or that is not known."""
        edge = told(lambda: known(break_even_of(self._monitor.analysis(self._spec), ASSUMED)))
        return None if isinstance(edge, Unknown) else edge.z
