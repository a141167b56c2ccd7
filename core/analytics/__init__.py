"""Statistics of one series and of pairs: arrays in, frozen results out. No clock, no I/O, no threads.

A pair is ``y`` on ``x``: two arrays of the same length, row by row of the same time, oldest first.
"""
