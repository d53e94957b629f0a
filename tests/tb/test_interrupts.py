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
    script.write_text(f"from ulpwise import process\ndef main(root):\n    return process.run([{tool!r}]).status\n")
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
    own_lab.add("echo", GOLDEN=STUCK)
    shutil.copy(REPO / "tests" / "conftest.py", own_lab.root / "tests" / "conftest.py")
    shutil.copy(REPO / "pyproject.toml", own_lab.root / "pyproject.toml")
    with started(own_lab, "tests", "-n", workers, "-k", "icarus and burst", module="pytest") as process:
        pid = pid_in(own_lab.root / "pid", 60)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == status
    assert ends(pid, 30)


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
