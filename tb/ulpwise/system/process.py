"""Every program that the framework starts: each has a time limit, and none outlives this process (`supervisor`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ulpwise.system.forkserver import Fork, ForkServer, Request, ServerError

LIMIT = 7200.0
"""Seconds that a tool may take unless its caller knows better."""

PATIENCE = 10.0  # seconds in which a guard ends what it guards

# imported, and not run as a script, so that it is compiled once; last on the path, since tb/ holds names of its own
_GUARD = "import sys; sys.path.append(sys.argv.pop(1)); import supervisor; supervisor.main()"

_running: set[subprocess.Popen[bytes] | Fork] = set()
_stopping = threading.Event()


@dataclass(frozen=True)
class Done:
    """How a program ended.

    Attributes:
        status: Its exit status; negative for a signal, 127 when it did not start.
        timed_out: Whether its limit ended it.
        out: What it printed; empty where that went to a log.
        err: What it printed on standard error, likewise; empty when both were merged.
    """

    status: int
    timed_out: bool
    out: str = ""
    err: str = ""


def run(
    command: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    limit: float = LIMIT,
    log: Path | None = None,
    *,
    merge: bool = False,
) -> Done:
    """Run a program to its end, with nothing on its standard input.

    Args:
        command: What to run.
        cwd: Where; this process's folder unless given.
        env: Its whole environment; this process's unless given.
        limit: Seconds of wall clock, after which it is ended, with all that it started.
        log: File that gets what it prints, cut in the middle when it is long; without one it is returned.
        merge: Whether to return standard error in `out`, in the order in which it was written.

    Raises:
        KeyboardInterrupt: `kill_all` was called meanwhile.
        OSError: There are no more processes or files.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        guard = [sys.executable, "-I", "-S", "-c", _GUARD, str(Path(__file__).parent), str(limit), str(log or "-")]
        process = subprocess.Popen(
            [*guard, *command],
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,  # closes when this process ends, in whatever way
            stdout=out,
            stderr=subprocess.STDOUT if merge else err,
            start_new_session=True,  # a terminal's Ctrl-C is for this process, which ends the others
        )
        _finish(process)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace").replace("\r\n", "\n"))
    return Done(process.returncode, process.returncode == -signal.SIGALRM, *texts)


def run_fork(server: ForkServer, request: Request) -> Done:
    """Let a server run its program once more, to its end, with what it prints in a log.

    Raises:
        KeyboardInterrupt: `kill_all` was called meanwhile.
        ServerError: The server has ended, and nothing has begun.
    """
    fork = server.fork(request)
    _finish(fork)
    if not fork.pid or fork.returncode is None:
        raise ServerError(f"{server}: no answer")
    return Done(fork.returncode, fork.returncode == -signal.SIGALRM)


def _finish(process: subprocess.Popen[bytes] | Fork) -> None:
    """Wait for the end of what has begun, or end it."""
    _running.add(process)
    try:
        if not _stopping.is_set():
            process.wait()
    finally:
        _end(process)
        _running.discard(process)
    if _stopping.is_set():
        raise KeyboardInterrupt


def kill_all() -> None:
    """End every program that this process has started, and let none begin any more."""
    _stopping.set()
    for process in tuple(_running):
        _end(process)


def stopping() -> bool:
    """Tell whether `kill_all` was called, so that what waits for anything else ends, too."""
    return _stopping.is_set()


def _end(process: subprocess.Popen[bytes] | Fork) -> None:
    """Let the guard end what it guards; one that does not is killed, and the kernel kills what it guarded."""
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(0 if process.returncode is not None else PATIENCE)
    except subprocess.TimeoutExpired:
        if isinstance(process, Fork):
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
