"""Continuity by trade id against sets of ids."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.continuity import Sequence, advance, holes_between, without


def ids(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_the_first_ids() -> None:
    moved = advance(None, ids(5, 6, 9))
    assert moved.sequence == Sequence(5, 9, ((7, 8),))
    assert moved.opened == ((7, 8),)
    assert not moved.old.any()
    assert moved.sequence.missing == 2


def test_nothing_missing() -> None:
    moved = advance(Sequence(1, 4), ids(5, 6))
    assert (moved.sequence, moved.opened, moved.closed) == (Sequence(1, 6), (), False)


def test_duplicates_change_nothing() -> None:
    known = Sequence(1, 9, ((3, 4),))
    moved = advance(known, ids(1, 2, 9))
    assert (moved.sequence, moved.opened, moved.closed) == (known, (), False)
    assert moved.old.all()


def test_late_ids_split_a_hole() -> None:
    moved = advance(Sequence(1, 9, ((3, 7),)), ids(5))
    assert moved.sequence == Sequence(1, 9, ((3, 4), (6, 7)))
    assert moved.closed


def test_ids_from_before_the_record() -> None:
    moved = advance(Sequence(10, 12), ids(5, 6, 11, 13))
    assert moved.sequence == Sequence(5, 13, ((7, 9),))
    assert moved.old.tolist() == [True, True, True, False]


def test_holes() -> None:
    assert holes_between(ids(1)) == ()
    assert holes_between(ids(1, 3, 4, 8)) == ((2, 2), (5, 7))
    assert without(((1, 5), (8, 8)), ids(1, 3, 5, 8, 9)) == ((2, 2), (4, 4))


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8), min_size=1, max_size=8))
def test_a_sequence_is_what_the_set_of_ids_says(batches: list[list[int]]) -> None:
    seen: set[int] = set()
    known: Sequence | None = None
    for batch in batches:
        began, last = (min(seen), max(seen)) if seen else (0, None)
        missing = set(range(min(seen), max(seen) + 1)) - seen if seen else set()
        new = np.unique(batch)
        moved = advance(known, new)
        assert moved.old.tolist() == [last is not None and i <= last for i in new.tolist()]
        seen.update(batch)
        known = moved.sequence
        now_missing = set(range(min(seen), max(seen) + 1)) - seen
        told = {i for first, last_of in known.holes for i in range(first, last_of + 1)}
        assert (known.first, known.last, told, known.missing) == (min(seen), max(seen), now_missing, len(now_missing))
        assert list(known.holes) == sorted(known.holes)
        if missing & set(batch):
            assert moved.closed
        opened = {i for first, last_of in moved.opened for i in range(first, last_of + 1)}
        assert opened == {i for i in now_missing if last is None or i > last or i < began}
