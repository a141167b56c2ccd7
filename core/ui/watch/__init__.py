"""The watch-list: its board, its rail beside the Pair page, and the button that puts a pair on it."""
