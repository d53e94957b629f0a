"""When the unrolled layers take and give their beats, as their headers say, if neither source nor sink ever waits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ulpwise import Array, Batch, Config
from ulpwise.bench import timing

Steps = list[tuple[bool, bool]]
"""Of each step of a frame, whether something goes in and whether something comes out."""
DIRECT: Steps = [(True, True)]
"""What goes in comes out."""


def matrix(c: Config, inputs: int) -> int:
    """Latency of unrolled_matrix: that of its adder graph, or of a tree of adders over so many inputs."""
    if "latency" in c:
        return c.latency
    return 1 + (inputs - 1).bit_length() if c.REGISTERS else 0


def direct(t: Batch, beats: int, latency: int, period: int | None = None) -> Mapping[str, Array]:
    """Return the cycles of frames of so many beats, one a cycle, each of which comes out after a latency."""
    return timing.steady(
        timing.rows(t), {"x": beats}, {"y": beats}, latency=latency, period=beats if period is None else period
    )


def schedule(length: int, taps: int, stride: int, pad: int, width: int = 1) -> Steps:
    """Return the steps of a row, or of an image of rows of `width`.

    There is a step for each element, and for each element of padding behind them that a window needs.
    """
    windows = (length + 2 * pad - taps) // stride + 1
    lasts = {p * stride + taps - 1 - pad for p in range(windows)}
    return [(place < length, place in lasts) for place in range(max(length, max(lasts) + 1)) for _ in range(width)]


def windows(t: Batch, lines: Steps, cut: Steps, latency: int = 0, sink: str = "y") -> dict[str, Array]:
    """Return the cycles in which beats go into a line buffer and windows come out of the shift register behind it.

    Each takes a step a cycle, but a line buffer with a column to give waits while padding is shifted in.

    Args:
        t: The batch.
        lines: Steps of a frame in the line buffer.
        cut: Steps of a frame in the shift register.
        latency: Cycles from a window to its result.
        sink: Name of the stream of results.
    """
    frames = timing.rows(t)
    taken: list[int] = []
    given: list[int] = []
    line = place = cycle = 0
    while place < frames * len(cut) or line < frames * len(lines):
        (goes_in, offered), (wanted, comes_out) = lines[line % len(lines)], cut[place % len(cut)]
        more = line < frames * len(lines)
        if more and offered <= wanted:
            taken += [cycle] if goes_in else []
            line += 1
        if not wanted or (more and offered):
            given += [cycle] if comes_out else []
            place += 1
        cycle += 1
    return {"x": np.reshape(taken, (frames, -1)), sink: np.reshape(given, (frames, -1)) + latency}
