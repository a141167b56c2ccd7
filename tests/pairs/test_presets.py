"""Presets come back from their documents and files as they were, and what cannot be is refused with words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.backtest.signals import Levels
from core.errors import BadDocument, BadName
from core.market import Interval, Symbol
from core.pairs import PairSpec, presets
from core.pairs.presets import BUILT_IN, Preset

BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
SPEC = PairSpec(ETH, BTC, window=100, estimator="kalman")
NAMES = st.text(st.characters(categories=("L", "N", "S")), min_size=1, max_size=20).filter(
    lambda name: not presets.is_built_in(name)
)


@st.composite
def some_presets(draw: st.DrawFn) -> Preset:
    interval = draw(st.sampled_from(("1s", "7s", "1m", "5m", "1h")))
    window = draw(st.integers(3, 500))
    us = Interval.parse(interval).us
    spec = PairSpec(
        ETH, BTC, Interval(us), us * draw(st.integers(window, 5000)), window,
        price=draw(st.sampled_from(("log", "level"))),
        estimator=draw(st.sampled_from(("ols", "kalman", "tls", "johansen"))),
        spread=draw(st.sampled_from(("residual", "ratio"))),
        z=draw(st.sampled_from(("rolling", "ewm", "robust", "prior"))),
        trend=draw(st.sampled_from(("c", "ct", "ctt"))),
        lags=draw(st.sampled_from(("aic", "bic", 0, 5))),
        align=draw(st.sampled_from(("inner", "fill"))),
        stale_limit=draw(st.integers(0, 50)),
    )  # fmt: skip
    entry = draw(st.floats(0.1, 10))
    stop = draw(st.none() | st.floats(entry + 0.1, 60))
    return Preset.of(draw(NAMES), spec, Levels(entry, draw(st.floats(-0.9, 0.9)) * entry, stop))


@given(some_presets())
def test_a_document_says_all_of_it(preset: Preset) -> None:
    assert Preset.read(preset.name, json.loads(json.dumps(preset.body()))) == preset
    assert preset.of_legs(BTC, ETH).y == BTC


@given(st.lists(some_presets(), unique_by=lambda preset: preset.name.casefold(), max_size=5))
def test_a_file_says_all_of_them(some: list[Preset]) -> None:
    found = presets.imported(presets.exported(some))
    assert found.presets == tuple(some)
    assert found.wrong == ()


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(json.dumps))  # fmt: skip
def test_any_other_text_is_refused_with_words(text: str) -> None:
    with pytest.raises(BadDocument):
        presets.imported(text)


def test_the_same_whatever_the_legs() -> None:
    preset = Preset.of("mine", SPEC, Levels())
    assert preset.same(PairSpec(BTC, ETH, window=100, estimator="kalman"), Levels())
    assert not preset.same(SPEC, Levels(3.0))


def test_the_built_in_ones_are_what_they_are_called() -> None:
    told = {
        each.name: (str(each.spec.interval), each.spec.lookback_us // 3_600_000_000, each.spec.window)
        for each in BUILT_IN
    }
    assert told == {"Scalp": ("1s", 1, 300), "Intraday": ("1m", 24, 240), "Swing": ("5m", 168, 288)}


@pytest.mark.parametrize("name", ["", "  ", "a\nb\x07", "x" * 41])
def test_no_name(name: str) -> None:
    with pytest.raises(BadName, match="is not a name"):
        Preset.of(name, SPEC, Levels())


def file(*bodies: Any, **changed: Any) -> str:
    whole = json.loads(presets.exported(()))
    return json.dumps({**whole, "presets": list(bodies), **changed})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "the file is not JSON .* it begins with '{'"),
        ("[]", "the file is \\[\\]: expected an object"),
        ('{"version": NaN}', "NaN is no number"),
        ("[" * 100_000, "not JSON"),
        (file(version=2), "of version 2, this desk reads up to 1: use the newer desk"),
        (file(version=True), "the version of the file is true: expected a whole number"),
        (file(what="a diary"), "it is 'a diary': expected"),
        (file(colour="red"), "the file has 'colour', which this desk does not know"),
        (file(presets={}), "presets is {}: expected a list"),
    ],
)
def test_no_file_of_presets(text: str, words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        presets.imported(text)


def test_what_is_wrong_is_said_of_each_and_the_rest_is_read() -> None:
    good = {"name": "mine", "window": 100}
    found = presets.imported(
        file(
            good,
            {"name": "mine"},
            {"name": "swing"},
            {"name": "a", "window": "many"},
            {"name": "b", "colour": "red"},
            {"name": "c", "interval": "0s"},
            {"name": "d", "entry": 1, "exit": 2},
            {"name": "e", "stop": 1e999},
            {"name": 7},
            "f",
            {"name": "g", "lookback": 5},
        ).replace("Infinity", "1e999")
    )
    assert [preset.name for preset in found.presets] == ["mine"]
    assert found.presets[0].spec.window == 100
    for words, wrong in zip(
        (
            "the name 'mine' comes twice", "'swing' is built in", "window is 'many': expected a whole number", "'colour'",
            "'c' cannot be", "the exit is 2", "stop is Infinity: expected a number", "its name is 7", "preset 10 is 'f'", "lookback is 5: expected text",
        ),
        found.wrong,
        strict=True,
    ):  # fmt: skip
        assert words in wrong
