"""``python -m tests.benchmarks [TOPIC ...] [--quick] [--json FILE]``."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import candles, ingest, live, page, pages, quiet, repair, statistics
from tests.benchmarks.report import Options, Table, context, context_line

TOPICS: dict[str, Callable[[Options], list[Table]]] = {
    "ingest": ingest.run,
    "quiet": quiet.run,
    "page": page.run,
    "candles": candles.run,
    "live": live.run,
    "pages": pages.run,
    "repair": repair.run,
    "statistics": statistics.run,
}


def main() -> None:
    arguments = _arguments()
    options = Options(arguments.quick, arguments.folder, 1.0 if arguments.quick else arguments.minutes)
    found = context(options.folder)
    print(context_line(found), flush=True)
    records = {}
    for name in arguments.topics or TOPICS:
        started = time.monotonic()
        tables = TOPICS[name](options)
        for table in tables:
            print(f"\n{table.text()}", flush=True)
        records[name] = [table.record() for table in tables]
        print(f"({name}: {time.monotonic() - started:.0f} s)", flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"context": found, "quick": options.quick, "topics": records}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="How fast the desk is.")
    parser.add_argument("topics", nargs="*", help=f"which: {', '.join(TOPICS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that everything works")
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="how long the pages' memory is watched; 30 by default"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument(
        "--folder", type=Path, help="where the databases are made; the system's temporary folder by default"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
