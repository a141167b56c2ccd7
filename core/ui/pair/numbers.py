"""The numbers beside the chart: what is known of the pair, confirmed and live."""

import math
from collections.abc import Callable
from dataclasses import replace

from core.market import Interval
from core.metrics import Metric, metric
from core.monitor.quotes import Quote
from core.pairs import PairAnalysis, PairSpec, Unknown
from core.ui import badges, words
from core.ui.pair import states
from core.ui.panel import Row
from core.ui.zone import Zone

#: The metrics shown, in groups.
_GROUPS = (
    ("Hedge", ("hedge_ratio", "r_squared")),
    ("Cointegration", ("p_value", "parts_passed")),
    ("Reversion", ("half_life", "hurst", "excursions")),
    ("Correlation of returns", ("correlation", "correlation_window")),
)
#: Shorter than the metrics' own labels, which the tip gives.
_LABELS = {
    "hedge_ratio": "Hedge ratio β",
    "p_value": "p, both orders",
    "parts_passed": "Quarters passed",
    "half_life": "Half-life",
    "hurst": "Hurst",
    "excursions": "Beyond 2 σ",
    "correlation": "Lookback",
    "correlation_window": "Last window",
}


def scores(analysis: PairAnalysis | Unknown, quote: Quote, zone: Zone, spec: PairSpec) -> list[Row]:
    """The two z-scores: of the newest trades, and of the last bar that closed."""
    found = [live(quote, zone, spec.interval)]
    return found if isinstance(analysis, Unknown) else [*found, _confirmed(analysis, quote, zone)]


def rows(analysis: PairAnalysis | Unknown, quote: Quote, lens: bool, zone: Zone, interval: Interval) -> list[Row]:
    """What the lookback tells. `lens` adds what unrelated walks would show over as many bars."""
    if isinstance(analysis, Unknown):
        why = states.why(analysis, interval, quote.now_us, zone)
        return [Row("nothing", "Nothing more is known", words.DASH, "waiting", why)]
    found = []
    for title, names in _GROUPS:
        found.append(Row(title, title, "", kind="head"))
        found += [_row(metric(name), analysis, quote, lens, zone) for name in names]
    return [*found, *_data(analysis, zone)]


def live(quote: Quote, zone: Zone, interval: Interval) -> Row:
    """The z-score of the bar that forms, by the newest trades."""
    moment = quote.moment
    z = moment if isinstance(moment, Unknown) else moment.z
    tip = (
        "z-score of the forming bar by the newest trade of each leg",
        f"state: {quote.state}, {quote.words}",
        f"older leg traded {states.age(quote)}",
    )
    if isinstance(z, Unknown):
        return Row(
            "z_live",
            "z live",
            words.DASH,
            states.of(z),
            states.why(z, interval, quote.now_us, zone),
            tip=tip,
            kind="big",
        )
    beside = f"{quote.state}: {quote.words}" if quote.state != "live" else f"older leg traded {states.age(quote)}"
    return Row("z_live", "z live", f"{words.signed(z, 2)} σ", states.STATES[quote.state], beside, tip=tip, kind="big")


def _confirmed(analysis: PairAnalysis, quote: Quote, zone: Zone) -> Row:
    row = _row(metric("z"), analysis, quote, False, zone)
    closed_us = analysis.last.time_us + analysis.spec.interval.us
    known = row.state == "known"
    value = f"{words.signed(metric('z').of(analysis), 2)} σ" if known else row.value  # type: ignore[arg-type]
    return replace(
        row, label="z confirmed", value=value, beside=f"bar closed {zone.clock(closed_us)}" if known else row.beside
    )


def _row(asked: Metric, analysis: PairAnalysis, quote: Quote, lens: bool, zone: Zone) -> Row:
    value = asked.of(analysis)
    interval = analysis.spec.interval
    if isinstance(value, Unknown):
        beside = states.why(value, interval, quote.now_us, zone)
    else:
        beside = _BESIDE[asked.name](analysis) if asked.name in _BESIDE else ""
    return Row(
        asked.name, _LABELS.get(asked.name, asked.label), f"{asked.words(value)} {asked.unit}".strip() if not isinstance(value, Unknown) else words.DASH,
        states.of(value), beside, noise(asked, analysis) if lens else "",
        (f"{asked.label}{f' [{asked.unit}]' if asked.unit else ''}; needs {asked.needs}", *states.standing(analysis.provenance, zone)),
    )  # fmt: skip


def noise(asked: Metric, analysis: PairAnalysis) -> str:
    """What unrelated walks show: the median, and where nine of ten are."""
    found = asked.baseline(analysis)
    if found is None:
        return ""
    low, median, high = (asked.words(value) for value in (found.low, found.median, found.high))
    return f"noise {median} ({low} to {high})"


def _data(analysis: PairAnalysis, zone: Zone) -> list[Row]:
    told = analysis.provenance
    grade = words.DASH if told.quality is None else badges.letter(told.quality.grade)
    tip = states.standing(told, zone)
    return [
        Row("Data", "Data", "", kind="head"),
        Row("quality", "Quality", grade, "known", _proven(analysis), tip=tip),
        Row("bars", "Bars", words.count(told.bars), "known", f"to {zone.clock(told.to_us)}", tip=tip),
    ]


def _proven(analysis: PairAnalysis) -> str:
    proven = metric("quality")
    share = proven.of(analysis)
    return share.reason if isinstance(share, Unknown) else f"{proven.words(share)} of the trades proven present"


def _hedge(analysis: PairAnalysis) -> str:
    hedge = analysis.hedge
    if isinstance(hedge, Unknown) or hedge.low is None or hedge.high is None:
        return "no error by this estimator"
    error = "" if hedge.slope_error is None else f"± {words.significant(hedge.slope_error, 2)}, "
    return f"{error}95 % {words.significant(hedge.low, 4)} to {words.significant(hedge.high, 4)}"


def _orders(analysis: PairAnalysis) -> str:
    y_on_x, x_on_y = (metric(name) for name in ("p_y_on_x", "p_x_on_y"))
    return f"y on x {y_on_x.words(y_on_x.of(analysis))}, x on y {x_on_y.words(x_on_y.of(analysis))}"


def _half_life(analysis: PairAnalysis) -> str:
    found = analysis.half_life
    if isinstance(found, Unknown):
        return ""
    seconds = found.bars * analysis.spec.interval.us / 1e6
    high = "∞" if math.isinf(found.high) else f"{found.high:,.1f}"
    short = "; few in the sample, likely too short" if found.is_short else ""
    long = "never" if math.isinf(seconds) else words.duration(seconds)
    return f"{long}; 95 % {found.low:,.1f} to {high} bars{short}"


def _correlation(analysis: PairAnalysis) -> str:
    found = analysis.correlation
    return "" if isinstance(found, Unknown) else f"95 % {found.low:.3f} to {found.high:.3f}".replace("-", "−")


def _window(analysis: PairAnalysis) -> str:
    return f"the last {analysis.spec.window:,} bars"


def _returned(analysis: PairAnalysis) -> str:
    found = analysis.excursions
    return "" if isinstance(found, Unknown) else f"{found.returned:,} of them returned"


_BESIDE: dict[str, Callable[[PairAnalysis], str]] = {
    "hedge_ratio": _hedge,
    "p_value": _orders,
    "half_life": _half_life,
    "correlation": _correlation,
    "correlation_window": _window,
    "excursions": _returned,
}
