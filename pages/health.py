"""Health: how each venue, each symbol, the queue and the database are, and what is missing."""

from core.ui import condition, ledger

condition.show()
ledger.show()
condition.history()
