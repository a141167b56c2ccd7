"""Watch: in the making."""
