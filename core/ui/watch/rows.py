"""Rows of a watch-list as a table: their order, their words and their colours. No Streamlit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.market import SECOND_US, Interval
from core.metrics import metric
from core.monitor.board import BoardRow
from core.monitor.quotes import PairState
from core.pairs import PairSpec, Unknown
from core.pairs.watchlist import WatchList
from core.quality import Grade
from core.ui import badges, words
from core.ui.look import Look
from core.ui.zone import Zone

STATES = {
    PairState.LIVE: "● live",
    PairState.STALE: "◌ stale",
    PairState.WAITING: "○ waiting",
    PairState.UNKNOWN: "✕ unknown",
}
#: The ways to sort; "own" is the order that the list's owner gave it.
ORDERS = ("z", "quality", "name", "own")
#: The scale of the small charts [σ]: symmetric, and the same for every row.
SPARK_RANGE = (-4.0, 4.0)
_GRADES = tuple(Grade)
_FAR = 2.0


def ordered(rows: Sequence[BoardRow], listed: WatchList, by: str) -> tuple[BoardRow, ...]:
    """Starred ones first; then by |z| of the last confirmed bar, which stands still until one closes, by quality, name, or as listed."""
    stars = {each.spec for each in listed.pairs if each.starred}
    keys: Mapping[str, Callable[[BoardRow], Any]] = {
        "z": lambda row: -row.size,
        "quality": lambda row: (-_passed(row), _GRADES.index(row.grade), -row.size),
        "name": lambda row: str(row.spec),
    }
    own = {spec: number for number, spec in enumerate(listed.specs)}

    def place(row: BoardRow) -> Any:
        return keys[by](row) if by in keys else own.get(row.spec, len(own))

    return tuple(sorted(rows, key=lambda row: (row.spec not in stars, place(row))))


def chosen(rows: Sequence[BoardRow], states: Collection[str]) -> tuple[BoardRow, ...]:
    """Those in one of `states`; all where none is named."""
    return tuple(row for row in rows if not states or row.state in states)


def pair(spec: PairSpec) -> str:
    return f"{spec.y} on {spec.x}"


def how(spec: PairSpec) -> str:
    """The parameters, in short."""
    return f"{spec.interval} × {spec.window:,} over {spec.lookback}, {spec.estimator}"


def full(spec: PairSpec) -> str:
    """A pair with its parameters, apart from those with the same legs."""
    return f"{pair(spec)} · {how(spec)}"


def signed(z: float | Unknown) -> str:
    """A z-score with an arrow and a sign: the colour beside it is never alone."""
    if isinstance(z, Unknown):
        return words.DASH
    shown = f"{z:+.2f}".replace("-", "−")
    return f"{'▲' if z > 0 else '▼' if z < 0 else '■'} {shown}"


def said(row: BoardRow, zone: Zone) -> str:
    """The state, and what there is to say about it."""
    state = STATES[row.state]
    if row.waiting is not None and row.state is PairState.WAITING:
        return f"{state}: {row.words}, ready at {zone.clock(row.waiting.ready_us)}"
    return f"{state}: {row.words}" if row.words else state


def path(row: BoardRow) -> list[float | None]:
    """The z-scores of the last bars; None where there is none."""
    return [None if value != value else round(value, 3) for value in row.path]


def table(rows: Sequence[BoardRow], listed: WatchList, zone: Zone) -> pd.DataFrame:
    """A row each. Numbers stay numbers, so that a click on a column sorts them; NaN is an unknown."""
    stars = {each.spec for each in listed.pairs if each.starred}
    several = len({row.spec.interval for row in rows}) > 1
    return pd.DataFrame([_shown(row, row.spec in stars, several, zone) for row in rows], columns=COLUMNS)


def styled(frame: pd.DataFrame, rows: Sequence[BoardRow], look: Look) -> Any:
    """The table with its colours: the far z-scores by sign, the grades, and grey over all of what is not live."""
    if frame.empty:
        return frame
    live = [row.state is PairState.LIVE for row in rows]

    def line(values: pd.Series) -> list[str]:
        if not live[int(values.name)]:  # type: ignore[call-overload]
            return [f"color: {look.faint}"] * len(values)
        return [_style(str(name), value, look) for name, value in values.items()]

    shown: Any = {
        "z live": _z, "z closed": _z, "p": metric("p_value").words, "Half-life": _half_life(rows), "Pays from": _fixed,
    }  # fmt: skip
    return frame.style.apply(line, axis=1).format(shown, na_rep=words.DASH, subset=list(shown))


def summary(rows: Sequence[BoardRow]) -> str:
    """The board in one sentence."""
    if not rows:
        return "No pair is in these states."
    live = [row for row in rows if row.state is PairState.LIVE]
    far = [row for row in live if row.size >= _FAR]
    widest = max(live, key=lambda row: row.size, default=None)
    found = f"{len(live)} of {len(rows)} pairs live, {len(far)} beyond 2 σ"
    if widest is None:
        return f"{found}."
    return f"{found}; {pair(widest.spec)} is farthest from its mean, at {signed(widest.z)} σ."


SPARK = "z, last 60 bars"
COLUMNS = (
    "Pair", "z live", "z closed", SPARK, "State", "p", "Half-life", "Pays from", "Scorecard", "Data", "Last bar", "Age", "How",
)  # fmt: skip
TOLD = {
    "Pair": "click a pair to open it; starred ones come first",
    "How": "interval × window over lookback, and how the hedge is estimated",
    "z live": "by the newest trade of both legs: it still moves",
    "z closed": "of the last bar that closed: it stays",
    SPARK: f"closed bars, from {SPARK_RANGE[0]:g} to {SPARK_RANGE[1]:g} σ for every pair",
    "State": "whether the numbers may be acted on, and why not",
    "p": f"{metric('p_value').label}, over the whole lookback; low speaks for the pair",
    "Half-life": "in bars, robust to noise, and as a time",
    "Pays from": "the |z| from which the reversion to be expected pays 5 bps of fees and 1 bp of spread and slippage a leg and side",
    "Scorecard": "questions passed of those that can be answered",
    "Data": f"how whole the trades behind the bars are. {badges.GRADES_HELP}",
    "Last bar": "when the last bar of both legs closed",
    "Age": "of the newest trade of the leg that has been silent longer",
}


def _shown(row: BoardRow, star: bool, several: bool, zone: Zone) -> dict[str, Any]:
    return {
        "Pair": ("★ " if star else "") + pair(row.spec) + (f", {row.spec.interval}" if several else ""),
        "How": how(row.spec),
        "z live": _number(row.z_live),
        "z closed": _number(row.z),
        SPARK: path(row),
        "State": said(row, zone),
        "p": _number(row.p_value),
        "Half-life": _number(row.half_life),
        "Pays from": _number(row.break_even),
        "Scorecard": words.DASH if isinstance(row.score, Unknown) else row.score.words,
        "Data": badges.letter(row.grade),
        "Last bar": words.DASH if row.last_us is None else zone.clock(row.last_us),
        "Age": words.DASH if row.age_us is None else words.seconds(row.age_us / SECOND_US),
    }


def _style(name: str, value: Any, look: Look) -> str:
    if name in ("z live", "z closed") and abs(value) >= _FAR:
        return f"color: {look.up if value > 0 else look.down}; font-weight: 700"
    return badges.ground(str(value)) if name == "Data" else ""


def _number(value: float | Unknown) -> float:
    return np.nan if isinstance(value, Unknown) else value


def _z(value: float) -> str:
    return signed(value)


def _fixed(value: float) -> str:
    return f"{value:.2f} σ"


def _half_life(rows: Sequence[BoardRow]) -> Callable[[float], str]:
    """Bars, without the time where the rows are of several intervals."""
    intervals = {row.spec.interval for row in rows}
    one = next(iter(intervals)) if len(intervals) == 1 else None

    def shown(bars: float) -> str:
        return metric("half_life").words(bars) + _time(bars, one)

    return shown


def _time(bars: float, interval: Interval | None) -> str:
    if interval is None or not np.isfinite(bars):
        return " bars"
    return f" bars, {words.duration(bars * interval.us / SECOND_US)}"


def _passed(row: BoardRow) -> int:
    return -1 if isinstance(row.score, Unknown) else row.score.passed
