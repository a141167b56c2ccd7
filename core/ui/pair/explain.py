"""The formulas with today's numbers in them, and where they come from."""

import streamlit as st

from core.pairs import PairAnalysis, PairSpec, Unknown
from core.ui.pair.chart import unit
from core.ui.pair_controls import PairChoice
from core.ui.words import DASH, signed, significant

_SOURCES = {
    "ols": "Engle and Granger (1987), Econometrica 55: the cointegrating regression.",
    "rolling_ols": "the same regression over the window that ends with the bar.",
    "kalman": "Kalman (1960); the hedge as a random walk, its noise chosen by likelihood on the first 500 bars.",
    "tls": "Pearson (1901): the line of least distance.",
    "huber": "Huber (1964).",
    "theil_sen": "Theil (1950), Sen (1968).",
    "johansen": "Johansen (1991), Econometrica 59: the strongest cointegrating vector.",
    "min_half_life": "the combination whose first autocorrelation is least.",
    "box_tiao": "Box and Tiao (1977): the least predictable combination.",
}
_CENTRES = {
    "rolling": "mean and standard deviation (n − 1) of the last {window} spreads, this one among them",
    "prior": "mean and standard deviation (n − 1) of the {window} spreads before this one",
    "ewm": "exponentially weighted mean and deviation, half of the weight in {window} bars",
    "robust": "median of the last {window} spreads, and 1.4826 times their median distance from it",
    "innovation": "nothing, and the standard deviation that the filter foresaw",
}


def show(_choice: PairChoice, analysis: PairAnalysis) -> None:
    """The explanation on the page."""
    st.markdown(text(analysis))


def text(analysis: PairAnalysis | Unknown) -> str:
    """What the numbers on screen are, as Markdown."""
    if isinstance(analysis, Unknown):
        return f"Nothing to explain yet: {analysis.reason}."
    return "\n\n".join((_spread(analysis), _z(analysis), _cointegration(analysis), _half_life(analysis)))


def _spread(analysis: PairAnalysis) -> str:
    spec, last, made = analysis.spec, analysis.last, analysis.series
    y, x = (
        f"ln {significant(price, 7)}" if spec.price == "log" else significant(price, 7) for price in (last.y, last.x)
    )
    value = DASH if isinstance(last.spread, Unknown) else _in_units(last.spread, spec)
    if spec.spread == "ratio":
        formula = f"{y} − {x}" if spec.price == "log" else f"{y} / {x}"
    elif isinstance(last.slope, Unknown):
        formula = f"{DASH} ({last.slope.reason})"
    else:
        formula = f"{y} − ({signed(float(made.intercept[-1]), 5)}) − {significant(last.slope, 6)} · {x}"
    return f"**Spread** = {formula} = **{value}**  \nHedge by {spec.estimator}: {_SOURCES[spec.estimator]}"


def _in_units(spread: float, spec: PairSpec) -> str:
    shown = unit(spec)
    scaled = f"{significant(spread * shown['factor'], 4)} {shown['unit']}".strip()
    return f"{significant(spread, 5)}" if shown["factor"] == 1.0 else f"{significant(spread, 5)} = {scaled}"


def _z(analysis: PairAnalysis) -> str:
    last, made = analysis.last, analysis.series
    if isinstance(last.z, Unknown) or isinstance(last.spread, Unknown):
        reason = last.z.reason if isinstance(last.z, Unknown) else ""
        return f"**z-score** = {DASH}: {reason}"
    centre, scale = float(made.centre[-1]), float(made.scale[-1])
    of = _CENTRES[analysis.spec.z].format(window=analysis.spec.window)
    return (
        f"**z-score** = (spread − centre) / scale = ({significant(last.spread, 5)} − {significant(centre, 5)}) / {significant(scale, 5)} "
        f"= **{signed(last.z, 3)} σ**  \nCentre and scale: {of}."
    )


def _cointegration(analysis: PairAnalysis) -> str:
    found = analysis.cointegration
    if isinstance(found, Unknown):
        return f"**Cointegration** = {DASH}: {found.reason}"
    one, other = found.y_on_x, found.x_on_y
    return (
        f"**Cointegration**: t = {signed(one.statistic, 3)} (y on x, {one.lags} lags), {signed(other.statistic, 3)} (x on y, {other.lags} lags); "
        f"p = **{found.p_value:.4f}** for both orders, twice the smaller.  \nEngle and Granger (1987) with MacKinnon's (2010) tables for two series: those of one "
        "series would call 12 % of unrelated pairs cointegrated at 5 %."
    )


def _half_life(analysis: PairAnalysis) -> str:
    found = analysis.half_life
    if isinstance(found, Unknown):
        return f"**Half-life** = {DASH}: {found.reason}"
    return (
        f"**Half-life** = **{found.bars:,.1f} bars** of the {analysis.reversion_of}, from the decay of its autocovariances, so that noise in the last digit "
        "does not shorten it.  \nA random walk has a finite half-life too, about a sixth of the sample: the null lens shows it."
    )
