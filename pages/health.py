"""Health: how the feed, each symbol, the queue and the database are."""

from core.ui import condition

condition.show()
