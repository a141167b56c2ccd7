"""The board: every pair of a watch-list in a row, followed once for all who look, on a thread of its own.

Whoever asks gets what is known by then and never waits for a slow pair, unless he wants to. Pairs that nobody asks for are not followed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol, TypeVar

from loguru import logger

from core.analytics.backtest.costs import ASSUMED
from core.errors import DeskError, NotEnoughData
from core.market import MINUTE_US
from core.metrics import metric
from core.monitor.quotes import PairState, Quote
from core.pairs import Drawn, PairAnalysis, PairSpec, Unknown
from core.pairs.provenance import known, told
from core.pairs.scorecard import Scorecard, scorecard
from core.pairs.trading import break_even_of
from core.quality import Grade

T = TypeVar("T")
#: Bars in the small chart of a row.
SPARK_BARS = 60
#: Rows that are kept.
MOST_ROWS = 200
#: A row is looked at again after this long, and no sooner than it takes times so much: a pair costs a fiftieth of a core at most.
_LEAST_SECONDS = 0.9
_SHARE = 50
#: The tests of a pair are made anew when a bar closes, and of shorter bars once in so long [us].
_TESTS_US = MINUTE_US
_NOT_YET = Unknown("it is being computed")


@dataclass(frozen=True, slots=True)
class Waiting:
    """`found` of the `needed` bars are there; the last of them closes at `ready_us` [us] if both legs trade in each."""

    found: int
    needed: int
    ready_us: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One pair as it is now. What cannot be told is an Unknown with its reason.

    `z` is that of the last confirmed bar, which ends at `last_us` [us]; `z_live` that of the newest trades, in the bar that forms. `path` are the last z-scores of
    confirmed bars, NaN where there is none. `half_life` in bars, `break_even` the z-score from which a reversion pays the assumed costs.
    `age_us` is how old the newest trade of the leg is that has been silent longer [us], None where there was none since the start.
    """

    spec: PairSpec
    state: PairState
    words: str
    z_live: float | Unknown = _NOT_YET
    z: float | Unknown = _NOT_YET
    path: tuple[float, ...] = ()
    last_us: int | None = None
    p_value: float | Unknown = _NOT_YET
    half_life: float | Unknown = _NOT_YET
    break_even: float | Unknown = _NOT_YET
    score: Scorecard | Unknown = _NOT_YET
    grade: Grade = Grade.NONE
    age_us: int | None = None
    waiting: Waiting | None = None

    @property
    def size(self) -> float:
        """How far the pair is from its mean: |z| of the last confirmed bar; below 0 where it is not known."""
        return -1.0 if isinstance(self.z, Unknown) else abs(self.z)


class Asked(Protocol):
    """Who answers for a pair."""

    def drawn(self, spec: PairSpec) -> Drawn: ...
    def analysis(self, spec: PairSpec) -> PairAnalysis: ...
    def quote(self, spec: PairSpec) -> Quote: ...


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """What the last confirmed bar tells, with the bars it stands on."""

    z: float | Unknown
    path: tuple[float, ...]
    to_us: int
    bars: int
    revision: int
    grade: Grade


@dataclass(frozen=True, slots=True)
class _Tested:
    """What the tests told of the bars up to `to_us` [us]."""

    to_us: int
    revision: int
    p_value: float | Unknown
    half_life: float | Unknown
    break_even: float | Unknown
    score: Scorecard | Unknown


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a pair, when it was found out and how long that took [s]."""

    at: float
    took: float
    confirmed: _Confirmed | Unknown
    quote: Quote | Unknown
    tested: _Tested | Unknown


@dataclass
class _Run:
    """The thread's work: what is wanted, first come first served, what is at work, and whether somebody sees to it."""

    wanted: dict[PairSpec, None] = field(default_factory=dict)
    at_work: PairSpec | None = None
    done: "Future[None] | None" = None


class Board:
    """Rows by pair. Any thread may ask."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._lock = Lock()
        self._known: OrderedDict[PairSpec, _Known] = OrderedDict()
        self._run = _Run()
        self._thread = ThreadPoolExecutor(1, "board")

    def rows(self, specs: Sequence[PairSpec], wait_seconds: float = 0.0) -> tuple[BoardRow, ...]:
        """A row each, as known by now, waiting at most so long [s] for what has never been computed."""
        done = self._want(specs)
        if done is not None and wait_seconds > 0 and not all(spec in self._known for spec in specs):
            _wait(done, wait_seconds)
        return tuple(_row(spec, self._known.get(spec)) for spec in specs)

    def close(self) -> None:
        """Forget what is wanted, and wait for what is at work."""
        with self._lock:
            self._run.wanted.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _want(self, specs: Sequence[PairSpec]) -> "Future[None] | None":
        """Have what is due computed; what is at work then."""
        now = time.monotonic()
        with self._lock:
            due = (spec for spec in specs if spec != self._run.at_work and _due(self._known.get(spec), now))
            self._run.wanted.update((spec, None) for spec in due)
            if self._run.wanted and self._run.done is None:
                self._run.done = self._thread.submit(self._work)
            return self._run.done

    def _work(self) -> None:
        while (spec := self._next()) is not None:
            found = _looked(self._asked, spec, self._known.get(spec))
            with self._lock:
                self._known[spec] = found
                self._known.move_to_end(spec)
                while len(self._known) > MOST_ROWS:
                    self._known.popitem(last=False)

    def _next(self) -> PairSpec | None:
        with self._lock:
            spec = self._run.at_work = next(iter(self._run.wanted), None)
            if spec is None:
                self._run.done = None
            else:
                del self._run.wanted[spec]
            return spec


def _wait(done: "Future[None]", seconds: float) -> None:
    try:
        done.result(seconds)
    except TimeoutError:
        return


def _due(known_row: _Known | None, now: float) -> bool:
    return known_row is None or now - known_row.at >= max(_LEAST_SECONDS, _SHARE * known_row.took)


def _looked(asked: Asked, spec: PairSpec, before: _Known | None) -> _Known:
    """What is known of a pair now."""
    began = time.monotonic()
    confirmed = _safely(spec, lambda: _confirmed(asked.drawn(spec)))
    quote = _safely(spec, lambda: asked.quote(spec))
    took = time.monotonic() - began
    tested = _NOT_YET if before is None else before.tested
    if isinstance(confirmed, Unknown):
        tested = confirmed
    elif _untested(spec, confirmed, tested):
        tested = _safely(spec, lambda: _tested(asked.analysis(spec)))
    return _Known(time.monotonic(), took, confirmed, quote, tested)


def _safely(spec: PairSpec, compute: Callable[[], T]) -> T | Unknown:
    """What `compute` finds, or why it cannot: one pair that fails takes no other with it."""
    try:
        return compute()
    except NotEnoughData as error:
        return Unknown(str(error), error.needed, error.found)
    except DeskError as error:
        return Unknown(str(error))
    except Exception as error:  # noqa: BLE001 - the thread must live on for the other pairs; the row says what it was
        logger.opt(exception=error).error("the board cannot compute {}", spec)
        return Unknown(f"an error of the desk itself, {type(error).__name__}: the log has more")


def _confirmed(drawn: Drawn) -> _Confirmed:
    told_of = drawn.provenance
    path = tuple(drawn.series.z[-SPARK_BARS:].tolist())
    grade = Grade.NONE if told_of.quality is None else told_of.quality.grade
    return _Confirmed(drawn.last.z, path, told_of.to_us, told_of.bars, told_of.revision, grade)


def _live(quote: Quote | Unknown) -> float | Unknown:
    if isinstance(quote, Unknown):
        return quote
    return quote.moment if isinstance(quote.moment, Unknown) else quote.moment.z


def _age_us(quote: Quote | Unknown) -> int | None:
    if isinstance(quote, Unknown):
        return None
    times = [time for time in quote.traded_us if time is not None]
    return max(quote.now_us - min(times), 0) if len(times) == len(quote.traded_us) else None


def _untested(spec: PairSpec, confirmed: _Confirmed, tested: _Tested | Unknown) -> bool:
    """Whether the tests are of other bars than these, and it is time for them."""
    if isinstance(tested, Unknown):
        return True
    if (tested.to_us, tested.revision) == (confirmed.to_us, confirmed.revision):
        return False
    return spec.interval.us >= _TESTS_US or confirmed.to_us - tested.to_us >= _TESTS_US


def _tested(analysis: PairAnalysis) -> _Tested:
    def pays() -> float:
        edge = known(break_even_of(analysis, ASSUMED))
        return known(Unknown(edge.words) if edge.z is None else edge.z)

    return _Tested(
        to_us=analysis.provenance.to_us,
        revision=analysis.provenance.revision,
        p_value=metric("p_value").of(analysis),
        half_life=metric("half_life").of(analysis),
        break_even=told(pays),
        score=told(lambda: scorecard(analysis, ASSUMED)),
    )


def _row(spec: PairSpec, found: _Known | None) -> BoardRow:
    if found is None:
        return BoardRow(spec, PairState.WAITING, _NOT_YET.reason)
    age_us = _age_us(found.quote)
    confirmed, tested = found.confirmed, found.tested
    if isinstance(confirmed, Unknown):
        return _failed(BoardRow(spec, *_why(found.quote, confirmed), age_us=age_us), confirmed)
    waiting = _waiting(spec, confirmed)
    state, words = _state(found, waiting)
    untested = tested if isinstance(tested, Unknown) else None
    return BoardRow(
        spec=spec,
        state=state,
        words=words,
        z_live=_live(found.quote),
        z=confirmed.z,
        path=confirmed.path,
        last_us=confirmed.to_us,
        p_value=untested or tested.p_value,  # type: ignore[union-attr]
        half_life=untested or tested.half_life,  # type: ignore[union-attr]
        break_even=untested or tested.break_even,  # type: ignore[union-attr]
        score=untested or tested.score,  # type: ignore[union-attr]
        grade=confirmed.grade,
        age_us=age_us,
        waiting=waiting,
    )


def _why(quote: Quote | Unknown, confirmed: Unknown) -> tuple[PairState, str]:
    """Why a pair has no bars: its feed, if that is in trouble, or that it is too early."""
    if isinstance(quote, Quote) and quote.state is PairState.STALE:
        return PairState.UNKNOWN, quote.words
    return PairState.UNKNOWN if confirmed.needed is None else PairState.WAITING, confirmed.reason


def _failed(row: BoardRow, why: Unknown) -> BoardRow:
    return replace(row, z_live=why, z=why, p_value=why, half_life=why, break_even=why, score=why)


def _waiting(spec: PairSpec, confirmed: _Confirmed) -> Waiting | None:
    """How many bars are lacking for a z-score; None where that is not what it lacks."""
    if not isinstance(confirmed.z, Unknown):
        return None
    windows = 2 if spec.is_moving and spec.z != "innovation" else 1
    needed = max(confirmed.z.needed or 0, windows * spec.window)
    if confirmed.bars >= needed:
        return None
    return Waiting(confirmed.bars, needed, confirmed.to_us + (needed - confirmed.bars) * spec.interval.us)


def _state(found: _Known, waiting: Waiting | None) -> tuple[PairState, str]:
    """What the numbers are good for, and why they are not where they are not."""
    quote, confirmed = found.quote, found.confirmed
    if isinstance(quote, Unknown):
        return PairState.UNKNOWN, quote.reason
    if quote.state is PairState.STALE:
        return quote.state, quote.words
    if waiting is not None:
        return PairState.WAITING, f"{waiting.found:,} of {waiting.needed:,} bars"
    if isinstance(confirmed, _Confirmed) and isinstance(confirmed.z, Unknown):
        return PairState.UNKNOWN, confirmed.z.reason
    return PairState.LIVE, ""
