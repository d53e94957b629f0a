"""Latency and period of the Bitlet cores as their headers promise them: cycles of a burst without any stall."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from tb import vectors
from tb.project import Project
from tb.run import RunSpec, attempt
from tb.stimuli import Draw

ROOT = Path(__file__).parents[2]
HARNESS = 2  # cycles of a burst besides the core's: the source's register, and the cycle that counts the last frame
LATENCY = {
    "bitlet_lane": 3,
    "bitlet_align": 2,
    "bitlet_tree": 1,
    "bitlet_acc": 1,
    "bitlet_pack": 2,
    "bitlet_distil": 3,  # and the cycles of the group
}
FRAMES = 30


def _periods(module, c, outputs):
    """The cycles that each frame keeps the input busy."""
    if module == "bitlet_distil":
        return outputs["cycles"]
    if module == "bitlet_lane":
        return np.maximum((outputs["v"] != 0).sum(axis=1), 1)
    return np.full(FRAMES, c.get("groups", c.get("beats", 1)))


@pytest.mark.parametrize(
    ("module", "config"),
    [
        ("bitlet_lane", "n8"),
        ("bitlet_lane", "n13"),
        ("bitlet_align", "n8"),
        ("bitlet_align", "n3_g3"),
        ("bitlet_tree", "n8"),
        ("bitlet_tree", "n8_short"),
        ("bitlet_acc", "sw55"),
        ("bitlet_acc", "sw53_g3"),
        ("bitlet_pack", "out32"),
        ("bitlet_distil", "n8"),
        ("bitlet_distil", "n13"),
    ],
)
def test_a_burst_takes_what_the_headers_promise(tmp_path, module, config):
    project = Project(ROOT)
    bench = project.bench(module)
    c = bench.config(config)
    interface = bench.interface(c)
    draw = Draw(interface.input_fields, np.random.default_rng(zlib.crc32(module.encode())), FRAMES)
    batch = bench.stimuli(c)["bulk"](draw)
    if module == "bitlet_lane":
        batch["values"] |= 1  # so that a value is told from none
    file = tmp_path / "frames.npz"
    vectors.save(file, batch)
    record = attempt(project, RunSpec(module, config, "icarus", "burst", vectors=file), kind="timing")
    assert record.reasons == ()
    period = _periods(module, c, bench.golden(c, batch))
    assert len(period) == FRAMES
    # in that cycle the last beat goes in; the last value of a lane comes a period after the first, less one
    entered = int(period[:-1].sum()) + interface.sources[0].beats - 1
    after = {"bitlet_lane": int(period[-1]) - 1, "bitlet_distil": int(period[-1])}
    assert record.result["cycles"] == HARNESS + entered + LATENCY[module] + after.get(module, 0)
