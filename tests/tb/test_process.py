"""What is started ends with what started it, after its limit, and with all that it started itself."""

from __future__ import annotations

import _thread
import os
import re
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from filelock import FileLock, Timeout

from tests.tb._project import PATH
from ulpwise.system import locking, pools, process, supervisor

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
        "import sys; from pathlib import Path; from ulpwise.system import process\n"
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
        "import sys, threading, time; from ulpwise.system import process\n"
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
    for start in range(0, 1_000_000, 1000):
        log.write(b"".join(b"ERROR: %d\n" % number for number in range(start, start + 1000)))
    log.close()
    text = (tmp_path / "log").read_text()
    assert len(text) < 3 * supervisor.HEAD
    begin = text.index("bytes are left out here; of their lines these may matter, and ")
    count = int(text[begin:].split(", and ")[1].split(" ")[0].replace(",", ""))
    numbers = [int(line.removeprefix("ERROR: ")) for line in text.splitlines() if line.startswith("ERROR: ")]
    assert len(numbers) + count == 1_000_000  # each line is there, or counted
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("where", ["block", "end"])
def test_the_end_of_a_pool_cancels_what_has_not_begun(monkeypatch, fault, where):
    """Also when it comes while the pool waits for its threads; an error of one thing kills nothing else."""
    killed, ran, end = threading.Event(), [], signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(pools, "kill_all", killed.set)

    def interrupt(*_):
        raise fault

    def first():
        if where == "end":
            _thread.interrupt_main()
        assert fault is ValueError or killed.wait(20)

    signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(fault), pools.pool(1) as threads:  # noqa: PT012 (what it holds is what is tried)
            threads.submit(first)
            threads.submit(ran.append, 1)
            if where == "block":
                raise fault
    finally:
        signal.signal(signal.SIGINT, end)
    assert killed.is_set() == (fault is not ValueError)
    assert fault is ValueError or not ran


# --- what each protection is for, by itself


def guard(folder, *command) -> subprocess.Popen:
    """Start the guard of a command, as `process.run` does."""
    line = [sys.executable, "-I", "-S", supervisor.__file__, "100", "-", *command]
    return subprocess.Popen(line, cwd=folder, stdin=subprocess.PIPE, start_new_session=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_guard_that_is_asked_to_end_ends_the_whole_tree(tmp_path, number):
    started = guard(tmp_path, sys.executable, "-c", TREE % CHILD)
    pids = [pid_in(tmp_path / name) for name in ("pid", "child")]
    started.send_signal(number)
    assert started.wait(10) == -number
    assert all(ends(pid) for pid in pids)
    started.stdin.close()


def test_a_guard_that_died_before_the_kernel_was_asked_has_no_command(tmp_path):
    child = os.fork()
    if not child:
        supervisor._begin(None, -1)
        (tmp_path / "begun").touch()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("name", ["PIPE", "XFSZ", "INT", "TERM", "HUP"])
def test_a_command_ignores_no_signal_and_its_status_says_which_ended_it(name):
    """Python ignores the first two, and what runs in the background the third."""
    assert process.run(["sh", "-c", f"kill -{name} $$; echo alive"]).status == -getattr(signal, f"SIG{name}")


def test_a_guard_leads_a_session_of_its_own():
    """A terminal's Ctrl-C is not for it: the parent says in which order things end."""
    code = "import os; print(os.getsid(0) == os.getppid())"
    assert process.run([sys.executable, "-c", code]).out == "True\n"


def test_a_guard_imports_nothing_of_where_it_runs(tmp_path):
    for name in ("ctypes", "select", "signal", "supervisor"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    done = process.run(["true"], tmp_path, os.environ | {"PYTHONPATH": str(tmp_path)})
    assert (done.status, done.err) == (0, "")


def test_what_is_printed_need_be_no_text():
    done = process.run(["printf", r"a\377\r\nb"])
    assert done.out == "a\N{REPLACEMENT CHARACTER}\nb"


def test_a_log_holds_both_streams(tmp_path):
    assert process.run(["sh", "-c", "echo out; echo err >&2"], log=tmp_path / "log").status == 0
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_a_daemon_that_holds_the_log_makes_nobody_wait(tmp_path):
    """It has left the group, and is not ended: but the command is over."""
    daemon = "import os, time; os.setsid(); open('child', 'w').write(str(os.getpid())); time.sleep(30)"
    code = f"import os, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {daemon!r}])\n"
    code += "while not os.path.exists('child') or not open('child').read(): pass\nprint('done')"
    assert process.run([sys.executable, "-c", code], tmp_path, log=tmp_path / "log").status == 0
    pid = pid_in(tmp_path / "child")
    assert psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # it is still there
    os.kill(pid, signal.SIGKILL)
    assert (tmp_path / "log").read_text() == "done\n"


@pytest.fixture
def stoppable(monkeypatch):
    """Let `kill_all` be called without an end of this process."""
    monkeypatch.setattr(process, "_stopping", threading.Event())


@pytest.mark.usefixtures("stoppable")
def test_nothing_begins_any_more_after_the_wish_to_end():
    process.kill_all()
    assert process.stopping()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        process.run(["sleep", "20"])
    assert time.monotonic() - start < 15


@pytest.mark.usefixtures("stoppable")
@pytest.mark.parametrize("stuck", [False, True])
def test_the_wish_to_end_ends_what_runs(tmp_path, monkeypatch, stuck):
    """Also when its guard does not listen."""
    monkeypatch.setattr(process, "PATIENCE", 0.2 if stuck else 10.0)
    raised = []

    def wait():
        try:
            process.run([sys.executable, "-c", SPIN + "time.sleep(30)"], tmp_path)
        except KeyboardInterrupt as stop:
            raised.append(stop)

    thread = threading.Thread(target=wait)
    thread.start()
    pid = pid_in(tmp_path / "pid")
    guard, start = psutil.Process(pid).parent(), time.monotonic()
    late = threading.Timer(8, guard.send_signal, [signal.SIGCONT])  # should nobody kill it
    if stuck:
        guard.send_signal(signal.SIGSTOP)
        late.start()
    process.kill_all()
    late.cancel()
    assert time.monotonic() - start < 8
    assert ends(pid, 5)
    thread.join(5)
    assert len(raised) == 1


@pytest.mark.usefixtures("stoppable")
def test_a_lock_is_waited_for_until_everything_is_to_end(tmp_path, monkeypatch):
    monkeypatch.setattr(locking, "LOOK", 0.01)
    threading.Timer(0.1, process.kill_all).start()
    other = FileLock(tmp_path / "a.lock", thread_local=False)
    other.acquire()
    late = threading.Timer(10, other.release)  # should the wish not be heard
    late.start()
    with pytest.raises(KeyboardInterrupt), locking.held(tmp_path / "a"):
        pass
    late.cancel()
    other.release()
    with locking.held(tmp_path / "a"), pytest.raises(Timeout), FileLock(tmp_path / "a.lock", timeout=0):
        pass
    with FileLock(tmp_path / "a.lock", timeout=0):
        pass


def test_a_log_says_how_much_is_missing_between_whole_lines(tmp_path):
    log = supervisor.Log(str(tmp_path / "log"))
    for start in range(0, 500_000, 777):
        log.write(b"".join(b"%09d\n" % number for number in range(start, min(start + 777, 500_000))))
    log.close()
    head, said, tail = re.split(r"\n\[sim\.log: ([\d,]+) bytes are left out here\]\n", (tmp_path / "log").read_text())
    first, last = head.split(), tail.split()
    assert [int(word) for word in first] == list(range(len(first)))
    assert [int(word) for word in last] == list(range(500_000 - len(last), 500_000))
    assert int(said.replace(",", "")) == 10 * (500_000 - len(first) - len(last))
    assert all(len(word) == 9 for word in (*first, *last))
    assert supervisor.HEAD <= len(head) + 1 < supervisor.HEAD + 10  # up to the end of the line
    assert supervisor.TAIL - 10 <= len(tail) < 2 * supervisor.TAIL


def test_a_log_without_lines_has_a_cap_in_the_file_and_in_memory(tmp_path):
    log = supervisor.Log(str(tmp_path / "log"))
    log.write(b"." * (8 << 20))
    for _ in range(200):
        log.write(b"." * (1 << 16))
        assert len(log._rest) + len(log._tail) < 2 * supervisor.TAIL
    log.close()
    assert (tmp_path / "log").stat().st_size < supervisor.HEAD + 2 * supervisor.TAIL


def test_lines_that_are_cut_anywhere_are_kept_once_and_cut_short(tmp_path):
    """Each begins with what is looked for, and most places where something is left out are in the middle of one."""
    log = supervisor.Log(str(tmp_path / "log"))
    for number in range(150):
        log.write(b"ERROR: %d;%s\n" % (number, b"." * 40_000))
    log.close()
    text = (tmp_path / "log").read_text()
    assert re.findall(r"^ERROR: (\d+);", text, re.MULTILINE) == [str(number) for number in range(150)]
    middle = text.partition("may matter:]\n")[2].splitlines()[:50]
    assert {len(line) for line in middle} == {supervisor.LONGEST}


@pytest.mark.parametrize(
    "said",
    ["Error: a", "ERROR: a", "Fatal: a", "FATAL: a", "RuntimeException: a", "a.v:3: $finish called", "a.v: $stop"],
)
def test_a_line_that_may_report_an_error_is_kept_of_the_middle(tmp_path, said):
    log = supervisor.Log(str(tmp_path / "log"))
    for text in ("." * 99, said, "." * 99):
        for _ in range(1 if text == said else 20_000):
            log.write(f"{text}\n".encode())
    log.close()
    assert f"may matter:]\n{said}\n" in (tmp_path / "log").read_text()
