"""The pages: what they cost the server and the browser, how soon they follow the market and the user, and their memory.

All of it on the Pair page as it opens, over a simulated market of ten symbols, and on the naive page over the same database.
"""

import tempfile
from pathlib import Path

from tests.benchmarks import browsing, crowd, slider, soak
from tests.benchmarks.page_servers import both
from tests.benchmarks.report import Options, Table


def run(options: Options) -> list[Table]:
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, both(Path(folder)) as (desk, naive):
        tables = [*browsing.run(desk, naive, options), crowd.run(desk, naive, options), soak.run(desk, options)]
    return [*tables, slider.run(options)]
