"""Verilator with a main loop of our own; its runtime is compiled once per toolchain."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ulpwise.system.pools import pool
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import alone
from ulpwise.toolchain.simulators.base import Flavour, Simulator, Sources, digest, once, run_tool

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
COMPILE = ["-std=gnu++20", "-fcoroutines", *DEFINES]
OPTIMISE = "-O2"
LARGE = 1 << 20  # bytes of C++: larger models seldom run long enough to win back what -O2 takes, thrice -O1
LIBRARIES = ["-lcocotbvpi_verilator", "-lpthread", "-latomic"]


class Verilator(Simulator):
    """Verilates, compiles the design as one unit, links it with the cached runtime."""

    name = "verilator"
    macros = ("VERILATOR=1", "verilator=1", "verilator3=1", "SYSTEMVERILOG=1")

    def recipe(self, flavour: Flavour) -> list[str]:
        """Flags, versions, and the sources of the main loop."""
        native = [path.read_text() for path in sorted(NATIVE.iterdir())]
        flags = [*_verilate(flavour), *_optimise(flavour), *COMPILE, *_libraries(flavour)]
        return [tools.toolchain_id(self.name), *flags, str(LARGE), *native]

    def make(self, sources: Sources, into: Path, cache: Path, flavour: Flavour) -> None:
        """Build the program `sim`."""
        tool = tools.verilator()
        log = into / "build.log"
        flags = [*_verilate(flavour), *alone.verilator(sources)]
        line = [str(tool.binary), *flags, "-Mdir", str(into / "obj"), *sources.lay_out(into)]
        run_tool(line, sources.root, log, tool.env())
        parts = sorted((into / "obj").glob("Vtop*.cpp"))
        (into / "obj" / "Vtop__ALL.cpp").write_text("".join(f'#include "{path.name}"\n' for path in parts))
        large = not flavour.coverage and sum(path.stat().st_size for path in parts) > LARGE
        compiler = [str(tools.cxx().path), *_compile(tool.root, flavour), *["-O1"] * large]
        unit = [*compiler, f"-I{into / 'obj'}", *alone.define(sources), "-c", str(NATIVE / "model.cpp")]
        unit += ["-o", "model.o"]
        with pool(1) as threads:
            runtime = threads.submit(_runtime, cache, tool.root, flavour, log)
            run_tool(unit, into, log)
            objects = runtime.result()
        run_tool([str(tools.cxx().path), "-o", "sim", "model.o", *objects, *_libraries(flavour)], into, log)
        (into / "model.o").unlink()
        shutil.rmtree(into / "obj")

    def command(self, folder: Path, seed: int, flavour: Flavour) -> list[str]:
        """Run the program; registers start with random values, but with zeros where coverage is counted."""
        # a random value turns bits at the start and at the reset: toggles that no stimulus has made
        start = 0 if flavour.coverage else 2
        line = [str(folder / "sim"), f"+verilator+rand+reset+{start}", f"+verilator+seed+{seed % (2**31 - 1) + 1}"]
        if flavour.coverage:
            line += ["--coverage", "coverage.dat"]
        if flavour.waves:
            line += ["--waves", "waves.fst"]
        return line

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


def _optimise(flavour: Flavour) -> list[str]:
    # counters make a design several times larger: optimised as the fast flavour is, a large one compiles for minutes
    return ["-O0" if flavour.coverage else OPTIMISE]


def _compile(root: Path, flavour: Flavour) -> list[str]:
    options = {"VM_COVERAGE": flavour.coverage, "VM_TRACE": flavour.waves, "VM_TRACE_FST": flavour.waves}
    defines = [f"-D{name}={value:d}" for name, value in options.items()]
    return [
        *COMPILE,
        *_optimise(flavour),
        *defines,
        f"-I{root / 'include'}",
        f"-I{root / 'include' / 'vltstd'}",
        f"-I{NATIVE}",
    ]


def _libraries(flavour: Flavour) -> list[str]:
    from cocotb_tools.config import libs_dir  # noqa: PLC0415 (slow to import, and needed here only)

    return [f"-Wl,-rpath,{libs_dir}", f"-L{libs_dir}", *LIBRARIES, *["-lz", "-llz4"] * flavour.waves]


def _runtime(cache: Path, root: Path, flavour: Flavour, log: Path) -> list[str]:
    """Compile Verilator's runtime and our main loop, each file once per toolchain and set of flags."""
    include = root / "include"
    files = [NATIVE / "main.cpp", *(include / f"verilated{part}.cpp" for part in ("", "_vpi", "_threads"))]
    files += [include / "verilated_cov.cpp"] * flavour.coverage + [include / "verilated_fst_c.cpp"] * flavour.waves
    flags = _compile(root, Flavour())  # the runtime is the same for all flavours
    texts = [path.read_text() for path in (NATIVE / "model.h", NATIVE / "main.cpp")]
    folder = cache / f"runtime-{digest([tools.toolchain_id('verilator'), *flags, *texts])}"

    def one(source: Path) -> str:
        target = folder / source.stem
        line = [str(tools.cxx().path), *flags, "-c", str(source), "-o", f"{source.stem}.o"]
        if not target.is_dir():
            once(target, lambda into: run_tool(line, into, log))
        return str(target / f"{source.stem}.o")

    with pool(2) as threads:
        return list(threads.map(one, files))
