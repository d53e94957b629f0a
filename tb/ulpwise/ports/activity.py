"""What goes on on the pins in beat mode, for stalls that depend on it."""

from __future__ import annotations

import numpy as np

from ulpwise.ports.clock import now

BLOCK = 4096


class Activity:
    """Shared by the drivers of a run in beat mode.

    Args:
        rng: Draws what all streams have in common.
        limit: Cycles without movement after which all that can be full is full.

    Attributes:
        idle: Cycles since a beat moved.
        passed: Frames that went in, of the first stream that is no set-up.
    """

    def __init__(self, rng: np.random.Generator, limit: int) -> None:
        self.idle = self.passed = self._begun = 0
        self._limit = limit
        self._common = rng.bytes(BLOCK)

    def begin(self) -> None:
        """Begin an item; cycles count from here, since simulators differ in when the first one is."""
        self.idle, self.passed, self._begun = 0, 0, now()

    @property
    def quiet(self) -> bool:
        """Whether nothing has moved for long."""
        return self.idle > self._limit

    def common(self) -> int:
        """Return the random byte of this cycle, the same for all streams."""
        return self._common[(now() - self._begun) % BLOCK]
