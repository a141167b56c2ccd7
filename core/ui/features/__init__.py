"""The Features page: one wide table, its columns chosen, and what is on screen as a file."""
