"""Decimal strings to exact integers, a column at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.errors import MarketError, OutOfRange
from core.market import INT64_MAX, Ints, parse_decimal

#: A venue writes all of a symbol's prices with as many decimals, and its quantities; Binance's spot market with eight.
_MOST_USUAL = 8
_PLAIN = b"0123456789.\n"
#: Above this a number may have been out of range: reading it, NumPy stops at the greatest integer without a word.
_CERTAIN = INT64_MAX - 1


class Column(NamedTuple):
    """Integers at one decimal exponent."""

    values: Ints
    exponent: int


def column(texts: Sequence[str]) -> Column:
    """The exact values of `texts`, plain decimals. Raise InvalidDecimal or OutOfRange where one is not to be had."""
    usual = _usual_column(texts)
    return usual if usual is not None else exact_column(texts)


def _usual_column(texts: Sequence[str]) -> Column | None:
    """Values by a few passes over the joined text; None where the texts have not all as many decimals, and few."""
    if not texts or not texts[0]:
        return None
    joined = "\n".join(texts)
    _, point, fraction = texts[0].partition(".")
    points, place = len(texts) if point else 0, -1 - len(fraction)
    try:
        if joined.count(".") != points or len(fraction) > _MOST_USUAL:
            return None
        if points and "".join([text[place] for text in texts]).count(".") != points:
            return None
        if joined.encode("ascii").translate(None, _PLAIN) or joined.count("\n") != len(texts) - 1:
            return None
        values = np.fromstring(joined.replace(".", ""), dtype=np.int64, sep="\n")
    except (IndexError, ValueError):  # short, or not ASCII: the slow way tells
        return None
    if len(values) != len(texts) or values.max() > _CERTAIN:
        return None
    return Column(values, len(fraction))


def exact_column(texts: Sequence[str]) -> Column:
    """As `column`, one text at a time: slower, and the judge of what is a plain decimal."""
    pairs = [parse_decimal(text) for text in texts]
    exponent = max((found for _, found in pairs), default=0)
    values = [digits * 10 ** (exponent - found) for digits, found in pairs]
    for text, value in zip(texts, values, strict=True):
        if abs(value) > INT64_MAX:
            raise OutOfRange(f"{text!r} at {exponent} decimals does not fit 64 bits")
    return Column(np.array(values, dtype=np.int64), exponent)


def is_decimal(text: str) -> bool:
    """Whether `text` alone makes a column."""
    try:
        exact_column([text])
    except MarketError:
        return False
    return True
