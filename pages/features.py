"""Features: a pair bar by bar as one wide table, and as a file."""

from core.ui import pair_controls
from core.ui.features import columns, table

choice = pair_controls.pair()
shown = columns.choose()
if choice is not None:
    table.show(choice.spec, shown)
