"""``python -m tests.analytics.long``: the checks of the statistics at full counts, some minutes long.

Prints a line for each, and ends with status 1 where one is out of its bounds.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import binom

from core.analytics.lags import default_max
from core.analytics.stationarity import adf
from tests.analytics.long_screener import FOLLOWERS, accuracy, truth
from tests.analytics.reference import adf as exact
from tests.analytics.reference import tied, walk
from tests.analytics.simulated import screened

Check = Callable[[int], tuple[bool, str]]


def _roots(counts: int) -> tuple[bool, str]:
    """Random series of any kind, length, trend and criterion: the same lag always, and t to 1e-10."""
    random = np.random.default_rng(0)
    wrong, error = 0, 0.0
    for seed in range(counts):
        n = int(10 ** random.uniform(1.2, 3.6))
        trend = ("n", "c", "ct", "ctt")[seed % 4]
        lags = ("aic", "bic", int(random.integers(0, 4)))[random.integers(3)]
        y, x = tied(seed, n)
        values = (
            y - 0.9 * x,
            walk(seed, n),
            1e5 * np.exp(walk(seed, n) - 8.0),
            np.round(1e5 * np.exp(walk(seed, n) - 8.0), 2),
        )[random.integers(4)]
        found = adf(values, trend, lags)  # type: ignore[arg-type]
        statistic, chosen = exact(values, trend, lags, default_max(n, trend))  # type: ignore[arg-type]
        wrong += chosen != found.lags
        error = max(error, abs(found.statistic - statistic) / max(1.0, abs(statistic)))
    return (
        not wrong and error <= 1e-10,
        f"{counts:,} ADF tests against 80-bit floats: {wrong} other lags, greatest error of t {error:.1e}",
    )


def _pairs(counts: int) -> tuple[bool, str]:
    found = accuracy(counts)
    told = f"{found.tests:,} pairs of the screener against 80-bit floats: {found.other_lags} other lags, greatest error of t {found.greatest_error:.1e}"
    return not found.other_lags and found.greatest_error <= 1e-10, f"{told}, {found.exact:,} by the exact route"


def _noise(counts: int) -> tuple[bool, str]:
    markets = max(10, counts // 10)
    found = truth(markets, ())
    most = int(binom.ppf(0.999, markets, 0.05))
    return (
        found.with_false <= most,
        f"{markets} markets of 10 unrelated walks: a discovery in {found.with_false} (level .05, at most {most} by chance)",
    )


def _made(counts: int) -> tuple[bool, str]:
    markets = max(10, counts // 10)
    found = truth(markets, FOLLOWERS)
    told = f"{markets} markets with {len(FOLLOWERS)} followers: power {found.power:.2f}, a false discovery in {found.with_false}"
    return found.power > 0.8 and found.with_false <= int(
        binom.ppf(0.999, markets, 0.12)
    ), f"{told}, false share {found.false_share:.3f}"


def _built_in(counts: int) -> tuple[bool, str]:
    markets = max(3, counts // 10)
    found = screened(markets, hours=96)
    most = int(binom.ppf(0.999, markets, 0.05))
    told = f"{markets} seeds of the built-in market, 4 days of minutes: power {found.power:.2f}, a false discovery in {found.with_false}"
    return found.power > 0.8 and found.with_false <= most, f"{told} (level .05, at most {most} by chance)"


CHECKS: tuple[Check, ...] = (_roots, _pairs, _noise, _made, _built_in)


def checked(counts: int) -> Iterator[bool]:
    for check in CHECKS:
        started = time.perf_counter()
        passed, words = check(counts)
        sys.stdout.write(f"{'ok  ' if passed else 'FAIL'}  {words}; {time.perf_counter() - started:.0f} s\n")
        sys.stdout.flush()
        yield passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.analytics.long", description=__doc__)
    parser.add_argument(
        "--counts", type=int, default=1000, help="series to test; a tenth as many markets (default 1000)"
    )
    return 0 if all(list(checked(parser.parse_args().counts))) else 1


if __name__ == "__main__":
    sys.exit(main())
