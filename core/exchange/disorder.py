"""What faults do to the frames of one connection: withhold, repeat, jumble."""

from core.exchange.faults import Faults


class Disorder:
    """One connection's frames on their way to the socket."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    @property
    def holds(self) -> bool:
        """Whether frames wait here to be jumbled with later ones."""
        return bool(self._held)

    def told(self, frames: list[bytes], faults: Faults) -> list[bytes]:
        """The frames to send now. What is withheld is never sent."""
        for name in ("half_open", "full_stall"):
            if faults.get(name) is not None:
                if frames or self._held:
                    faults.bite(name, len(frames) + len(self._held))
                self._held = []
                return []
        repeated = faults.get("duplicate")
        if repeated is not None and frames:
            copies = int(repeated["copies"])
            faults.bite("duplicate", len(frames) * (copies - 1))
            frames = [frame for frame in frames for _ in range(copies)]
        return self._jumbled(frames, faults)

    def _jumbled(self, frames: list[bytes], faults: Faults) -> list[bytes]:
        fault = faults.get("reorder")
        if fault is None:
            released, self._held = self._held, []
            return released + frames
        self._held += frames
        window = int(fault["window"])
        told: list[bytes] = []
        while len(self._held) >= window:
            part, self._held = self._held[:window], self._held[window:]
            jumbled = faults.random.sample(part, len(part))
            faults.bite("reorder", sum(a is not b for a, b in zip(part, jumbled, strict=True)))
            told += jumbled
        return told
