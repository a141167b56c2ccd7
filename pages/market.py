"""Market: one symbol, live."""

from core.ui import controls, last_bars, live, tiles, zone

choice = controls.market()
tiles.head(choice)
tiles.market(choice)
live.chart(choice.symbol, choice.interval, choice.scale, zone.current())
last_bars.show(choice)
