"""The fault matrix: what goes wrong between exchange and desk, and whether the record comes out whole."""
