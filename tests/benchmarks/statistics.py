"""All benchmarks of the statistics, in a process of their own: the number of BLAS threads is fixed when numpy is loaded."""

import json
import os
import sys

from tests.benchmarks import (
    statistics_backtest,
    statistics_dynamics,
    statistics_hedge,
    statistics_pairs,
    statistics_screener,
    statistics_tests,
)
from tests.benchmarks.processes import child
from tests.benchmarks.report import Options, Table

_PARTS = (statistics_tests, statistics_hedge, statistics_pairs, statistics_dynamics, statistics_backtest)


def run(options: Options) -> list[Table]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with child("tests.benchmarks.statistics", *(["--quick"] if options.quick else []), env=environment) as measuring:
        found = [Table(**table) for table in measuring.line()["tables"]]
    return [*found, *statistics_screener.run(options)]


def main() -> None:
    options = Options("--quick" in sys.argv, None)
    print(json.dumps({"tables": [table.record() for part in _PARTS for table in part.run(options)]}))


if __name__ == "__main__":
    main()
