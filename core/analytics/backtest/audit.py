"""Does a metric know the future: recompute it on truncated history, and see whether what it said of the past changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analytics.series import paired
from core.errors import AnalysisError, BadParameter
from core.market import Bools, Floats

#: From closes of y and x, shape (n,), a value for each row, NaN where it has none.
Metric = Callable[[Floats, Floats], Floats]
_MOST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """A value of `row` that was `then` when the history ended after `cut` rows, and is `later` with all of it; NaN: none."""

    row: int
    cut: int
    then: float
    later: float


@dataclass(frozen=True, slots=True)
class Audit:
    """`checked` counts the values compared at all `cuts`, `changed` those that differ; `changes` are the first hundred.

    `silent` are cuts at which the metric could not be computed: that is no look-ahead, but nothing was checked there.
    """

    changes: tuple[Change, ...]
    changed: int
    checked: int
    cuts: tuple[int, ...]
    silent: tuple[int, ...]

    @property
    def is_causal(self) -> bool:
        """Whether nothing changed, of something that was compared."""
        return self.changed == 0 and self.checked > 0


def lookahead(
    metric: Metric,
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    cuts: Sequence[int] | int = 12,
    tolerance: float = 1e-9,
) -> Audit:
    """Compare `metric` of y and x, shape (n,), with what it said when only the first rows were known.

    `cuts` are numbers of rows, or how many to spread over the second half of the series and its last rows. Values differ where they are
    further apart than `tolerance` of the greater one, or of the metric's standard deviation, or where only one of them is NaN. Raise
    NotEnoughData, BadSeries, BadParameter for cuts that cannot be or a metric that does not give a value for each row.
    """
    own, other = paired(y, x, 4)
    rows = len(own)
    places = _cuts(cuts, rows)
    if not tolerance >= 0:
        raise BadParameter(f"the tolerance is {tolerance}: expected a share from 0")
    whole = _values(metric, own, other)
    known = whole[np.isfinite(whole)]
    least = tolerance * float(known.std()) if len(known) else 0.0
    changes: list[Change] = []
    silent: list[int] = []
    changed = checked = 0
    for cut in places:
        try:
            part = _values(metric, own[:cut].copy(), other[:cut].copy())
        except AnalysisError:
            silent.append(cut)
            continue
        different = np.flatnonzero(_differ(part, whole[:cut], tolerance, least))
        checked += cut
        changed += len(different)
        changes += [
            Change(row, cut, float(part[row]), float(whole[row])) for row in different[: _MOST - len(changes)].tolist()
        ]
    return Audit(tuple(changes), changed, checked, places, tuple(silent))


def _cuts(cuts: Sequence[int] | int, rows: int) -> tuple[int, ...]:
    if isinstance(cuts, int):
        if cuts < 1:
            raise BadParameter(f"{cuts} cuts: expected at least one")
        near = [rows - 1, rows - 2][:cuts]
        spread = np.linspace(rows // 2, rows - 1, max(cuts - len(near), 0) + 1)[:-1].astype(int).tolist()
        return tuple(sorted({cut for cut in (*spread, *near) if cut >= 2}))
    found = tuple(sorted(set(cuts)))
    if not found or found[0] < 1 or found[-1] >= rows:
        raise BadParameter(f"the cuts are {found}: expected numbers of rows from 1 to {rows - 1}")
    return found


def _values(metric: Metric, y: Floats, x: Floats) -> Floats:
    found = np.asarray(metric(y, x), dtype=np.float64)
    if found.shape != y.shape:
        raise BadParameter(f"the metric gave the shape {found.shape} for {len(y)} rows: expected a value for each row")
    return found


def _differ(then: Floats, later: Floats, tolerance: float, least: float) -> Bools:
    missing = np.isnan(then), np.isnan(later)
    same = (then == later) | (missing[0] & missing[1])
    with np.errstate(invalid="ignore"):
        apart = np.abs(then - later)
        limit = np.maximum(tolerance * np.maximum(np.abs(then), np.abs(later)), least)
        return np.asarray(~same & ~(apart <= limit), dtype=np.bool_)
