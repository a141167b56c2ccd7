"""What a rule on a pair's z-score would have earned, from held quantities and price changes alone, and whether to believe it."""
