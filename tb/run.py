"""One run from its specification to its record: build, simulate, judge."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from tb import codecov, tools, vectors, verdict
from tb.build import SIMULATORS, BuildError, Built, Flavour, build, command
from tb.fingerprint import fingerprint
from tb.formats import Batch
from tb.project import Project
from tb.shrink import shrink

MODES = ("burst", "beat")
TIME_OUT = 600.0  # seconds of wall clock
BEATS = 40  # transactions of a sequence in beat mode, which moves some thousand beats a second


@dataclass(frozen=True)
class RunSpec:
    """What to run.

    Attributes:
        module: Name of the core.
        config: Name of the configuration.
        sim: verilator or icarus.
        mode: beat or burst.
        seed: Seeds stimuli, stalls and uninitialised registers.
        n: Transactions of each random sequence; None for the bench's own choice.
        vectors: File with the user's own transactions.
        out: File that gets what came out of the core.
        waves: Dump all signals to `waves.fst`.
        coverage: Also count code coverage (Verilator).
        limit: Wall-clock limit of the simulation in seconds.
    """

    module: str
    config: str
    sim: str
    mode: str
    seed: int = 1
    n: int | None = None
    vectors: Path | None = None
    out: Path | None = None
    waves: bool = False
    coverage: bool = False
    limit: float = TIME_OUT

    @property
    def name(self) -> str:
        """Names the run in tables and folders."""
        return f"{self.module}-{self.config}-{self.sim}-{self.mode}-{self.seed}"

    @property
    def flavour(self) -> Flavour:
        """The build that it needs."""
        return Flavour(coverage=self.coverage and self.sim == "verilator", waves=self.waves)

    def make_line(self) -> str:
        """Return the command that repeats this run."""
        words = ["make sim", f"MODULE={self.module}", f"CONFIG={self.config}", f"SIM={self.sim}", f"MODE={self.mode}"]
        words.append(f"SEED={self.seed}")
        if self.n is not None:
            words.append(f"N={self.n}")
        if self.vectors is not None:
            words.append(f"VECTORS={self.vectors}")
        return " ".join(words)


@dataclass(frozen=True)
class Record:
    """The outcome of one run.

    Attributes:
        spec: What was run.
        reasons: Why it failed; empty when it passed.
        transactions: Transactions checked.
        cycles: Clock cycles that the batches took.
        seconds: Wall-clock time of the simulation.
        build_seconds: Wall-clock time spent on the build.
        folder: Where log, results, stimuli and waves are.
        result: Contents of the results file.
        code: Code coverage by kind, when it was asked for.
        fingerprint: Hash of everything that decides the results, but for the simulator.
        replay: The command that repeats a failure, with waves.
        shrunk: Transactions in the smallest batch that still fails.
    """

    spec: RunSpec
    reasons: tuple[str, ...]
    transactions: int = 0
    cycles: int = 0
    seconds: float = 0.0
    build_seconds: float = 0.0
    folder: Path = Path()
    result: dict[str, Any] = field(default_factory=dict)
    code: dict[str, Any] | None = None
    fingerprint: str = ""
    replay: str = ""
    shrunk: int | None = None

    @property
    def passed(self) -> bool:
        """Whether no rule was broken."""
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """Return the record as it is written to files: strings, numbers, lists and dicts."""
        spec = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self.spec).items()}
        coverage = dict(self.result["summary"]) if "summary" in self.result else None
        return {
            **spec,
            "verdict": "pass" if self.passed else "fail",
            "reasons": list(self.reasons),
            "transactions": self.transactions,
            "cycles": self.cycles,
            "seconds": round(self.seconds, 3),
            "build_seconds": round(self.build_seconds, 3),
            "coverage_summary": coverage,
            "code_coverage": self.code,
            "figures": self.result.get("figures", {}),
            "digest": self.result.get("digest"),
            "fingerprint": self.fingerprint,
            "artefacts": str(self.folder),
            "replay": self.replay,
            "shrunk": self.shrunk,
        }


def execute(project: Project, spec: RunSpec) -> Record:
    """Run one specification; of a failure, also find the smallest batch that still fails.

    Args:
        project: Where the core and its bench are.
        spec: What to run.

    Returns:
        The record, also written to `record.json` in the folder of the run. A build that fails is a failed run.

    Raises:
        ToolError: A tool is missing.
        LookupError, ValueError: The specification names something that does not exist, or vectors that do not fit.
    """
    record = simulate(project, spec)
    failing = record.folder / "failing.npz"
    if record.passed or not failing.exists():
        return record
    bench = project.bench(spec.module)
    batch = vectors.load(failing, bench.interface(bench.config(spec.config)).input_fields)
    trial = replace(spec, vectors=record.folder / "shrunk.npz", out=None, waves=False, coverage=False)

    def fails(part: Batch) -> bool:
        vectors.save(record.folder / "shrunk.npz", part)
        return not simulate(project, trial, kind="shrink").passed

    small = shrink(batch, record.result["first"]["row"], fails)
    if small is None:
        (record.folder / "shrunk.npz").unlink(missing_ok=True)
        return record
    vectors.save(record.folder / "shrunk.npz", small)
    short = replace(trial, vectors=Path(os.path.relpath(record.folder / "shrunk.npz", project.root)))
    rows = len(next(iter(small.values())))
    return _keep(replace(record, shrunk=rows, replay=short.make_line() + " WAVES=1"))


def simulate(project: Project, spec: RunSpec, kind: str = "runs") -> Record:
    """Build, simulate and judge one specification.

    Args:
        project: Where the core and its bench are.
        spec: What to run.
        kind: Folder below `build/` that gets the folder of the run.

    Returns:
        The record, as for `execute`.
    """
    bench = project.bench(spec.module)
    config = bench.config(spec.config)
    n = spec.n if spec.n is not None else BEATS if spec.mode == "beat" else bench.volume(config)
    if spec.vectors is not None:  # refused before anything is built
        vectors.load(spec.vectors, bench.interface(config).input_fields)
    folder = _folder(project, spec, kind)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            built = build(project, bench, config, spec.sim, spec.flavour)
        except BuildError as fault:
            return _keep(Record(spec, (f"build failed: {fault}",), folder=folder, replay=spec.make_line()))
        order = {"root": str(project.root), "module": spec.module, "config": spec.config, "mode": spec.mode}
        order |= {"seed": spec.seed, "n": n, "keep_outputs": spec.out is not None}
        order |= {"vectors": str(spec.vectors.resolve()) if spec.vectors is not None else None}
        (folder / "run.json").write_text(json.dumps(order, indent=1))
        print_ = fingerprint(project, bench, config, spec.mode, order)
        start = time.perf_counter()
        status, timed_out = _simulate(built, spec, folder)
        seconds = time.perf_counter() - start
        result = _read_json(folder / "result.json")
        record = Record(
            spec, (), folder=folder, result=result or {}, seconds=seconds, build_seconds=built.seconds, fingerprint=print_
        )
        record = replace(record, **_counts(result), code=_code_coverage(folder))
        _keep(record)  # before looking at the sibling: whichever of the two is later sees both
        log = (folder / "sim.log").read_text(errors="replace")
        evidence = verdict.Evidence(status, timed_out, spec.limit, log, result, _compare(project, record))
        record = replace(record, reasons=tuple(verdict.judge(evidence)), replay=spec.make_line() + " WAVES=1")
        if spec.out is not None and (folder / "outputs.npz").exists():
            formats = bench.interface(config).output_fields
            vectors.save(spec.out, vectors.load(folder / "outputs.npz", formats))
        return _keep(record)


def _folder(project: Project, spec: RunSpec, kind: str = "runs") -> Path:
    # the user's own transactions do not overwrite what the bench's stimuli left, whose failures a replay starts from
    return project.build / kind / (spec.name + ("-vectors" if spec.vectors is not None else ""))


def _counts(result: dict[str, Any] | None) -> dict[str, int]:
    return {} if result is None else {"transactions": result["checked"], "cycles": result["cycles"]}


def _keep(record: Record) -> Record:
    scratch = record.folder / "record.json.part"
    scratch.write_text(json.dumps(record.to_json(), indent=1, sort_keys=True))
    scratch.replace(record.folder / "record.json")
    return record


def _read_json(path: Path) -> dict[str, Any] | None:
    """Read a results file; None when it is missing, empty or not whole."""
    try:
        loaded = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) and loaded else None


def _code_coverage(folder: Path) -> dict[str, Any] | None:
    data = folder / "coverage.dat"
    if not data.exists():
        return None
    return {kind: dict(points) for kind, points in codecov.summary(codecov.read(data)).items()}


def _compare(project: Project, record: Record) -> str:
    """Compare with the same run on the other simulators, where it has been done."""
    for sim in SIMULATORS:
        if sim == record.spec.sim or not record.result:
            continue
        other_folder = _folder(project, replace(record.spec, sim=sim))
        other, result = _read_json(other_folder / "record.json"), _read_json(other_folder / "result.json")
        if other is None or result is None or other["fingerprint"] != record.fingerprint:
            continue
        if result["digest"] != record.result["digest"]:
            return f"race: {sim} gave other results for the same stimuli (digests differ)"
        if result["coverage"] != record.result["coverage"]:
            return f"race: {sim} gave other functional coverage for the same stimuli"
    return ""


def _simulate(built: Built, spec: RunSpec, folder: Path) -> tuple[int, bool]:
    """Run the simulator in its folder; returns its exit status and whether the wall-clock limit ended it."""
    with (folder / "sim.log").open("wb") as log:
        process = subprocess.Popen(
            command(built, spec.seed, spec.flavour),
            cwd=folder,
            env=_environment(spec),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(process)
        try:
            return process.wait(spec.limit), False
        except subprocess.TimeoutExpired:
            return _kill(process), True
        except BaseException:
            _kill(process)
            raise
        finally:
            _running.discard(process)


_running: set[subprocess.Popen[bytes]] = set()


def kill_all() -> None:
    """End every simulation that this process has started; their runs fail."""
    for process in tuple(_running):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> int:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def _environment(spec: RunSpec) -> dict[str, str]:
    """Tell cocotb what to run; nothing of the caller's cocotb settings gets through."""
    from cocotb_tools.config import pygpi_entry_point  # noqa: PLC0415 (slow to import, and needed here only)

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COCOTB_", "GPI_", "PYGPI_"))}
    here = Path(__file__).parent.parent
    return kept | {
        "COCOTB_TEST_MODULES": "tb.uvm.entry",
        "COCOTB_TOPLEVEL": "harness",
        "COCOTB_RANDOM_SEED": str(spec.seed),
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_RESULTS_FILE": "cocotb.xml",
        "TOPLEVEL_LANG": "verilog",
        "GPI_USERS": f"{tools.libpython().path};{pygpi_entry_point()}",
        "GPI_LOG_LEVEL": "ERROR",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(here), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        # Verilator's writes land after the edge by themselves; Icarus' do not, and would be lost
        **({"COCOTB_TRUST_INERTIAL_WRITES": "1"} if spec.sim == "verilator" else {}),
    }
