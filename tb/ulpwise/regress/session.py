"""One regression from the wish to the verdict: plan, send out, keep what comes back, judge, remember."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from ulpwise.bench.limits import LIMITS
from ulpwise.bench.project import Project
from ulpwise.history import buckets, tree
from ulpwise.history.database import History, HistoryError, now
from ulpwise.history.folder import Folder, load_whole
from ulpwise.history.levels import LEVELS, Wish, plan
from ulpwise.history.rows import as_json, flaky, is_race, row
from ulpwise.regress.display import Display
from ulpwise.regress.farm import GO_ON, Farm, Outcome
from ulpwise.regress.security import FarmError
from ulpwise.run.execute import difference
from ulpwise.run.record import Record, RunSpec
from ulpwise.system import interrupts
from ulpwise.system.interrupts import heard, undisturbed
from ulpwise.system.jsonfile import Keep, nowhere
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import SIMULATORS

GUESS = {"verilator": 8.0, "icarus": 3.0}  # seconds of a run that was never timed
OF_RERUNS = {"waves.fst", "waves.gtkw", "waves.sucl", "shrunk.npz"}  # files that are kept of them
MOST_RERUNS = 10  # failures that are run again with waves: one a bucket, the largest buckets first


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
        tls: Files of the certificates for a `tls://` cluster: authority, our certificate, its key; None for what dask's
            own settings say.
    """

    cluster: str | None = None
    jobs: int | None = None
    failed: bool = False
    resume: bool = False
    accept: bool = False
    tls: tuple[str | None, str | None, str | None] = (None, None, None)


@dataclass
class Session:
    """A regression that goes on.

    Attributes:
        project: What is verified.
        folder: Where everything is kept.
        state: Contents of `regression.json`.
        specs: All runs, the finished ones of a resumed regression among them.
        history: The project's history.
        sources: What the runs are done with.
        lock: Held as long as the regression goes on; None until it begins.
        records: Finished runs by name.
        lost: Runs that could not be done, by name, each with the fault.
        waves: Files of waves by name of the run, of the failures that were run again.
    """

    project: Project
    folder: Folder
    state: dict[str, Any]
    specs: list[RunSpec]
    history: History
    sources: tree.Tree
    lock: FileLock | None = None
    records: dict[str, Record] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    waves: dict[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Write down that a regression begins, once there is a cluster; one that is resumed has begun.

        Raises:
            RegressError: Another process works on it.
            OSError, HistoryError: A disk is full.
        """
        if self.lock is not None:
            return
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.lock = _lock(self.folder)  # before it is called the latest
        self.folder.create(self.state)
        columns = ("id", "level", "commit", "dirty", "tree", "options", "tools")
        self.history.begin({**{name: self.state[name] for name in columns}, "planned": len(self.specs)})

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
            with undisturbed():
                display.finished(outcome.spec, self._take(outcome), outcome.fault)
        for name, count in farm.begun.items():
            if count > 1 and name.startswith("build-"):
                self.note(f"{name} was begun {count} times: a worker died or was lost, or the machine failed")
        self._bucket(farm, weights)

    def finish(self, status: str) -> None:
        """Write down how it ended; what cannot be written because a disk is full is left out."""
        self.state.update(status=status, finished=now(), lost=self.lost)
        self._describe()
        with suppress(OSError):
            self.folder.write_state(self.state)
        with suppress(OSError):
            done = [self.records[spec.name] for spec in self.specs if spec.name in self.records]
            self.folder.write_junit(done, self.left)
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
            self.note(
                f"{spec.name} was begun {outcome.attempts} times: a worker died or was lost, or the machine failed"
            )
        files = answer["files"]
        result = load_whole(files.get("result.json", b""))
        where = self.folder.run(spec)
        record = replace(Record.from_json(answer["record"], result), folder=self._shown(where))
        race = self._race(record)
        if race and race not in record.reasons:
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
        found = self._describe()
        firsts = [bucket.records[0].spec for bucket in found[:MOST_RERUNS] if bucket.records[0].result]
        for outcome in farm.run(firsts, weights, what="rerun"):
            if outcome.answer is not None:
                self.waves[outcome.spec.name] = self._again(outcome.spec, outcome.answer)
        self._describe()
        self.folder.write_state(self.state)

    def _describe(self) -> list[buckets.Bucket]:
        """Sort the failures, and put them into the state as far as they are known."""
        found = buckets.sort(self.records.values())
        firsts = [bucket.records[0] for bucket in found]
        self.state["buckets"] = [
            bucket.to_json(first.replay, self.waves.get(first.spec.name))
            for bucket, first in zip(found, firsts, strict=True)
        ]
        return found

    def _again(self, spec: RunSpec, answer: Mapping[str, Any]) -> str:
        """Keep what the second run of a failure left beside the first one's record; return the file of waves."""
        where = self.folder.run(spec)
        first, data = self.records[spec.name], answer["record"]
        if data["verdict"] == "pass" and not is_race(buckets.message(first)):  # which takes two simulators
            self._call_flaky(spec, "failed, and passed when run again with waves")
        files = {name: content for name, content in answer["files"].items() if name in OF_RERUNS}
        more = {name: value for name, value in self.folder.extra(spec).items() if name not in first.to_json()}
        self.folder.keep(first, more, files)
        replay = buckets.replay(first, self.project.root, where)
        record = replace(first, shrunk=data["shrunk"], depends=data["depends"], replay=replay)
        self.folder.keep(record, more, {})
        self.records[spec.name] = record
        return f"runs/{spec.name}/waves.fst" if "waves.fst" in files else ""

    def _call_flaky(self, spec: RunSpec, text: str) -> None:
        found = {"run": spec.name, "text": text}
        if found in self.state["flaky"]:  # by the regression that this one goes on with
            return
        self.state["flaky"].append(found)
        self.note(f"{spec.name} is flaky: {text}")

    def _shown(self, where: Path) -> Path:
        return Path(os.path.relpath(where, self.project.root))


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
    sources = tree.snapshot(project.root, project.vendored())
    if options.resume:
        return _resume(project, history, sources)
    broken: dict[str, str] = {}
    specs = plan(project, wish, history.ranking(), broken)
    partial = options.failed
    if options.failed:
        wish, specs = _failed(project, wish, specs)
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
        "broken": broken,
        **{name: [] for name in ("notes", "buckets", "flaky", "targets")},
    }
    return Session(project, folder, state, specs, history, sources)


def _lock(folder: Folder) -> FileLock:
    """Let no other process work on a regression."""
    lock = FileLock(folder.path / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RegressError(f"{folder.name} is still running in another process") from None
    return lock


def _resume(project: Project, history: History, sources: tree.Tree) -> Session:
    """Find the latest regression and what it has done."""
    folder = Folder.latest(project)
    folder.state()  # is there one
    lock = _lock(folder)
    state = folder.state()
    specs = [RunSpec.from_json(data) for data in state["specs"]]
    session = Session(project, folder, state, specs, history, sources, lock)
    found = folder.records()
    session.records = {name: record for name, (record, _) in found.items()}
    if not session.left and state["status"] in {"passed", "failed"}:
        raise RegressError(f"RESUME: {folder.name} has nothing left to run: leave RESUME out to begin another")
    if state["tree"] != sources.digest:
        raise RegressError(
            f"RESUME: the sources changed since {folder.name} began, and its results do not hold for the new ones: "
            "leave RESUME out to begin another"
        )
    state.update(status="running", finished=None)
    session.note(f"resumed with {len(session.left)} of {len(specs)} runs left")
    history.finish(folder.name, "running")
    _remember(history, folder.name, found.values())
    return session


def _remember(history: History, name: str, found: Iterable[tuple[Record, dict[str, Any]]]) -> None:
    """Add to the history what was kept just before the end of a process or the space of a disk."""
    keys = ("module", "config", "sim", "mode", "seed")
    known = {tuple(each[key] for key in keys) for each in history.runs(name)}
    for record, data in found:
        if tuple(getattr(record.spec, key) for key in keys) not in known:
            history.add_run({**row(record, name, data), "finished": data["finished"], "flaky": data["flaky"]})


def _failed(project: Project, wish: Wish, specs: list[RunSpec]) -> tuple[Wish, list[RunSpec]]:
    """Choose what failed in the latest regression, as it was run then, of what the wish allows."""
    folder = Folder.latest(project)
    state = folder.state()
    records = {name: record for name, (record, _) in folder.records().items()}
    allowed = {spec.module: {*project.bench(spec.module).configs, LIMITS} for spec in specs}
    failed = [
        record
        for record in records.values()
        if not record.passed
        and record.spec.config in allowed.get(record.spec.module, ())
        and wish.sim in {None, "both", record.spec.sim}
    ]
    if not failed:
        more = "" if state["status"] in {"passed", "failed"} else ", which did not come to its end: RESUME=1 goes on"
        raise RegressError(f"FAILED: nothing failed in {folder.name}{more}")
    found = [record.spec for record in failed]
    for record in filter(lambda record: is_race(buckets.message(record)), failed):  # shows beside the other only
        names = [replace(record.spec, sim=sim).name for sim in SIMULATORS]
        found += [records[name].spec for name in names if name in records]
    return replace(wish, level=state["level"]), list(dict.fromkeys(found))


def regress(project: Project, wish: Wish, options: Options, console: Console, keep: Keep = nowhere) -> int:
    """Run a regression.

    Args:
        project: What is verified.
        wish: What was asked for.
        options: The rest of it.
        console: Where to write.
        keep: Gets what other programs are told, once it has begun.

    Returns:
        0 all passed, 1 a run failed or coverage missed its target, 2 not all could be run, 130 (TERM 143, HUP 129)
        interrupted.

    Raises:
        LookupError, ValueError: The wish names what does not exist, or contradicts itself.
        FarmError: There is no cluster.
    """
    if options.jobs is not None and options.jobs < 1:
        raise RegressError(f"JOBS={options.jobs}: at least one worker is needed")
    if wish.seeds is not None and wish.seeds < 1:  # also of one to go on with
        raise RegressError(f"SEEDS={wish.seeds}: at least one seed is needed")
    history = History(project.build / "history.sqlite")
    session = begin(project, wish, options, history)
    what = LEVELS[session.state["level"]].text
    if options.resume:
        what = f"what is left of {len(session.specs)}"
    elif options.failed:
        what = f"what failed in {Folder.latest(project).name}"
    try:
        status = _attended(session, options, console, f"{session.folder.name}: {len(session.left)} runs ({what})")
        # also of the regression that this one goes on with: said last, since much has been printed meanwhile
        for text in session.state.get("broken", {}).values():
            console.print(f"error: {text}", style="red", markup=False, highlight=False, soft_wrap=True)
            status = max(status, 2)
        if session.lock is not None:
            keep(_told(session))
        return status
    finally:
        if session.lock is not None:
            session.lock.release(force=True)


def _told(session: Session) -> dict[str, Any]:
    """Return the regression as other programs read it."""
    names = ("id", "level", "status", "started", "finished", "commit", "dirty", "options", "tools")
    more = ("buckets", "flaky", "targets", "notes", "broken", "lost")
    done = [session.records[spec.name] for spec in session.specs if spec.name in session.records]
    failed = sum(not record.passed for record in done)
    return {
        **{name: session.state.get(name) for name in names},
        **{name: session.state.get(name, {}) for name in more},
        "verdict": "pass" if session.state["status"] == "passed" else "fail",
        "passed": len(done) - failed,
        "failed": failed,
        "not_run": [spec.name for spec in session.left],
        "runs": [as_json(record) for record in done],
    }


def _attended(session: Session, options: Options, console: Console, title: str) -> int:
    """Run it, and whatever happens leave a readable report behind."""
    work = session.folder.path / "work"  # trees and scratch of workers on this machine
    sources, builds = session.sources, session.project.build / "sim"
    jobs = None if options.cluster else options.jobs or os.cpu_count()
    display = Display(console, session.specs, session.records.values(), session.history.durations(), jobs)
    fault, status = "", 0
    try:
        with heard():
            console.print(title, highlight=False, soft_wrap=True)
            with suppress(OSError):
                console.file.flush()
            with (
                display,
                Farm(sources, work, builds, options.cluster, options.jobs, display.say, options.tls) as farm,
            ):
                with undisturbed():
                    session.open()
                session.run(farm, display)
            status = 0 if session.lost else _judge(session)
    except KeyboardInterrupt as stop:
        fault, status = f"interrupted; {GO_ON}", interrupts.status(stop)
    except FarmError as error:
        fault, status = str(error), 2
    except (OSError, HistoryError) as error:  # a full disk
        fault, status = f"{' '.join(str(error).split())}; {GO_ON}", 2
    except ValueError as error:  # coverage that does not add up
        fault, status = " ".join(str(error).split()), 2
    except BaseException:
        if session.lock is not None:
            session.finish("interrupted")
        else:
            shutil.rmtree(session.folder.path, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if session.lock is None:  # nothing has begun, and nothing is left behind
        console.print(f"error: {fault.removesuffix(f'; {GO_ON}')}", style="red", markup=False, highlight=False)
        shutil.rmtree(session.folder.path, ignore_errors=True)
        return status
    if not fault and session.lost:
        name, reason = next(iter(session.lost.items()))
        fault, status = f"{len(session.lost)} runs could not be done, such as {name}: {reason}; {GO_ON}", 2
    session.finish("interrupted" if fault else "failed" if status or session.state.get("broken") else "passed")
    display.close(session.state, session.records.values())
    if fault:
        console.print(f"error: {fault}", style="red", markup=False, highlight=False, soft_wrap=True)
    return status


def _judge(session: Session) -> int:
    """Return the status of a regression of which every run has finished."""
    from ulpwise.closure import command  # noqa: PLC0415 (imports scipy)

    partial = session.state["options"]["partial"]
    session.state["targets"] = [] if partial else command.judge(session.project, session.history, session.folder.name)
    failed = any(not record.passed for record in session.records.values())
    return 1 if failed or session.state["targets"] else 0
