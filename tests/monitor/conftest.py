"""What these tests share with those of the store."""

from tests.store.conftest import put

__all__ = ["put"]
