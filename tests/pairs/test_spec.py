"""The question: as a query and back, hashable, and refused where it cannot be."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import BadParameter, InvalidInterval, InvalidSymbol
from core.market import DAY_US, HOUR_US, Interval, Symbol
from core.pairs import PairSpec
from tests.pairs.conftest import X, Y, spec

SYMBOLS = st.sampled_from(["BTCUSDT", "ETHUSDT.P", "KRAKEN:XBTEUR", "币安人生USDT"]).map(Symbol.parse)


@given(
    st.tuples(SYMBOLS, SYMBOLS),
    st.tuples(
        st.sampled_from(["1s", "7s", "1m", "5m"]).map(Interval.parse),
        st.integers(1, 10).map(lambda hours: hours * HOUR_US),
        st.integers(3, 12),
        st.sampled_from(["log", "level"]),
        st.sampled_from(["ols", "rolling_ols", "tls", "huber", "theil_sen", "kalman", "johansen"]),
        st.sampled_from(["residual", "ratio"]),
        st.sampled_from(["rolling", "ewm", "robust", "prior", "innovation"]),
        st.sampled_from(["c", "ct", "ctt"]),
        st.sampled_from(["aic", "bic", 0, 12]),
        st.sampled_from(["inner", "fill"]),
        st.integers(0, 9),
    ),
)
def test_a_spec_is_its_query(legs: tuple[Symbol, Symbol], values: tuple[Any, ...]) -> None:
    assume(legs[0] != legs[1])
    try:
        made = PairSpec(*legs, *values)
    except BadParameter:
        assert values[6] == "innovation"
        return
    query = made.query()
    assert all(isinstance(text, str) for text in query.values())
    assert PairSpec.parse(dict(reversed(query.items()))) == made
    assert hash(PairSpec.parse(query)) == hash(made)


def test_what_a_query_leaves_out_has_its_default() -> None:
    assert PairSpec.parse({"y": "btcusdt", "x": "ETHUSDT"}) == PairSpec(Y, X)
    assert str(PairSpec(Y, X)) == "BTCUSDT on ETHUSDT, 1m over 1d"
    assert PairSpec(Y, X).bars == 1440


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x": Y}, "two symbols"),
        ({"window": 2}, "from 3 to the 600 bars"),
        ({"window": 601}, "from 3 to the 600 bars"),
        ({"window": 30.0}, "window is 30.0"),
        (
            {"lookback_us": 400 * DAY_US, "interval": Interval.parse("1s")},
            "take a longer interval or a shorter lookback",
        ),
        ({"price": "dollars"}, "expected one of log, level"),
        ({"estimator": "ridge"}, "expected one of ols, rolling_ols"),
        ({"lags": "hqic"}, "expected aic, bic or a number"),
        ({"lags": -1}, "expected aic, bic or a number"),
        ({"lags": True}, "expected aic, bic or a number"),
        ({"z": "innovation"}, "expected the estimator kalman"),
        ({"z": "innovation", "estimator": "kalman", "spread": "ratio"}, "not kalman and ratio"),
        ({"stale_limit": -1}, "whole number from 0"),
    ],
)
def test_what_cannot_be_asked_says_why(given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        replace(spec(), **given)


def test_a_query_that_cannot_be_read_says_why() -> None:
    legs = {"y": "BTCUSDT", "x": "ETHUSDT"}
    for more, error, words in (
        ({"windw": "3"}, BadParameter, "no 'windw': expected align"),
        ({"window": "many"}, BadParameter, "window is 'many'"),
        ({"lags": "-3"}, BadParameter, "lags"),
        ({"interval": "soon"}, InvalidInterval, "not an interval"),
        ({"y": "//"}, InvalidSymbol, "not a symbol"),
    ):
        with pytest.raises(error, match=words):
            PairSpec.parse({**legs, **more})
    with pytest.raises(BadParameter, match="x is missing"):
        PairSpec.parse({"y": "BTCUSDT"})


def test_what_is_causal_and_what_is_read_before_the_lookback() -> None:
    assert not spec().is_causal
    assert spec(estimator="kalman").is_causal
    assert spec(estimator="rolling_ols").is_causal
    assert spec(spread="ratio").is_causal
    assert spec().warm_up == 61
    assert spec(estimator="rolling_ols").warm_up == 121
    assert spec(z="ewm").warm_up == 301
