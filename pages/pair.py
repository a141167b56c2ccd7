"""Pair: spread, z-score and what is known of them, live."""

from core.ui import pair_controls

choice = pair_controls.pair()
