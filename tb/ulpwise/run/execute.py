"""One run from its specification to its record: build, simulate, judge; of a failure, find the smallest batch."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ulpwise.bench.by_hand import COCOTB
from ulpwise.bench.callbacks import shielded
from ulpwise.bench.declare import Bench, Config
from ulpwise.bench.limits import GUARDS
from ulpwise.bench.project import Project
from ulpwise.coverage import codecov
from ulpwise.data import vectors
from ulpwise.data.formats import Batch
from ulpwise.ports import harness
from ulpwise.run import by_hand, savefile, verdict
from ulpwise.run.build import assertions_of, build
from ulpwise.run.fingerprint import fingerprint
from ulpwise.run.record import MODES, TIME_OUT, Record, RunSpec
from ulpwise.run.shrink import shrink
from ulpwise.run.simulation import LOG, simulate
from ulpwise.run.trials import Bout, base
from ulpwise.system import atomic
from ulpwise.system.fault import UserFault
from ulpwise.system.locking import held
from ulpwise.toolchain.simulators import SIMULATORS, BuildError, Launch
from ulpwise.verilog.assertions import USER, Assertion

__all__ = ["MODES", "TIME_OUT", "Record", "RunSpec", "attempt", "difference", "execute", "folder_of"]

_judged: set[Path] = set()  # folders of the runs of this process
BEATS = 40  # transactions of a sequence in beat mode, which moves some thousand beats a second


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
    with _own_folder(project, spec, "runs"):
        return _shrunk(project, spec, _attempt(project, spec, "runs", ()))


def _shrunk(project: Project, spec: RunSpec, record: Record) -> Record:
    """Find the smallest batch that fails, of a run that did; whoever calls holds the lock of its folder."""
    failing = record.folder / "failing.npz"
    if record.passed or not failing.exists():
        return record
    bench = project.bench(spec.module)
    batch = vectors.load(failing, bench.interface(bench.config(spec.config)).input_fields)
    small = record.folder / "shrunk.npz"
    trial = replace(spec, vectors=small, out=None, waves=False)

    def fails(part: Batch) -> bool:
        vectors.save(small, part)
        return not attempt(project, trial, kind="shrink").passed

    found = shrink(batch, record.result["first"]["row"], fails)
    if found.batch is None:
        small.unlink(missing_ok=True)
        return _keep(replace(record, depends=found.depends))
    vectors.save(small, found.batch)
    short = replace(trial, vectors=Path(os.path.relpath(small, project.root)))
    rows = len(next(iter(found.batch.values())))
    line = short.make_line() + " WAVES=1"
    return _keep(replace(record, shrunk=rows, replay=line, depends=found.depends))


def attempt(project: Project, spec: RunSpec, kind: str = "runs", plusargs: Sequence[str] = ()) -> Record:
    """Build, simulate and judge one specification.

    Args:
        project: Where the core and its bench are.
        spec: What to run.
        kind: Folder below `build/` that gets the folder of the run.
        plusargs: More arguments of the simulator, `+name=value`.

    Returns:
        The record, as for `execute`.
    """
    with _own_folder(project, spec, kind):
        return _attempt(project, spec, kind, plusargs)


@contextmanager
def _own_folder(project: Project, spec: RunSpec, kind: str) -> Iterator[None]:
    """Let no other process or thread into the folder of a run, from its beginning until nothing in it is needed."""
    folder = folder_of(project, spec, kind)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with held(folder):
        yield


def _attempt(project: Project, spec: RunSpec, kind: str, plusargs: Sequence[str]) -> Record:
    """Do what `attempt` does, once the folder is ours."""
    if spec.mode == GUARDS:
        return _try_guards(project, spec, kind)
    bench = shielded(project.bench(spec.module), project.root)
    config = bench.config(spec.config)
    data = b""
    if spec.vectors is not None:  # refused before anything is built
        vectors.load(spec.vectors, bench.interface(config).input_fields)
        data = spec.vectors.read_bytes()  # now, since the file may lie in the folder that this run replaces
    folder = folder_of(project, spec, kind)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    record = Record(spec, folder, replay=spec.make_line() + " WAVES=1")
    try:
        order = _order(project, bench, config, spec)
        built = build(project, bench, config, spec.sim, spec.flavour, spec.mode)
    except BuildError as fault:
        return _keep(replace(record, reasons=(f"build failed: {fault}",)))
    except UserFault as raised:
        return _keep(replace(record, reasons=(str(raised),)))
    if spec.vectors is not None:
        order["vectors"] = str(folder / f"vectors{spec.vectors.suffix}")
        Path(order["vectors"]).write_bytes(data)
    _lay_out(built.design.memories, folder)
    (folder / "run.json").write_text(json.dumps(order, indent=1))
    record = replace(
        record, build_seconds=built.seconds, fingerprint=fingerprint(project, bench, config, spec.mode, order)
    )
    launch = SIMULATORS[spec.sim].launch(built.folder, spec.seed, spec.flavour, plusargs)
    known = assertions_of(project, bench, built.design, spec.sim) if spec.flavour.coverage else []
    record = _judge(project, record, launch, known)
    if spec.waves:
        core = spec.module if spec.mode == COCOTB else savefile.CORE
        savefile.write(folder, record.result.get("first"), harness.ports(bench.core(config)), core)
    return record


def _lay_out(memories: Mapping[str, Path], folder: Path) -> None:
    """Put the memory files of a core, which lie beside its sources, where the simulator looks for them."""
    for name, path in memories.items():
        target = folder / name
        if path.is_file() and not target.is_file() and target.resolve().is_relative_to(folder.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _try_guards(project: Project, spec: RunSpec, kind: str) -> Record:
    """Elaborate the core at the limits of its parameters and beyond them, instead of simulating."""
    bench = project.bench(spec.module)
    folder = folder_of(project, spec, kind)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    start = time.perf_counter()
    reasons, result = Bout(project, bench, spec.sim, folder).run()
    (folder / "result.json").write_text(json.dumps(result, indent=1))
    mark = fingerprint(project, bench, base(bench), spec.mode, {"seed": spec.seed, "n": None, "vectors": None})
    seconds = time.perf_counter() - start
    return _keep(Record(spec, folder, reasons, result, seconds, fingerprint=mark, replay=spec.make_line()))


def _order(project: Project, bench: Bench, config: Config, spec: RunSpec) -> dict[str, Any]:
    """Write down for the simulator's Python what to do."""
    standard = BEATS if spec.mode == "beat" else bench.volume(config)
    return {
        "root": str(project.root),
        "module": spec.module,
        "config": spec.config,
        "mode": spec.mode,
        "seed": spec.seed,
        "n": standard if spec.n is None else spec.n,
        "vectors": None,
        "keep_outputs": spec.out is not None,
    }


def _judge(project: Project, record: Record, launch: Launch, known: Sequence[Assertion]) -> Record:
    """Simulate, gather the evidence, count what was exercised of the assertions that are known, and apply the rules."""
    spec, folder = record.spec, record.folder
    start = time.perf_counter()
    alone = spec.mode == COCOTB
    environment = SIMULATORS[spec.sim].environment() | (by_hand.environment(spec) if alone else {})
    status, timed_out = simulate(launch, folder, spec.limit, environment)
    seconds = time.perf_counter() - start
    result = by_hand.result(folder, project.root) if alone else _read_json(folder / "result.json")
    record = _covered(replace(record, seconds=seconds, result=result or {}), known)
    _judged.add(folder)
    _keep(record)  # before looking at the sibling: whichever of the two is later sees both
    log = (folder / LOG).read_text(errors="replace")
    evidence = verdict.Evidence(status, timed_out, spec.limit, log, result, _compare(project, record))
    if spec.out is not None and (folder / "outputs.npz").exists():
        _save_outputs(project, spec, folder)
    return _keep(replace(record, reasons=tuple((by_hand if alone else verdict).judge(evidence))))


def _save_outputs(project: Project, spec: RunSpec, folder: Path) -> None:
    assert spec.out is not None
    bench = project.bench(spec.module)
    formats = bench.interface(bench.config(spec.config)).output_fields
    # of a core that is wrong, too, which gives what is no value of its format
    vectors.save(spec.out, vectors.load(folder / "outputs.npz", formats, strict=False), formats)


def folder_of(project: Project, spec: RunSpec, kind: str = "runs") -> Path:
    """Return the folder of a run, `build/<kind>/<name>`."""
    # the user's own transactions do not overwrite what the bench's stimuli left, whose failures a replay starts from
    return project.build / kind / (spec.name + ("-vectors" if spec.vectors is not None else ""))


def _keep(record: Record) -> Record:
    atomic.write_text(record.folder / "record.json", json.dumps(record.to_json(), indent=1, sort_keys=True))
    return record


def _read_json(path: Path) -> dict[str, Any] | None:
    """Read a results file; None when it is missing, empty or not whole."""
    try:
        loaded = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) and loaded else None


def _covered(record: Record, known: Sequence[Assertion]) -> Record:
    """Add the code coverage, where it was counted."""
    data = record.folder / "coverage.dat"
    if not data.exists():
        return record
    try:
        counts = codecov.read(data)
    except codecov.CodecovError:  # cut off by the death of the simulator, which is the verdict already
        return record
    kinds = {kind: dict(points) for kind, points in codecov.summary(counts).items() if kind != USER}
    return replace(record, code=kinds, assertions=[each.told(counts) for each in known])


def _compare(project: Project, record: Record) -> str:
    """Compare with the same run on the other simulators, where it has been done, and say when by another command."""
    for sim in SIMULATORS:
        if sim == record.spec.sim or not record.result:
            continue
        folder = folder_of(project, replace(record.spec, sim=sim))
        other, result = _read_json(folder / "record.json"), _read_json(folder / "result.json")
        if other is None or result is None or other["fingerprint"] != record.fingerprint:
            continue
        found = difference(record.result, result, sim)
        if found and folder not in _judged:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime((folder / "result.json").stat().st_mtime))
            where = os.path.relpath(folder, project.root)
            found += f", in an older run of equal sources ({where}, {when}): repeat it if in doubt"
        if found:
            return found
    return ""


def difference(result: Mapping[str, Any], other: Mapping[str, Any], sim: str) -> str:
    """Tell how the results of one run differ from those of the same run on another simulator.

    Args:
        result: Contents of a results file; empty when there is none.
        other: Contents of the other's.
        sim: The other simulator.

    Returns:
        A reason to fail, or nothing.
    """
    if not result or not other:
        return ""
    if result["digest"] != other["digest"]:
        return f"race: {sim} gave other results for the same stimuli"
    if result["coverage"] != other["coverage"]:
        return f"race: {sim} gave other functional coverage for the same stimuli"
    return ""
