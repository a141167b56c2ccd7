"""The Backtest page's parts."""
