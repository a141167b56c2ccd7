"""The desk's commands under a wall clock that jumps by an hour, forward and back, every two seconds."""

import itertools
import sys
import threading
import time

from core import runtime
from core.__main__ import main

_EVERY_SECONDS = 2.0
_JUMP_US = 3_600_000_000


class JumpingClock:
    """This machine's time [us], and sometimes an hour more or less."""

    def __init__(self) -> None:
        self._offset_us = 0
        threading.Thread(target=self._jump, daemon=True).start()

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self._offset_us

    def _jump(self) -> None:
        for offset in itertools.cycle((_JUMP_US, 0, -_JUMP_US, 0)):
            time.sleep(_EVERY_SECONDS)
            self._offset_us = offset
            sys.stderr.write("the clock jumps\n")
            sys.stderr.flush()


if __name__ == "__main__":
    runtime.clock_us = JumpingClock()
    sys.exit(main())
