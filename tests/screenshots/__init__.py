"""Pictures of every page, and what is wrong with the pages that can be told without looking."""
