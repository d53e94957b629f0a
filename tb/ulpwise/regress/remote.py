"""What a worker does for one job.

This module travels to the worker as a value: it may use the standard library and dask alone, since the worker's machine
has no copy of the project but the one that comes with the job.
"""

from __future__ import annotations

import fcntl
import importlib.util
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

TOPIC = "ulpwise"
_LIMIT = 24 * 3600.0  # seconds that a job may take: its simulations have limits of their own, which are shorter
_KEEP = 24 * 3600.0  # seconds that a tree or a build stays on a worker's machine after its last use


class JobError(RuntimeError):
    """A job that could not be done, through no fault of the core: the message is one line."""


def perform(sources: bytes, order: dict[str, Any], *built: dict[str, Any]) -> dict[str, Any]:
    """Do one job in a process of its own.

    Args:
        sources: The tree of the project, as `tree.snapshot` packs it.
        order: name (of the job), client (whose it is), tree (its digest), what (build, run or rerun), spec
            (fields of a RunSpec), base and cache (folders for trees and for builds, None for the worker's own), share
            (whether builds are to travel).
        built: What the build jobs returned that this run needs.

    Returns:
        What the process left: `answer.json`, with the other files by name under "files", and the worker's name.

    Raises:
        JobError: The process did not come to its end.
    """
    from distributed import get_worker  # noqa: PLC0415 (also called outside workers, by tests)

    worker = get_worker()
    worker.log_event(TOPIC, {"job": order["name"], "client": order["client"], "worker": worker.address})
    base = Path(order["base"] or Path(worker.local_directory) / "ulpwise")
    base.mkdir(parents=True, exist_ok=True)
    if not (base / "trees" / order["tree"]).is_dir() and order["base"] is None:
        _forget(base)  # new sources are a good moment
    tree = _unpack(sources, base / "trees" / order["tree"])
    builds = Path(order["cache"] or base / "sim")
    builds.mkdir(parents=True, exist_ok=True)
    _link(tree / "build" / "sim", builds)
    for part in built:
        if part["data"]:
            _unpack(part["data"], builds / part["folder"])
    told = [{name: value for name, value in part.items() if name != "data"} for part in built]
    # this module is code that travels: it keeps nothing
    hosts = worker.__dict__.setdefault(f"_{TOPIC}_hosts", _Hosts())
    answer = _process(tree, base, {**order, "built": told}, hosts)
    answer["worker"] = f"{socket.gethostname()} {worker.name}"
    if order["what"] == "build":
        answer["data"] = _pack(builds / answer["folder"]) if order["share"] and answer["folder"] else b""
    return answer


def by_value() -> Callable[..., dict[str, Any]]:
    """Return `perform` in a form that dask sends as code, and not as the name of a module that the worker lacks."""
    import cloudpickle  # noqa: PLC0415 (only the sender has it for sure)

    cloudpickle.register_pickle_by_value(sys.modules[__name__])

    def call(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever perform takes)
        return perform(*arguments)

    return call


class _Hosts:
    """A worker's processes that are forked for each job, by tree; only one at a time is there, but while it changes."""

    def __init__(self) -> None:
        self.by_tree: dict[Path, Any] = {}
        self.lock = threading.Lock()  # a worker may have several threads


def _process(tree: Path, base: Path, order: dict[str, Any], hosts: _Hosts | None = None) -> dict[str, Any]:
    """Do a job in the tree, in a process of its own, and read what it leaves.

    Args:
        tree: The sources.
        base: Folder for scratch.
        order: See `perform`.
        hosts: What is forked for each job; without it each job starts its Python.
    """
    (base / "jobs").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=base / "jobs"))
    try:
        (folder / "order.json").write_text(json.dumps(order))
        status = None if hosts is None else _fork(tree, folder, hosts)
        if status is None:
            status = _start(tree, folder)
        if status or not (folder / "answer.json").exists():
            text = (folder / "said").read_text(errors="replace").strip()
            raise JobError(f"{order['name']}: {(text.splitlines() or [f'status {status} without a word'])[-1]}")
        answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
        files = {path.name: path.read_bytes() for path in sorted((folder / "out").glob("*"))}
        return {**answer, "files": files}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(tree: Path, folder: Path) -> int:
    """Start `python -m ulpwise.regress.job` and return its status."""
    guard = [sys.executable, "-I", "-S", str(tree / "tb" / "ulpwise" / "system" / "supervisor.py"), str(_LIMIT), "-"]
    with (folder / "said").open("wb") as said:
        # the pipe closes when this worker ends, in whatever way: then the job ends, and all that it started
        done = subprocess.Popen(
            [*guard, sys.executable, "-m", "ulpwise.regress.job", str(folder)],
            cwd=tree,
            env=_environment(tree),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        with done:
            return done.wait()


def _fork(tree: Path, folder: Path, hosts: _Hosts) -> int | None:
    """Fork the process that has loaded the framework and return the job's status; None if there is no such process."""
    try:
        with hosts.lock:
            module = _forkserver(tree)
            if not module.AVAILABLE:
                return None
            if tree not in hosts.by_tree or not hosts.by_tree[tree].usable():
                for other in hosts.by_tree.values():  # of other sources; the jobs that it has forked go on
                    other.close()
                hosts.by_tree.clear()
                line = [sys.executable, "-m", "ulpwise.regress.job"]
                hosts.by_tree[tree] = module.ForkServer(line, _environment(tree), tree)
            host = hosts.by_tree[tree]
        asked = module.Request("", [str(folder)], str(tree), _environment(tree), _LIMIT, str(folder / "said"))
        fork = host.fork(asked)
    except OSError:  # also a server that has ended
        return None
    try:
        fork.wait()
    finally:
        fork.close()
    return fork.returncode if fork.pid else None


def _forkserver(tree: Path) -> Any:  # noqa: ANN401 (a module)
    """Load the sources' own, since the two sides must agree."""
    name = f"_{tree.name}_forkserver"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, tree / "tb" / "ulpwise" / "system" / "forkserver.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _environment(tree: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree / "tb")}


def _pack(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def _unpack(data: bytes, folder: Path) -> Path:
    """Unpack an archive once: under another name, renamed when complete."""
    if folder.is_dir():
        with suppress(FileNotFoundError):
            os.utime(folder)  # when it was used last
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock")):
        if not folder.is_dir():
            scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=folder.name + ".part"))
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(scratch, filter="data")
            scratch.chmod(0o755)
            scratch.rename(folder)
    return folder


def _forget(base: Path) -> None:
    """Remove the trees and builds that no job has used for a day, but a simulator's runtime; no job takes as long."""
    limit = time.time() - _KEEP
    for folder in (*base.glob("trees/*"), *base.glob("sim/*")):
        with suppress(FileNotFoundError):  # another job of this worker may be as quick
            if folder.is_dir() and not folder.name.startswith("runtime-") and folder.stat().st_mtime < limit:
                gone = folder.with_name(f".{folder.name}.{os.getpid()}")
                folder.rename(gone)  # at once or not at all
                shutil.rmtree(gone, ignore_errors=True)


def _link(path: Path, target: Path) -> None:
    """Let a tree use the builds of the worker's other trees."""
    path.parent.mkdir(exist_ok=True)
    with _locked(path.with_name(path.name + ".lock")):
        if not path.is_symlink():
            path.symlink_to(target.resolve(), target_is_directory=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
