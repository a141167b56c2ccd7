"""Market: one symbol, live."""

from core.ui import controls, live, tiles

choice = controls.market()
tiles.badges(choice)
tiles.market(choice)
live.chart(choice.symbol, choice.interval)
