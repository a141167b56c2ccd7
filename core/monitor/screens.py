"""Screens of all pairs: once for all who ask, on a thread of their own."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from core.analytics.funnel import Rules
from core.analytics.screened import Screen
from core.analytics.screener import screen
from core.errors import BadParameter
from core.market import Interval, Symbol
from core.monitor.analyses import Revisions
from core.monitor.bus import Bus
from core.monitor.jobs import Job, Jobs
from core.monitor.universe import Standing, read
from core.store import Reader

#: Screens that are kept: of 500 symbols each has some 20 MB.
_MOST = 8
#: Bars that a screen reads, of all symbols together: some 500 MB while it does.
MOST_BARS = 5_000_000


@dataclass(frozen=True, slots=True)
class ScreenSpec:
    """What is screened: bars of `interval` over `lookback_us` [us], a leg's close carried forward up to `stale_limit` bars.

    Raise BadParameter where that cannot be.
    """

    symbols: tuple[Symbol, ...]
    interval: Interval
    lookback_us: int
    rules: Rules
    stale_limit: int = 0

    def __post_init__(self) -> None:
        if len(self.symbols) < 2 or len(set(self.symbols)) < len(self.symbols):
            raise BadParameter(f"a pair needs two symbols: expected different ones, found {len(set(self.symbols))}")
        if self.bars < 1:
            raise BadParameter(f"{self.lookback} is shorter than a bar of {self.interval}: take a longer lookback")
        if self.stale_limit < 0:
            raise BadParameter(f"stale_limit is {self.stale_limit} bars: expected a whole number from 0")
        if self.bars * len(self.symbols) > MOST_BARS:
            raise BadParameter(
                f"{len(self.symbols)} symbols with {self.bars:,} bars each are more than {MOST_BARS:,}: take a longer interval, "
                "a shorter lookback or fewer symbols"
            )

    @property
    def bars(self) -> int:
        """How many intervals the lookback has."""
        return self.lookback_us // self.interval.us

    @property
    def lookback(self) -> Interval:
        """The lookback as a length of time."""
        return Interval(self.lookback_us)

    @property
    def pairs(self) -> int:
        """How many pairs the symbols make."""
        return len(self.symbols) * (len(self.symbols) - 1) // 2


@dataclass(frozen=True, slots=True)
class Screened:
    """A screen, what was asked, and the data that it stands on."""

    asked: ScreenSpec
    screen: Screen
    standing: Standing

    def closed_since(self, watermark_us: int) -> int:
        """How many bars have become final after those that it stands on, by the watermark [us]."""
        return max(0, watermark_us - self.standing.to_us) // self.asked.interval.us


class Screens:
    """The screens of this process."""

    def __init__(self, reader: Reader, source: str, bus: Bus) -> None:
        self._reader = reader
        self._source = source
        self._revisions = Revisions(bus)
        self._jobs = Jobs(_MOST)
        self._lock = Lock()
        self._last: OrderedDict[ScreenSpec, Job[Screened]] = OrderedDict()

    def of(self, asked: ScreenSpec) -> Job[Screened]:
        """The screen of the bars that are final now, begun where there is none; it does not follow later bars.

        The job raises NotEnoughData where fewer than two symbols have bars, or the bars are too few to test. Raise StoreError.
        """
        revisions = tuple(self._revisions.of(symbol) for symbol in asked.symbols)  # before the bars are read
        end_us = asked.interval.floor(self._reader.watermark_us())

        def compute(job: Job[Screened]) -> Screened:
            job.step(0.0, f"reading {asked.bars:,} bars of {len(asked.symbols)} symbols")
            universe, standing = read(
                self._reader, asked.symbols, asked.interval, asked.lookback_us, asked.stale_limit, self._source, end_us
            )
            return Screened(asked, screen(universe, asked.rules, step=job.step), standing)

        job = self._jobs.of((asked, end_us, revisions), compute)
        self._remember(asked, job)
        return job

    def last(self, asked: ScreenSpec) -> Job[Screened] | None:
        """The newest job of this question, of whatever bar; None where nobody has asked, or long ago."""
        with self._lock:
            return self._last.get(asked)

    def close(self) -> None:
        """End what runs."""
        self._jobs.close()

    def _remember(self, asked: ScreenSpec, job: Job[Screened]) -> None:
        with self._lock:
            self._last[asked] = job
            self._last.move_to_end(asked)
            while len(self._last) > _MOST:
                self._last.popitem(last=False)
