"""How the streams of a run pause: patterns for sources and sinks, the same in both modes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ulpwise.ports.activity import Activity
from ulpwise.ports.base import Interface

RANDOM_BLOCK = 4096
SEED_BITS, RATE_BITS, PATTERN_BITS = 64, 8, 4  # of a stall generator's setting in tb_stall.v
LONGEST = 512  # cycles of a long pause


class Pattern(IntEnum):
    """Patterns of pauses, numbered as in tb_stall.v.

    Attributes:
        FLOW: none.
        RANDOM: in each cycle with the same probability.
        LONG: some cycles of work, then a pause of up to hundreds.
        BURSTS: up to 16 cycles of work, up to 16 of pause.
        ASLEEP: a sink that takes nothing until everything in front of it is full, then one to sixteen beats.
        STEP: as RANDOM, but all sources and sinks pause in the same cycles.
        AFTER: a sink that raises ready only when a beat is on offer, for that beat.
        UNTIL: a sink that does not raise ready until a beat is on offer, and keeps it up until the frame ends.
        DROWSY: as ASLEEP, but one to four beats.
        BEHIND: a set-up that lets one to eight frames go first, fewer if no more can come, then comes without a pause.
    """

    FLOW = 0
    RANDOM = 1
    LONG = 2
    BURSTS = 3
    ASLEEP = 4
    STEP = 5
    AFTER = 6
    UNTIL = 7
    DROWSY = 8
    BEHIND = 9


SINKS_ONLY = (Pattern.ASLEEP, Pattern.AFTER, Pattern.UNTIL)
SET_UPS_ONLY = (Pattern.DROWSY, Pattern.BEHIND)  # where set-ups come at any time


@dataclass(frozen=True)
class Pause:
    """How one stream pauses.

    Attributes:
        pattern: The pattern.
        rate: Out of 256 cycles, how many pause (RANDOM and STEP).
    """

    pattern: Pattern = Pattern.FLOW
    rate: int = 0


@dataclass(frozen=True)
class Stalls:
    """How the streams pause while a batch is sent.

    Attributes:
        sources: The inputs.
        sinks: The outputs.
        setups: The set-up streams.
        only: The one sink that pauses, by the name of its port; all when empty.
    """

    sources: Pause = Pause()
    sinks: Pause = Pause()
    setups: Pause = Pause()
    only: str = ""

    def of(self, interface: Interface, name: str) -> Pause:
        """Return how the port that a stall generator is named after pauses."""
        base = name.partition(".")[0]
        if any(port.name == base for port in interface.sinks):
            return self.sinks if self.only in {"", base} else Pause()
        return self.setups if any(port.name == base and port.setup for port in interface.sources) else self.sources

    def settings(self, interface: Interface, rng: np.random.Generator) -> int:
        """Return the settings of all stall generators of the harness, side by side, the first one lowest."""
        common = _seed(rng)
        total, bits = 0, SEED_BITS + RATE_BITS + PATTERN_BITS
        for index, name in enumerate(interface.pauses):
            pause = self.of(interface, name)
            seed = common if pause.pattern == Pattern.STEP else _seed(rng)
            total |= ((seed << RATE_BITS | pause.rate) << PATTERN_BITS | pause.pattern) << index * bits
        return total


FLOWING = Stalls()
STALLED = Stalls(Pause(Pattern.RANDOM, 80), Pause(Pattern.RANDOM, 100))


def mask(watchdog: int) -> int:
    """Return the mask of a long pause's cycles: two in a row do not wake the watchdog."""
    return (1 << max(1, min(LONGEST, watchdog // 4).bit_length() - 1)) - 1


def _seed(rng: np.random.Generator) -> int:
    """Draw a seed; never 0, which an xorshift generator does not leave."""
    return int(rng.integers(1, 2**63))


class Stall:
    """Decides in beat mode, cycle by cycle, whether one stream pauses.

    Args:
        rng: Draws the pauses.
        activity: What goes on on all pins.
        most: Mask of a long pause's cycles.
    """

    def __init__(self, rng: np.random.Generator, activity: Activity, most: int) -> None:
        self.pause = Pause()
        self._rng, self._activity, self._most = rng, activity, most
        self._bytes = b""
        self._at = self._left = 0
        self._resting = self._seen = False
        self._behind = 0

    def use(self, pause: Pause) -> None:
        """Begin another pattern."""
        self.pause = pause
        self._left, self._resting, self._seen, self._behind = 0, False, False, 0

    def __call__(self, *, first: bool = True, offered: bool = False, taken: bool = False, last: bool = False) -> bool:
        """Decide about the next cycle.

        Args:
            first: The next beat of a source is the first of a frame.
            offered: A beat is on the pins of a sink in this cycle.
            taken: And is accepted.
            last: And is the last of its frame.
        """
        match self.pause.pattern:
            case Pattern.FLOW:
                pause = False
            case Pattern.RANDOM:
                pause = self._byte() < self.pause.rate
            case Pattern.STEP:
                pause = self._activity.common() < self.pause.rate
            case Pattern.LONG | Pattern.BURSTS:
                pause = self._rest()
            case Pattern.ASLEEP | Pattern.DROWSY:
                pause = self._sleep(16 if self.pause.pattern == Pattern.ASLEEP else 4, taken=taken)
            case Pattern.AFTER:
                pause = not offered or taken
            case Pattern.UNTIL:
                self._seen = (offered and not taken) or (self._seen and not (taken and last))
                pause = not self._seen
            case Pattern.BEHIND:
                pause = self._yield(first=first)
        return pause

    def _yield(self, *, first: bool) -> bool:
        """Let some frames go before each frame of the set-up but the first, for which all others wait."""
        return first and self._activity.passed < self._behind and not self._activity.quiet

    def ended(self) -> None:
        """Note that the last beat of a source's frame was accepted."""
        if self.pause.pattern == Pattern.BEHIND:
            self._behind = self._activity.passed + 1 + self._byte() % 8

    def _sleep(self, most: int, *, taken: bool) -> bool:
        """Sleep until all is full, then take some beats."""
        if taken:
            self._activity.idle = 0  # is counted behind the drivers, and one beat may be all that is taken
        if self._left:
            self._left -= taken
        elif self._activity.quiet:
            self._left = 1 + self._byte() % most
        return self._left == 0

    def _rest(self) -> bool:
        """Go through phases of work and of pause."""
        if self._left == 0:
            self._resting = not self._resting
            short = self.pause.pattern == Pattern.BURSTS or not self._resting
            drawn = self._byte() % 16 if short else (self._byte() << 8 | self._byte()) & self._most
            self._left = 1 + (drawn if short or self._byte() % 2 else drawn % 32)
        self._left -= 1
        return self._resting

    def _byte(self) -> int:
        if self._at == len(self._bytes):
            self._bytes, self._at = self._rng.bytes(RANDOM_BLOCK), 0
        self._at += 1
        return self._bytes[self._at - 1]
