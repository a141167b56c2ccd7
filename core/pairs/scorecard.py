"""What speaks for a pair and what against it: each component with its value, its limit and a verdict. There is no number without its parts."""

from collections.abc import Callable
from dataclasses import dataclass

from core.analytics.backtest.costs import Costs
from core.pairs.answer import PairAnalysis
from core.pairs.provenance import Unknown, known, told
from core.pairs.trading import break_even_of
from core.quality import Grade


@dataclass(frozen=True, slots=True)
class Component:
    """One question. `passed` is None where the value is not known; `words` say what was asked, or why it is not known.

    `told` is the value in words, where the number itself says nothing; empty elsewhere.
    """

    name: str
    value: float | None
    limit: str
    passed: bool | None
    words: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a pair, in the order of the components. A limit of None is not asked."""

    p_value: float | None = 0.05
    parts: int | None = 2
    half_lives: float | None = 10.0
    hurst: float | None = 0.5
    correlation: float | None = 0.3
    returned: float | None = 5.0
    stale_share: float | None = 0.05
    break_even_z: float | None = 2.0
    quality: bool = True


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The components, in order. `passed` of `known` ones passed; an unknown one counts for nothing, and is told."""

    components: tuple[Component, ...]

    @property
    def passed(self) -> int:
        return sum(each.passed is True for each in self.components)

    @property
    def known(self) -> int:
        return sum(each.passed is not None for each in self.components)

    @property
    def words(self) -> str:
        unknown = len(self.components) - self.known
        return f"{self.passed} of {self.known}" + (f", {unknown} not known" if unknown else "")


def scorecard(analysis: PairAnalysis, costs: Costs, limits: Limits | None = None) -> Scorecard:
    """The pair by `limits`, with `costs` assumed for the one that asks whether a reversion pays."""
    asked = limits or Limits()
    found = analysis

    def window_share() -> float:
        return found.provenance.bars / known(found.half_life).bars

    def pays() -> float:
        edge = known(break_even_of(found, costs))
        return known(Unknown(edge.words) if edge.z is None else edge.z)

    rows: tuple[tuple[str, Callable[[], float], float | None, bool, str], ...] = (
        ("cointegration p, both orders", lambda: known(found.tested(known(found.cointegration).p_value)), asked.p_value, False, "over the whole lookback"),
        ("quarters that pass by themselves", lambda: float(known(found.relationship).passed), asked.parts, True, "of four"),
        ("half-lives in the lookback", window_share, asked.half_lives, True, "fewer make the half-life too short"),
        ("Hurst exponent", lambda: known(found.hurst).value, asked.hurst, False, "below a half it comes back"),
        ("correlation of returns, in size", lambda: abs(known(found.correlation).value), asked.correlation, True, "legs that share news"),
        ("excursions that returned", lambda: float(known(found.excursions).returned), asked.returned, True, "few say little"),
        ("share of bars with a leg carried forward", lambda: found.provenance.filled / found.provenance.bars, asked.stale_share, False, "stale legs make a spread of their own"),
        ("z-score from which a reversion pays", pays, asked.break_even_z, False, "at the assumed costs"),
    )  # fmt: skip
    components = [_component(*row) for row in rows if row[2] is not None]  # type: ignore[arg-type]
    return Scorecard((*components, *([_quality(found)] if asked.quality else ())))


def _quality(analysis: PairAnalysis) -> Component:
    """The grade as a component: 1 where it is good enough, else 0."""
    name, limit = "trades behind the bars", "A or B"
    graded = analysis.provenance.quality
    if graded is None:
        return Component(name, None, limit, None, "nothing is known of the trades behind these bars")
    passed = graded.grade in (Grade.A, Grade.B)
    return Component(name, float(passed), limit, passed, graded.words, told=f"grade {graded.grade}")


def _component(name: str, read: Callable[[], float], limit: float, least: bool, words: str) -> Component:
    value = told(read)
    told_limit = f"{'at least' if least else 'at most'} {limit:g}"
    if isinstance(value, Unknown):
        return Component(name, None, told_limit, None, value.reason)
    return Component(name, value, told_limit, value >= limit if least else value <= limit, words)
