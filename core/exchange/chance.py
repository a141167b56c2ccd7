"""Randomness that is a function of (seed, name, number) alone, whatever was drawn before."""

from hashlib import blake2b

import numpy as np


def generator(seed: int, name: str, number: int = 0) -> np.random.Generator:
    """The generator called `name`, the `number`-th of its kind. Its first n draws do not depend on how many follow."""
    key = np.frombuffer(blake2b(f"{seed}/{name}".encode(), digest_size=16).digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, number]))
