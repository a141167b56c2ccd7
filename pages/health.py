"""Health: how each venue, each symbol, the queue and the database are, and what happened."""

from core.ui import condition

condition.show()
condition.history()
