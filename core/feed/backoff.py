"""How long to wait between attempts: policy without sleeping."""

from collections.abc import Callable, Iterator


def backoff(
    random: Callable[[], float], first_seconds: float = 0.5, most_seconds: float = 30.0, factor: float = 2.0
) -> Iterator[float]:
    """Endless delays [s], doubling up to a cap, each drawn from its upper half so that clients do not return in step."""
    delay = first_seconds
    while True:
        yield delay * (0.5 + random() / 2)
        delay = min(delay * factor, most_seconds)
