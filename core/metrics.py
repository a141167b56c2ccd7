"""The scalars of a pair by public names: what a table, a rule or an export may ask for, with unit, format and needs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.analytics.null import expected
from core.errors import BadParameter
from core.pairs import PairAnalysis, Unknown
from core.pairs.provenance import told

Group = Literal["hedge", "spread", "correlation", "cointegration", "reversion", "volatility", "data"]
Format = Literal["fixed", "significant", "p", "count", "percent"]
DASH = "–"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What unrelated walks show, in the metric's unit: 5 % less than `low`, half less than `median`, 5 % more than `high`."""

    low: float
    median: float
    high: float
    note: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that can be read from a pair's analysis.

    `name` is what rules, exports and the API call it, `label` what a screen does. `needs` says what has to be there before it is
    known. `null` names the statistic of the null market that it is to be held against, None where there is none.
    """

    name: str
    group: Group
    label: str
    unit: str
    form: Format
    digits: int
    needs: str
    read: Callable[[PairAnalysis], float | Unknown]
    null: str | None = None

    def of(self, analysis: PairAnalysis) -> float | Unknown:
        """The value, or why it is not known; never NaN."""
        value = self.read(analysis)
        if isinstance(value, Unknown) or not math.isnan(value):
            return value
        return Unknown(f"not defined here: needs {self.needs}")

    def baseline(self, analysis: PairAnalysis) -> Baseline | None:
        """What unrelated walks would show over as many bars; None where that is not known, or has no meaning."""
        if self.null is None or (self.null == "r_squared" and analysis.spec.is_moving):
            return None
        windowed = self.name in _WINDOWED
        found = told(lambda: expected(self.null or "", analysis.spec.window if windowed else analysis.provenance.bars))
        if isinstance(found, Unknown):
            return None
        scale = 1.0
        if found.unit == "windows":
            scale = float(analysis.provenance.bars)
        elif found.unit == "per 1000 bars":
            scale = 0.0 if isinstance(analysis.excursions, Unknown) else analysis.excursions.bars / 1000
        return Baseline(found.low * scale, found.median * scale, found.high * scale, found.note)

    def words(self, value: float | Unknown) -> str:
        """The value as a screen shows it, without its unit: a dash where it is not known."""
        if isinstance(value, Unknown):
            return DASH
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        return _shown(value, self.form, self.digits).replace("-", "−")


def _shown(value: float, form: Format, digits: int) -> str:
    if form == "count":
        return f"{value:,.0f}"
    if form == "percent":
        return f"{100 * value:.{digits}f} %"
    if form == "significant":
        return f"{value:,.{digits}g}" if 1e-4 <= abs(value) < 10.0**digits or value == 0 else _long(value, digits)
    least = 10.0**-digits
    return f"< {least:.{digits}f}" if form == "p" and value < least else f"{value:,.{digits}f}"


def _long(value: float, digits: int) -> str:
    return (
        f"{value:,.{max(digits - math.floor(math.log10(abs(value))) - 1, 0)}f}"
        if abs(value) >= 1
        else f"{value:.{digits - 1}e}"
    )


def _at(path: str) -> Callable[[PairAnalysis], float | Unknown]:
    """Follow fields by name, places by number; an Unknown on the way is the answer."""

    def read(analysis: PairAnalysis) -> float | Unknown:
        value: Any = analysis
        for name in path.split("."):
            value = value[int(name)] if name.isdecimal() else getattr(value, name)
            if isinstance(value, Unknown):
                return value
            if value is None:
                return Unknown(f"{path.split('.')[0].replace('_', ' ')} has no {name.replace('_', ' ')}")
        return float(value)

    return read


def _p(path: str) -> Callable[[PairAnalysis], float | Unknown]:
    """A p-value, where there are bars enough for its table."""
    read = _at(path)

    def guarded(analysis: PairAnalysis) -> float | Unknown:
        value = read(analysis)
        return value if isinstance(value, Unknown) else analysis.tested(value)

    return guarded


def _correlation_now(analysis: PairAnalysis) -> float | Unknown:
    value = float(analysis.series.correlation[-1])
    return Unknown("its window is not full, or a leg does not move in it") if math.isnan(value) else value


def _peak_lag(analysis: PairAnalysis) -> float | Unknown:
    found = analysis.cross_correlation
    return found if isinstance(found, Unknown) else float(found.lags[abs(found.values).argmax()])


def _stale(analysis: PairAnalysis) -> float:
    return analysis.provenance.filled / analysis.provenance.bars


def _quality(analysis: PairAnalysis) -> float | Unknown:
    found = analysis.provenance.quality
    if found is None:
        return Unknown("nothing is known of the trades behind these bars")
    return Unknown(found.words) if found.share is None else found.share


_WINDOW = "a full window that varies"
_TEST = "more rows than the lags take"
_RETURNS = "5 bars of both legs that move"
_SPREAD = "10 bars with a spread that varies"

#: Metrics of the rolling window, not of the whole lookback.
_WINDOWED = ("excursions", "correlation_window")
#: Every metric, in the order in which a screen shows them.
METRICS: tuple[Metric, ...] = (
    Metric("z", "spread", "z-score", "σ", "fixed", 2, _WINDOW, _at("last.z")),
    Metric("spread", "spread", "Spread", "", "significant", 6, "a hedge", _at("last.spread")),
    Metric("excursions", "spread", "Excursions beyond 2 σ", "", "count", 0, _WINDOW, _at("excursions.count"), "excursions"),
    Metric("excursions_returned", "spread", "of which returned", "", "count", 0, _WINDOW, _at("excursions.returned")),
    Metric("hedge_ratio", "hedge", "Hedge ratio", "", "significant", 6, "3 bars that vary", _at("hedge.slope")),
    Metric("hedge_error", "hedge", "Hedge ratio's standard error", "", "significant", 3, "an estimator that gives one", _at("hedge.slope_error")),
    Metric("intercept", "hedge", "Intercept", "", "significant", 6, "3 bars that vary", _at("hedge.intercept")),
    Metric("r_squared", "hedge", "R²", "", "fixed", 4, "3 bars that vary", _at("hedge.r_squared"), "r_squared"),
    Metric("memory", "hedge", "Memory of the filter", "bars", "fixed", 1, "the Kalman filter", _at("memory_bars")),
    Metric("p_value", "cointegration", "Cointegration p, both orders", "", "p", 4, _TEST, _p("cointegration.p_value"), "cointegration_p"),
    Metric("p_y_on_x", "cointegration", "p, y on x", "", "p", 4, _TEST, _p("cointegration.y_on_x.p_value")),
    Metric("p_x_on_y", "cointegration", "p, x on y", "", "p", 4, _TEST, _p("cointegration.x_on_y.p_value")),
    Metric("eg_statistic", "cointegration", "Engle–Granger t, y on x", "", "fixed", 3, _TEST, _at("cointegration.y_on_x.statistic")),
    Metric("eg_lags", "cointegration", "its lags", "", "count", 0, _TEST, _at("cointegration.y_on_x.lags")),
    Metric("johansen_trace", "cointegration", "Johansen's trace", "", "fixed", 2, "2 legs that vary by themselves", _at("johansen.trace.0")),
    Metric("parts_passed", "cointegration", "Quarters of the lookback that pass", "of 4", "count", 0, "240 bars", _at("relationship.passed")),
    Metric("hedge_drift", "cointegration", "Drift of the hedge in the last", "errors", "fixed", 1, "240 bars that vary", _at("relationship.drift")),
    Metric("adf_y_p", "cointegration", "Unit root p of y", "", "p", 4, _TEST, _p("unit_roots.0.p_value")),
    Metric("adf_x_p", "cointegration", "Unit root p of x", "", "p", 4, _TEST, _p("unit_roots.1.p_value")),
    Metric("half_life", "reversion", "Half-life, robust to noise", "bars", "fixed", 1, _SPREAD, _at("half_life.bars"), "half_life_autocovariance"),
    Metric("half_life_ar1", "reversion", "Half-life, AR(1)", "bars", "fixed", 1, _SPREAD, _at("half_life_ar1.bars"), "half_life"),
    Metric("hurst", "reversion", "Hurst exponent", "", "fixed", 3, _SPREAD, _at("hurst.value"), "hurst"),
    Metric("variance_ratio", "reversion", "Variance ratio, 10 bars", "", "fixed", 3, _SPREAD, _at("variance_ratio.value"), "variance_ratio"),
    Metric("variance_ratio_p", "reversion", "its p", "", "p", 4, _SPREAD, _at("variance_ratio.p_value")),
    Metric("ou_deviation", "reversion", "Ornstein–Uhlenbeck σ of the spread", "", "significant", 4, _SPREAD, _at("ornstein_uhlenbeck.deviation")),
    Metric("correlation", "correlation", "Correlation of returns", "", "fixed", 3, _RETURNS, _at("correlation.value"), "correlation"),
    Metric("correlation_window", "correlation", "Correlation, last window", "", "fixed", 3, _WINDOW, _correlation_now, "correlation"),
    Metric("rank_correlation", "correlation", "Rank correlation of returns", "", "fixed", 3, _RETURNS, _at("rank_correlation.value"), "correlation"),
    Metric("lead_bars", "correlation", "Lag of the strongest correlation", "bars", "count", 0, _RETURNS, _peak_lag),
    Metric("volatility_y", "volatility", "Volatility of y a bar", "", "percent", 4, _RETURNS, _at("volatility_y.per_bar")),
    Metric("volatility_x", "volatility", "Volatility of x a bar", "", "percent", 4, _RETURNS, _at("volatility_x.per_bar")),
    Metric("bars", "data", "Bars", "", "count", 0, "bars of both legs", _at("provenance.bars")),
    Metric("stale_share", "data", "Bars with a leg carried forward", "", "percent", 1, "bars of both legs", _stale),
    Metric("quality", "data", "Trades proven present", "", "percent", 3, "trades behind the bars", _quality),
)  # fmt: skip

_BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


def metric(name: str) -> Metric:
    """The metric of this name. Raise BadParameter where there is none."""
    found = _BY_NAME.get(name)
    if found is None:
        raise BadParameter(f"there is no metric {name!r}: expected one of {', '.join(_BY_NAME)}")
    return found
