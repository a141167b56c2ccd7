"""Backtest: what a rule on the z-score would have earned, and whether to believe it."""

from core.ui.backtest import page

page.show()
