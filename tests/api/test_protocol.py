"""The stream's messages, without a network."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api import protocol
from core.api.protocol import BadRequest, Kind, Request, Since

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["subscribe", "unsubscribe", "sub"]) | JSON,
        "id": st.integers() | st.text() | JSON,
        "topics": st.lists(st.sampled_from(["bars:BTCUSDT:1m", "health"]) | st.text() | JSON, max_size=4) | JSON,
        "since": st.dictionaries(st.text(max_size=8), st.integers() | JSON, max_size=3) | JSON,
        "ticket": JSON,
    },
)


@given(st.text() | st.binary() | NEARLY.map(json.dumps) | JSON.map(json.dumps))
def test_noise_is_a_request_or_a_message_that_says_what_is_wrong(noise: str | bytes) -> None:
    request = parsed(noise)
    if isinstance(request, BadRequest):
        assert "expected" in str(request)
    else:
        assert request.op in {"subscribe", "unsubscribe"}
        assert all(isinstance(topic, str) for topic in request.topics)
        assert json.loads(protocol.acknowledgement(request, []))["id"] == request.id


def parsed(text: str | bytes) -> Request | BadRequest:
    try:
        return protocol.parse(text)
    except BadRequest as bad:
        return bad


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a request"),
        ("[" * 60_000, "not a request"),
        ('{"op": "subscribe", "topics": ["' + "x" * 70_000 + '"]}', "over the 65536 allowed"),
        ('{"op": "subscribe", "topics": ["' + "x" * 401 + '"]}', "over 400 characters"),
        ('{"op": "subscribe", "topics": []}', "found 0 topics"),
        (json.dumps({"op": "subscribe", "topics": ["health"] * 101}), "found 101 topics"),
        ('{"op": "publish", "topics": ["health"]}', "publish"),
        ('{"topics": ["health"]}', "op"),
        (b"\xff\xfe", "not a request"),
    ],
)
def test_what_cannot_be_followed_is_told(text: str | bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        protocol.parse(text)


@pytest.mark.parametrize(
    ("since", "expected"),
    [({}, None), ({"health": 41}, Since(41)), ({"health": {"seq": 41, "epoch": "ab"}}, Since(41, "ab"))],
)
def test_since_comes_with_or_without_an_epoch(since: dict[str, Any], expected: Since | None) -> None:
    text = json.dumps({"op": "subscribe", "topics": ["health"], "since": since, "ticket": "t", "new": [1]})
    assert protocol.parse(text).last_of("health") == expected


def test_messages() -> None:
    assert json.loads(protocol.message("health", 7, "ab", Kind.DELTA, b'{"a":1}')) == {
        "topic": "health", "seq": 7, "epoch": "ab", "type": "delta", "data": {"a": 1},
    }  # fmt: skip
    assert json.loads(protocol.error(None, "ab", "no")) == {
        "topic": None, "seq": None, "epoch": "ab", "type": "error", "data": {"message": "no"},
    }  # fmt: skip
