"""Screens of markets whose truth is known: what comes out, what must not, and why each pair fell where it did."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from core.analytics import multiple
from core.analytics.cointegration import engle_granger
from core.analytics.heldout import persistence
from core.analytics.reversion import half_life_ar1
from core.analytics.screener import Rules, Screen, Universe, screen
from core.analytics.tiles import all_pairs
from core.analytics.traits import crossings, half_lives
from core.errors import BadParameter, BadSeries, NotEnoughData
from core.market import Floats
from tests.analytics.long_screener import truth
from tests.analytics.markets import Follower, logs

CHAIN = (Follower(1, 0, phi=0.7), Follower(2, 1, phi=0.7), Follower(4, 3, phi=0.8))
WHOLE = Rules(holdout=0.0, windows=0)


def universe(levels: Floats, trades: Sequence[float] | None = None) -> Universe:
    names = tuple(f"S{row}" for row in range(len(levels)))
    return Universe(names, np.exp(levels), None if trades is None else np.array(trades, dtype=np.float64))


def found_pairs(result: Screen) -> set[tuple[int, int]]:
    return {(int(result.tests.first[k]), int(result.tests.second[k])) for k in result.ranking}


def number_of(result: Screen, first: int, second: int) -> int:
    return int(np.flatnonzero((result.tests.first == first) & (result.tests.second == second))[0])


def test_built_pairs_are_found_and_who_follows_a_follower_too() -> None:
    result = screen(universe(logs(8, 1500, CHAIN, seed=1)))
    assert found_pairs(result) == {(0, 1), (1, 2), (0, 2), (3, 4)}
    best = next(result.survivors())
    assert (best.rank, best.fell_at, best.why) == (1, None, "passed every stage")
    assert best.held_out is not None
    assert best.held_out.p_value < 0.01
    assert [pair.rank for pair in result.survivors()] == [1, 2, 3, 4]


def test_each_number_is_that_of_the_single_statistics() -> None:
    levels = logs(6, 900, CHAIN, seed=2)
    result = screen(universe(levels), replace(WHOLE, trend="ct"))
    for number, (i, j) in enumerate(all_pairs(6)):
        pair = result.pair(number)
        y, x = (levels[int(name[1:])] for name in (pair.y, pair.x))
        assert {pair.y, pair.x} == {f"S{i}", f"S{j}"}
        one, other = engle_granger(y, x, "ct"), engle_granger(x, y, "ct")
        assert pair.statistic == pytest.approx(one.statistic, rel=1e-7)
        assert (pair.p_value, pair.reverse_p_value) == pytest.approx((one.p_value, other.p_value), rel=1e-6)
        assert pair.hedge_ratio == pytest.approx(one.hedge_ratio, rel=1e-8)
        assert pair.combined == pytest.approx(min(1, 2 * min(one.p_value, other.p_value)), rel=1e-6)
        assert pair.decisive == pytest.approx(max(one.p_value, other.p_value), rel=1e-6)
        assert pair.r_squared == pytest.approx(one.r_squared, rel=1e-8)
        assert pair.correlation == pytest.approx(np.corrcoef(np.diff(y), np.diff(x))[0, 1], abs=1e-10)
        time = np.vander(np.linspace(-1, 1, 900), 2)
        design = np.column_stack([time, x])
        residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        assert pair.half_life == pytest.approx(half_life_ar1(residual).bars, rel=1e-6)
        assert pair.crossings == int((np.diff(np.sign(residual)) != 0).sum())


def test_p_values_are_adjusted_over_the_tests_done_and_no_others() -> None:
    result = screen(universe(logs(7, 500, CHAIN, seed=3)), replace(WHOLE, least_correlation=0.3))
    done = ~np.isnan(result.decisive)
    assert 0 < result.tested == done.sum() < len(result)
    assert result.expected_false == pytest.approx(0.05 * result.tested)
    for column, method in ((result.bh, "bh"), (result.by, "by"), (result.adjusted, "holm")):
        np.testing.assert_array_equal(column[done], multiple.adjusted(result.decisive[done], method))
        assert np.isnan(column[~done]).all()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 50),
    orders=st.sampled_from(["both", "either"]),
    adjustment=st.sampled_from(["none", "bh", "by", "holm", "bonferroni"]),
    correlation=st.none() | st.floats(0, 0.5),
    longest=st.none() | st.floats(1, 50),
    crossing=st.none() | st.integers(0, 100),
)
def test_every_pair_falls_out_once_or_survives(seed, orders, adjustment, correlation, longest, crossing) -> None:  # type: ignore[no-untyped-def]
    rules = Rules(
        orders=orders, adjustment=adjustment, level=0.3, least_correlation=correlation, longest_half_life=longest,
        least_crossings=crossing, least_trades_per_minute=2.0,
    )  # fmt: skip
    levels = logs(7, 300, CHAIN, seed=seed)
    levels[6] = levels[0]
    result = screen(universe(levels, [5, 5, 5, 5, 5, 1, 5]), rules)
    assert result.stages[0].entered == len(result) == 21
    for before, after in itertools.pairwise(result.stages):
        assert after.entered == before.survived
    assert result.stages[-1].survived == len(result.ranking)
    for stage, step in enumerate(result.stages):
        assert int((result.fell == stage).sum()) == step.entered - step.survived
    for number in range(len(result)):
        pair = result.pair(number)
        assert (pair.fell_at is None) == (number in result.ranking) == (pair.rank is not None)
        assert pair.why
        assert not (pair.near_identical and pair.fell_at is None)
    assert result.pair(number_of(result, 0, 6)).fell_at == "distinct"


def test_each_stage_says_why() -> None:
    levels = logs(9, 900, (*CHAIN, Follower(6, 5, phi=0.95), Follower(8, 7, hedge_ratio=1.0, noise=1e-9)), seed=4)
    levels[2] = 4.6
    rules = replace(
        WHOLE,
        least_trades_per_minute=10.0,
        least_notional_per_minute=1e5,
        least_correlation=0.2,
        longest_half_life=8.0,
    )
    trades = [100, 100, 100, 100, 100, 100, 100, 100, 100.0]
    known = replace(
        universe(levels, trades), notional_per_minute=np.array([1e6, 1e6, 1e6, 1e6, np.nan, 1e6, 1e6, 1e6, 1e6])
    )
    result = screen(known, rules)

    def fell(first: int, second: int) -> tuple[str | None, str]:
        pair = result.pair(number_of(result, first, second))
        return pair.fell_at, pair.why

    assert fell(0, 2) == ("variation", "S2 does not vary; asked was two symbols that vary")
    assert fell(3, 4) == (
        "liquidity",
        "S4 has trades a minute: 100, notional a minute: not known; asked was 10 trades and a notional of 100000 a minute at least",
    )
    stage, words = fell(0, 5)
    assert (stage, "in size" in words) == ("correlation", True)
    assert fell(7, 8)[0] == "distinct"
    stage, words = fell(5, 6)
    assert (stage, words.endswith("asked was 0 to 8 bars")) == ("half_life", True)
    assert found_pairs(result) == {(0, 1)}


def test_asking_for_liquidity_that_is_not_known_leaves_nothing_and_says_so() -> None:
    result = screen(universe(logs(3, 100)), Rules(least_trades_per_minute=1.0))
    assert not result.ranking
    assert result.tested == 0
    assert "trades a minute: not known" in result.pair(0).why


def test_nothing_is_chosen_by_the_rows_held_out() -> None:
    levels = logs(8, 1000, CHAIN, seed=5)
    other = levels.copy()
    other[:, 700:] = levels[:, 699:700] + np.cumsum(0.01 * np.random.default_rng(0).standard_normal((8, 300)), axis=1)
    before, after = screen(universe(levels)), screen(universe(other))
    assert (before.formation, before.rows) == (700, 1000)
    np.testing.assert_array_equal(before.fell, after.fell)
    np.testing.assert_array_equal(before.adjusted, after.adjusted)
    np.testing.assert_array_equal(before.correlation, after.correlation)
    np.testing.assert_array_equal(before.traits.half_life, after.traits.half_life)
    assert before.persistence == after.persistence
    assert found_pairs(after) == found_pairs(before)
    assert all(pair.held_out is not None and pair.held_out.p_value > 0.001 for pair in after.survivors())


def test_a_pair_that_broke_ranks_behind_those_that_lasted() -> None:
    levels = logs(5, 2000, CHAIN, seed=6)
    levels[1:3, 1400:] += np.cumsum(1e-3 * np.random.default_rng(1).standard_normal(600))
    result = screen(universe(levels))
    ranked = [{pair.y, pair.x} for pair in result.survivors()]
    broken = [index for index, pair in enumerate(ranked) if pair in ({"S0", "S1"}, {"S0", "S2"})]
    assert len(ranked) == 4
    assert broken == [2, 3]


def test_the_hedge_ratio_is_frozen_on_the_rows_held_out() -> None:
    levels = logs(2, 1000, (Follower(1, 0, phi=0.6),), seed=7)
    result = next(screen(universe(levels)).survivors())
    y, x = (levels[int(name[1:])] for name in (result.y, result.x))
    assert result.hedge_ratio == pytest.approx(engle_granger(y[:700], x[:700]).hedge_ratio, rel=1e-9)
    spread = y[700:] - result.hedge_ratio * x[700:]
    assert result.held_out is not None
    assert result.held_out.n == 300
    assert result.held_out.half_life == pytest.approx(half_life_ar1(spread).bars, rel=1e-8)
    deviations = spread - spread.mean()
    assert result.held_out.crossings == int((np.diff(np.sign(deviations)) != 0).sum())


def test_rows_held_out_that_are_too_few_say_nothing() -> None:
    result = screen(universe(logs(2, 300, (Follower(1, 0, phi=0.1),), seed=8)), Rules(holdout=0.05))
    assert [pair.held_out for pair in result.survivors()] == [None]


def test_persistence_is_the_share_of_windows_in_which_the_pair_passes() -> None:
    levels = logs(3, 2003, (Follower(1, 0, phi=0.6),), seed=9)
    levels[1, :600] = levels[1, 600] + np.cumsum(3e-4 * np.random.default_rng(2).standard_normal(600))[::-1]
    result = screen(universe(levels), Rules(holdout=0.0, windows=4, adjustment="none"))
    lasting = result.persistence[number_of(result, 0, 1)]
    assert lasting is not None
    assert (lasting.passed[2:], lasting.rows) == ((True, True), 500)
    assert not lasting.passed[0]
    assert lasting.share == sum(lasting.passed) / 4
    parts = [levels[:2, 3 + 500 * part : 503 + 500 * part] for part in range(4)]
    by_hand = [max(engle_granger(y, x).p_value, engle_granger(x, y).p_value) for y, x in parts]
    for level in (1.001 * p for p in by_hand):
        found = persistence(levels[:2], all_pairs(2), Rules(level=level), None)[0]
        assert found is not None
        assert found.passed == tuple(p <= level for p in by_hand)


def test_any_executor_gives_the_same_screen() -> None:
    levels = logs(66, 200, CHAIN, seed=10)
    alone = screen(universe(levels))
    with ProcessPoolExecutor(1) as processes:
        spread_out = screen(universe(levels), executor=processes)
    assert alone.ranking == spread_out.ranking
    np.testing.assert_array_equal(alone.adjusted, spread_out.adjusted)
    np.testing.assert_array_equal(alone.traits.half_life, spread_out.traits.half_life)
    assert [*alone.survivors()] == [*spread_out.survivors()]


def test_on_unrelated_walks_false_discoveries_are_as_rare_as_stated() -> None:
    found = truth(150, (), symbols=8, rows=250)
    for by_method in (found, found.bh, found.by):
        assert by_method.with_false <= binom.ppf(0.995, 150, 0.05)


def test_among_true_pairs_false_discoveries_are_as_rare_as_stated_and_the_power_is_high() -> None:
    found = truth(60, CHAIN, symbols=8, rows=700)
    assert found.with_false <= binom.ppf(0.995, 60, 0.10), "Holm's promise is .05; the test's own size adds to it"
    assert found.by.false_share <= 0.05
    assert found.bh.false_share <= 0.09, "the promise is .05 for tests that do not share their symbols"
    assert min(found.power, found.by.power) > 0.95
    assert found.bh.power >= found.power


def test_without_adjustment_unrelated_walks_make_about_as_many_hits_as_are_said_to_be_expected() -> None:
    rules = replace(WHOLE, adjustment="none", orders="either", lags=1)
    results = [screen(universe(logs(20, 300, seed=seed)), rules) for seed in range(30)]
    hits = [len(result.ranking) for result in results]
    assert [result.expected_false for result in results] == pytest.approx([9.5] * 30)
    assert 0.5 * 9.5 < np.mean(hits) < 1.5 * 9.5


def test_a_screen_cannot_be_changed() -> None:
    result = screen(universe(logs(3, 100)))
    assert isinstance(hash((result.held_out, result.persistence, result.ranking, result.stages)), int)
    with pytest.raises(ValueError, match="read-only"):
        result.adjusted[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        result.tests.p_value[0] = 0.0


def test_the_closest_pairs_are_told_where_none_survive() -> None:
    result = screen(universe(logs(5, 200, seed=11)))
    closest = result.closest(3)
    assert [pair.decisive for pair in closest] == sorted(result.decisive.tolist())[:3]
    assert len(result.closest(99)) == 10


@pytest.mark.parametrize("number", [-1, 3])
def test_a_pair_that_is_not_there_is_no_other_pair(number: int) -> None:
    with pytest.raises(IndexError, match="from 0 to 2"):
        screen(universe(logs(3, 100))).pair(number)


def test_symbols_that_are_one_but_for_scale_win_nothing() -> None:
    levels = logs(4, 500, CHAIN[:1], seed=12)
    levels[3] = np.log(2 * np.exp(levels[2]))
    levels[3] += 1e-7 * np.random.default_rng(0).standard_normal(500)
    result = screen(universe(levels), Rules(adjustment="none", level=1.0))
    pair = result.pair(5)
    assert pair.p_value is not None
    assert pair.p_value < 1e-10, "it would win"
    unknown = (pair.decisive, pair.adjusted, pair.bh, pair.by, pair.rank)
    assert (pair.near_identical, pair.fell_at, *unknown) == (True, "distinct", None, None, None, None, None)
    assert pair.why.startswith("near-identical")
    assert (result.tested, len(result.ranking)) == (5, 5)


def test_returns_that_are_the_same_but_for_rounding_have_no_correlation() -> None:
    levels = logs(3, 200, seed=13)
    levels[0], levels[1] = 4.0 + 1e-3 * np.arange(200), 4.0
    with np.errstate(all="raise"):
        result = screen(universe(levels))
    assert np.isnan(result.correlation).all()
    assert result.pair(1).correlation is None


def test_few_symbols_are_no_error() -> None:
    assert len(screen(universe(logs(1, 100)))) == 0
    assert screen(universe(np.zeros((0, 100)))).stages[-1].survived == 0


@settings(max_examples=30, deadline=None)
@given(phi=st.floats(-0.95, 0.95), rows=st.integers(20, 200), seed=st.integers(0, 99))
def test_half_lives_and_crossings_of_many_are_those_of_one(phi: float, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    many = np.zeros((3, rows))
    for t in range(1, rows):
        many[:, t] = phi * many[:, t - 1] + random.standard_normal(3)
    for row, bars, crossed in zip(many, half_lives(many), crossings(many), strict=True):
        assert bars == pytest.approx(half_life_ar1(row).bars, rel=1e-7, nan_ok=True)
        assert crossed == sum((a > 0) != (b > 0) for a, b in itertools.pairwise(row))


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 1.5}, {"level": float("nan")}, {"holdout": 1.0}, {"holdout": -0.1}, {"windows": -1}, {"adjustment": "fdr"},
        {"orders": "one"}, {"price": "returns"}, {"trend": "n"}, {"lags": -2}, {"least_correlation": 2.0},
        {"longest_half_life": -1.0}, {"least_crossings": -3}, {"least_trades_per_minute": -1.0}, {"windows": 2.5},
        {"windows": float("nan")}, {"level": None}, {"holdout": "a third"}, {"least_correlation": "strong"},
        {"shortest_half_life": 9.0, "longest_half_life": 5.0},
    ],
    ids=str,
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadParameter, match="take"):
        Rules(**wrong)  # type: ignore[arg-type]


def test_universes_that_cannot_be_are_refused() -> None:
    closes = np.exp(logs(2, 100))
    for names, prices in ((("A",), closes), (("A", "A"), closes), (("A", "B"), -closes), (("A", "B"), closes * np.nan)):
        with pytest.raises(BadSeries):
            Universe(names, prices)
    with pytest.raises(BadSeries):
        Universe(("A", "B"), closes, np.array([1.0]))
    with pytest.raises(BadSeries, match="no number"):
        Universe(("A", "B"), closes, ["many", "few"])  # type: ignore[arg-type]
    with pytest.raises(NotEnoughData):
        screen(Universe(("A", "B"), closes[:, :40]))


@pytest.mark.shared_data
def test_ten_real_symbols(shared_data: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(shared_data / "binance_usdm_10symbols_1m_20250512-18.parquet").to_pandas()
    closes = table.pivot(index="open_time", columns="symbol", values="close")
    real = Universe(tuple(closes.columns), closes.to_numpy().T)
    result = screen(real, WHOLE)
    assert (len(result), result.rows, result.tested) == (45, 10_080, 45)
    for pair in result.closest(3):
        single = engle_granger(np.log(closes[pair.y].to_numpy()), np.log(closes[pair.x].to_numpy()))
        assert pair.statistic == pytest.approx(single.statistic, rel=1e-8)
        assert pair.lags == single.lags
    assert not result.ranking, "a week of minutes: highly correlated, none cointegrated at 5 %"
