"""Whatever ends a command ends all that it started, and keeps what had finished."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import pytest

from tests.tb._project import ECHO, PATH, REPO
from tests.tb.test_process import ends, pid_in
from ulpwise.system import interrupts

STUCK = "Path(__file__).parents[2].joinpath('pid').write_text(str(os.getpid()))\n    import time; time.sleep(100)"
TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
ICARUS = ("--sim", "icarus", "--mode", "burst")


@contextmanager
def started(lab, *words, module="ulpwise", **env):
    """Start a command that does not ignore interrupts, as what runs in the background would."""
    heard = ["env", "--default-signal=INT,HUP,TERM"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TB_"))}
    process = subprocess.Popen(
        [*heard, sys.executable, "-m", module, *words],
        cwd=lab.root,
        env=kept | {"PYTHONPATH": PATH} | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stuck_tool(lab, name) -> str:
    """Write a tool that never ends, with a child of its own."""
    path = lab.root / name
    path.write_text(f"#!/bin/sh\nsleep 100 & echo $! > {lab.root}/child\necho $$ > {lab.root}/pid\nsleep 100\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)]
)
def test_sim(own_lab, number, status):
    """What finished is kept, what did not is listed, and an earlier junit.xml is gone."""
    stuck = STUCK.replace("\n    ", "\n        ")
    own_lab.add("echo", CONFIGS=TWO, GOLDEN=f"if c.WIDTH == 8:\n        {stuck}\n    return {{'y': t['x'] + 1}}")
    junit = own_lab.root / "build" / "junit.xml"
    junit.parent.mkdir()
    junit.write_text("of an earlier session")
    words = ("sim", "--module", "echo", *ICARUS, "--jobs", "1", "--json", "runs.json")
    with started(own_lab, *words) as process:
        pid = pid_in(own_lab.root / "pid", 60)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert ends(pid)
    if number == signal.SIGKILL:
        assert not junit.exists()
        return
    assert err == "interrupted\n"
    *_, missing, last = out.splitlines()
    assert missing == "not run: echo-w8-icarus-burst-1"
    assert re.fullmatch(r"1 passed, 0 failed, 1 not run; \d+ transactions checked", last)
    suite = ET.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "1")
    assert [case.get("name") for case in suite] == ["w16-icarus-burst-1", "w8-icarus-burst-1"]
    assert suite[1][0].tag == "skipped"
    assert suite[1][0].get("message") == "not run"
    assert [record["config"] for record in json.loads((own_lab.root / "runs.json").read_text())] == ["w16"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("words", [("area",), ("mutate", "--module", "echo"), ("lint",)])
def test_yosys_ends(own_lab, words, number):
    own_lab.add("echo")
    if words == ("lint",):  # which is of the repository: its checks, but of this project
        script = "import sys; from pathlib import Path; from ulpwise.cli import commands, lint; run = lint.run\n"
        script += "lint.run = run; lint.python_checks = lambda _: []; commands.main()"
        (own_lab.root / "linted.py").write_text(script)
    module = "linted" if words == ("lint",) else "ulpwise"
    with started(own_lab, *words, module=module, YOSYS=stuck_tool(own_lab, "yosys")) as process:
        pid, child = pid_in(own_lab.root / "pid", 60), pid_in(own_lab.root / "child")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == (143 if number == signal.SIGTERM else -9)
    assert number == signal.SIGKILL or err == "interrupted\n"
    assert ends(pid)
    assert ends(child)


@pytest.mark.parametrize("name", ["bench/speed.py", "results/lab.py"])
def test_scripts_of_the_project(own_lab, name):
    """`make bench` and `make results` start what they measure by the same helper."""
    script = own_lab.root / "tests" / name
    script.parent.mkdir(parents=True)
    tool = stuck_tool(own_lab, "tool")
    script.write_text(
        f"from ulpwise.system import process\ndef main(root):\n    return process.run([{tool!r}]).status\n"
    )
    with started(own_lab, name.split("/", maxsplit=1)[0]) as process:
        pid, child = pid_in(own_lab.root / "pid", 60), pid_in(own_lab.root / "child")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=30)
    assert process.returncode == 129
    assert ends(pid)
    assert ends(child)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("workers", ["0", "1"])
def test_pytest(own_lab, number, status, workers):
    """Failures are named as they come, and by the summary when it can be printed."""
    own_lab.add("echo", GOLDEN=STUCK)
    own_lab.add("a", GOLDEN="return 1 // 0")  # comes first
    shutil.copy(REPO / "tests" / "conftest.py", own_lab.root / "tests" / "conftest.py")
    shutil.copy(REPO / "pyproject.toml", own_lab.root / "pyproject.toml")
    name, said = "FAILED tests/lab/test_a.py::bench::a[w8-icarus-burst]", ""
    with started(own_lab, "tests", "-n", workers, "-k", "icarus and burst", module="pytest") as process:
        pid = pid_in(own_lab.root / "pid", 60)
        while f"\n{name}\n" not in said:  # the other test goes on
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(60) == status
    assert ends(pid, 30)
    _, summary, rest = rest.partition(" short test summary info ")
    assert bool(summary) == (number != signal.SIGKILL)
    assert (f"\n{name}" in rest) == bool(summary)


def test_what_ci_runs_ends_with_it(tmp_path):
    """Not before: what make's commands print at their end is read."""
    script = tmp_path / ".ci" / "run"
    script.parent.mkdir()
    shutil.copy(REPO / ".ci" / "run", script)
    command = (
        "import os, signal; signal.signal(signal.SIGTERM, lambda *_: (open('ended', 'w').write('1'), os._exit(1)))\n"
        "open('pid', 'w').write(str(os.getpid()))\nwhile True: signal.pause()"
    )
    (tmp_path / "command.py").write_text(command)
    (tmp_path / "Makefile").write_text(f"test lint:\n\t@exec {sys.executable} command.py\n")
    line = ["env", "--default-signal=INT,HUP,TERM", "--unset=MAKELEVEL", "--unset=MAKEFLAGS", script]
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    pid = pid_in(tmp_path / "pid", 60)
    process.terminate()
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, (tmp_path / "ended").exists(), out) == (143, True, b"")
    assert ends(pid)


def test_the_end_of_make_is_the_end_of_its_command(own_lab):
    """Even by `kill -9`: a command of make knows its parent."""
    own_lab.add("echo", GOLDEN=STUCK)
    recipe = f"sim:\n\t@TB_PARENT=$$PPID exec {sys.executable} -m ulpwise sim --module echo {' '.join(ICARUS)}\n"
    (own_lab.root / "Makefile").write_text(recipe)
    make = subprocess.Popen(["make"], cwd=own_lab.root, env=os.environ | {"PYTHONPATH": PATH})
    pid = pid_in(own_lab.root / "pid", 60)
    make.kill()
    make.wait()
    assert ends(pid)
    assert "TB_PARENT=$$PPID exec" in (REPO / "Makefile").read_text()


def test_an_ignored_hangup_stays_ignored(own_lab):
    """As `nohup make sim &` wants it."""
    once = STUCK.replace("time.sleep(100)", "CALLS or CALLS.append(time.sleep(3))")
    golden = f"{once}\n    return {{'y': (t['x'] + 1) % 256}}"
    own_lab.add("echo", ECHO, GOLDEN=golden, HEAD="CALLS = []")
    line = ["env", "--ignore-signal=HUP", sys.executable, "-m", "ulpwise", "sim", "--module", "echo", *ICARUS]
    process = subprocess.Popen(line, cwd=own_lab.root, env=os.environ | {"PYTHONPATH": PATH})
    pid_in(own_lab.root / "pid", 60)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0


# --- signals in this process


@pytest.fixture
def signals():
    """Handlers of this process, put back afterwards."""
    before = {number: signal.getsignal(number) for number in interrupts.NUMBERS}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    yield lambda: {signal.getsignal(number) for number in interrupts.NUMBERS}
    for number, handler in before.items():
        signal.signal(number, handler)


def test_only_the_first_signal_counts(signals):
    kept = []
    with pytest.raises(interrupts.Interrupted) as stop, interrupts.heard():  # noqa: PT012 (what it holds is tried)
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            for number in interrupts.NUMBERS:
                signal.raise_signal(number)
            kept.append(1)
    assert (kept, interrupts.status(stop.value)) == ([1], 143)
    assert signals() == {signal.SIG_IGN}  # also while the process writes down what it has


def test_without_a_signal_the_handlers_are_put_back(signals):
    with interrupts.heard():
        assert signals() != {signal.default_int_handler}
    with interrupts.undisturbed():
        assert signals() != {signal.default_int_handler}
    assert signals() == {signal.default_int_handler}


@pytest.mark.usefixtures("signals")
def test_what_is_undisturbed_comes_to_its_end_and_then_the_interrupt_counts():
    kept = []
    with pytest.raises(interrupts.Interrupted) as stop, interrupts.heard():  # noqa: PT012 (what it holds is tried)
        with interrupts.undisturbed():
            signal.raise_signal(signal.SIGHUP)
            kept.append(1)
        kept.append(2)
    assert (kept, interrupts.status(stop.value)) == ([1], 129)


@pytest.mark.parametrize(
    ("said", "parents", "sent"),
    [("7", [7, 7], []), ("7", [7, 1], [signal.SIGTERM]), ("7", [8, 8], []), ("", [7, 7], [])],
)
def test_a_process_follows_the_make_that_began_it_and_no_other(monkeypatch, said, parents, sent):
    """One that has ended meanwhile, too; and what the process begins is not told of it."""
    asked, killed = [], []

    class Library:
        def __init__(self, _):
            self.prctl = lambda *words: asked.append(words)

    monkeypatch.setenv("TB_PARENT", said)
    monkeypatch.setattr(interrupts.ctypes, "CDLL", Library)
    monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    follows = said == "7" and parents[0] == 7
    interrupts.follow_make()
    assert asked == [(1, signal.SIGTERM)] * follows
    assert killed == [(os.getpid(), number) for number in sent]
    assert "TB_PARENT" not in os.environ
