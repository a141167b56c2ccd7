"""What noise would show, as it is told beside each number."""

import math

import pytest

from core import metrics
from core.analytics.null import KINDS, Null, expected
from core.analytics.null_tables import ROWS, WINDOWS
from core.errors import BadParameter, NotEnoughData


def test_each_table_has_its_words_and_each_metric_its_table() -> None:
    assert set(KINDS) == set(ROWS)
    assert all(len(rows) == len(WINDOWS) for rows in ROWS.values())
    assert {metric.null for metric in metrics.METRICS if metric.null is not None} <= set(KINDS)


@pytest.mark.parametrize("statistic", KINDS)
def test_a_tabled_window_is_its_row(statistic: str) -> None:
    for window, row in zip(WINDOWS, ROWS[statistic], strict=True):
        if row is None:
            with pytest.raises(NotEnoughData):
                expected(statistic, window)
            continue
        found = expected(statistic, window)
        assert (found.low, found.median, found.high) == row
        assert found.low <= found.median <= found.high
        assert found.note.startswith(KINDS[statistic].note)


@pytest.mark.parametrize("statistic", KINDS)
def test_between_two_windows_lies_between_their_rows(statistic: str) -> None:
    before, at, after = (expected(statistic, window) for window in (1440, 2078, 3000))
    for one, middle, other in zip(*((n.low, n.median, n.high) for n in (before, at, after)), strict=True):
        assert min(one, other) - 1e-12 <= middle <= max(one, other) + 1e-12
    half = expected(statistic, round(math.sqrt(1440 * 3000)))
    assert half.median == pytest.approx((before.median + after.median) / 2, rel=1e-3)


def test_beyond_the_longest_window_says_so() -> None:
    far, last = expected("hurst", 500_000), expected("hurst", WINDOWS[-1])
    assert (far.low, far.median, far.high) == (last.low, last.median, last.high)
    assert "10,080 bars, the longest" in far.note
    assert "longest" not in last.note


def test_what_is_not_tabled_is_refused() -> None:
    with pytest.raises(BadParameter, match="expected one of half_life"):
        expected("beauty", 100)
    with pytest.raises(NotEnoughData, match="needs 30"):
        expected("r_squared", 29)


def test_where_a_value_stands() -> None:
    found = Null("half_life", 100, 0.1, 0.2, 0.5, "windows", "")
    assert "below" in found.words(0.05)
    assert "above" in found.words(math.inf)
    assert found.words(0.1) == found.words(0.5) == "as unrelated walks show"
    assert found.words(math.nan) == "not defined"


def test_what_a_desk_without_a_null_would_take_for_a_finding() -> None:
    """Half-lives are finite and short, levels correlate, R2 is high and nearly all excursions revert: all on noise."""
    assert expected("half_life", 1440).high < 1
    assert expected("half_life", 1440).median < 0.2
    assert expected("level_correlation", 60).high > 0.7
    assert expected("correlation", 60).high < 0.3
    assert expected("r_squared", 1440).high > 0.6
    assert expected("reverted", 60).median > 0.9
    share = expected("cointegration_share", 1440)
    assert share.low < 0.05 < share.high
    assert share.high > 2 * 0.05  # pairs of one universe share their legs: hits come in swarms
