"""What every bench of ours must declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from ulpwise import Streams
from ulpwise.bench.project import Project

PROJECT = Project(Path(__file__).parents[2])


@pytest.mark.parametrize("module", PROJECT.bench_files())
def test_a_core_with_streams_declares_when_its_beats_move(module):
    """Latency and period of its header are then part of every verdict."""
    bench = PROJECT.bench(module)
    name = next(iter(bench.quick or bench.configs))
    if isinstance(bench.interface(bench.config(name)), Streams):
        assert bench.timing is not None
