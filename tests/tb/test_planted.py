"""The search for faults that are planted in the cores: what is tried in which order, and what counts as found."""

from __future__ import annotations

import os
import signal

import pytest

from tests.results import faults
from tests.results.planted import _fault, _try
from tests.results.planted._fault import Fault, found_by, tries
from tests.tb._project import REPO
from ulpwise.run.record import Record
from ulpwise.system import process
from ulpwise.system.process import Done

TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}, 'w32': {'WIDTH': 32}}"
FAULT = Fault("echo", "adds two", (("+ 1'b1", "+ 2'd2"),))


@pytest.fixture
def search(own_lab, monkeypatch):
    """Look for FAULT; gets the reasons of each run in turn, the last of them for all that follow."""
    own_lab.add("echo", CONFIGS=TWO, REST="quick=['w16', 'w8'],")
    lines = []

    def look(*outcomes, status=None):
        def tried(project, spec):
            assert "+ 2'd2" in (project.root / "rtl/lab/echo.v").read_text()
            reasons = outcomes[min(len(lines), len(outcomes) - 1)]
            lines.append([spec.config, spec.sim, spec.mode])
            return Record(spec, project.root, reasons=tuple(reasons))

        def run(line, cwd, env, limit):
            assert line[1] == _try.__file__
            assert (env["PYTHONPATH"], limit) == (f"{own_lab.root / 'tb'}{os.pathsep}{own_lab.root}", _fault.LIMIT)
            monkeypatch.chdir(cwd)
            done = _try.main(line[2:])
            return Done(done if status is None else status, status == -signal.SIGALRM, err="error: it is broken")

        monkeypatch.setattr(_try, "attempt", tried)
        monkeypatch.setattr(process, "run", run)
        return found_by(own_lab.root, FAULT, own_lab.root / "work"), lines

    return look


def test_the_first_finding_ends_the_search(search, own_lab):
    assert search([], [], ["wrong value: 1"], ["never"]) == (
        "echo w16, icarus, burst: wrong value: 1",
        [["w8", "icarus", "burst"], ["w8", "icarus", "beat"], ["w16", "icarus", "burst"]],
    )
    assert not (own_lab.root / "work").exists()


def test_a_limit_of_wall_clock_finds_nothing(search):
    said, lines = search([], ["time-out: still running after 600 s", "results file missing"], [])
    assert said == ""
    assert lines == [
        [config, sim, mode]
        for sim in ("icarus", "verilator")
        for config in ("w8", "w16", "w32")
        for mode in ("burst", "beat")
    ]


@pytest.mark.parametrize("status", [1, 2, -signal.SIGALRM, -signal.SIGKILL])
def test_a_run_that_is_none_finds_nothing(search, status):
    with pytest.raises(RuntimeError, match="work: error: it is broken"):
        search(["wrong value: 1"], status=status)


def test_a_fault_is_looked_for_in_one_process_of_its_own(own_lab):
    """By real runs, in the copy that has the fault."""
    own_lab.add("echo", CONFIGS=TWO, REST="quick=['w16', 'w8'],")
    (own_lab.root / "models").mkdir()
    work = own_lab.root / "work"
    specs = tries(own_lab.project, "echo", guards_first=False)
    assert _fault._run(REPO, own_lab.root, specs[:2]) == ""
    said = found_by(own_lab.root, FAULT, work)
    assert said.startswith("echo w8, icarus, burst: ")
    assert "wrong" in said


def test_the_run_that_looks_at_guards_comes_first_for_their_faults(own_lab):
    own_lab.add("echo", REST="guards=[Limit('WIDTH', 1, 64)],")
    modes = [[spec.mode for spec in tries(own_lab.project, "echo", guards_first=first)] for first in (True, False)]
    assert modes == [
        ["guards", "guards", "burst", "beat", "burst", "beat"],
        ["burst", "beat", "guards", "guards", "burst", "beat"],
    ]


def test_what_was_found_is_not_looked_for_again_until_a_source_changes(own_lab, monkeypatch, capsys):
    own_lab.add("echo")
    asked = []

    def found(_, fault, work):
        asked.append((fault.name, work.name))
        return "" if fault.name == "hard" else "echo w8"

    monkeypatch.setattr(faults, "found_by", found)
    wanted = {f"echo, {name}": Fault("echo", name, ()) for name in ("easy", "hard")}
    for _ in range(2):
        assert faults._search_all(own_lab.root, wanted, faults.Console()) == {"echo, easy": "echo w8"}
    assert sorted(asked) == [("easy", "echo-easy"), *[("hard", "echo-hard")] * 2]
    own_lab.add("other")
    faults._search_all(own_lab.root, wanted, faults.Console())
    assert len(asked) == 5
    assert capsys.readouterr().out.count("echo, hard: NOT FOUND") == 3


def test_all_threads_and_processes_end_with_the_wish_to_end():
    """Only what goes through `ulpwise.system.pools` and `ulpwise.system.process` does."""
    files = [
        file for folder in ("tb", "models", "tests/results", "tests/bench") for file in REPO.glob(f"{folder}/**/*.py")
    ]
    own = {path.relative_to(REPO).as_posix(): path.read_text() for path in files}
    assert [name for name, text in own.items() if "ThreadPoolExecutor" in text] == ["tb/ulpwise/system/pools.py"]
    assert not [name for name, text in own.items() if "ProcessPoolExecutor" in text or "multiprocessing" in text]
