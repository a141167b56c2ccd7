"""The Screener page's parts."""
