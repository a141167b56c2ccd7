"""The Pair page's parts."""
