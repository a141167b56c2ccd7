"""A sample of the fault matrix with a fixed seed; ``make soak`` has the full counts."""

from collections.abc import Mapping

import pytest

from tests.faults.play import play_all, table
from tests.faults.scenarios import SCENARIOS
from tests.faults.stage import Outcome

_KILLS = 10


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    played = play_all(
        tmp_path_factory.mktemp("faults"), seed=1, rounds={"*": 1, "kill -9 of the desk": _KILLS}, at_once=4
    )
    print(table(played.values()))
    return played


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_the_record_comes_out_whole(outcomes: Mapping[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert not outcome.error, outcome.error
    assert outcome.bites > 0, "the fault did nothing"
    found = outcome.verdict
    assert found.sent > 0
    assert (found.missing, found.duplicates, found.wrong, found.bars_differing) == (0, 0, 0, 0), found.problems[:20]
    assert found.bars > 0
