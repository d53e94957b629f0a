"""One regression from the wish to the verdict: plan, send out, keep what comes back, judge, remember."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from tb import tools
from tb.project import Project
from tb.record import Record, RunSpec
from tb.regress import buckets, tree
from tb.regress.display import Display
from tb.regress.farm import Farm, FarmError, Outcome
from tb.regress.folder import Folder
from tb.regress.history import History, now
from tb.regress.levels import LEVELS, Wish, plan
from tb.regress.rows import flaky, row
from tb.run import difference
from tb.simulators import SIMULATORS

GUESS = {"verilator": 8.0, "icarus": 3.0}  # seconds of a run that was never timed
MOST_RERUNS = 10  # failures that are run again with waves: one a bucket, the largest buckets first
GO_ON = "go on with: make regress RESUME=1"


class RegressError(ValueError):
    """A regression that cannot begin or go on; the message is one line with the remedy."""


@dataclass(frozen=True)
class Options:
    """What the user may say about a regression besides the wish.

    Attributes:
        cluster: Address of a dask scheduler; None for this machine.
        jobs: Workers on this machine; None for one a core.
        failed: Only what failed in the latest regression.
        resume: Go on with the latest regression.
        accept: Take coverage that fell for the new mark of the ratchet.
    """

    cluster: str | None = None
    jobs: int | None = None
    failed: bool = False
    resume: bool = False
    accept: bool = False


@dataclass
class Session:
    """A regression that goes on.

    Attributes:
        project: What is verified.
        folder: Where everything is kept.
        state: Contents of `regression.json`.
        specs: All runs, the finished ones of a resumed regression among them.
        history: The project's history.
        records: Finished runs by name.
        lost: Runs that could not be done, by name, each with the fault.
    """

    project: Project
    folder: Folder
    state: dict[str, Any]
    specs: list[RunSpec]
    history: History
    records: dict[str, Record] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def left(self) -> list[RunSpec]:
        """Runs that have not finished."""
        return [spec for spec in self.specs if spec.name not in self.records]

    def run(self, farm: Farm, display: Display) -> None:
        """Run what is left, then the first failure of each bucket again, with waves.

        Raises:
            FarmError: The cluster went away.
            OSError, HistoryError: A disk is full.
        """
        known = self.history.durations()
        weights = {
            spec: known.get((spec.module, spec.config, spec.sim, spec.mode), GUESS[spec.sim]) for spec in self.specs
        }
        for outcome in farm.run(self.left, weights):
            with _undisturbed():
                display.finished(outcome.spec, self._take(outcome))
        for name, count in farm.begun.items():
            if count > 1 and name.startswith("build-"):
                self.note(f"{name} was begun {count} times, since a worker died or was lost")
        self._bucket(farm, weights)

    def finish(self, status: str) -> None:
        """Write down how it ended; what cannot be written because a disk is full is left out."""
        self.state.update(status=status, finished=now())
        with suppress(OSError):
            self.folder.write_state(self.state)
        with suppress(OSError):
            self.folder.write_junit([self.records[spec.name] for spec in self.specs if spec.name in self.records])
        with suppress(ValueError):
            self.history.finish(self.folder.name, status)

    def note(self, text: str) -> None:
        """Add a line to the record of the regression."""
        self.state["notes"].append(text)
        self.folder.write_state(self.state)

    def _take(self, outcome: Outcome) -> Record | None:
        """Keep what came of a run; None when it could not be done, which is no verdict."""
        spec, answer = outcome.spec, outcome.answer
        if answer is None and not outcome.killer:
            self.lost[spec.name] = outcome.fault
            return None
        if answer is None:
            answer = {"record": Record(spec, Path(), (outcome.fault,)).to_json(), "files": {}, "worker": ""}
        if outcome.attempts > 1:
            self.note(f"{spec.name} was begun {outcome.attempts} times, since a worker died or was lost")
        files = answer["files"]
        result = json.loads(files["result.json"]) if "result.json" in files else {}
        where = self.folder.run(spec)
        record = replace(Record.from_json(answer["record"], result), folder=self._shown(where))
        race = self._race(record)
        if race:
            record = replace(record, reasons=(*record.reasons, race))
        more = {"attempts": outcome.attempts, "worker": answer["worker"], "finished": now(), "flaky": ""}
        self.folder.keep(record, more, files)
        if not record.passed:
            record = replace(record, replay=buckets.replay(record, self.project.root, where))
        kept = row(record, self.folder.name, more)
        unsteady = flaky(self.history.same_runs(kept), kept)
        if unsteady:
            self._call_flaky(spec, unsteady)
        self.folder.keep(record, {**more, "bucket": kept["bucket"], "flaky": unsteady}, {})
        self.history.add_run({**kept, "flaky": unsteady})
        self.records[spec.name] = record
        return record

    def _race(self, record: Record) -> str:
        """Compare with the same run on the other simulators, if it has finished."""
        for sim in SIMULATORS:
            other = self.records.get(replace(record.spec, sim=sim).name)
            if other is not None and sim != record.spec.sim and other.fingerprint == record.fingerprint:
                found = difference(record.result, other.result, sim)
                if found:
                    return found
        return ""

    def _bucket(self, farm: Farm, weights: Mapping[RunSpec, float]) -> None:
        """Sort the failures, and run the first of each bucket again: with waves, and for the smallest batch."""
        found = buckets.sort(self.records.values())
        firsts = [bucket.records[0].spec for bucket in found[:MOST_RERUNS] if bucket.records[0].result]
        waves: dict[str, str] = {}
        for outcome in farm.run(firsts, weights, what="rerun"):
            if outcome.answer is not None:
                waves[outcome.spec.name] = self._again(outcome.spec, outcome.answer)
        self.state["buckets"] = [
            bucket.to_json(self.records[bucket.records[0].spec.name].replay, waves.get(bucket.records[0].spec.name))
            for bucket in found
        ]
        self.folder.write_state(self.state)

    def _again(self, spec: RunSpec, answer: Mapping[str, Any]) -> str:
        """Keep what the second run of a failure left beside the first one's record; return the file of waves."""
        where = self.folder.run(spec)
        first, data = self.records[spec.name], answer["record"]
        if data["verdict"] == "pass":
            self._call_flaky(spec, "failed, and passed when run again with waves")
        files = {name: content for name, content in answer["files"].items() if name in {"waves.fst", "shrunk.npz"}}
        more = {name: value for name, value in self.folder.extra(spec).items() if name not in first.to_json()}
        self.folder.keep(first, more, files)
        record = replace(first, shrunk=data["shrunk"], replay=buckets.replay(first, self.project.root, where))
        self.folder.keep(record, more, {})
        self.records[spec.name] = record
        return f"runs/{spec.name}/waves.fst" if "waves.fst" in files else ""

    def _call_flaky(self, spec: RunSpec, text: str) -> None:
        self.state["flaky"].append({"run": spec.name, "text": text})
        self.note(f"{spec.name} is flaky: {text}")

    def _shown(self, where: Path) -> Path:
        return Path(os.path.relpath(where, self.project.root))


@contextmanager
def _terminated_is_interrupted() -> Iterator[None]:
    """Take a polite end, such as a CI service's when time is up, for an interrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put an interrupt off to the end of the block, so that a result is kept whole or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: heard.append(number)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    if heard:
        raise KeyboardInterrupt


def begin(project: Project, wish: Wish, options: Options, history: History) -> Session:
    """Plan a regression, or find the one to go on with.

    Args:
        project: What is verified.
        wish: What was asked for.
        options: The rest of it.
        history: The project's history.

    Raises:
        RegressError: Nothing failed, nothing is left to do, or the sources changed meanwhile.
        LookupError, ValueError: The wish names what does not exist.
    """
    sources = tree.snapshot(project.root)
    if options.resume:
        return _resume(project, history, sources.digest)
    specs = plan(project, wish, history.ranking())
    partial = options.failed
    if options.failed:
        specs = _failed(project, specs)
    commit, dirty = tree.commit(project.root)
    started = datetime.now(UTC)
    folder = Folder(project, f"{started:%Y%m%d-%H%M%S}-{wish.level}-{secrets.token_hex(2)}")
    state: dict[str, Any] = {
        "id": folder.name,
        "level": wish.level,
        "started": started.isoformat(timespec="milliseconds"),
        "finished": None,
        "status": "running",
        "commit": commit,
        "dirty": dirty,
        "tree": sources.digest,
        "options": {**asdict(wish), **asdict(options), "partial": partial},
        "tools": {item.name: item.tool.version for item in tools.find_all() if item.tool is not None},
        "plan": [spec.name for spec in specs],
        "specs": [spec.to_json() for spec in specs],
        **{name: [] for name in ("notes", "buckets", "flaky", "targets")},
    }
    folder.create(state)
    columns = ("id", "level", "commit", "dirty", "tree", "options", "tools")
    history.begin({**{name: state[name] for name in columns}, "planned": len(specs)})
    return Session(project, folder, state, specs, history)


def _resume(project: Project, history: History, digest: str) -> Session:
    """Find the latest regression and what it has done."""
    folder = Folder.latest(project)
    state = folder.state()
    specs = [RunSpec.from_json(data) for data in state["specs"]]
    session = Session(project, folder, state, specs, history)
    session.records = {name: record for name, (record, _) in folder.records().items()}
    if not session.left and state["status"] in {"passed", "failed"}:
        raise RegressError(f"RESUME: {folder.name} has nothing left to run: leave RESUME out to begin another")
    if state["tree"] != digest:
        raise RegressError(
            f"RESUME: the sources changed since {folder.name} began, and its results do not hold for the new ones: "
            "leave RESUME out to begin another"
        )
    state.update(status="running", finished=None)
    session.note(f"resumed with {len(session.left)} of {len(specs)} runs left")
    history.finish(folder.name, "running")
    return session


def _failed(project: Project, specs: list[RunSpec]) -> list[RunSpec]:
    """Choose what failed in the latest regression, as it was run then, of what the wish allows."""
    folder = Folder.latest(project)
    allowed = {spec.module for spec in specs}
    found = [record.spec for record, _ in folder.records().values() if not record.passed]
    found = [spec for spec in found if spec.module in allowed]
    if not found:
        raise RegressError(f"FAILED: nothing failed in {folder.name}")
    return found


def regress(project: Project, wish: Wish, options: Options, console: Console) -> int:
    """Run a regression.

    Args:
        project: What is verified.
        wish: What was asked for.
        options: The rest of it.
        console: Where to write.

    Returns:
        0 all passed, 1 a run failed or coverage missed its target, 2 not all could be run, 130 interrupted.

    Raises:
        LookupError, ValueError: The wish names what does not exist, or contradicts itself.
        FarmError: There is no cluster.
    """
    history = History(project.build / "history.sqlite")
    session = begin(project, wish, options, history)
    level = LEVELS[session.state["level"]]
    console.print(f"{session.folder.name}: {len(session.left)} runs ({level.text})", highlight=False, soft_wrap=True)
    with suppress(OSError):
        console.file.flush()
    lock = FileLock(session.folder.path / "lock", timeout=0)
    try:
        with lock:
            return _attended(session, options, console)
    except Timeout:
        raise RegressError(f"{session.folder.name} is still running in another process") from None


def _attended(session: Session, options: Options, console: Console) -> int:
    """Run it, and whatever happens leave a readable report behind."""
    work = session.folder.path / "work"  # trees and scratch of workers on this machine
    sources = tree.snapshot(session.project.root)
    builds = session.project.build / "sim"
    display = Display(console, session.specs, session.records.values())
    fault, status = "", 0
    try:
        with _terminated_is_interrupted(), display, Farm(sources, work, builds, options.cluster, options.jobs) as farm:
            session.run(farm, display)
    except KeyboardInterrupt:
        fault, status = f"interrupted; {GO_ON}", 130
    except FarmError as error:
        fault, status = str(error), 2
    except (OSError, ValueError) as error:  # a full disk, by way of a file or of the history
        fault, status = f"{' '.join(str(error).split())}; {GO_ON}", 2
    except BaseException:
        session.finish("interrupted")
        raise
    shutil.rmtree(work, ignore_errors=True)
    if not status and session.lost:
        name, reason = next(iter(session.lost.items()))
        fault, status = f"{len(session.lost)} runs could not be done, such as {name}: {reason}; {GO_ON}", 2
    if status:
        session.finish("interrupted")
    else:
        status = _judge(session)
        session.finish("failed" if status else "passed")
    display.close(session.state, session.records.values())
    if fault:
        console.print(f"error: {fault}", style="red", markup=False, highlight=False, soft_wrap=True)
    return status


def _judge(session: Session) -> int:
    """Return the status of a regression of which every run has finished."""
    from tb.cov import command  # noqa: PLC0415 (imports scipy)

    partial = session.state["options"]["partial"]
    session.state["targets"] = [] if partial else command.judge(session.project, session.history, session.folder.name)
    failed = any(not record.passed for record in session.records.values())
    return 1 if failed or session.state["targets"] else 0
