"""Builds simulations, each configuration once: a build directory is named by a hash of everything that shapes it.

Sources, what they include, memory files that they read, parameters, flags and tool versions go into the hash, and a
directory appears only when it is whole. So what exists is never stale, and an unchanged build costs the hashing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.project import Project
from ulpwise.ports import harness
from ulpwise.run.agree import agree
from ulpwise.toolchain.simulators import SIMULATORS, Flavour
from ulpwise.toolchain.simulators.base import Sources, digest, once
from ulpwise.verilog.elaborate import Design
from ulpwise.verilog.parse import relative
from ulpwise.verilog.sources import search


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes:
        folder: The build directory.
        seconds: Wall-clock time that this call spent on it.
        fresh: Whether this call had to build anything.
        design: The core as slang has elaborated it.
    """

    folder: Path
    seconds: float
    fresh: bool
    design: Design


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
        BuildError: Bench and core do not agree, or slang, the simulator or the compiler refused the sources.
        ToolError: A tool is missing.
        LookupError: A module that the core instantiates has no file.
    """
    start = time.perf_counter()
    simulator = SIMULATORS[sim]
    design = agree(project, bench, config, simulator.macros)
    given = project.given(bench)
    core = bench.core(config)
    text = harness.render(core, waves=flavour.waves)
    transactors = harness.transactors(core.interface)
    sources = Sources(project.root, text, [*design.files, *transactors], search(design.files, project.root, given))
    names = [relative(file, project.root) for file in design.includes]  # which of two of one name is read
    parts: list[str | bytes] = [*simulator.recipe(flavour), text, *names, *given.defines]
    parts += [file.read_bytes() for file in (*design.read, *transactors)]
    cache = project.build / "sim"
    folder = cache / f"{sim}-{bench.top}-{config.name}-{digest(parts)}"
    fresh = not folder.is_dir()
    if fresh:
        once(folder, lambda into: simulator.make(sources, into, cache, flavour))
    return Built(folder, time.perf_counter() - start, fresh, design)
