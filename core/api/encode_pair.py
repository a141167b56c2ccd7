"""A pair's bars to JSON, for charts: fewer rows than there are, and fewer digits than a float has.

Times are epoch milliseconds. What is not known is null.
"""

from typing import Any

import msgspec
import numpy as np

from core.analytics.hedge import HedgeRatio
from core.market import Floats, Ints
from core.monitor.quotes import Quote
from core.pairs import Moment, PairSpec, Unknown
from core.pairs.charted import Charted
from core.pairs.thin import means, thin

#: Significant digits of what is drawn: finer than a screen, and than any z-score means.
_DIGITS = 7
_COLUMNS = ("y", "x", "spread", "centre", "scale", "z", "slope", "correlation")


def series(found: Charted, from_us: int | None, to_us: int | None, points: int) -> bytes:
    """The rows from `from_us` to before `to_us`, some `points` of them at the most."""
    times = found.drawn.series.times
    first = 0 if from_us is None else int(np.searchsorted(times, from_us))
    last = len(times) if to_us is None else int(np.searchsorted(times, to_us))
    rows = _drawn_rows(found, first, last, points)
    shown = {int(time) for time in times[rows]} if len(rows) < last - first else None
    table = columns(found, rows) if len(rows) else {}
    return msgspec.json.encode(
        {
            **about(found),
            "rows": last - first,
            "drawn": len(rows),
            "columns": table,
            "marks": [
                {"time": _ms(mark.time_us), "symbol": mark.symbol, "words": mark.words}
                for mark in found.marks
                if len(rows) and times[rows[0]] <= mark.time_us <= times[rows[-1]]
            ],
            "thinned": shown is not None,
        }
    )


def nothing(spec: PairSpec, reason: str) -> bytes:
    """What is told in the place of `series` while there is no bar."""
    return msgspec.json.encode(
        {
            "topic": topic(spec),
            "y": str(spec.y),
            "x": str(spec.x),
            "interval": _ms(spec.interval.us),
            "bars": 0,
            "hindsight": not spec.is_causal,
            "hedge": None,
            "unknown": dict.fromkeys(("hedge", "spread", "z"), reason),
            "rows": 0,
            "drawn": 0,
            "columns": {},
            "marks": [],
            "thinned": False,
        }
    )


def about(found: Charted) -> dict[str, Any]:
    """Which bars these are, and the hedge that stands at the last one."""
    told, spec, hedge = found.drawn.provenance, found.drawn.spec, found.drawn.hedge
    return {
        "topic": topic(spec),
        "y": told.y,
        "x": told.x,
        "interval": _ms(spec.interval.us),
        "bars": told.bars,
        "begin": _ms(told.from_us),
        "last": _ms(found.drawn.last.time_us),
        "revision": told.revision,
        "hindsight": not spec.is_causal,
        "hedge": _hedge(hedge),
        "unknown": {
            name: value.reason
            for name, value in (("hedge", hedge), ("spread", found.drawn.last.spread), ("z", found.drawn.last.z))
            if isinstance(value, Unknown)
        },
    }


def columns(found: Charted, rows: Ints) -> dict[str, list[Any]]:
    """The columns of the rows drawn; notional is the mean a bar since the row drawn before [quote currency]."""
    made = found.drawn.series
    table: dict[str, list[Any]] = {"time": (made.times[rows] // 1000).tolist()}
    for name in _COLUMNS:
        table[name] = _numbers(getattr(made, name)[rows])
    table["notional_y"] = _numbers(means(found.notional_y, rows))
    table["notional_x"] = _numbers(means(found.notional_x, rows))
    return table


def live(quote: Quote) -> dict[str, Any]:
    """The forming bar, and what may be made of it."""
    return {
        "now": _ms(quote.now_us),
        "state": quote.state,
        "words": quote.words,
        "traded": [None if time is None else _ms(time) for time in quote.traded_us],
        "moment": None if isinstance(quote.moment, Unknown) else _moment(quote.moment),
    }


def topic(spec: PairSpec) -> str:
    """The name under which the pair is told."""
    return "pair:" + "&".join(f"{name}={text}" for name, text in spec.brief().items())


def _drawn_rows(found: Charted, first: int, last: int, points: int) -> Ints:
    made = found.drawn.series
    if last <= first:
        return np.empty(0, dtype=np.int64)
    part = slice(first, last)
    return first + thin((made.y[part], made.spread[part], made.z[part]), points)


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "time": _ms(moment.time_us),
        "y": moment.y,
        "x": moment.x,
        **{
            name: None if isinstance(value, Unknown) else value
            for name, value in (("slope", moment.slope), ("spread", moment.spread), ("z", moment.z))
        },
    }


def _hedge(hedge: HedgeRatio | Unknown) -> dict[str, Any] | None:
    if isinstance(hedge, Unknown):
        return None
    return {"slope": hedge.slope, "error": hedge.slope_error, "bars": hedge.n}


def _numbers(values: Floats) -> list[float | None]:
    """With seven significant digits; null for NaN."""
    sizes = np.abs(values)
    known = np.isfinite(sizes) & (sizes > 0)
    places = np.full(len(values), _DIGITS)
    places[known] = _DIGITS - 1 - np.floor(np.log10(sizes[known])).astype(np.int64)
    return [
        None if value != value else round(value, place)
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]


def _ms(time_us: int) -> int:
    return time_us // 1000
