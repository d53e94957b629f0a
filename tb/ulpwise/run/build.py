"""Builds simulations, each configuration once: a build directory is named by a hash of everything that shapes it.

Sources, what they include, memory files that they read, parameters, flags and tool versions go into the hash, and a
directory appears only when it is whole. So what exists is never stale, and an unchanged build costs the hashing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ulpwise.bench.by_hand import COCOTB
from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.project import Project
from ulpwise.coverage.codecov import under_rtl
from ulpwise.ports import harness
from ulpwise.run.agree import agree
from ulpwise.toolchain.simulators import SIMULATORS, Flavour, alone
from ulpwise.toolchain.simulators.base import Sources, digest, once
from ulpwise.verilog import assertions
from ulpwise.verilog.assertions import Assertion
from ulpwise.verilog.elaborate import Design
from ulpwise.verilog.parse import relative
from ulpwise.verilog.sources import folders, search


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


def build(project: Project, bench: Bench, config: Config, sim: str, flavour: Flavour, mode: str = "") -> Built:
    """Build one configuration for one simulator, or find that it has been built.

    Args:
        project: Where the sources are and builds go.
        bench: The bench.
        config: One of its configurations.
        sim: Name of the simulator.
        flavour: What the build must be able to do.
        mode: Mode of the run that it is for: cocotb tests written by hand see the core alone, all others a harness.

    Returns:
        The finished build.

    Raises:
        BuildError: Bench and core do not agree, or slang, the simulator or the compiler refused the sources.
        ToolError: A tool is missing.
        LookupError: A module that the core instantiates has no file.
    """
    start = time.perf_counter()
    simulator = SIMULATORS[sim]
    flavour = replace(flavour, long=flavour.long or config.name == bench.headline)
    design = agree(project, bench, config, simulator.macros)
    given = project.given(bench)
    around = _alone if mode == COCOTB else _within
    sources = around(project, bench, config, design, flavour)
    if flavour.coverage:
        sources = replace(sources, copies=_counting(project, assertions_of(project, bench, design, sim)))
    names = [relative(file, project.root) for file in design.includes]  # which of two of one name is read
    parts: list[str | bytes] = [*simulator.recipe(flavour), sources.top, sources.harness, *names, *given.defines]
    parts += sources.copies.values()
    parts += [file.read_bytes() for file in dict.fromkeys([*design.read, *sources.files])]
    cache = project.build / "sim"
    folder = cache / f"{sim}-{bench.top}-{config.name}-{digest(parts)}"
    fresh = not folder.is_dir()
    if fresh:
        once(folder, lambda into: simulator.make(sources, into, cache, flavour))
    simulator.complete(cache, flavour)
    return Built(folder, time.perf_counter() - start, fresh, design)


def assertions_of(project: Project, bench: Bench, design: Design, sim: str) -> list[Assertion]:
    """List the assertions of a core and of the modules in it, as a simulator sees them; only those below rtl/."""
    given = project.given(bench)
    where, macros = folders(project.root, given), [*given.defines, *SIMULATORS[sim].macros]
    files = [file for file in design.files if under_rtl(relative(file, project.root))]
    return [each for file in files for each in assertions.find(file, project.root, where, macros)]


def _counting(project: Project, found: Iterable[Assertion]) -> dict[Path, str]:
    """Write the sources that have assertions with statements that count these."""
    by_file: dict[str, list[Assertion]] = {}
    for each in found:
        by_file.setdefault(each.file, []).append(each)
    return {
        project.root / file: assertions.counting(project.root / file, same, file)
        for file, same in by_file.items()
        if any(each.edits for each in same)
    }


def _within(project: Project, bench: Bench, config: Config, design: Design, flavour: Flavour) -> Sources:
    """Return the sources of a core within its harness."""
    core = bench.core(config)
    text = harness.render(core, waves=flavour.waves)
    files = [*design.files, *harness.transactors(core.interface)]
    return Sources(project.root, text, files, search(design.files, project.root, project.given(bench)))


def _alone(project: Project, bench: Bench, config: Config, design: Design, flavour: Flavour) -> Sources:
    """Return the sources of a core that stands alone."""
    text = alone.head(bench.top, config.parameters, waves=flavour.waves)
    options = search(design.files, project.root, project.given(bench))
    return Sources(project.root, text, design.files, options, bench.top, config.parameters)
