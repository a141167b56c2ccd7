"""Watch-list: pairs beside each other, live."""

from core.ui.watch import board

board.show()
