"""Screener: all pairs through one funnel, with chance counted."""

from core.ui.screener import page

page.show()
