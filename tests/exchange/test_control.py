import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.control import Refused, parse, stream_names


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{", 3, "Invalid JSON"), ("", 3, "Invalid JSON"), ("[1]", 2, "expected an object"),
        ('{"id":1}', 2, "missing field `method`"), ('{"method":"SUB","id":1}', 2, "unknown variant `SUB`"),
        ('{"method":"SUBSCRIBE","params":"x","id":1}', 2, "params"),
        ('{"method":"SUBSCRIBE","params":[],"id":1.5}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":[],"id":true}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":[],"id":"a b"}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":[],"id":9223372036854775808}', 2, "request ID"),
    ],
)  # fmt: skip
def test_refusals(text: str, code: int, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        parse(text)
    assert refused.value.code == code


@pytest.mark.parametrize("id", [1, -5, 2**63 - 1, "abc", "x" * 36, None])
def test_ids(id: object) -> None:
    assert parse(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": id})).id == id


@pytest.mark.parametrize(
    "name", ["btcusdt@trade", "BTCUSDT@trade", "nosuch@trade", "x@kline_1d@+08:00", "!miniTicker@arr", "币安@trade"]
)
def test_well_formed_names(name: str) -> None:
    assert stream_names(parse(json.dumps({"method": "SUBSCRIBE", "params": [name], "id": 1}))) == (name,)


@pytest.mark.parametrize("name", ["@@@x###", "", "a b@trade", "btcusdt@"])
def test_impossible_names_are_fatal(name: str) -> None:
    with pytest.raises(Refused) as refused:
        stream_names(parse(json.dumps({"method": "SUBSCRIBE", "params": [name], "id": 1})))
    assert refused.value.fatal
    assert refused.value.code == 2


@given(st.text(max_size=200))
def test_noise_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code in (2, 3)
