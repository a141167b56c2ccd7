"""Alembic's entry: run the revisions on the connection, and in the transaction, that the store hands over."""

from alembic import context

from core.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
