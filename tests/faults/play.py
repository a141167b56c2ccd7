"""Plays scenarios, several at a time, and tells what came of them as a table."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.scenarios import SCENARIOS, stage_of
from tests.faults.stage import Outcome, Scenario

_HEAD = (
    "| fault | it bit | gaps | sent | stored | missing | twice | bars | differ | whole after |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def play_all(
    folder: Path,
    seed: int,
    rounds: dict[str, int],
    at_once: int,
    names: Sequence[str] = (),
    tell: Callable[[str], object] = str,
) -> dict[str, Outcome]:
    """Play the scenarios of `names`, all without any; each as many rounds as `rounds` says for it, else for ``*``.

    `tell` gets the row of each as soon as it is over, out of any thread.
    """
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]

    def play(scenario: Scenario) -> Outcome:
        count = rounds.get(scenario.name, rounds["*"])
        place = folder / scenario.name.replace(" ", "-").replace("/", "-").replace(",", "")
        try:
            outcome = stage_of(scenario)(scenario, place, seed, count).run()
        except Exception as error:  # noqa: BLE001 - the other scenarios go on; the table has the words
            outcome = Outcome(scenario.name, error=f"{type(error).__name__}: {error}")
        tell(f"{_row(outcome)} {outcome.error[:200]}".rstrip())
        return outcome

    with ThreadPoolExecutor(at_once) as pool:
        return {outcome.name: outcome for outcome in pool.map(play, chosen)}


def table(outcomes: Iterable[Outcome]) -> str:
    """A Markdown table, one scenario a row."""
    return "\n".join([_HEAD, *(_row(outcome) for outcome in outcomes)])


def _row(outcome: Outcome) -> str:
    o, v = outcome, outcome.verdict
    spanning = f" (+{v.bars_spanning:,} spanned)" if v.bars_spanning else ""
    return (
        f"| {o.name} | {o.bites:,} | {o.gaps:,} | {v.sent:,} | {v.stored:,} | {v.missing:,} | {v.duplicates:,} "
        f"| {v.bars:,} | {v.bars_differing:,}{spanning} | {o.seconds:.1f} s |"
    )
