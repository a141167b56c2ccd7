"""How fast the desk is, against named peers in the same run: ``python -m tests.benchmarks --help``.

Nothing here passes or fails by time: machines differ, and are shared. Read the ratios.
"""
