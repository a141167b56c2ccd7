"""What faults do to the events of one connection: withhold, repeat, jumble."""

from core.exchange.faults import Faults
from core.exchange.kinds import Duplicate, FullStall, HalfOpen, Reorder


class Disorder:
    """One connection's frames on their way to the socket."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: list[bytes] = []

    @property
    def holds(self) -> bool:
        """Whether frames wait here to be jumbled with later ones."""
        return bool(self._held)

    def told(self, frames: list[bytes], patient: bool = True) -> list[bytes]:
        """The frames to send now, after those that waited; where not `patient`, none waits on. What is withheld is lost."""
        faults = self._faults
        for kind in (HalfOpen, FullStall):
            if faults.get(kind) is not None:
                faults.bite(kind, len(frames) + len(self._held))
                self._held = []
                return []
        repeated = faults.get(Duplicate)
        if repeated is not None:
            faults.bite(Duplicate, len(frames) * (repeated.copies - 1))
            frames = [frame for frame in frames for _ in range(repeated.copies)]
        jumbled = faults.get(Reorder)
        waiting, self._held = self._held + frames, []
        return waiting if jumbled is None else self._jumbled(waiting, jumbled.window, patient)

    def _jumbled(self, frames: list[bytes], window: int, patient: bool) -> list[bytes]:
        whole = len(frames) // window * window if patient else len(frames)
        frames, self._held = frames[:whole], frames[whole:]
        told: list[bytes] = []
        for start in range(0, whole, window):
            part = frames[start : start + window]
            told += self._faults.random.sample(part, len(part))
        self._faults.bite(Reorder, sum(a is not b for a, b in zip(frames, told, strict=True)))
        return told
