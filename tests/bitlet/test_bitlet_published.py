"""The golden vectors and the paper's example on bitlet_pe with 64 pairs, whose whole bench takes Icarus minutes."""

from __future__ import annotations

from pathlib import Path

from tests.bitlet import _pe
from ulpwise.bench.project import Project
from ulpwise.data import vectors
from ulpwise.run.execute import RunSpec, attempt

ROOT = Path(__file__).parents[2]


def test_what_was_published_comes_out(tmp_path):
    project = Project(ROOT)
    inputs, _ = _pe.known(project.bench("bitlet_pe").config("n64"))
    file = tmp_path / "published.npz"
    vectors.save(file, inputs)
    record = attempt(project, RunSpec("bitlet_pe", "n64", "icarus", "burst", vectors=file), kind="vectors")
    assert record.reasons == ()
    assert record.result["checked"] == len(inputs["w"]) == 7
