"""What is started ends with what started it, after its limit, and with all that it started itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.tb._project import PATH
from ulpwise.system import process, supervisor

SPIN = "import os, sys, time\nopen('pid', 'w').write(str(os.getpid()))\n"
TREE = SPIN + "import subprocess\nsubprocess.run([sys.executable, '-c', \"%s\"])"
CHILD = "import os, time; open('child', 'w').write(str(os.getpid())); time.sleep(100)"


def pid_in(path, seconds=20.0) -> int:
    """Wait for the file in which a process says who it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def ends(pid, seconds=15.0) -> bool:
    """Wait for the end of a process."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def starter(folder, code, limit=100.0, log="None") -> subprocess.Popen:
    """Start a process that starts another by `process.run`."""
    script = (
        "import sys; from pathlib import Path; from ulpwise import process\n"
        f"process.run([sys.executable, '-c', {code!r}], Path('.'), limit={limit}, log={log})"
    )
    return subprocess.Popen([sys.executable, "-c", script], cwd=folder, env=os.environ | {"PYTHONPATH": PATH})


@pytest.mark.parametrize("log", ["None", "Path('log')"])
def test_a_parent_that_is_killed_takes_all_with_it(tmp_path, log):
    parent = starter(tmp_path, TREE % CHILD, log=log)
    pids = [pid_in(tmp_path / name) for name in ("pid", "child")]
    parent.kill()
    parent.wait()
    assert all(ends(pid) for pid in pids)


def test_a_guard_that_is_killed_takes_its_command_with_it(tmp_path):
    parent = starter(tmp_path, SPIN + "time.sleep(100)")
    pid = pid_in(tmp_path / "pid")
    psutil.Process(pid).parent().kill()
    assert ends(pid)
    parent.wait(20)


def test_the_limit_ends_the_whole_tree(tmp_path):
    start = time.monotonic()
    done = process.run([sys.executable, "-c", TREE % CHILD], tmp_path, limit=2)
    assert (done.status, done.timed_out) == (-signal.SIGALRM, True)
    assert time.monotonic() - start < 20
    assert all(ends(pid_in(tmp_path / name)) for name in ("pid", "child"))


def test_a_thread_that_ends_first_ends_nothing(tmp_path):
    """A death signal of the kernel's would come with the end of the thread that began the process."""
    script = (
        "import sys, threading, time; from ulpwise import process\n"
        "found = []\n"
        "def wait(): found.append(process.run([sys.executable, '-c', 'import time; time.sleep(1); print(7)']))\n"
        "threads = [threading.Thread(target=wait) for _ in range(3)]\n"
        "[each.start() for each in threads]; [each.join() for each in threads]\n"
        "print([(each.status, each.out) for each in found])"
    )
    line = [sys.executable, "-c", script]
    done = subprocess.run(
        line, cwd=tmp_path, env=os.environ | {"PYTHONPATH": PATH}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{[(0, '7' + chr(10))] * 3}\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 11)", -11), ("import os; os.abort()", -6)],
)
def test_statuses_and_signals_come_through(tmp_path, code, status):
    done = process.run([sys.executable, "-c", code], tmp_path)
    assert (done.status, done.timed_out) == (status, False)
    assert not list(tmp_path.iterdir())  # no core of the guard


def test_output_and_a_command_that_is_not_there(tmp_path):
    code = "import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); print(sys.stdin.read() == '')"
    done = process.run([sys.executable, "-c", code], tmp_path)
    assert (done.out, done.err) == ("out\nTrue\n", "err\n")
    assert process.run([sys.executable, "-c", code], tmp_path, merge=True).out == "out\nerr\nTrue\n"
    missing = process.run(["no such program"], tmp_path)
    assert (missing.status, missing.err) == (127, "no such program: No such file or directory\n")


def test_what_it_leaves_behind_ends_too(tmp_path):
    """A daemon that holds the log open neither lives on nor makes anybody wait."""
    code = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {CHILD!r}])\n"
    code += "import os\nwhile not os.path.exists('child') or not open('child').read(): time.sleep(0.02)\nprint('done')"
    done = process.run([sys.executable, "-c", code], tmp_path, limit=50, log=tmp_path / "log")
    assert done.status == 0
    assert (tmp_path / "log").read_text() == "done\n"
    assert ends(pid_in(tmp_path / "child"))


def test_a_long_log_keeps_its_ends_and_what_reports_errors(tmp_path):
    """Some 60 MB, of which the parent holds nothing."""
    code = (
        "import sys\nprint('first')\n"
        "for k in range(400):\n"
        "    print('x' * 99 + chr(10), end='') if k % 2 else sys.stdout.write(('y' * 99 + chr(10)) * 3000)\n"
        "    if k == 200: print('ERROR: rtl/a.v:3: in the middle')\n"
        "    if k == 300: print('.' * 3000 + 'ERROR: rtl/a.v:4: far in a line')\n"
        "print('last')"
    )
    done = process.run([sys.executable, "-c", code], tmp_path, log=tmp_path / "log")
    assert done.status == 0
    text = (tmp_path / "log").read_text()
    assert len(text) < 3 * supervisor.HEAD
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    said = 0
    for line in text.splitlines():
        said += "bytes are left out here" in line
    assert said == 1
    assert "\nERROR: rtl/a.v:3: in the middle\n" in text
    assert "ERROR: rtl/a.v:4: far in a line\n" in text
    assert done.out == ""


def test_a_log_is_kept_whole_up_to_its_cap(tmp_path):
    text = "".join(f"{number} Error\n" for number in range(100_000))
    assert supervisor.HEAD < len(text) < supervisor.HEAD + supervisor.TAIL
    log = supervisor.Log(str(tmp_path / "log"))
    for start in range(0, len(text), 7777):
        log.write(text[start : start + 7777].encode())
    log.close()
    assert (tmp_path / "log").read_text() == text


def test_the_middle_of_a_log_has_a_cap_too(tmp_path):
    log = supervisor.Log(str(tmp_path / "log"))
    for number in range(1_000_000):
        log.write(b"ERROR: %d\n" % number)
    log.close()
    text = (tmp_path / "log").read_text()
    assert len(text) < 3 * supervisor.HEAD
    begin = text.index("bytes are left out here; of their lines these may matter, and ")
    count = int(text[begin:].split(", and ")[1].split(" ")[0].replace(",", ""))
    numbers = [int(line.removeprefix("ERROR: ")) for line in text.splitlines() if line.startswith("ERROR: ")]
    assert len(numbers) + count == 1_000_000  # each line is there, or counted
    assert numbers == sorted(set(numbers))
