"""What the benches of window_shift and line_buffer share: what goes in, and what must have been seen."""

from __future__ import annotations

from itertools import product

import numpy as np

from ulpwise import Array, Batch, Config, CoverGroup, Point, transitions, values
from ulpwise.bench.stimuli import Draw, Stimuli

PLAN = {
    "every place alone, and every place missing": ["frame.alone", "frame.missing"],
    "frames behind full ones and behind empty ones": ["frame.ends"],
    "all bits of an element, and none": ["frame.element"],
}


def stimuli(c: Config) -> Stimuli:
    """One place full and all others empty, the reverse, whole frames in turn, and random ones."""
    most = (1 << c.B) - 1

    def places(draw: Draw) -> Batch:
        size = draw.fields["x"].shape[0]
        return {"x": np.concatenate([most * np.eye(size, dtype=np.int64), most * (1 - np.eye(size, dtype=np.int64))])}

    def turns(draw: Draw) -> Batch:
        full = np.array([0, 1, 1, 0, 0, 1, 0])
        return {"x": np.repeat(most * full[:, None], draw.fields["x"].shape[0], axis=1)}

    def bulk(draw: Draw) -> Batch:
        return {"x": draw.fields["x"].random(draw.rng, draw.n)}

    return {"places": places, "turns": turns, "bulk": bulk}


def cover(c: Config, size: int) -> list[CoverGroup]:
    """Declare the cover group of frames of `size` elements."""
    most = (1 << c.B) - 1

    def only(hit: Array) -> Array:
        return np.where(hit.sum(axis=1) == 1, hit.argmax(axis=1), -1)

    points = [
        Point("alone", lambda t: only(t["x"] == most), values(*range(size))),
        Point("missing", lambda t: only(t["x"] != most), values(*range(size))),
        Point("ends", lambda t: t["x"][:, [0, -1]].all(axis=1), transitions(*product((0, 1), repeat=2))),
        Point("element", lambda t: t["x"], values(0, most)),
    ]
    return [CoverGroup("frame", points)]
