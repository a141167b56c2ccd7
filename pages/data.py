"""Data: in the making."""
