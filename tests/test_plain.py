"""Results as JSON can say them."""

import json
import math
from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
import pytest

from core.market import MINUTE, Symbol
from core.plain import plain


class Colour(Enum):
    RED = "red"


class Number(IntEnum):
    TWO = 2


@dataclass(frozen=True)
class Inner:
    value: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Outer:
    inner: Inner
    by_symbol: dict[Symbol, Inner | None]
    numbers: np.ndarray


def test_everything_a_result_holds() -> None:
    result = Outer(
        Inner(math.nan, ("a",)),
        {Symbol.parse("BTCUSDT"): Inner(math.inf, ()), Symbol.parse("ETHUSDT"): None},
        np.array([1.5, math.nan, -math.inf]),
    )
    assert plain(result) == {
        "inner": {"value": None, "words": ["a"]},
        "by_symbol": {"BTCUSDT": {"value": "inf", "words": []}, "ETHUSDT": None},
        "numbers": [1.5, None, "-inf"],
    }
    values = [
        np.float64(2.0),
        np.int64(3),
        np.bool_(True),
        True,
        7,
        "x",
        Colour.RED,
        Number.TWO,
        MINUTE,
        np.array([[1, 2]]),
    ]
    assert plain(values) == [2.0, 3, True, True, 7, "x", "red", 2, "1m", [[1, 2]]]
    assert json.loads(json.dumps(plain(values), allow_nan=False)) == plain(values)


def test_what_has_no_plain_form_is_refused() -> None:
    for value in (object(), {1, 2}, Inner):
        with pytest.raises(TypeError, match="no plain form"):
            plain(value)
