"""The threads that work: each a loop over pure decisions and the store."""
