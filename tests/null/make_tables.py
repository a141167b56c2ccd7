"""The program that makes core/analytics/null_tables.py: `python -m tests.null.make_tables`, about ten minutes on one core.

Each statistic is computed by the desk's own functions on walks with independent normal steps, of a number of bars each; of the
rolling z-score the walks are ten windows longer, so that each bar has a full one. A table has the 5, 50 and 95 % quantiles of all
markets, those without a figure left out.
"""

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.analytics import hedge, rolling
from core.analytics.cointegration import both_orders
from core.analytics.correlation import pearson
from core.analytics.excursions import excursions
from core.analytics.pairwise import engle_granger_all
from core.analytics.reversion import half_life_ar1, half_life_autocovariance, hurst, variance_ratio
from core.analytics.traits import crossings
from core.errors import AnalysisError
from core.market import Floats

SEED = 20_240_229
MARKETS = 4000
WINDOWS = (30, 60, 120, 300, 600, 1440, 3000, 10_080)
QUANTILES = (0.05, 0.5, 0.95)
#: A universe of 190 pairs tells of many at once.
SHARE_OF_UNIVERSES = 0.1
SYMBOLS = 20
OF_PAIRS = (
    "half_life",
    "half_life_autocovariance",
    "hurst",
    "variance_ratio",
    "correlation",
    "level_correlation",
    "r_squared",
    "cointegration_p",
    "crossings",
)
OF_SCORES = ("excursions", "reverted")
STATISTICS = (*OF_PAIRS, *OF_SCORES, "cointegration_share")
TARGET = Path(__file__).resolve().parents[2] / "core" / "analytics" / "null_tables.py"


def of_pair(window: int, market: int, seed: int = SEED) -> dict[str, float]:
    """The statistics of two unrelated walks, by name."""
    steps = np.random.default_rng([seed, window, market]).standard_normal((2, window))
    y, x = steps.cumsum(axis=1)
    fit = hedge.ols(y, x)
    residual = y - fit.intercept - fit.slope * x
    return {
        "half_life": known(lambda: half_life_ar1(residual).bars) / window,
        "half_life_autocovariance": known(lambda: half_life_autocovariance(residual).bars) / window,
        "hurst": known(lambda: hurst(residual).value),
        "variance_ratio": known(lambda: variance_ratio(residual, 10).value),
        "correlation": abs(pearson(steps[0, 1:], steps[1, 1:]).value),
        "level_correlation": abs(pearson(y, x).value),
        "r_squared": fit.r_squared,
        "cointegration_p": known(lambda: both_orders(y, x).p_value),
        "crossings": float(crossings(residual[None])[0]),
    }


def of_score(window: int, market: int, seed: int = SEED) -> dict[str, float]:
    """The statistics of the rolling z-score of a walk, by name."""
    walk = np.random.default_rng([seed + 1, window, market]).standard_normal(11 * window - 1).cumsum()
    z = rolling.zscore(walk, window)[window - 1 :]
    return {"excursions": 1000 * excursions(z, 2.0).count / len(z), "reverted": reverted(z, 2 * window)}


def reverted(z: Floats, within: int) -> float:
    """The share of excursions beyond 2 that are at 0 or beyond it within so many bars, of those that began so long before the end."""
    side, since, begun, back = 0, 0, 0, 0
    for row, value in enumerate(z.tolist()):
        if side and value * side <= 0:
            back += row - since <= within and since + within < len(z)
            side = 0
        if not side and abs(value) >= 2:
            side, since = (1 if value > 0 else -1), row
            begun += since + within < len(z)
    return back / begun if begun else math.nan


def of_universe(window: int, market: int, seed: int = SEED) -> dict[str, float]:
    """The share of all pairs of a universe of unrelated walks that a test at 5 % finds, y on x alone."""
    levels = np.random.default_rng([seed + 2, window, market]).standard_normal((SYMBOLS, window)).cumsum(axis=1)
    p_values = engle_granger_all(levels).p_value[:, 0]
    return {"cointegration_share": float((p_values < 0.05).mean())}


def known(statistic: Callable[[], float]) -> float:
    """NaN where there is none."""
    try:
        return statistic()
    except AnalysisError:
        return math.nan


def sample(window: int, markets: int, seed: int = SEED) -> dict[str, Floats]:
    """Each statistic of so many markets, NaN where one has none."""
    found: dict[str, list[float]] = {name: [] for name in STATISTICS}
    for one, count in (
        (of_pair, markets),
        (of_score, markets),
        (of_universe, math.ceil(SHARE_OF_UNIVERSES * markets)),
    ):
        for market in range(count):
            for name, value in one(window, market, seed).items():
                found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def quantiles(values: Floats) -> tuple[float, ...] | None:
    """The 5, 50 and 95 % quantiles, to four digits; None where less than nine in ten markets have a figure."""
    present = values[~np.isnan(values)]
    if len(present) < 0.9 * len(values):
        return None
    return tuple(float(f"{value:.4g}") for value in np.quantile(present, QUANTILES, method="lower"))


def text(tables: dict[str, list[tuple[float, ...] | None]]) -> str:
    rows = [f'    "{name}": ({", ".join(map(str, tables[name]))}),' for name in STATISTICS]
    lines = [
        '"""What unrelated walks show: the 5, 50 and 95 % quantiles of each statistic, by window.',
        "",
        f"Made by `python -m tests.null.make_tables`: seed {SEED}, {MARKETS:,} markets for each window, of `cointegration_share`",
        f"{math.ceil(SHARE_OF_UNIVERSES * MARKETS)} universes of {SYMBOLS} walks. None: too few markets have a figure.",
        '"""',
        "",
        "# fmt: off",
        *(["from math import inf", ""] if any("inf" in row for row in rows) else []),
        f"MARKETS = {MARKETS}",
        f"WINDOWS = {WINDOWS}",
        "ROWS: dict[str, tuple[tuple[float, float, float] | None, ...]] = {",
        *rows,
        "}",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    tables: dict[str, list[tuple[float, ...] | None]] = {name: [] for name in STATISTICS}
    for window in WINDOWS:
        for name, values in sample(window, MARKETS).items():
            tables[name].append(quantiles(values))
        print(window, {name: rows[-1] for name, rows in tables.items()}, flush=True)
    TARGET.write_text(text(tables), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "check", str(TARGET)], check=True)


if __name__ == "__main__":
    main()
