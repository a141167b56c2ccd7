"""``make soak``: the fault matrix at full counts, half an hour, with the slope of the desk's memory."""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.faults.memory import MemoryWatch
from tests.faults.play import play_all, table
from tests.faults.scenarios import SCENARIOS

#: How often each fault strikes; a round is some seconds long.
_ROUNDS = {
    "*": 20,
    "kill -9 of the desk": 200,
    "USD-M, sparse ids: kill -9": 100,
    "429, then 418": 10,
    "disk full": 6,
    "slow reader": 5,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="how long a desk without faults is watched for its memory"
    )
    parser.add_argument("--rounds", type=int, help="strikes of each fault, instead of the full counts")
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--only", action="append", default=[], choices=[s.name for s in SCENARIOS])
    arguments = parser.parse_args()
    rounds = {"*": arguments.rounds} if arguments.rounds else _ROUNDS
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        watch = MemoryWatch(Path(folder) / "memory", arguments.minutes)
        thread = threading.Thread(target=watch.run)
        started = time.monotonic()
        if not arguments.only:
            thread.start()
        outcomes = play_all(
            Path(folder),
            arguments.seed,
            rounds,
            arguments.at_once,
            arguments.only,
            lambda row: print(row, file=sys.stderr),
        )
        if thread.is_alive():
            thread.join()
        sys.stdout.write(
            f"{table(outcomes.values())}\n\n{watch.words()}\n{(time.monotonic() - started) / 60:.1f} minutes\n"
        )
        for outcome in outcomes.values():
            if not outcome.whole:
                sys.stdout.write(
                    f"\n{outcome.name}: {outcome.error}\n" + "\n".join(outcome.verdict.problems[:20]) + "\n"
                )
    return 0 if all(outcome.whole for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
