"""Frames whose `tlast` is not where it belongs: too short, too long, or ended anywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ulpwise.data.formats import Bits
from ulpwise.ports.base import Lasts, Port


def lengths(port: Port, rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw how many beats each frame has: too few, too many, or, every third, as many as it should.

    A frame whose `tlast` is missing is one that is too long: it goes on with the beats of the next.
    """
    odd = np.array([1, max(1, port.beats - 1), port.beats + 1, 2 * port.beats, 2 * port.beats + 3])
    drawn = np.where(np.arange(rows) % 3 == 2, port.beats, rng.choice(odd, rows))
    return drawn.astype(np.intp)


def loosen(port: Port, beats: Bits, drawn: NDArray[np.intp], rng: np.random.Generator) -> tuple[Bits, Lasts]:
    """Cut frames to other lengths, or fill them up with noise.

    Args:
        port: The input stream.
        beats: Whole frames, (rows * port.beats, width).
        drawn: Beats of each frame, (rows,).
        rng: Draws the noise, and for a core that ignores `tlast` where that is.

    Returns:
        Beats (sum, width), and which of them carry `tlast`. If the core ignores `tlast`, frames stay whole.
    """
    if port.tlast == "ignored":
        return beats, rng.integers(0, 2, len(beats)).astype(bool)
    frames = beats.reshape(-1, port.beats, port.width)
    parts = []
    for frame, length in zip(frames, drawn.tolist(), strict=True):
        noise = rng.integers(0, 2, (max(0, length - port.beats), port.width)).astype(np.uint8)
        # tuser, tid and tdest are the same in all beats of a frame
        noise[:, port.width - port.user :] = frame[0, port.width - port.user :]
        parts.append(np.concatenate([frame[:length], noise]))
    lasts = np.zeros(int(drawn.sum()), bool)
    lasts[np.cumsum(drawn) - 1] = True
    return np.concatenate(parts), lasts


def tighten(port: Port, beats: Bits, lasts: Lasts) -> tuple[Bits, NDArray[np.intp]]:
    """Make whole frames of what went in, as the core must take them: zeros for what is missing, nothing too much.

    Args:
        port: The input stream.
        beats: What went in, (beats, width).
        lasts: Which of them carried `tlast`.

    Returns:
        Whole frames (rows * port.beats, width), and the first beat of each.
    """
    if not port.delimited:
        rows = len(beats) // port.beats
        return beats[: rows * port.beats], np.arange(rows) * port.beats
    ends = np.flatnonzero(lasts) + 1
    begins = np.concatenate([[0], ends[:-1]]).astype(np.intp) if len(ends) else np.zeros(0, np.intp)
    frames = np.zeros((len(ends), port.beats, port.width), np.uint8)
    for frame, begin, end in zip(frames, begins.tolist(), ends.tolist(), strict=True):
        part = beats[begin : min(end, begin + port.beats)]
        frame[: len(part)] = part
    return frames.reshape(-1, port.width), begins
