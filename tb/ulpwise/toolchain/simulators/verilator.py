"""Verilator with a main loop of our own; this, its runtime and its headers are compiled once per toolchain."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.system.pools import pool
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import alone
from ulpwise.toolchain.simulators.base import Flavour, Launch, Simulator, Sources, digest, once, run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NATIVE = Path(__file__).parent.parent / "native"

WIDEST = ["--max-num-width", str(1 << 20)]  # weights and programs are parameters
# warnings fail in `make lint`, not here; but the guards of illegal parameters must stop a build
WARNINGS = ["-Wno-lint", "-Wno-style", "-Wno-fatal", "-Werror-USERERROR"]

# VPI sees only what the harness marks public, so the core stays as fast as in a bare C++ bench.
VERILATE = [
    *("--cc", "--vpi", "--no-timing", "--assert", "-O3"),
    *("--x-assign", "unique", "--x-initial", "unique"),
    *WIDEST,
    *WARNINGS,
    "--relative-includes",
    *("--prefix", "Vtop", "--top-module", "harness"),
]
# not --coverage, whose search for state machines ends 5.048 with an internal error where a wire is a slice compared
COUNTERS = [f"--coverage-{kind}" for kind in ("line", "toggle", "expr", "user")]
DEFINES = ["-DVERILATOR=1", "-DVM_SC=0", "-DVM_TIMING=0", "-DVL_TIME_CONTEXT"]
# a design is a shared library, which one program loads: so a process can be ready before it knows the design
COMPILE = ["-std=gnu++20", "-fcoroutines", "-fPIC", "-fno-semantic-interposition", *DEFINES]
OPTIMISE, LONG = "-O1", "-O2"
LARGE = 1 << 20  # bytes of C++: larger models seldom run long enough to win back what -O2 takes, thrice -O1
LIBRARIES = ["-lcocotbvpi_verilator", "-lpthread", "-latomic", "-ldl"]


class Verilator(Simulator):
    """Verilates, and compiles the design as one unit, a library for the program of main loop and runtime."""

    name = "verilator"
    macros = ("VERILATOR=1", "verilator=1", "verilator3=1", "SYSTEMVERILOG=1")

    def recipe(self, flavour: Flavour) -> list[str]:
        """Flags, versions, and the sources of the main loop."""
        native = [path.read_text() for path in sorted(NATIVE.iterdir())]
        flags = [*_verilate(flavour), _optimise(flavour), *COMPILE, *_libraries(flavour)]
        return [tools.toolchain_id(self.name), *flags, str(LARGE), *native]

    def make(self, sources: Sources, into: Path, cache: Path, flavour: Flavour) -> None:
        """Build the shared library `design.so`, and at the same time the program that runs it, beside all builds."""
        tool = tools.verilator()
        log = into / "build.log"
        flags = [*_verilate(flavour), *alone.verilator(sources)]
        line = [str(tool.binary), *flags, "-Mdir", str(into / "obj"), *sources.lay_out(into)]
        run_tool(line, sources.root, log, tool.env())
        parts = sorted((into / "obj").glob("Vtop*.cpp"))
        (into / "obj" / "Vtop__ALL.cpp").write_text("".join(f'#include "{path.name}"\n' for path in parts))
        large = not flavour.coverage and sum(path.stat().st_size for path in parts) > LARGE
        optimise = "-O1" if large else _optimise(flavour)
        with pool(1) as threads:
            program = threads.submit(_runtime, cache, tool.root, flavour, log)
            prelude = _prelude(cache, tool.root, flavour, optimise, log)
            unit = [*_compiler(tool.root, flavour, optimise), "-include", str(prelude), f"-I{into / 'obj'}"]
            run_tool([*unit, *alone.define(sources), "-c", str(NATIVE / "model.cpp"), "-o", "model.o"], into, log)
            program.result()
        run_tool([str(tools.cxx().path), "-shared", "-o", "design.so", "model.o"], into, log)
        (into / "model.o").unlink()
        shutil.rmtree(into / "obj")

    def complete(self, cache: Path, flavour: Flavour) -> None:
        """Build the program; a design may have come from another machine, or a checkout that lay elsewhere."""
        root = tools.verilator().root
        folder, _, _ = _program(cache, root, flavour)
        if not folder.is_dir():
            _runtime(cache, root, flavour, folder.with_name("build.log"))

    def launch(self, folder: Path, seed: int, flavour: Flavour, plusargs: Sequence[str] = ()) -> Launch:
        """Run the program; registers start with random values, but with zeros where coverage is counted."""
        # a random value turns bits at the start and at the reset: toggles that no stimulus has made
        start = 0 if flavour.coverage else 2
        line = [f"+verilator+rand+reset+{start}", f"+verilator+seed+{seed % (2**31 - 1) + 1}", *plusargs]
        if flavour.coverage:
            line += ["--coverage", "coverage.dat"]
        if flavour.waves:
            line += ["--waves", "waves.fst"]
        program, _, _ = _program(folder.parent, tools.verilator().root, flavour)
        return Launch([str((program / "program").resolve())], folder / "design.so", arguments=line, late=True)

    def early(self, cache: Path) -> Launch | None:
        """Return the program without a design, once it has been built."""
        folder, _, _ = _program(cache, tools.verilator().root, Flavour())
        return Launch([str((folder / "program").resolve())], Path(), late=True) if folder.is_dir() else None

    def elaboration(self, top: str, files: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
        """Parse and elaborate, all warnings off; `--lint-only` would go on to optimise, for six times as long."""
        tool = tools.verilator()
        line = [str(tool.binary), "--json-only", "--no-timing", *WIDEST, *WARNINGS]
        line += [word for name in ("json-only", "json-only-meta") for word in (f"--{name}-output", os.devnull)]
        return [*line, "--top-module", top, *files], tool.env()

    def environment(self) -> dict[str, str]:
        """Let writes through at once: this simulator lands them after the edge by itself."""
        return {"COCOTB_TRUST_INERTIAL_WRITES": "1"}


def _verilate(flavour: Flavour) -> list[str]:
    # toggles of wide vectors count too: by default those above 256 bits are left out
    coverage = [*COUNTERS, "--coverage-max-width", "65536"] if flavour.coverage else []
    return [*VERILATE, *coverage, *["--trace-fst"] * flavour.waves]


def _optimise(flavour: Flavour) -> str:
    # most builds run some thousand cycles, in less time than a better program takes to compile; counters make a design
    # several times larger: optimised in any way, a large one compiles for minutes
    return "-O0" if flavour.coverage else LONG if flavour.long else OPTIMISE


def _compiler(root: Path, flavour: Flavour, optimise: str) -> list[str]:
    options = {"VM_COVERAGE": flavour.coverage, "VM_TRACE": flavour.waves, "VM_TRACE_FST": flavour.waves}
    defines = [f"-D{name}={value:d}" for name, value in options.items()]
    folders = [f"-I{folder}" for folder in (root / "include", root / "include" / "vltstd", NATIVE)]
    return [str(tools.cxx().path), *COMPILE, optimise, *defines, *folders]


def _libraries(flavour: Flavour) -> list[str]:
    from cocotb_tools.config import libs_dir  # noqa: PLC0415 (slow to import, and needed here only)

    return [f"-Wl,-rpath,{libs_dir}", f"-L{libs_dir}", *LIBRARIES, *["-lz", "-llz4"] * flavour.waves]


def _shared(cache: Path, name: str, *made_by: object) -> Path:
    """Name a folder for what builds share: one a toolchain, flags and sources of the main loop."""
    texts = [path.read_text() for path in sorted(NATIVE.iterdir())]
    return (
        cache / f"runtime-{digest([tools.toolchain_id('verilator'), *texts])}" / f"{name}-{digest(map(str, made_by))}"
    )


def _prelude(cache: Path, root: Path, flavour: Flavour, optimise: str, log: Path) -> Path:
    """Compile what all designs include, once; returns the header, beside which compilers look for that."""
    line = [*_compiler(root, flavour, optimise), "-x", "c++-header", "prelude.h", "-o", "prelude.h.gch"]
    folder = _shared(cache, "prelude", *line)

    def make(into: Path) -> None:
        shutil.copyfile(NATIVE / "prelude.h", into / "prelude.h")
        run_tool(line, into, log)

    if not folder.is_dir():
        once(folder, make)
    return folder / "prelude.h"


def _program(cache: Path, root: Path, flavour: Flavour) -> tuple[Path, list[str], list[tuple[Path, list[str]]]]:
    """Say what the program that loads designs is made of: our main loop and Verilator's runtime.

    Returns:
        Its folder, the command that links it there, and folder and command of each of its objects.
    """
    include = root / "include"
    files = [NATIVE / "main.cpp", *(include / f"verilated{part}.cpp" for part in ("", "_vpi", "_threads", "_cov"))]
    files += [include / "verilated_fst_c.cpp"] * flavour.waves
    compiler = _compiler(root, Flavour(), LONG)  # the runtime is the same for all flavours
    objects, names = [], []
    for source in files:
        line = [*compiler, "-c", str(source), "-o", f"{source.stem}.o"]
        objects.append((_shared(cache, source.stem, *line), line))
        names.append(f"../{objects[-1][0].name}/{source.stem}.o")
    # designs find the runtime in the program
    link = [str(tools.cxx().path), "-rdynamic", "-o", "program", *names, *_libraries(flavour)]
    return _shared(cache, "program", *link), link, objects


def _runtime(cache: Path, root: Path, flavour: Flavour, log: Path) -> Path:
    """Build that program, each file of it once per toolchain and set of flags; returns its path."""
    folder, link, objects = _program(cache, root, flavour)

    def one(part: tuple[Path, list[str]]) -> None:
        target, line = part
        if not target.is_dir():
            once(target, lambda into: run_tool(line, into, log))

    with pool(2) as threads:
        list(threads.map(one, objects))
    if not folder.is_dir():
        once(folder, lambda into: run_tool(link, into, log))
    return folder / "program"
