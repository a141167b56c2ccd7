"""Pairs analysed: once for all who ask, until a bar closes or one is changed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from threading import Lock

from core.market import Candles, Interval, Symbol
from core.monitor.answers import Answers
from core.monitor.bars import KeptBars
from core.monitor.bus import Bus, Change
from core.monitor.proof import Proof
from core.pairs import Drawn, Follower, Leg, Moment, PairAnalysis, PairSpec, draw, judge
from core.pairs.charted import Charted, charted
from core.store import Reader

#: Answers that are kept. A day of seconds is some 10 MB.
MOST_ANSWERS = 32


@dataclass(frozen=True, slots=True)
class _Key:
    """What an answer stands on: confirmed bars before `end_us`, and so many changes of either leg behind it."""

    spec: PairSpec
    end_us: int
    revisions: tuple[int, int]


class Revisions:
    """Counts, for each symbol, the changes of what was final already: late and repaired trades, and gaps of any symbol."""

    def __init__(self, bus: Bus) -> None:
        self._lock = Lock()
        self._final_us: int | None = None  # until the first change nobody knows what was final
        self._counts: dict[Symbol, int] = {}
        self._gaps = 0
        self._bus = bus
        self._listens = False

    def of(self, symbol: Symbol) -> int:
        """The count, from the first question on: what was changed before it no answer stands on."""
        with self._lock:
            if not self._listens:
                self._bus.subscribe(self._note)
                self._listens = True
            return self._counts.get(symbol, 0) + self._gaps

    @property
    def final_us(self) -> int | None:
        """How far bars are final, as told by the last change [us]; None before the first one."""
        return self._final_us

    def _note(self, change: Change) -> None:
        with self._lock:
            self._gaps += change.gaps
            for symbol, touched_us in change.touched.items():
                if self._final_us is None or touched_us < self._final_us:
                    self._counts[symbol] = self._counts.get(symbol, 0) + 1
            self._final_us = max(self._final_us or 0, change.watermark_us)


class Analyses:
    """The analysis of any pair. Any thread may ask."""

    def __init__(self, reader: Reader, proof: Callable[[Symbol], Proof], bus: Bus, source: str) -> None:
        self._reader = reader
        self._proof = proof
        self._source = source
        self._revisions = Revisions(bus)
        self._bars = KeptBars(reader, bus)
        self._drawn: Answers[_Key, Drawn] = Answers(MOST_ANSWERS)
        self._charted: Answers[_Key, Charted] = Answers(MOST_ANSWERS)
        self._answers: Answers[_Key, PairAnalysis] = Answers(MOST_ANSWERS)
        self._followers: Answers[_Key, Follower] = Answers(MOST_ANSWERS)

    def of(self, spec: PairSpec) -> PairAnalysis:
        """The pair at its last confirmed bar. Raise NotEnoughData where there are no bars of both legs, StoreError."""
        return self._of(self._key(spec))

    def drawn(self, spec: PairSpec) -> Drawn:
        """The bars of `of`, without the tests. Raise as `of`."""
        return self._draw(self._key(spec))

    def charted(self, spec: PairSpec) -> Charted:
        """The bars of `drawn` with the traffic and the marks of both legs. Raise as `of`."""
        key = self._key(spec)
        return self._charted.of(key, lambda: self._chart(key))

    def live(self, spec: PairSpec) -> Moment | None:
        """The bar that is forming, by the newest closes in it; None where a leg has none in it. Raise as `of`."""
        key = self._key(spec)
        legs = self._reader.legs((spec.y, spec.x), spec.interval, key.end_us, None, 2)
        if not all(map(len, legs)) or any(int(leg.open_time_us[-1]) != key.end_us for leg in legs):
            return None
        y, x = (float(leg.prices()[-1]) for leg in legs)
        return self._follower(key).peek(key.end_us, y, x)

    def peek(self, spec: PairSpec, y: float, x: float) -> Moment:
        """What comes of these prices [quote currency] in the forming bar. Raise as `of`."""
        key = self._key(spec)
        return self._follower(key).peek(key.end_us, y, x)

    def _follower(self, key: _Key) -> Follower:
        return self._followers.of(key, lambda: Follower(self._draw(key)))

    def _key(self, spec: PairSpec) -> _Key:
        revisions = self._revisions.of(spec.y), self._revisions.of(spec.x)  # first: a change after this is asked anew
        final_us = self._revisions.final_us
        return _Key(spec, spec.interval.floor(self._reader.watermark_us() if final_us is None else final_us), revisions)

    def _of(self, key: _Key) -> PairAnalysis:
        return self._answers.of(key, lambda: judge(self._draw(key)))

    def _draw(self, key: _Key) -> Drawn:
        return self._drawn.of(key, lambda: drawn(self._bars.legs, self._proof, key.spec, key.end_us, self._source))

    def _chart(self, key: _Key) -> Charted:
        found = self._draw(key)
        start_us = int(found.series.times[0])
        y, x = self._bars.legs((key.spec.y, key.spec.x), key.spec.interval, start_us, key.end_us)
        return charted(found, y, x)


#: Bars of symbols, all at one moment: by symbols, interval, and the times [us] from which and before which they open.
Legs = Callable[[Collection[Symbol], Interval, int, int], Sequence[Candles]]


def drawn(legs: Legs, proof: Callable[[Symbol], Proof], spec: PairSpec, end_us: int, source: str) -> Drawn:
    """The pair by the bars that open before `end_us` [us]. Raise NotEnoughData where there are none, StoreError."""
    proofs = {symbol: proof(symbol) for symbol in (spec.y, spec.x)}  # before the bars, as it wants
    start_us = end_us - spec.lookback_us - spec.warm_up * spec.interval.us
    y, x = (
        Leg.of(bars, proofs[bars.symbol].window(bars.since(end_us - spec.lookback_us)))
        for bars in legs((spec.y, spec.x), spec.interval, start_us, end_us)
    )
    return draw(spec, y, x, end_us, source)


def analyzed(
    reader: Reader, proof: Callable[[Symbol], Proof], spec: PairSpec, end_us: int, source: str
) -> PairAnalysis:
    """The pair by the bars of a store that nobody else asks. Raise as `drawn`."""

    def legs(symbols: Collection[Symbol], interval: Interval, start_us: int, end_us: int) -> Sequence[Candles]:
        return reader.legs(symbols, interval, start_us, end_us, (end_us - start_us) // interval.us)

    return judge(drawn(legs, proof, spec, end_us, source))
