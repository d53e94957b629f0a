"""Builds simulations: one directory per content hash, the runtime compiled once per toolchain, races kept out by locks.

A build directory is named by a hash of everything that shapes it (sources, parameters, flags, tool versions), is filled
under another name and renamed when complete: what exists is whole and never stale.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from tb import harness, tools
from tb.bench import Bench, Config
from tb.project import Project
from tb.sources import closure

NATIVE = Path(__file__).parent / "native"
SIMULATORS = ("verilator", "icarus")


class BuildError(RuntimeError):
    """A simulator or compiler refused the sources; the message is its first complaint, in one line."""


@dataclass(frozen=True)
class Flavour:
    """What a build can do beyond simulating fast.

    Attributes:
        coverage: Count lines, branches, expressions and toggles (Verilator only); two to four times slower.
        waves: Can dump waves.
    """

    coverage: bool = False
    waves: bool = False


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes:
        sim: verilator or icarus.
        folder: The build directory.
        seconds: Wall-clock time that this call spent on it.
        fresh: Whether this call had to build anything.
    """

    sim: str
    folder: Path
    seconds: float
    fresh: bool


def build(project: Project, bench: Bench, config: Config, sim: str, flavour: Flavour) -> Built:
    """Build one configuration for one simulator, or find that it has been built.

    Args:
        project: Where the sources are and builds go.
        bench: The bench.
        config: One of its configurations.
        sim: verilator or icarus.
        flavour: What the build must be able to do.

    Returns:
        The finished build.

    Raises:
        BuildError: The simulator or the compiler refused the sources.
        ToolError: A tool is missing.
        LookupError: A module that the core instantiates has no file.
    """
    start = time.perf_counter()
    text = harness.render(bench, config, waves=flavour.waves)
    files = [*closure(bench.top, project.root), *harness.TRANSACTORS]
    recipe = _verilator_flags(flavour) if sim == "verilator" else ICARUS_FLAGS
    identity = _hash([tools.toolchain_id(sim), *recipe, text, *(file.read_text() for file in (*files, *_native(sim)))])
    folder = project.build / "sim" / f"{sim}-{bench.top}-{config.name}-{identity}"
    fresh = not folder.is_dir()
    if fresh:
        make = _verilate if sim == "verilator" else _icarus
        _once(folder, lambda into: make(project, into, text, files, flavour))
    return Built(sim, folder, time.perf_counter() - start, fresh)


def command(built: Built, seed: int, flavour: Flavour) -> list[str]:
    """Return the command line that runs a build; waves and code coverage go to its working directory.

    Args:
        built: The build.
        seed: Seeds what Verilator gives to uninitialised registers.
        flavour: What to record.
    """
    if built.sim == "icarus":
        return [str(tools.vvp().path), "-N", "-m", _icarus_plugin(), str(built.folder / "sim.vvp"), *_dump(flavour)]
    line = [str(built.folder / "sim"), "+verilator+rand+reset+2", f"+verilator+seed+{seed % (2**31 - 1) + 1}"]
    if flavour.coverage:
        line += ["--coverage", "coverage.dat"]
    if flavour.waves:
        line += ["--waves", "waves.fst"]
    return line


def _dump(flavour: Flavour) -> list[str]:
    return ["-fst"] if flavour.waves else ["-none"]


def _icarus_plugin() -> str:
    from cocotb_tools.config import lib_entry  # noqa: PLC0415 (slow to import, and needed here only)

    return str(lib_entry("vpi", "icarus"))


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part.encode())
    return digest.hexdigest()[:16]


def _once(folder: Path, make: object) -> None:
    """Fill `folder` by calling `make` on a scratch directory beside it, unless another process has done so meanwhile."""
    assert callable(make)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return
        scratch = folder.with_name(folder.name + ".part")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        make(scratch)
        scratch.rename(folder)


def _run(line: Sequence[str], cwd: Path, log: Path, env: Mapping[str, str] | None = None) -> None:
    """Run one tool, append what it says to `log`, and turn a failure into one line."""
    done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    said = done.stdout + done.stderr
    with log.open("a") as sink:
        sink.write(" ".join(line) + "\n" + said)
    if done.returncode:
        complaints = [text for text in said.splitlines() if "rror" in text] or said.splitlines() or ["no output"]
        raise BuildError(f"{Path(line[0]).name}: {complaints[0].strip()}")


# ---- Verilator

# VPI sees only what the harness marks public, so the core stays as fast as in a bare C++ bench.
VERILATE = (
    "--cc --vpi --no-timing --assert -O3 --x-assign unique --x-initial unique -Wno-lint -Wno-style -Wno-fatal "
    "--prefix Vtop --top-module harness"
).split()
COMPILE = "-std=gnu++20 -O2 -fcoroutines -DVERILATOR=1 -DVM_SC=0 -DVM_TIMING=0 -DVL_TIME_CONTEXT".split()
LIBRARIES = "-lcocotbvpi_verilator -lpthread -latomic".split()


def _verilator_flags(flavour: Flavour) -> list[str]:
    """Everything that tells one flavour of build from another."""
    extra = ["--coverage"] * flavour.coverage + ["--trace-fst"] * flavour.waves
    return [*VERILATE, *extra, *COMPILE, *LIBRARIES]


def _native(sim: str) -> list[Path]:
    return sorted(NATIVE.iterdir()) if sim == "verilator" else []


def _verilate(project: Project, into: Path, text: str, files: Sequence[Path], flavour: Flavour) -> None:
    """Verilate, compile one unit, link it with the runtime's objects."""
    tool = tools.verilator()
    (into / "harness.v").write_text(text)
    log = into / "build.log"
    extra = ["--coverage"] * flavour.coverage + ["--trace-fst"] * flavour.waves
    # relative names make coverage reports and messages the same wherever the project lies
    names = [os.path.relpath(file, project.root) for file in (into / "harness.v", *files)]
    env = {**os.environ, "VERILATOR_ROOT": str(tool.root)}
    line = [str(tool.binary), *VERILATE, *extra, "-Mdir", str(into / "obj"), *names]
    _run(line, project.root, log, env)
    parts = sorted(path.name for path in (into / "obj").glob("Vtop*.cpp"))
    (into / "obj" / "Vtop__ALL.cpp").write_text("".join(f'#include "{name}"\n' for name in parts))
    compiler = [str(tools.cxx().path), *_compile_flags(tool.root, flavour)]
    with ThreadPoolExecutor(2) as pool:
        unit = [*compiler, f"-I{into / 'obj'}", "-c", str(NATIVE / "model.cpp"), "-o", "model.o"]
        model = pool.submit(_run, unit, into, log)
        runtime = _runtime(project, tool.root, flavour, log)
        model.result()
    from cocotb_tools.config import libs_dir  # noqa: PLC0415 (slow to import, and needed here only)

    link = [str(tools.cxx().path), "-o", "sim", "model.o", *map(str, runtime)]
    link += [f"-Wl,-rpath,{libs_dir}", f"-L{libs_dir}", *LIBRARIES, *(["-lz", "-llz4"] if flavour.waves else [])]
    _run(link, into, log)
    (into / "model.o").unlink()
    shutil.rmtree(into / "obj")


def _compile_flags(root: Path, flavour: Flavour) -> list[str]:
    defines = [f"-DVM_COVERAGE={flavour.coverage:d}", f"-DVM_TRACE={flavour.waves:d}", f"-DVM_TRACE_FST={flavour.waves:d}"]
    return [*COMPILE, *defines, f"-I{root / 'include'}", f"-I{root / 'include' / 'vltstd'}", f"-I{NATIVE}"]


def _runtime(project: Project, root: Path, flavour: Flavour, log: Path) -> list[Path]:
    """Compile Verilator's runtime and our main loop, each file once per toolchain and set of flags."""
    include = root / "include"
    files = [NATIVE / "main.cpp", *(include / f"verilated{part}.cpp" for part in ("", "_vpi", "_threads"))]
    files += [include / "verilated_cov.cpp"] * flavour.coverage + [include / "verilated_fst_c.cpp"] * flavour.waves
    flags = _compile_flags(root, Flavour())
    texts = [path.read_text() for path in (NATIVE / "model.h", NATIVE / "main.cpp")]
    folder = project.build / "sim" / f"runtime-{_hash([tools.toolchain_id('verilator'), *flags, *texts])}"

    def one(source: Path) -> Path:
        target = folder / source.stem
        line = [str(tools.cxx().path), *flags, "-c", str(source), "-o", f"{source.stem}.o"]
        if not target.is_dir():
            _once(target, lambda into: _run(line, into, log))
        return target / f"{source.stem}.o"

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, files))


# ---- Icarus

ICARUS_FLAGS = ["-g2012", "-s", "harness"]


def _icarus(project: Project, into: Path, text: str, files: Sequence[Path], flavour: Flavour) -> None:
    """Compile for vvp."""
    del flavour
    (into / "harness.v").write_text(text)
    names = [os.path.relpath(file, project.root) for file in (into / "harness.v", *files)]
    line = [str(tools.iverilog().path), *ICARUS_FLAGS, "-o", str(into / "sim.vvp"), *names]
    _run(line, project.root, into / "build.log")
