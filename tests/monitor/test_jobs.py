"""Long computations: once for all who ask, in turn, with their progress, and ended when nobody wants them."""

from threading import Event

import pytest

from core.monitor.jobs import Cancelled, Job, Jobs
from tests.trading import PATIENCE


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(2)


def test_who_asks_again_gets_the_same_job_and_its_answer(jobs: Jobs) -> None:
    calls: list[int] = []

    def compute(job: Job[int]) -> int:
        calls.append(1)
        return 7

    first, second = jobs.of("a", compute), jobs.of("a", compute)
    assert first is second
    assert first.result(PATIENCE) == 7
    assert (calls, first.done, first.error, first.progress) == ([1], True, None, 1.0)


def test_progress_is_seen_while_it_runs(jobs: Jobs) -> None:
    reached, go_on = Event(), Event()

    def compute(job: Job[str]) -> str:
        job.step(0.5, "half of it")
        reached.set()
        assert go_on.wait(PATIENCE)
        return "done"

    job = jobs.of("a", compute)
    assert reached.wait(PATIENCE)
    assert (job.progress, job.words, job.done) == (0.5, "half of it", False)
    go_on.set()
    assert job.result(PATIENCE) == "done"


def test_a_failure_is_its_answer(jobs: Jobs) -> None:
    def compute(job: Job[int]) -> int:
        raise ValueError("no")

    job = jobs.of("a", compute)
    with pytest.raises(ValueError, match="no"):
        job.result(PATIENCE)
    assert isinstance(job.error, ValueError)


def test_a_job_ends_at_its_next_step_and_begins_anew_when_asked_again(jobs: Jobs) -> None:
    reached, go_on = Event(), Event()

    def compute(job: Job[int]) -> int:
        reached.set()
        assert go_on.wait(PATIENCE)
        job.step(0.1)
        return 1

    job = jobs.of("a", compute)
    assert reached.wait(PATIENCE)
    job.cancel()
    go_on.set()
    with pytest.raises(Cancelled):
        job.result(PATIENCE)
    assert jobs.of("a", lambda _: 2).result(PATIENCE) == 2


def test_what_falls_out_is_ended(jobs: Jobs) -> None:
    go_on = Event()

    def compute(job: Job[int]) -> int:
        assert go_on.wait(PATIENCE)
        job.step(0.5)
        return 1

    first = jobs.of("a", compute)
    jobs.of("b", compute)
    jobs.of("c", compute)
    assert not jobs.known("a")
    go_on.set()
    with pytest.raises(Cancelled):
        first.result(PATIENCE)


def test_close_ends_all(jobs: Jobs) -> None:
    reached, go_on = Event(), Event()

    def compute(job: Job[int]) -> int:
        reached.set()
        while True:
            job.step(0.5)
            go_on.wait(0.001)

    job = jobs.of("a", compute)
    assert reached.wait(PATIENCE)
    jobs.close()
    assert isinstance(job.error, Cancelled)
