"""Watch-lists: each pair once, in the order that their owner gives them, and back from their documents as they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadDocument
from core.market import MINUTE_US, Symbol
from core.pairs import PairSpec, watchlist
from core.pairs.watchlist import MOST_PAIRS, Watched, WatchList

ETH, BTC, SOL = (Symbol(name) for name in ("ETHUSDT", "BTCUSDT", "SOLUSDT"))
A, B, C = PairSpec(ETH, BTC), PairSpec(SOL, BTC), PairSpec(ETH, BTC, window=100)
LIST = WatchList("mine", (Watched(A), Watched(B), Watched(C)))

SPECS = st.builds(
    PairSpec, st.just(ETH), st.sampled_from((BTC, SOL)), window=st.integers(3, 100),
    lookback_us=st.integers(100, 5000).map(lambda bars: bars * MINUTE_US), z=st.sampled_from(("rolling", "ewm")),
)  # fmt: skip


@given(st.lists(st.builds(Watched, SPECS, st.booleans()), unique_by=lambda each: each.spec, max_size=8))
def test_a_document_says_all_of_it(pairs: list[Watched]) -> None:
    listed = WatchList("mine", tuple(pairs))
    assert WatchList.read("mine", json.loads(json.dumps(listed.body()))) == listed


def test_a_pair_is_there_once() -> None:
    assert LIST.added(A) == LIST
    assert LIST.without(A).added(A).specs == (B, C, A)
    assert LIST.without(PairSpec(BTC, ETH)) == LIST


def test_other_parameters_are_another_pair() -> None:
    assert A in LIST
    assert A not in LIST.without(A)
    assert C in LIST.without(A)


@pytest.mark.parametrize(("by", "after"), [(1, (B, A, C)), (9, (B, C, A)), (-1, (A, B, C)), (0, (A, B, C))])
def test_moving(by: int, after: tuple[PairSpec, ...]) -> None:
    assert LIST.moved(A, by).specs == after
    assert LIST.moved(PairSpec(BTC, ETH), by) == LIST


def test_a_star_goes_along() -> None:
    starred = LIST.starred(B, star=True)
    assert [each.starred for each in starred.moved(B, 1).pairs] == [False, False, True]
    assert starred.starred(B, star=False) == LIST


def test_a_list_can_be_full() -> None:
    full = WatchList("mine", tuple(Watched(PairSpec(ETH, BTC, window=10 + n)) for n in range(MOST_PAIRS)))
    with pytest.raises(BadDocument, match=f"has {MOST_PAIRS} pairs"):
        full.added(A)


def test_the_first_list() -> None:
    def legs(*names: str) -> list[str]:
        return [f"{spec.y.name}/{spec.x.name}" for spec in watchlist.default([Symbol(name) for name in names]).specs]

    assert legs("BTCUSDT", "ETHUSDT", "XRPUSDT", "ADAUSDT") == ["ETHUSDT/BTCUSDT", "ADAUSDT/XRPUSDT"]
    assert legs("LUNAUSDT", "DOGEUSDT", "SOLUSDT") == ["DOGEUSDT/LUNAUSDT", "SOLUSDT/DOGEUSDT"]
    assert legs("BTCUSDT") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"pairs": {}}, "expected a list"),
        ({}, "is null: expected a list"),
        ({"pairs": [], "colour": 1}, "'colour', which this desk does not know"),
        ({"pairs": [{"y": "ETHUSDT"}]}, "pair 1: x is missing"),
        ({"pairs": [{**A.query(), "window": 7}]}, "window is 7: expected text"),
        ({"pairs": [A.query(), {**A.query(), "starred": "yes"}]}, "pair 2: starred is 'yes': expected true or false"),
        ({"pairs": [{**A.query(), "mood": "good"}]}, "has no 'mood'"),
    ],
)
def test_what_cannot_be_is_refused_with_words(body: dict[str, object], words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        WatchList.read("mine", body)
