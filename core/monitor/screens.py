"""Screens of all pairs: once for all who ask, on a thread of their own."""

from dataclasses import dataclass

from core.analytics.funnel import Rules
from core.analytics.screened import Screen
from core.analytics.screener import screen
from core.market import Interval, Symbol
from core.monitor.jobs import Job, Jobs
from core.monitor.universe import Standing, read
from core.store import Reader

#: Screens that are kept: of 500 symbols each has some 20 MB.
_MOST = 8


@dataclass(frozen=True, slots=True)
class ScreenSpec:
    """What is screened: bars of `interval` over `lookback_us` [us], a leg's close carried forward up to `stale_limit` bars."""

    symbols: tuple[Symbol, ...]
    interval: Interval
    lookback_us: int
    rules: Rules
    stale_limit: int = 0


@dataclass(frozen=True, slots=True)
class Screened:
    """A screen, and the data that it stands on."""

    screen: Screen
    standing: Standing


class Screens:
    """The screens of this process."""

    def __init__(self, reader: Reader, source: str) -> None:
        self._reader = reader
        self._source = source
        self._jobs = Jobs(_MOST)

    def of(self, asked: ScreenSpec) -> Job[Screened]:
        """The screen of the bars that are final now, begun where there is none; it does not follow later bars.

        The job raises NotEnoughData where fewer than two symbols have bars, or the bars are too few to test.
        """
        end_us = asked.interval.floor(self._reader.watermark_us())

        def compute(job: Job[Screened]) -> Screened:
            job.step(0.0, "reading the bars")
            universe, standing = read(
                self._reader, asked.symbols, asked.interval, asked.lookback_us, asked.stale_limit, self._source
            )
            return Screened(screen(universe, asked.rules, step=job.step), standing)

        return self._jobs.of((asked, end_us), compute)

    def close(self) -> None:
        """End what runs."""
        self._jobs.close()
