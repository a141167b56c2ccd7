"""The feed: where to listen, how to read a message, and how to stay connected."""
