"""A process that is forked for each run: what a run sees and leaves is as if it had been started by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from tests.tb._project import ECHO, PATH, fault
from ulpwise.run import simulation
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.system import forkserver, process
from ulpwise.system.forkserver import ForkServer, Request

pytestmark = pytest.mark.skipif(not forkserver.AVAILABLE, reason="runs are forked on Linux only")

# a program that does what a simulator with Python inside does
PROGRAM = f"""
import os, sys
from ulpwise.system import forkserver
forkserver.serve()
exec(compile(open({forkserver.SUBJECT}).read(), "subject", "exec"))
"""
WAIT = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(100)"


@pytest.fixture
def server():
    started = ForkServer([sys.executable, "-c", PROGRAM], {**os.environ, "PYTHONPATH": PATH})
    yield started
    started.close()


def request(folder, code: str, limit: float = 100.0, arguments=(), **variables: str) -> Request:
    """Ask for a run of some Python in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "subject").write_text(code)
    environment = {**os.environ, "PYTHONPATH": PATH, **variables}
    return Request(str(folder / "subject"), arguments, str(folder), environment, limit, str(folder / "log"))


def pid_in(path, seconds=20.0) -> int:
    """Wait for the file in which a run says who it is."""
    end = time.monotonic() + seconds
    while not path.exists() or not path.read_text():
        assert time.monotonic() < end, path
        time.sleep(0.02)
    return int(path.read_text())


def ends(pid, seconds=15.0) -> bool:
    """Wait for the end of a process."""
    try:
        other = psutil.Process(pid)
        return other.status() == psutil.STATUS_ZOMBIE or other.wait(seconds) is None or True
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 11)", -11),
        ("import os; os.abort()", -6),
        ("raise SystemExit(255)", 255),
    ],
)
def test_statuses_and_signals_come_through(server, tmp_path, code, status):
    done = process.run_fork(server, request(tmp_path / "run", code))
    assert (done.status, done.timed_out) == (status, False)


def test_each_run_has_its_folder_its_variables_its_path_and_its_log(server, tmp_path):
    code = (
        "import os, sys; print(os.getcwd(), os.environ.get('OWN'), os.environ['ULPWISE_ARGUMENTS'].split(chr(10)))\n"
        "print('err', file=sys.stderr); print(sys.stdin.read() == '', 'left' in globals(), 'decimal' in sys.modules)\n"
        "left = 1; import decimal; os.environ['OTHER'] = '1'; print(os.environ.get('ULPWISE_FORKS'), sys.path[0])"
    )
    for name in ("one", "two"):
        path = f"{tmp_path / name}{os.pathsep}{PATH}"
        asked = request(tmp_path / name, code, arguments=["+a", "+b c"], OWN=name, PYTHONPATH=path)
        assert process.run_fork(server, asked).status == 0
        said = (tmp_path / name / "log").read_text().splitlines()
        assert said[0] == f"{tmp_path / name} {name} ['+a', '+b c']"
        assert sorted(said[1:]) == sorted(["err", "True False False", f"None {tmp_path / name}"])
    assert process.run_fork(server, request(tmp_path / "two", "import os; print(os.environ.get('OTHER'))")).status == 0
    assert (tmp_path / "two" / "log").read_text() == "None\n"


def test_a_run_leads_a_group_below_a_session_of_its_guard(server, tmp_path):
    """A terminal's Ctrl-C is for neither, and what a run starts ends with it."""
    code = (
        "import os; print(os.getpgid(0) == os.getpid(), os.getsid(0) == os.getppid(), len(os.listdir('/proc/self/fd')))"
    )
    assert process.run_fork(server, request(tmp_path / "run", code)).status == 0
    said = (tmp_path / "run" / "log").read_text().split()
    assert said[:2] == ["True", "True"]
    assert int(said[2]) <= 5  # three standard files, the subject, the folder that is listed


def test_the_limit_ends_one_run_and_no_other(server, tmp_path):
    outcomes = {}

    def one(name, limit):
        outcomes[name] = process.run_fork(server, request(tmp_path / name, "import time; time.sleep(3)", limit))

    threads = [threading.Thread(target=one, args=each) for each in (("short", 1), ("long", 50))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes["short"].status, outcomes["short"].timed_out) == (-signal.SIGALRM, True)
    assert outcomes["long"].status == 0


def test_a_run_takes_signals_as_a_python_of_its_own_does(server, tmp_path):
    """Else a golden model that feeds a program which does not listen is killed by its pipe."""
    code = "import signal; print([(each.name, str(signal.getsignal(each))[:12]) for each in signal.Signals])"
    assert process.run_fork(server, request(tmp_path / "run", code)).status == 0
    assert (tmp_path / "run" / "log").read_text() == process.run([sys.executable, "-c", code]).out


def test_a_server_learns_how_the_tools_end_that_it_runs_itself(tmp_path):
    program = (
        "from ulpwise.system import forkserver, process\nsaid = []\n"
        "forkserver.serve(lambda: said.append(process.run(['false']).status))\nprint(said)"
    )
    started = ForkServer([sys.executable, "-c", program], {**os.environ, "PYTHONPATH": PATH})
    for said in ("[1]", "[1, 1]"):
        assert process.run_fork(started, request(tmp_path / "run", "")).status == 0
        assert (tmp_path / "run" / "log").read_text() == f"{said}\n"
    started.close()


def test_what_a_server_has_forked_leaves_nothing_behind(server, tmp_path):
    asked = request(tmp_path / "run", "import os; print(os.getppid())")
    assert process.run_fork(server, asked).status == 0
    before = psutil.Process().num_fds()
    for _ in range(20):
        assert process.run_fork(server, asked).status == 0
    assert psutil.Process().num_fds() == before
    (program,) = psutil.Process(server._process.pid).children()
    assert len(program.children()) <= 2  # the last guard is waited for at the next request
    assert program.num_fds() <= 6


def test_a_request_may_be_larger_than_what_a_socket_holds(server, tmp_path):
    large = {f"LARGE_{number}": "x" * 100_000 for number in range(20)}
    code = "import os; print(sum(map(len, os.environ.values())) > 2_000_000)"
    assert process.run_fork(server, request(tmp_path / "run", code, **large)).status == 0
    assert (tmp_path / "run" / "log").read_text() == "True\n"


def test_a_large_request_to_a_server_that_hangs_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(forkserver, "READY", 1.0)
    started = ForkServer([sys.executable, "-c", "import time; time.sleep(100)"], dict(os.environ))
    with pytest.raises(forkserver.ServerError):
        process.run_fork(started, request(tmp_path / "run", "pass", LARGE="x" * 1_000_000))
    started.close()


def test_nobody_waits_for_a_server_that_hangs_once_all_is_to_end(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "PATIENCE", 0.5)
    monkeypatch.setattr(process, "_stopping", threading.Event())
    started = ForkServer([sys.executable, "-c", "import time; time.sleep(100)"], dict(os.environ))
    outcome = []

    def run():
        try:
            process.run_fork(started, request(tmp_path / "run", "pass"))
        except KeyboardInterrupt as fault:
            outcome.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    while not process._running:
        time.sleep(0.02)
    process.kill_all()
    thread.join(10)
    assert len(outcome) == 1
    started.close()


def test_a_guard_that_cannot_guard_says_so(server, tmp_path):
    (tmp_path / "run" / "log").mkdir(parents=True)  # no log can be written
    assert process.run_fork(server, request(tmp_path / "run", "pass")).status == 127


def test_a_low_limit_of_open_files_has_each_run_start_by_itself():
    script = "from ulpwise.system import forkserver; print(forkserver.AVAILABLE)"
    line = ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh", sys.executable, "-c", script]
    assert process.run(line, env=os.environ | {"PYTHONPATH": PATH}).out == "False\n"


def killed(server, folder, victim) -> process.Done:
    """Begin a run that waits, kill something of it with -9."""
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(process.run_fork(server, request(folder, WAIT))))
    thread.start()
    run = pid_in(folder / "pid")
    os.kill(victim(psutil.Process(run)), signal.SIGKILL)
    thread.join(20)
    assert ends(run)
    return outcome[0]


def test_a_run_that_is_killed_is_its_own_affair(server, tmp_path):
    assert killed(server, tmp_path / "run", lambda run: run.pid).status == -signal.SIGKILL
    assert process.run_fork(server, request(tmp_path / "next", "pass")).status == 0


def test_a_guard_that_is_killed_takes_its_run_with_it(server, tmp_path):
    assert killed(server, tmp_path / "run", lambda run: run.ppid()).status == -signal.SIGKILL
    assert process.run_fork(server, request(tmp_path / "next", "pass")).status == 0


def test_a_server_that_is_killed_leaves_its_runs_alone_and_begins_no_more(server, tmp_path):
    code = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(2)"
    outcome = []
    asked = request(tmp_path / "run", code)
    thread = threading.Thread(target=lambda: outcome.append(process.run_fork(server, asked)))
    thread.start()
    run = psutil.Process(pid_in(tmp_path / "run" / "pid"))
    os.kill(run.parent().ppid(), signal.SIGKILL)
    with pytest.raises(forkserver.ServerError):
        process.run_fork(server, request(tmp_path / "next", "pass"))
    thread.join(20)
    assert outcome[0].status == 0


def test_a_parent_that_is_killed_takes_server_and_runs_with_it(tmp_path):
    script = (
        f"import os, sys\nfrom ulpwise.system import forkserver, process\n"
        f"server = forkserver.ForkServer([sys.executable, '-c', {PROGRAM!r}], dict(os.environ))\n"
        f"open('subject', 'w').write({WAIT!r})\n"
        "here = os.getcwd()\n"
        "asked = forkserver.Request(here + '/subject', (), here, dict(os.environ), 100.0, here + '/log')\n"
        "process.run_fork(server, asked)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=os.environ | {"PYTHONPATH": PATH})
    run = psutil.Process(pid_in(tmp_path / "pid"))
    guard = run.parent()
    pids = [run.pid, guard.pid, guard.ppid(), psutil.Process(guard.ppid()).ppid()]
    parent.kill()
    parent.wait()
    assert all(ends(pid) for pid in pids)


def test_kill_all_ends_what_was_forked(tmp_path):
    script = (
        f"import os, sys, threading, time\nfrom ulpwise.system import forkserver, process\n"
        f"server = forkserver.ForkServer([sys.executable, '-c', {PROGRAM!r}], dict(os.environ))\n"
        f"open('subject', 'w').write({WAIT!r})\n"
        "here = os.getcwd()\n"
        "asked = forkserver.Request(here + '/subject', (), here, dict(os.environ), 100.0, here + '/log')\n"
        "def run():\n"
        "    try: process.run_fork(server, asked)\n"
        "    except KeyboardInterrupt: print('ended')\n"
        "thread = threading.Thread(target=run); thread.start()\n"
        "while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.02)\n"
        "process.kill_all(); thread.join(); print('over')\n"
    )
    line = [sys.executable, "-c", script]
    env = os.environ | {"PYTHONPATH": PATH}
    done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "ended\nover\n"
    assert ends(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "import time; time.sleep(100)"])
def test_a_server_that_does_not_serve_is_an_error(tmp_path, monkeypatch, program):
    monkeypatch.setattr(forkserver, "READY", 1.0)
    started = ForkServer([sys.executable, "-c", program], dict(os.environ))
    with pytest.raises(forkserver.ServerError):
        process.run_fork(started, request(tmp_path / "run", "pass"))
    started.close()


# --- simulations


def outcome(lab, spec: RunSpec) -> tuple[object, ...]:
    """All that a run leaves which does not depend on time."""
    record = attempt(lab.project, spec)
    files = {
        path.name: path.read_bytes() for path in sorted(record.folder.iterdir()) if path.suffix in (".out", ".npz")
    }
    log = (record.folder / simulation.LOG).read_text()
    return record.passed, record.reasons, (record.folder / "result.json").read_bytes(), files, log


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("mode", ["beat", "burst"])
def test_a_forked_run_leaves_what_one_by_itself_does(lab, monkeypatch, sim, mode):
    sound = lab.add(f"fork_{sim}_{mode}")
    faulty = lab.add(f"fork_wrong_{sim}_{mode}", fault(ECHO, ("tdata + 1'b1", "tdata + 2'd2")))
    specs = [RunSpec(top, "w8", sim, mode, seed=seed) for top in (sound, faulty) for seed in (1, 2)]
    forked = [outcome(lab, spec) for spec in specs]
    assert any(server.usable() for server in simulation._servers.values())
    monkeypatch.setenv(simulation.SWITCH, "0")
    assert [outcome(lab, spec) for spec in specs] == forked
    assert [each[0] for each in forked] == [True, True, False, False]


def test_uninitialised_registers_depend_on_the_seed_of_the_run(lab):
    """Verilator draws them as a design begins, which is behind the fork."""
    core = fault(ECHO, ("// declarations", 'reg [31:0] never;\ninitial $display("never %h", never);'))
    top = lab.add("fork_seed", core)
    said = {}
    for seed in (1, 2, 1):
        record = attempt(lab.project, RunSpec(top, "w8", "verilator", "burst", seed=seed))
        line = next(line for line in (record.folder / simulation.LOG).read_text().splitlines() if "never" in line)
        assert said.setdefault(seed, line) == line
    assert said[1] != said[2]


def test_golden_models_draw_other_numbers_in_each_run(lab):
    """Else one that forgets to be seeded would agree with itself."""
    golden = "open('drawn', 'w').write(str(np.random.rand())); return {'y': (t['x'] + 1) % 256}"
    top = lab.add("fork_random", GOLDEN=golden)
    drawn = []
    for _ in range(2):
        record = attempt(lab.project, RunSpec(top, "w8", "icarus", "burst"))
        assert record.passed, record.reasons
        drawn.append((record.folder / "drawn").read_text())
    assert len(set(drawn)) == 2


def test_a_golden_model_may_feed_a_program_that_does_not_listen(lab, monkeypatch):
    golden = (
        "import subprocess; subprocess.run(['true'], input=bytes(1 << 20), check=True); "
        "return {'y': (t['x'] + 1) % 256}"
    )
    top = lab.add("fork_pipe", GOLDEN=golden)
    for _ in range(2):
        record = attempt(lab.project, RunSpec(top, "w8", "icarus", "burst"))
        assert record.passed, record.reasons
        monkeypatch.setenv(simulation.SWITCH, "0")


def test_a_server_that_is_lost_is_replaced(lab):
    top = lab.add("fork_lost")
    spec = RunSpec(top, "w8", "icarus", "burst")
    assert attempt(lab.project, spec).passed
    for server in simulation._servers.values():
        server.close()
    assert attempt(lab.project, spec).passed


def test_a_simulator_that_does_not_serve_runs_by_itself(lab, monkeypatch):
    top = lab.add("fork_not_served")
    monkeypatch.setattr(simulation, "_servers", {})
    monkeypatch.setattr(simulation, "_broken", set())
    monkeypatch.setattr(simulation, "WARM", lab.root / "nothing")  # Python starts and waits for nobody
    assert attempt(lab.project, RunSpec(top, "w8", "icarus", "burst")).passed
    assert simulation._broken


def test_the_module_of_that_name_that_python_would_import_still_is(lab, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.customised = __file__\n")
    golden = "import builtins, json; json.dump(builtins.customised, open('own', 'w')); return {'y': (t['x'] + 1) % 256}"
    top = lab.add("fork_site", GOLDEN=golden)
    script = (
        "from pathlib import Path; from ulpwise.bench.project import Project\n"
        "from ulpwise.run.execute import attempt; from ulpwise.run.record import RunSpec\n"
        f"record = attempt(Project(Path('.').resolve()), RunSpec({top!r}, 'w8', 'icarus', 'burst'))\n"
        "assert record.passed, record.reasons; print(record.folder)"
    )
    done = lab.python("-c", script, PYTHONPATH=f"{tmp_path}{os.pathsep}{PATH}")
    assert done.returncode == 0, done.stderr
    assert json.loads((lab.root / done.stdout.strip() / "own").read_text()) == str(tmp_path / "sitecustomize.py")


def test_cocotb_is_found_without_being_imported():
    from cocotb_tools.config import pygpi_entry_point  # noqa: PLC0415 (imports all of cocotb)

    assert simulation._entry_point() == pygpi_entry_point()
