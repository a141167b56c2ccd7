"""Many tests at once: p-values adjusted so that a level means what it says over all of them.

An adjusted p-value is the least level at which its test is still a discovery: compare it with the level as one would
a p-value. What the level bounds is the method's: for ``bonferroni`` and ``holm`` the chance of even one false
discovery, for ``bh`` and ``by`` the expected share of false ones among the discoveries (the false discovery rate).

``bh`` is proved for tests that are independent or positively dependent; tests of pairs share their symbols, and are neither.
``by`` holds under any dependence, and asks for more.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from core.analytics.series import checked
from core.errors import BadParameter, BadSeries
from core.market import Floats

Adjustment = Literal["none", "bonferroni", "holm", "bh", "by"]


def adjusted(p_values: npt.ArrayLike, method: Adjustment) -> Floats:
    """Adjusted p-values by the method's name, ``none`` for what came in. Shapes and errors as in `bonferroni`."""
    methods = {
        "none": _p_values,
        "bonferroni": bonferroni,
        "holm": holm,
        "bh": benjamini_hochberg,
        "by": benjamini_yekutieli,
    }
    if method not in methods:
        raise BadParameter(f"the adjustment {method!r} is not known: take one of {', '.join(methods)}")
    return methods[method](p_values)


def bonferroni(p_values: npt.ArrayLike) -> Floats:
    """Each p-value times the number of tests, at most 1 (Bonferroni 1936).

    `p_values` has shape (tests,), in any order, and may be empty; so has the answer, in the same order. Raise BadSeries
    where one is no number of [0, 1].
    """
    found = _p_values(p_values)
    return np.minimum(found * len(found), 1.0)


def holm(p_values: npt.ArrayLike) -> Floats:
    """Step-down Bonferroni (Holm 1979): the same guarantee, never a greater p-value. Shapes and errors as in `bonferroni`."""
    found = _p_values(p_values)
    order = np.argsort(found, kind="stable")
    remaining = np.arange(len(found), 0, -1)
    return _placed(np.minimum(np.maximum.accumulate(found[order] * remaining), 1.0), order)


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """False discovery rate, step-up (Benjamini and Hochberg 1995). Shapes and errors as in `bonferroni`."""
    return _step_up(_p_values(p_values), 1.0)


def benjamini_yekutieli(p_values: npt.ArrayLike) -> Floats:
    """False discovery rate under any dependence (Benjamini and Yekutieli 2001, theorem 1.3): Benjamini-Hochberg's
    times 1 + 1/2 + ... + 1/tests. Shapes and errors as in `bonferroni`.
    """
    found = _p_values(p_values)
    return _step_up(found, float(np.sum(1.0 / np.arange(1, len(found) + 1))))


def expected_false(level: float, tests: int) -> float:
    """How many of `tests` true null hypotheses a test at `level` rejects, in the mean.

    The mean does not ask for independence. Raise BadParameter where the level is not within [0, 1] or tests are negative.
    """
    if not 0.0 <= level <= 1.0:
        raise BadParameter(f"the level {level} is not a probability: take one from 0 to 1")
    if tests < 0:
        raise BadParameter(f"{tests} tests cannot be: take 0 or more")
    return level * tests


def _step_up(found: Floats, factor: float) -> Floats:
    order = np.argsort(found, kind="stable")
    ranks = np.arange(1, len(found) + 1)
    scaled = found[order] * (len(found) * factor) / ranks
    return _placed(np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0), order)


def _placed(ordered: Floats, order: npt.NDArray[np.intp]) -> Floats:
    placed = np.empty_like(ordered)
    placed[order] = ordered
    return placed


def _p_values(p_values: npt.ArrayLike) -> Floats:
    found = checked(p_values, 0, "the p-values").copy()
    bad = (found < 0.0) | (found > 1.0)
    if bad.any():
        row = int(bad.argmax())
        raise BadSeries(f"the p-value in row {row} is {found[row]}: expected numbers from 0 to 1")
    return found
