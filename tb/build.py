"""Builds simulations, each configuration once: a build directory is named by a hash of everything that shapes it.

Sources, parameters, flags and tool versions go into the hash, and a directory appears only when it is whole. So what
exists is never stale, and an unchanged build costs the hashing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tb import harness
from tb.bench import Bench, Config
from tb.project import Project
from tb.simulators import SIMULATORS, Flavour
from tb.simulators.base import Sources, digest, once
from tb.sources import closure


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes:
        folder: The build directory.
        seconds: Wall-clock time that this call spent on it.
        fresh: Whether this call had to build anything.
    """

    folder: Path
    seconds: float
    fresh: bool


def build(project: Project, bench: Bench, config: Config, sim: str, flavour: Flavour) -> Built:
    """Build one configuration for one simulator, or find that it has been built.

    Args:
        project: Where the sources are and builds go.
        bench: The bench.
        config: One of its configurations.
        sim: Name of the simulator.
        flavour: What the build must be able to do.

    Returns:
        The finished build.

    Raises:
        BuildError: The simulator or the compiler refused the sources.
        ToolError: A tool is missing.
        LookupError: A module that the core instantiates has no file.
    """
    start = time.perf_counter()
    simulator = SIMULATORS[sim]
    text = harness.render(bench, config, waves=flavour.waves)
    sources = Sources(project.root, text, [*closure(bench.top, project.root), *harness.TRANSACTORS])
    parts = [*simulator.recipe(flavour), text, *(file.read_text() for file in sources.files)]
    cache = project.build / "sim"
    folder = cache / f"{sim}-{bench.top}-{config.name}-{digest(parts)}"
    fresh = not folder.is_dir()
    if fresh:
        once(folder, lambda into: simulator.make(sources, into, cache, flavour))
    return Built(folder, time.perf_counter() - start, fresh)
