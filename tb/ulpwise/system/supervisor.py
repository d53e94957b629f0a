"""Runs one command that never outlives who asked for it: `python -I -S supervisor.py LIMIT LOG COMMAND...`.

It is a program of its own, which needs nothing but the standard library, and it stands between the two:

- standard input is a pipe whose other end the parent holds: it closes however the parent ends, `kill -9` included;
- LIMIT seconds after its beginning the command ends, whoever still waits for it;
- the command leads a process group, which ends as a whole, also with what it left behind;
- should this process itself be killed, the kernel kills the command.

LOG is a file that gets what the command prints, its beginning and its end (see `Log`); `-` leaves its output alone.
The exit status is the command's; of one that a signal ended, this process ends by the same; after LIMIT by SIGALRM,
and by SIGTERM when the parent is gone.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

_SET_PDEATHSIG, _SET_DUMPABLE = 1, 4  # of Linux' prctl
_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CHUNK = 1 << 16

HEAD = TAIL = 1 << 20
"""Bytes that a log keeps of its beginning and of its end."""

CLUES = (b"rror", b"RROR", b"atal", b"FATAL", b"xception", b"$finish", b"$stop")
"""What marks a line in the middle of a log as worth keeping: it may report an error."""

MOST_CLUES, LONGEST = 200, 1000  # lines kept of the middle, bytes kept of each


class Log:
    """A file of what a command prints: its beginning, its end, and the lines between that may report an error.

    Args:
        path: The file. The beginning is in it at once, the rest when the log is closed.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "wb", buffering=0)  # noqa: PTH123, SIM115 (closed by `close`; pathlib is slow to import)
        self._room = HEAD
        self._tail = bytearray()
        self._left_out = 0
        self._clues: list[bytes] = []
        self._more = 0
        self._rest = b""  # of the middle: a line that may not be whole yet

    def fileno(self) -> int:
        """Return the number of the open file."""
        return self._file.fileno()

    def write(self, data: bytes) -> None:
        """Add what the command printed."""
        if self._room > -_CHUNK:
            cut = data.find(b"\n", max(0, self._room)) + 1  # the beginning ends with a line, if one ends soon
            head = data[: cut or self._room + _CHUNK]
            self._file.write(head)
            self._room = -_CHUNK if cut else self._room - len(head)
            data = data[len(head) :]
        self._tail += data
        if len(self._tail) > TAIL + 4 * _CHUNK:
            self._drop(len(self._tail) - TAIL)

    def close(self) -> None:
        """Write the rest."""
        if self._left_out:
            self._drop(self._tail.find(b"\n", 0, LONGEST) + 1)  # begin with a whole line, if one begins soon
            self._look(self._rest)
            self._file.write(self._note())
        self._file.write(self._tail)
        self._file.close()

    def _drop(self, count: int) -> None:
        """Leave bytes out, but for the lines among them that may report an error."""
        if count <= 0:
            return
        gone = self._rest + bytes(self._tail[:count])
        del self._tail[:count]
        self._left_out += count
        whole = gone.rfind(b"\n") + 1
        if len(gone) - whole > _CHUNK:  # a line without an end
            whole = len(gone) - LONGEST
        self._rest = gone[whole:]
        self._look(gone[:whole])

    def _look(self, text: bytes) -> None:
        """Keep the lines that hold a clue."""
        if not any(clue in text for clue in CLUES):
            return
        for line in text.split(b"\n"):
            places = [place for clue in CLUES if (place := line.find(clue)) >= 0]
            if not places:
                continue
            if len(self._clues) == MOST_CLUES:
                self._more += 1
                continue
            begin = 0 if min(places) < LONGEST // 2 else min(places) - LONGEST // 2
            self._clues.append(line[begin : begin + LONGEST])

    def _note(self) -> bytes:
        """Say what is missing."""
        said = [f"[sim.log: {self._left_out:,} bytes are left out here"]
        if self._clues:
            more = f", and {self._more:,} more" if self._more else ""
            said = [f"{said[0]}; of their lines these may matter{more}:]"]
        else:
            said = [f"{said[0]}]"]
        return b"\n".join([b"", said[0].encode(), *self._clues, b""])


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _begin(output: int | None, guard: int) -> None:
    """Become what is guarded: a process group of its own, with its own standard files."""
    os.setpgid(0, 0)
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:  # it died before the kernel was asked
        os._exit(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if output is not None:
        os.dup2(output, 1)
        os.dup2(output, 2)
    _prctl(_SET_DUMPABLE, 1)


def _child(command: list[str]) -> None:
    """Become the command, deaf to no signal; never returns."""
    for number in (*_ENDS, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as fault:
        os.write(2, f"{command[0]}: {fault.strerror}\n".encode())
    finally:
        os._exit(127)


def _gone(child: int) -> bool:
    """Tell whether the command has ended; it stays a zombie, so that its group's number is not used again."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _attend(child: int, limit: float, output: int | None, log: Log | None) -> int:
    """Wait for the command's end, or a reason to end it.

    Returns:
        0 when it ended by itself, else the signal to end by.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    for number in (*_ENDS, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wake)
    poll = select.poll()
    for file in (0, woken, *(() if output is None else (output,))):
        poll.register(file, select.POLLIN)
    deadline = time.monotonic() + limit
    while not _gone(child):
        left = deadline - time.monotonic()
        if left <= 0:
            return signal.SIGALRM
        for file, _ in poll.poll(min(left, 1e6) * 1000 + 1):
            if file == 0:
                return signal.SIGTERM
            data = os.read(file, _CHUNK)
            if file == woken:
                ends = [number for number in data if number in _ENDS]
                if ends:
                    return ends[0]
            elif data and log is not None:
                log.write(data)
            else:
                poll.unregister(file)
    return 0


def split(limit: float, path: str) -> int | None:
    """Fork; guard the new process until it has ended.

    Args:
        limit: Seconds after which it ends.
        path: The file that gets what it prints; `-` leaves its output alone.

    Returns:
        None in the new process; in the guard its exit status, negative for a signal.
    """
    _prctl(_SET_DUMPABLE, 0)  # the command's core is of use, this one's is not
    log, output, sink = None, None, None
    if path != "-":
        log = Log(path)
        output, sink = os.pipe()
    guard, child = os.getpid(), os.fork()
    if not child:
        _begin(sink, guard)
        for file in () if log is None or output is None or sink is None else (log.fileno(), output, sink):
            os.close(file)
        return None
    if sink is not None:
        os.close(sink)
    end = _attend(child, limit, output, log)
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # before it had a group, or nothing but a zombie is left
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if log is not None and output is not None:
        os.set_blocking(output, False)
        try:
            while data := os.read(output, _CHUNK):
                log.write(data)
        except BlockingIOError:  # held by a process that left the group
            pass
        log.close()
    return -end or os.waitstatus_to_exitcode(status)


def main() -> None:
    """Do what the command line says; never returns."""
    limit, path, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
    code = split(limit, path)
    if code is None:
        _child(command)
    elif code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    else:
        os._exit(code)


if __name__ == "__main__":
    main()
