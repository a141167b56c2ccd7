"""All pairs in one batch: the single-pair route's answers, 80-bit accuracy, and what the batch leaves to that route."""

import pickle
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analytics import pairwise
from core.analytics.cointegration import engle_granger
from core.analytics.pairwise import PairTests, engle_granger_all
from core.analytics.tiles import Question, all_pairs, matrix, tiles
from core.errors import AnalysisError, BadParameter, BadSeries, NotEnoughData
from core.market import Floats
from tests.analytics import reference_screener as reference
from tests.analytics.markets import Follower, logs

QUESTIONS = [Question(trend, lags) for trend in ("c", "ct", "ctt") for lags in ("aic", "bic", 2)]
FOLLOWERS = (Follower(1, 0), Follower(2, 1, phi=0.5), Follower(4, 3, noise=2e-5), Follower(5, 3, hedge_ratio=-1.0))


def same(found: PairTests, expected: PairTests) -> None:
    for field in fields(PairTests):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name), err_msg=field.name)


def legs(levels: Floats, tests: PairTests, pair: int, order: int) -> tuple[Floats, Floats]:
    both = levels[tests.first[pair]], levels[tests.second[pair]]
    return both if order == 0 else both[::-1]


@reference.needs_80_bits
@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize("quiet", [False, True], ids=["walks", "quiet prices"])
def test_lags_and_statistics_are_those_of_80_bit_floats(question: Question, quiet: bool) -> None:
    levels = logs(6, 300, FOLLOWERS, seed=5)
    levels = np.round(1e5 + 20 * (levels - 4), 2) if quiet else levels
    found = engle_granger_all(levels, question)
    for pair in range(len(found)):
        for order in (0, 1):
            y, x = legs(levels, found, pair, order)
            statistic, lags = reference.engle_granger(y, x, question.trend, question.lags, question.most(300))
            assert found.lags[pair, order] == lags
            assert found.statistic[pair, order] == pytest.approx(statistic, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_batch_answers_as_the_single_pair_route(question: Question) -> None:
    levels = logs(7, 500, FOLLOWERS, seed=6)
    found = engle_granger_all(levels, question)
    assert not found.exact.all()
    for pair in range(len(found)):
        for order in (0, 1):
            y, x = legs(levels, found, pair, order)
            single = engle_granger(y, x, question.trend, question.lags)
            assert found.lags[pair, order] == single.lags
            assert found.statistic[pair, order] == pytest.approx(single.statistic, rel=1e-8)
            assert found.p_value[pair, order] == pytest.approx(single.p_value, rel=1e-7, abs=1e-14)
            assert found.hedge_ratio[pair, order] == pytest.approx(single.hedge_ratio, rel=1e-9)
            assert found.r_squared[pair, order] == pytest.approx(single.r_squared, rel=1e-9)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_batch_answers_as_statsmodels(question: Question) -> None:
    from statsmodels.tsa.stattools import coint

    levels = logs(4, 400, FOLLOWERS[:1], seed=14)
    found = engle_granger_all(levels, question)
    fixed = isinstance(question.lags, int)
    for pair in range(len(found)):
        for order in (0, 1):
            y, x = legs(levels, found, pair, order)
            statistic, p_value, _ = coint(
                y, x, question.trend, maxlag=question.lags if fixed else None, autolag=None if fixed else question.lags
            )
            assert found.statistic[pair, order] == pytest.approx(statistic, rel=1e-8)
            assert found.p_value[pair, order] == pytest.approx(p_value, rel=1e-6, abs=1e-12)


@reference.needs_80_bits
@pytest.mark.parametrize("noise", [6e-4, 1e-4, 3e-5])
def test_pairs_close_to_one_another_go_by_the_exact_route(noise: float) -> None:
    levels = logs(2, 1000, (Follower(1, 0, noise=noise, phi=0.8),), seed=8)
    found = engle_granger_all(levels)
    apart = 1 - found.r_squared[0, 0]
    assert not found.near_identical[0]
    assert bool(found.exact[0]) == (apart < 1e-4), apart
    statistic, lags = reference.engle_granger(levels[0], levels[1], "c", "aic", Question().most(1000))
    assert found.lags[0, 0] == lags
    assert found.statistic[0, 0] == pytest.approx(statistic, rel=1e-10)


@reference.needs_80_bits
def test_pairs_whose_returns_are_one_go_by_the_exact_route_however_far_their_levels_are_apart() -> None:
    quick = np.random.default_rng(9).standard_normal(1000)
    slow = np.sin(np.arange(1000) / 160)
    trend = np.stack([np.ones(1000), quick], axis=1)
    slow -= trend @ np.linalg.lstsq(trend, slow, rcond=None)[0]
    levels = np.stack([quick + slow, quick])
    found = engle_granger_all(levels, Question(lags=2))
    assert found.r_squared[0, 0] < 0.8
    assert found.exact[0]
    statistic, _ = reference.engle_granger(levels[0], levels[1], "c", 2, 2)
    assert found.statistic[0, 0] == pytest.approx(statistic, rel=1e-10)


def test_near_identical_pairs_are_labelled_in_any_unit() -> None:
    levels = logs(4, 200, seed=10)
    levels[1], levels[2] = 3 - 1e6 * levels[0], levels[0] * (1 + 1e-15)
    found = engle_granger_all(levels)
    assert found.near_identical.tolist() == [True, True, False, True, False, False]
    assert np.isfinite(found.statistic[~found.near_identical]).all()


def test_a_series_that_does_not_vary_leaves_its_pairs_unknown_and_the_others_alone() -> None:
    levels = logs(5, 200, seed=11)
    levels[2] = 61_837.63
    found = engle_granger_all(levels)
    dead = (found.first == 2) | (found.second == 2)
    for name in ("statistic", "p_value", "hedge_ratio", "r_squared"):
        assert np.isnan(getattr(found, name)[dead]).all(), name
    assert (found.lags[dead] == -1).all()
    assert not found.near_identical.any()
    alone = engle_granger_all(levels[[0, 1, 3, 4]])
    np.testing.assert_allclose(found.statistic[~dead], alone.statistic, rtol=1e-9)


def test_a_straight_line_does_not_vary_but_for_its_trend() -> None:
    levels = logs(2, 200, seed=11)
    levels[1] = 1e5 + 0.37 * np.arange(200)
    assert np.isnan(engle_granger_all(levels, Question("ct")).statistic).all()
    assert np.isfinite(engle_granger_all(levels, Question("c")).statistic).all()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e3, 1e3),
    question=st.sampled_from(QUESTIONS),
)
def test_units_do_not_matter(seed: int, scale: float, shift: float, question: Question) -> None:
    levels = logs(3, 120, seed=seed)
    moved = levels.copy()
    moved[1] = scale * (levels[1] + shift)
    before, after = engle_granger_all(levels, question), engle_granger_all(moved, question)
    np.testing.assert_allclose(after.statistic, before.statistic, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(after.hedge_ratio[0], before.hedge_ratio[0] * [1 / scale, scale], rtol=1e-6)


def test_the_product_of_both_hedge_ratios_is_r_squared() -> None:
    found = engle_granger_all(logs(5, 300, FOLLOWERS[:1], seed=12))
    np.testing.assert_allclose(found.hedge_ratio.prod(axis=1), found.r_squared[:, 1], rtol=1e-10)


def test_one_p_value_of_two_orders() -> None:
    found = engle_granger_all(logs(4, 300, seed=13))
    np.testing.assert_array_equal(found.combined, np.minimum(1, 2 * found.p_value.min(axis=1)))
    np.testing.assert_array_equal(found.both, found.p_value.max(axis=1))
    np.testing.assert_array_equal(found.decisive("both"), found.both)
    np.testing.assert_array_equal(found.decisive("either"), found.combined)
    best = found.statistic[np.arange(len(found)), found.better]
    np.testing.assert_array_equal(best, found.statistic.min(axis=1))


@pytest.mark.parametrize("series", [2, 63, 65, 130])
def test_each_pair_is_in_one_tile(series: int) -> None:
    levels, pairs = logs(series, 40), all_pairs(series)
    cut = list(tiles(levels, pairs, Question()))
    places = np.concatenate([tile.places for tile in cut])
    np.testing.assert_array_equal(np.sort(places), np.arange(len(pairs)))
    for tile in cut:
        np.testing.assert_array_equal(tile.first[tile.rows], levels[pairs[tile.places, 0]])
        np.testing.assert_array_equal(tile.other[tile.columns], levels[pairs[tile.places, 1]])


def test_chosen_pairs_are_tested_as_among_all() -> None:
    levels = logs(70, 60)
    whole = engle_granger_all(levels, Question(lags=1))
    chosen = np.array([[69, 3], [5, 6], [64, 69]])
    found = engle_granger_all(levels, Question(lags=1), chosen)
    row = {(int(a), int(b)): k for k, (a, b) in enumerate(all_pairs(70))}
    np.testing.assert_allclose(found.statistic[0], whole.statistic[row[3, 69]][::-1], rtol=1e-9)
    np.testing.assert_allclose(found.statistic[1:], whole.statistic[[row[5, 6], row[64, 69]]], rtol=1e-9)


def test_any_executor_gives_the_same() -> None:
    levels = logs(70, 100)
    alone = engle_granger_all(levels)
    with ThreadPoolExecutor(2) as threads:
        same(engle_granger_all(levels, executor=threads), alone)
    with ProcessPoolExecutor(1) as processes:
        same(engle_granger_all(levels, executor=processes), alone)


def test_a_tile_is_a_plain_value() -> None:
    tile = next(tiles(logs(5, 100), all_pairs(5), Question()))
    same(pairwise.tested(pickle.loads(pickle.dumps(tile))), pairwise.tested(tile))


def test_memory_does_not_grow_with_the_number_of_tiles() -> None:
    def peak(series: int) -> int:
        levels = logs(series, 60)
        tracemalloc.start()
        try:
            engle_granger_all(levels, Question(lags=4))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    result = 8 * 12 * len(all_pairs(256))
    assert peak(256) < 1.5 * peak(64) + 2 * result


def test_the_size_on_the_null_market_is_the_nominal() -> None:
    p_values = np.concatenate([engle_granger_all(logs(2, 400, seed=seed)).p_value[:, 0] for seed in range(1000)])
    share = float((p_values <= 0.05).mean())
    assert abs(share - 0.055) < 3 * (0.055 * 0.945 / 1000) ** 0.5  # the finite sample's is 5.4 %


def test_hits_among_fifty_unrelated_walks_are_as_many_as_expected() -> None:
    hits = [int((engle_granger_all(logs(50, 300, seed=seed)).combined <= 0.05).sum()) for seed in range(12)]
    assert 25 < np.mean(hits) < 100, "61 of 1,225 on average, far from evenly: the pairs share their symbols"
    assert max(hits) > 1.5 * min(hits)


@given(
    levels=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=40),
        elements=st.floats(allow_nan=True, allow_infinity=True, width=64),
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_comes_in_an_answer_or_a_clear_error_comes_out(levels: Floats) -> None:
    try:
        found = engle_granger_all(levels)
    except AnalysisError:
        return
    assert levels.ndim == 2
    assert ((found.p_value >= 0) & (found.p_value <= 1) | np.isnan(found.p_value)).all()


@settings(max_examples=40, deadline=None)
@given(levels=hnp.arrays(np.float64, (3, 40), elements=st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0, 1e-300])))
def test_wild_but_finite_levels_crash_nothing(levels: Floats) -> None:
    found = engle_granger_all(levels)
    assert ((found.p_value >= 0) & (found.p_value <= 1) | np.isnan(found.p_value)).all()


def test_what_cannot_be_is_refused() -> None:
    levels = logs(3, 100)
    for bad in (levels[0], levels[None], [["a", "b"]], np.where(levels == levels[1, 5], np.nan, levels)):
        with pytest.raises(BadSeries):
            engle_granger_all(bad)
    with pytest.raises(NotEnoughData) as short:
        engle_granger_all(levels[:, :29])
    assert (short.value.needed, short.value.found) == (30, 29)
    with pytest.raises(NotEnoughData):
        engle_granger_all(levels, Question(max_lag=49))
    for pairs in ([[0, 0]], [[0, 3]], [[-1, 0]], [0, 1], [[0.0, 1.0]]):
        with pytest.raises(BadParameter):
            engle_granger_all(levels, pairs=pairs)
    with pytest.raises(BadParameter):
        Question(trend="n")  # type: ignore[arg-type]
    for lags in (-1, 1.5, "hqic", True):
        with pytest.raises(BadParameter):
            Question(lags=lags)  # type: ignore[arg-type]
    with pytest.raises(BadParameter):
        Question(max_lag=-1)


def test_no_pairs_no_tests() -> None:
    assert len(engle_granger_all(logs(1, 100))) == 0
    assert len(engle_granger_all(np.zeros((0, 100)))) == 0
    assert matrix([[1, 2], [3, 4]]).dtype == np.float64
