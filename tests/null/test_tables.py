"""The tables of the null market are what their program makes."""

import numpy as np
import pytest

from core.analytics.null_tables import MARKETS, ROWS, WINDOWS
from core.market import Floats
from tests.null import make_tables


def test_the_tables_are_of_the_program_as_it_stands() -> None:
    assert WINDOWS == make_tables.WINDOWS
    assert MARKETS == make_tables.MARKETS
    assert tuple(ROWS) == make_tables.STATISTICS
    rows = {name: [None if row is None else tuple(map(float, row)) for row in ROWS[name]] for name in ROWS}
    assert make_tables.TARGET.read_text(encoding="utf-8") == make_tables.text(rows)


def test_all_markets_again_of_the_shortest_window() -> None:
    """To the last digit, of the statistics that are quick."""
    made = [make_tables.of_score(WINDOWS[0], market) for market in range(MARKETS)]
    for name in make_tables.OF_SCORES:
        assert make_tables.quantiles(np.array([one[name] for one in made])) == ROWS[name][0]


def within(values: Floats, quantile: float, share: float) -> bool:
    """Whether as many are below as should be, but for 4 binomial errors; ties, to the table's digits, may fall on either side."""
    present = values[~np.isnan(values)]
    reach = 4 * (share * (1 - share) / len(present)) ** 0.5 + 0.005
    below, up_to = (present < 0.9995 * quantile).mean(), (present <= 1.0005 * quantile).mean()
    return float(below) <= share + reach and float(up_to) >= share - reach


@pytest.mark.parametrize(("window", "markets"), [(30, 400), (120, 300), (600, 150)])
def test_other_seeds_agree(window: int, markets: int) -> None:
    place = WINDOWS.index(window)
    for name, values in make_tables.sample(window, markets, seed=7).items():
        row = ROWS[name][place]
        if row is None:
            assert make_tables.quantiles(values) is None
            continue
        for quantile, share in zip(row, make_tables.QUANTILES, strict=True):
            assert within(values, quantile, share), (name, quantile, share)


def test_excursions_that_reverted_by_hand() -> None:
    z = np.array([0, 2.5, 1, -0.5, -2.1, -1, -1, -1, -1, 0.2, 2.2, 0, 0, 0, 0, 0])
    assert make_tables.reverted(z, 3) == pytest.approx(2 / 3)
    assert make_tables.reverted(z, 5) == 1
    assert np.isnan(make_tables.reverted(np.zeros(9), 2))
