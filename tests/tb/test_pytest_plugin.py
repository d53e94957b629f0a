"""pytest collects benches: names, selection, reports, and several workers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.tb._project import ECHO, PATH, REPO, fault

WRONG = fault(ECHO, ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (s_axis_x_tdata == 40)"))


@pytest.fixture
def collected(own_lab):
    """A project with two benches and the repository's own conftest.py; returns a function that runs pytest on it."""
    own_lab.add("echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}")
    own_lab.add("wrong", WRONG)
    shutil.copy(REPO / "tests" / "conftest.py", own_lab.root / "tests" / "conftest.py")
    shutil.copy(REPO / "pyproject.toml", own_lab.root / "pyproject.toml")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    def run(*words):
        line = [sys.executable, "-m", "pytest", "tests", "-q", *words]
        return subprocess.run(
            line, cwd=own_lab.root, env=kept | {"PYTHONPATH": PATH}, capture_output=True, text=True, check=False
        )

    return run


def test_each_configuration_simulator_and_mode_is_a_test(collected):
    done = collected("--collect-only")
    assert done.returncode == 0, done.stdout
    names = [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert names == [
        f"{top}[{config}-{sim}-{mode}]"
        for top, configs in (("echo", ("w8", "w16")), ("wrong", ("w8",)))
        for config in configs
        for sim in ("verilator", "icarus")
        for mode in ("burst", "beat")
    ]


def test_quick_configurations_unless_every_one_is_asked_for(collected, own_lab):
    own_lab.add("echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}", REST="quick=('w16',),")
    quick, every = collected("--collect-only"), collected("--collect-only", "--every-config")
    assert "echo[w16-icarus-beat]" in quick.stdout
    assert "echo[w8-" not in quick.stdout
    assert "echo[w8-icarus-beat]" in every.stdout


def test_selection(collected):
    done = collected("-k", "echo and w16 and icarus and beat")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 11 deselected" in done.stdout


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one", "xdist"])
def test_a_failure_shows_its_report_and_no_traceback(collected, workers):
    done = collected("-k", "icarus and burst", *workers)
    assert done.returncode == 1
    assert "1 failed, 2 passed" in done.stdout
    assert re.search(
        r"FAIL wrong w8, icarus, burst, seed 1\n"
        r"  wrong value: \d+ of \d+ transactions\n"
        r"  first wrong transaction: row 40 of sequence ramp, at cycle \d+ \(\d+ ns\)\n"
        r"    input    x = 0x28 \(40\)\n"
        r"    expected y = 0x29 \(41\)\n"
        r"    actual   y = 0x2a \(42\)\n",
        done.stdout,
    )
    assert "Traceback" not in done.stdout
    assert "RunFailedError" not in done.stdout.partition("short test summary")[0]
    assert "tb/ulpwise/cli/pytest_plugin.py" not in done.stdout


def test_workers_begin_with_the_largest_configurations(collected, own_lab):
    """What is short comes last, so that no worker waits for another; runs that share a build stay together."""
    (own_lab.root / "tests" / "lab" / "test_alone.py").write_text("def test_alone():\n    pass\n")
    listing = (
        "def pytest_collection_finish(session):\n"
        "    if hasattr(session.config, 'workerinput'):\n"
        "        open('order', 'w').write(' '.join(item.name for item in session.items))\n"
        "        session.items.clear()\n"
    )
    (own_lab.root / "tests" / "lab" / "conftest.py").write_text(listing)
    assert collected("-n", "1").returncode == 5  # nothing was run
    kinds = [f"{sim}-{mode}" for sim in ("verilator", "icarus") for mode in ("burst", "beat")]
    runs = [f"{name}-{kind}]" for name in ("echo[w16", "wrong[w8", "echo[w8") for kind in kinds]
    assert (own_lab.root / "order").read_text().split() == [*runs, "test_alone"]
