"""Pairs of a permutation that are the wrong way round: how many, and which, in n log n steps of whole arrays.

The permutation is sorted by one binary digit after the other, the highest first; each digit parts a run of places into those that
stay below and those that go above, and the ones that stand before a zero are inverted with it.
"""

import numpy as np
import numpy.typing as npt

from core.market import Ints

_Small = npt.NDArray[np.int32]


def count_inversions(ranks: Ints) -> int:
    """How many pairs i < j have ranks[i] > ranks[j], of a permutation of 0 to n - 1, shape (n,)."""
    total = 0
    for zeros, before, _ in _digits(ranks):
        total += int(before[zeros].sum(dtype=np.int64))
    return total


def inverted_pairs(ranks: Ints) -> tuple[Ints, Ints]:
    """The places i < j of all pairs with ranks[i] > ranks[j], shape (pairs,) each, in no order."""
    place = np.argsort(ranks)
    firsts, seconds = [], []
    for zeros, before, values in _digits(ranks):
        ones_of_row = values[~zeros]
        each = before[zeros]
        some = np.flatnonzero(each)
        lengths = each[some].astype(np.int64)
        half = values.shape[1] // 2
        starts = (some // half) * half
        ends = np.cumsum(lengths)
        offsets = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        firsts.append(place[ones_of_row[np.repeat(starts, lengths) + offsets]])
        seconds.append(place[np.repeat(values[zeros][some], lengths)])
    nothing = np.zeros(0, dtype=np.int64)
    return np.concatenate([nothing, *firsts]), np.concatenate([nothing, *seconds])


def _digits(ranks: Ints):  # type: ignore[no-untyped-def]
    """For each digit: which values of each run have a zero, how many ones stand before each, and the values, shape (runs, length)."""
    n = len(ranks)
    digits = max(n - 1, 0).bit_length()
    values = np.arange(1 << digits, dtype=np.int32)  # those past n are in order, and inverted with none
    values[:n] = ranks
    for digit in range(digits - 1, -1, -1):
        length = 2 << digit
        runs = values.reshape(-1, length)
        zeros = (runs >> digit & 1) == 0
        before = np.cumsum(~zeros, axis=1, dtype=np.int32)
        yield zeros, before, runs
        values = np.stack(
            (runs[zeros].reshape(-1, length // 2), runs[~zeros].reshape(-1, length // 2)), axis=1
        ).reshape(-1)
