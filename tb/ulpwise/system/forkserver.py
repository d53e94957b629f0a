"""Starts a program once and forks it for each run, just before it looks at what it is to run.

A simulator that embeds Python spends most of a short run on starting: the interpreter, numpy, cocotb, the framework.
One process does that, then waits in `serve`, called from its own Python. For each request it forks a guard (see
`supervisor`), which forks again; the second child returns from `serve` and goes on as the program would have. So each
run has a process of its own, from the very beginning of its simulation, with a limit, a log and a death of its own,
and what one run does to its process no other one sees.

Three files connect the two sides. `control` carries one open file for each request and nothing else: the guard's end
of a `line`. The line carries the request, then the guard's number, then the exit status; it closes when either side
ends, which ends the run.

Who asks may have this file alone: what is imported at the top is the standard library's.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

CONTROL = "ULPWISE_FORKS"
"""The variable that holds the number of `control` in a server's environment."""

ARGUMENTS = "ULPWISE_ARGUMENTS"
"""The variable that holds the arguments of a run, one a line, since a fork has its server's command line."""

SUBJECT = 200
"""The open file in which a fork finds what it is to run."""

# elsewhere, a fork of a process with frameworks loaded may not go on; few have so low a limit of open files
AVAILABLE = sys.platform == "linux" and os.sysconf("SC_OPEN_MAX") > SUBJECT
READY = 120.0  # seconds that a server may take to start
_NUMBER = struct.Struct("<q")


@dataclass(frozen=True)
class Request:
    """One run.

    Attributes:
        subject: The file that the program is to run, such as a compiled design; empty for none.
        arguments: More arguments.
        folder: Its working directory.
        environment: All its variables.
        limit: Seconds after which it ends.
        log: The file that gets what it prints.
    """

    subject: str
    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    limit: float
    log: str


class ServerError(OSError):
    """The server has ended, or never began to serve: the program must be started in the usual way."""


class Fork:
    """A guard that a server has been asked for; behaves like `subprocess.Popen` as far as `process` needs that.

    Args:
        line: Our end.

    Attributes:
        pid: The guard's number; 0 until it has said so, and for ever where the server has ended.
        returncode: The exit status, once it has ended.
        stdin: What asks the guard to end when it is closed: this object.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()  # `kill_all` waits for what another thread waits for: each number is read once
        self.pid = 0
        self.returncode: int | None = None
        self.stdin = self

    def close(self) -> None:
        """Ask the guard to end what it guards."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """Kill the guard, after which the kernel kills what it guards; what has not begun never will."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            return
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)  # whoever waits sees an end, and a server that wakes finds nobody

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status; a guard that ends without one was killed.

        Raises:
            subprocess.TimeoutExpired: It has not ended.
        """
        if not self._lock.acquire(timeout=-1 if timeout is None else timeout):
            raise subprocess.TimeoutExpired("fork", timeout or 0)
        try:
            return self._wait(timeout)
        finally:
            self._lock.release()

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            try:
                self.pid = self.pid or self._number(READY if timeout is None else timeout) or 0
                number = self._number(timeout) if self.pid else None
            except TimeoutError:
                if timeout is not None or self.pid:
                    raise subprocess.TimeoutExpired("fork", timeout or 0) from None
                number = None  # the server hangs
            self.returncode = -signal.SIGKILL if number is None else number
            self._line.close()
        return self.returncode

    def _number(self, timeout: float | None) -> int | None:
        """Read a number; None when the other end is closed.

        Raises:
            TimeoutError: None came in time.
        """
        if timeout is not None:
            poll = select.poll()
            poll.register(self._line, select.POLLIN)
            if not poll.poll(max(0.0, timeout) * 1000):
                raise TimeoutError
        try:
            data = self._line.recv(_NUMBER.size, socket.MSG_WAITALL)
        except OSError:
            return None
        return _NUMBER.unpack(data)[0] if len(data) == _NUMBER.size else None


class ForkServer:
    """A program that has been started and waits.

    Args:
        command: The program, whose Python calls `serve` before the program opens what it is to run.
        environment: All its variables, but for `CONTROL`.
        folder: Where it runs; the root unless given, which keeps no folder from being removed.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path = Path("/")) -> None:
        self._control, theirs = socket.socketpair()
        guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py")), "inf", "-", *command]
        with theirs:
            self._process = subprocess.Popen(
                guard,
                cwd=folder,
                env={**environment, CONTROL: str(theirs.fileno())},
                stdin=subprocess.PIPE,  # closes when this process ends, in whatever way
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._owner = os.getpid()

    def usable(self) -> bool:
        """Tell whether it is not known to have ended; a fork may use what its server has started."""
        return self._owner != os.getpid() or self._process.poll() is None

    def fork(self, request: Request) -> Fork:
        """Begin a run.

        Raises:
            ServerError: The server has ended.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            text = json.dumps(asdict(request)).encode()
            ours.settimeout(READY)  # a server that hangs reads no more than fits between the two
            ours.sendall(_NUMBER.pack(len(text)) + text)
            ours.settimeout(None)
        except OSError as fault:
            ours.close()
            raise ServerError(str(fault)) from fault
        return Fork(ours)

    def close(self) -> None:
        """End the server; runs that it has forked go on."""
        self._control.close()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)


def serve(before_each: Callable[[], None] = lambda: None) -> None:
    """Fork for each request; returns in each fork, in its folder, with its environment and standard files.

    Args:
        before_each: Called for each request, before the fork.
    """
    control = socket.socket(fileno=int(os.environ.pop(CONTROL)))
    before = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    guards: list[int] = []
    while True:
        said, files, _, _ = socket.recv_fds(control, 1, 1)
        if not said:
            os._exit(0)
        # one by one: a process that ignores SIGCHLD learns no status of the tools that it runs, either
        guards = [guard for guard in guards if not os.waitpid(guard, os.WNOHANG)[0]]
        before_each()
        with suppress(OSError):  # no more processes: whoever asked sees the line close
            guards.append(os.fork())
            if not guards[-1]:
                break
        for file in files:
            os.close(file)
    control.close()
    try:
        request = _guard(files[0])
        _take(request, before)
    except BaseException as fault:  # noqa: BLE001 (whatever it is, this is no simulation)
        os.write(2, f"{type(fault).__name__}: {fault}\n".encode())
        os._exit(127)


def _guard(file: int) -> Request:
    """Read the request and guard its run; returns in the run's own process."""
    from ulpwise.system import supervisor  # noqa: PLC0415 (who asks may have this file alone, see regress/remote.py)

    os.setsid()
    guard = os.getpid()
    line = socket.socket(fileno=file)
    (size,) = _NUMBER.unpack(line.recv(_NUMBER.size, socket.MSG_WAITALL))
    request = Request(**json.loads(line.recv(size, socket.MSG_WAITALL)))
    os.chdir(request.folder)
    os.dup2(line.fileno(), 0)  # what the guard watches
    line.send(_NUMBER.pack(guard))
    try:
        status = supervisor.split(request.limit, request.log)
    except OSError as fault:  # no more processes, a full disk: nobody was killed
        if os.getpid() != guard:
            raise
        status = 127
        with suppress(OSError), open(request.log, "a") as log:  # noqa: PTH123 (as in `supervisor`)
            log.write(f"{type(fault).__name__}: {fault}\n")
    if status is not None:
        with suppress(OSError):
            line.send(_NUMBER.pack(status))
        os._exit(0)
    line.close()
    return request


def _take(request: Request, before: Sequence[str]) -> None:
    """Become the run."""
    os.environ.clear()
    os.environ.update(request.environment)
    os.environ[ARGUMENTS] = "\n".join(request.arguments)
    if request.subject:
        subject = os.open(request.subject, os.O_RDONLY)
        os.dup2(subject, SUBJECT, inheritable=False)
        os.close(subject)
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    rest = [name for name in sys.path if name not in before]
    sys.path[:] = dict.fromkeys([*map(os.path.abspath, given), *rest])
