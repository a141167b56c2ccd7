"""Pair: spread, z-score and what is known of them, live."""

from core.ui.pair import page

page.show()
