"""Features: in the making."""
