"""Data: what is stored of each symbol, what is missing, what the exchange says of it, and what it takes on disk."""

from core.ui import ledger
from core.ui.data import compared, cover, storage, symbols

storage.show()
cover.show()
symbols.show()
ledger.show()
compared.show()
