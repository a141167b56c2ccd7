"""The headless commands: ``python -m core``."""
