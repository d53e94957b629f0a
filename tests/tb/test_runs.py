"""Runs that raise, runs at once, and benches that are broken: each is told, and none stops the others."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from threading import Barrier, Event
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from filelock import FileLock, Timeout

from tests.tb._project import ECHO, PATH, REPO, fault
from tests.tb.test_cli import refused
from ulpwise.bench.declare import BenchError
from ulpwise.bench.stimuli import Draw, directed
from ulpwise.cli import sim
from ulpwise.data.formats import FormatError, Unsigned
from ulpwise.history.database import History
from ulpwise.run import execute as run
from ulpwise.run import simulation
from ulpwise.run.live import Display
from ulpwise.run.record import Record, RunSpec
from ulpwise.run.shrink import Shrunk
from ulpwise.system.jsonfile import reporting

WRONG = fault(ECHO, ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (s_axis_x_tdata == 40)"))
TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
ICARUS = ("--sim", "icarus", "--mode", "burst")


def test_a_run_that_raises_is_one_that_failed(own_lab):
    """The others are run, and all is kept: junit, JSON, history."""
    rest = "stimuli=lambda c: {'ramp': directed(x=[1, 2])}, volume=lambda c: 100 if c.WIDTH == 8 else 1 // 0,"
    own_lab.add("echo", CONFIGS=TWO, REST=rest)
    done = own_lab.cli("sim", "--module", "echo", *ICARUS, "--jobs", "1", "--json", "runs.json")
    assert done.returncode == 1, done.stderr
    line = next(
        k
        for k, text in enumerate((own_lab.root / "tests/lab/test_echo.py").read_text().split("\n"), 1)
        if "1 // 0" in text
    )
    said = "volume raised ZeroDivisionError: integer division or modulo by zero"
    reason = f"{said} (tests/lab/test_echo.py:{line})"
    assert f"  {reason}\n" in done.stdout
    assert "1 passed, 1 failed; " in done.stdout
    records = json.loads((own_lab.root / "runs.json").read_text())
    assert [(record["config"], record["verdict"]) for record in records] == [("w8", "pass"), ("w16", "fail")]
    suite = ET.parse(own_lab.root / "build" / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert suite[1][0].get("message") == reason


def test_a_run_that_the_machine_refuses_is_one_that_failed(own_lab):
    own_lab.add("echo", CONFIGS=TWO)
    (own_lab.root / "build" / "runs").mkdir(parents=True)
    (own_lab.root / "build" / "runs" / "echo-w16-icarus-burst-1").touch()
    done = own_lab.cli("sim", "--module", "echo", *ICARUS, "--jobs", "1")
    assert done.returncode == 1, done.stderr
    assert "  could not be run: " in done.stdout
    assert "1 passed, 1 failed; " in done.stdout
    assert "Traceback" in own_lab.cli("sim", "--module", "echo", *ICARUS, DEBUG="1").stderr


@pytest.mark.parametrize("broken", ["finished", "close", "__exit__", "echo"])
def test_what_has_finished_is_kept_when_the_display_fails(own_lab, monkeypatch, broken):
    """Of three runs two come to their end when the display has failed already."""
    begun, failed = Barrier(3), Event()
    specs = [RunSpec("echo", "w8", "icarus", "burst", seed) for seed in (1, 2, 3)]

    def execute(project, spec):
        begun.wait(20)
        assert broken != "finished" or spec.seed == 1 or failed.wait(20)
        return Record(spec, run.folder_of(project, spec), result={"checked": 7}, fingerprint="f")

    def fail(*_, **__):
        failed.set()
        raise ZeroDivisionError

    monkeypatch.setattr(sim, "execute", execute)
    if broken == "echo":
        monkeypatch.setattr("ulpwise.history.rows.flaky", lambda *_: "other results")
        monkeypatch.setattr(sim.typer, "echo", fail)
    else:
        monkeypatch.setattr(Display, broken, fail)
    file = own_lab.root / "runs.json"
    with pytest.raises(ZeroDivisionError), reporting(file) as keep:
        sim.Session(own_lab.project, specs, keep).run(3)
    assert [record["seed"] for record in json.loads(file.read_text())] == [1, 2, 3]
    suite = ET.parse(own_lab.project.build / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("skipped")) == ("3", "0")
    assert len(History(own_lab.project.build / "history.sqlite").runs()) == 3


def test_six_runs_of_one_failure_at_once(own_lab):
    """One lock around the whole of a run, its shrinking included."""
    own_lab.add("echo", WRONG)
    line = [sys.executable, "-m", "ulpwise", "sim", "--module", "echo", *ICARUS]
    common = {"cwd": own_lab.root, "env": os.environ | {"PYTHONPATH": PATH}, "text": True}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(line, **common, **pipes) for _ in range(6)]
    found = [(*process.communicate(timeout=200), process.returncode) for process in processes]
    assert {(err, status) for _, err, status in found} == {("", 1)}
    assert {out.count("smallest batch that still fails: 1 transactions") for out, _, _ in found} == {1}
    assert ET.parse(own_lab.root / "build" / "junit.xml").getroot().get("failures") == "1"
    assert not list((own_lab.root / "build").rglob("*.part"))


def test_nobody_gets_into_a_folder_while_a_batch_is_shrunk(own_lab, monkeypatch):
    """What six at once show by luck only."""
    own_lab.add("echo", WRONG)
    spec = RunSpec("echo", "w8", "icarus", "burst")
    seen = []

    def shrink(batch, _, fails):
        with pytest.raises(Timeout), FileLock(f"{run.folder_of(own_lab.project, spec)}.lock", timeout=0):
            pass
        seen.append(fails(batch))
        return Shrunk(None, "")

    monkeypatch.setattr(run, "shrink", shrink)
    assert not run.execute(own_lab.project, spec).passed
    assert seen == [True]


BROKEN = {
    "syntax": ("def broken(:", "tests/lab/test_bad.py:9: SyntaxError: invalid syntax"),
    "import": (
        "import no_such_package",
        "tests/lab/test_bad.py:9: ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "name": ("undefined", "tests/lab/test_bad.py:9: NameError: name 'undefined' is not defined"),
    "exit": ("raise SystemExit(3)", "tests/lab/test_bad.py:9: SystemExit: 3"),
    "latin": ("X = '\xe9'", "tests/lab/test_bad.py:"),
}


@pytest.mark.parametrize("kind", [*BROKEN, "plan", "doubled"])
def test_a_broken_bench_stops_no_other(own_lab, kind):
    own_lab.add("echo")
    head, said = BROKEN.get(kind, ("", ""))
    own_lab.add("bad", HEAD=head, **({"PLAN": "plan={},"} if kind == "plan" else {}))
    bench = own_lab.root / "tests/lab/test_bad.py"
    if kind == "latin":
        bench.write_bytes(bench.read_text().encode("latin-1"))
    elif kind == "plan":
        said = "tests/lab/test_bad.py:24: bad: the test plan is empty"
    elif kind == "doubled":
        said = "tests/lab/test_bad.py:1: module bad is in rtl/lab and rtl/other: rename one of them"
        for folder in ("rtl", "tests"):
            shutil.copytree(own_lab.root / folder / "lab", own_lab.root / folder / "other")
            for path in (own_lab.root / folder / "other").glob("*echo*"):
                path.unlink()
    listed = own_lab.cli("list")
    assert listed.returncode == 2
    assert listed.stdout.split() == ["echo", "lab", "w8"]
    assert listed.stderr.startswith(f"error: {said}")
    assert listed.stderr.count("\n") == 1
    assert refused(own_lab.cli("sim", "--module", "bad")).startswith(f"error: {said}")
    if kind in {"syntax", "doubled"}:
        done = own_lab.cli("sim", "--module", "echo", *ICARUS)
        assert done.returncode == 0, done.stdout + done.stderr
        done = own_lab.cli("regress", "--sim", "icarus", "--jobs", "1")
        assert done.returncode == 2, done.stdout + done.stderr
        assert f"error: {said}" in done.stdout.splitlines()[-1]
        assert "Traceback" not in done.stdout + done.stderr
        suites = ET.parse(next((own_lab.root / "build/regress").glob("*/junit.xml"))).getroot()
        assert [suite.get("name") for suite in suites] == ["echo"]
        assert suites.get("failures") == "0"


@pytest.mark.parametrize("kind", ["syntax", "plan"])
def test_a_broken_bench_stops_no_other_in_pytest(own_lab, kind):
    own_lab.add("echo")
    own_lab.add("bad", **({"PLAN": "plan={},"} if kind == "plan" else {"HEAD": "def broken(:"}))
    shutil.copy(REPO / "tests" / "conftest.py", own_lab.root / "tests" / "conftest.py")
    shutil.copy(REPO / "pyproject.toml", own_lab.root / "pyproject.toml")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    line = [sys.executable, "-m", "pytest", "tests", "-q", "-n", "0"]
    done = subprocess.run(
        line, cwd=own_lab.root, env=kept | {"PYTHONPATH": PATH}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "4 passed, 1 error" in done.stdout
    assert {"syntax": "SyntaxError", "plan": "bad: the test plan is empty"}[kind] in done.stdout


def test_lint_names_broken_benches_and_goes_on(own_lab, monkeypatch):
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415

    from ulpwise.cli import lint  # noqa: PLC0415

    own_lab.add("echo")
    own_lab.add("bad", HEAD="undefined")
    source = own_lab.root / "rtl/lab/bad.v"
    source.write_bytes(source.read_bytes() + b"// \xe9\n")
    monkeypatch.setattr(lint, "python_checks", lambda _: [])
    said = StringIO()
    assert lint.run(own_lab.root, Console(file=said, width=300, highlight=False)) == 1
    text = said.getvalue()
    assert "FAIL benches\n       tests/lab/test_bad.py:9: NameError: name 'undefined' is not defined\n" in text
    for check in ("verilator", "icarus", "yosys"):
        assert f"ok   {check} echo\n" in text
        assert f"ok   {check} bad\n" in text  # Latin-1 in a comment harms no tool


NO = ", which the name of a file cannot"
NAME = "the configuration's name"


def configs(name) -> dict[str, str]:
    return {"CONFIGS": repr({name: {"WIDTH": 8}})}


def values_of(**values) -> dict[str, str]:
    return {"CONFIGS": repr({"w8": values})}


def cover(group="io", points=("x",), name="b") -> dict[str, str]:
    each = [f"Point({point!r}, lambda t: t['x'], {{{name!r}: (0, 255)}})" for point in points]
    return {"COVER": f"[CoverGroup({group!r}, [{', '.join(each)}])]"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (configs("a/b"), f"echo: {NAME} 'a/b' holds '/'{NO}"),
        (configs("a\\b"), f"echo: {NAME} 'a\\b' holds '\\\\'{NO}"),
        (configs('a"b'), f"echo: {NAME} 'a\"b' holds '\"'{NO}"),
        (configs(".."), f"echo: {NAME} '..' begins with a dot or a dash"),
        (configs(".w8"), f"echo: {NAME} '.w8' begins with a dot or a dash"),
        (configs("-w8"), f"echo: {NAME} '-w8' begins with a dot or a dash"),
        (configs("a\nb"), f"echo: {NAME} 'a\\nb' holds '\\n'{NO}"),
        (configs(""), f"echo: {NAME} '' is empty or has blanks at its ends"),
        (configs(7), f"echo: {NAME} 7 is int and no text"),
        (configs("x" * 250), f"echo: {NAME} '{'x' * 49}...' has 250 letters, at most 100 fit into the name of a file"),
        (
            {"CONFIGS": "{'w8': {'WIDTH': 8}, 'W8': {'WIDTH': 8}}"},
            "echo: configurations 'w8' and 'W8' would share a file: rename one",
        ),
        (values_of(WIDTH=8.0), "echo: configuration w8: WIDTH is 8.0, which is no integer"),
        (values_of(WIDTH=8, n=True), "echo: configuration w8: n is True, which is no integer"),
        (values_of(n="8"), "echo: configuration w8: n is '8', which is no integer"),
        (cover(group="i/o"), f"group name 'i/o' holds '/'{NO}"),
        (cover(points=['a"b']), f"point name 'a\"b' holds '\"'{NO}"),
        (cover(points=["x", "X"]), "group io: 'x' and 'X' would share a file: rename one"),
        (cover(name="\x07"), f"point x: bin name '\\x07' holds '\\x07'{NO}"),
    ],
)
def test_names_and_values_that_are_refused(own_lab, changed, said):
    """In one line with the place, by every command; here by the one that starts soonest."""
    own_lab.add("echo", **changed)
    with pytest.raises(BenchError) as fault:
        own_lab.project.bench("echo")
    text = str(fault.value)
    place = r"tests/lab/test_echo\.py:\d+"
    escaped = re.escape(said)
    assert re.fullmatch(rf"{place}: {escaped}|{place}: .* raised \w+: {escaped} \({place}\)", text), text
    assert text.isprintable()


def test_names_of_bins_that_are_numbers_are_not(own_lab):
    bins = "values(-1, -0.5, .5) + ranges((-8, -2), (1, 2.5)) + tuple()"
    own_lab.add("echo", COVER=f"[CoverGroup('io', [Point('x', lambda t: t['x'], {bins})])]")
    assert own_lab.project.bench("echo")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.9], r"directed x\[0\]: 1.9 is no int64 number, and would become 1"),
        ([1, 2.5], r"directed x\[1\]: 2.5 is no int64 number, and would become 2"),
        (["1"], r"directed x: .* are no numbers"),
        ([float("nan")], r"directed x\[0\]: nan is no int64 number"),
        ([2**70], "directed x: "),
    ],
)
def test_directed_values_are_not_changed(values, said):
    draw = Draw({"x": Unsigned(8)}, np.random.default_rng(0), 1)
    with pytest.raises(FormatError, match=said):
        directed(x=values)(draw)
    assert directed(x=[1.0, 2])(draw)["x"].tolist() == [1, 2]


def test_the_largest_seed_works_everywhere(own_lab):
    own_lab.add("echo")
    seed = 2**63 - 1
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "both", "--seed", seed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert (own_lab.root / f"build/runs/echo-w8-icarus-beat-{seed}").is_dir()


def test_an_error_in_the_middle_of_a_long_log_fails_the_run(lab):
    """Some 6 MB of `$display`, of which the log keeps two, and the verdict sees the error nonetheless."""
    spam = 'if (n < 60000) begin n <= n + 1; $display("%0100d", n); if (n == 30000) $error("middle"); end'
    spam = spam.replace("n <= n + 1; $display", "n <= n + 1000; for (i = 0; i < 1000; i = i + 1) $display")
    core = fault(ECHO, ("// declarations", f"integer n = 0, i; always @(posedge clk) {spam}"))
    record = lab.run(lab.add("talks", core))
    assert [reason for reason in record.reasons if "middle" in reason], record.reasons
    assert (record.folder / "sim.log").stat().st_size < 3 << 20
    assert "bytes are left out here; of their lines these may matter:" in (record.folder / "sim.log").read_text()


def test_no_result_of_an_earlier_run_counts(own_lab, monkeypatch):
    own_lab.add("echo")
    first = own_lab.run("echo")
    assert first.passed
    monkeypatch.setattr(run, "simulate", lambda _, folder, *__: ((folder / "sim.log").touch(), (0, False))[1])
    second = own_lab.run("echo")
    assert second.folder == first.folder
    assert second.reasons == ("results file missing",)


def test_memory_files_are_laid_out_within_the_folder_of_a_run(tmp_path):
    source, folder = tmp_path / "a.mem", tmp_path / "runs" / "run"
    source.write_text("1")
    folder.mkdir(parents=True)
    (folder / "own.mem").write_text("2")
    names = ("deep/a.mem", "own.mem", "../out.mem", str(tmp_path / "absolute.mem"))
    run._lay_out(dict.fromkeys(names, source), folder)
    found = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.mem")}
    assert found == {"a.mem": "1", "runs/run/deep/a.mem": "1", "runs/run/own.mem": "2"}


def test_a_simulator_gets_nothing_of_the_callers_settings_of_cocotb(monkeypatch):
    for name in ("COCOTB_TEST_FILTER", "COCOTB_RANDOM_SEED", "GPI_EXTRA", "PYGPI_USERS"):
        monkeypatch.setenv(name, "the caller's")
    for name, value in (("PYTHONHASHSEED", "7"), ("PYTHONDONTWRITEBYTECODE", "1"), ("OTHER", "kept")):
        monkeypatch.setenv(name, value)
    env = simulation._environment()
    assert "the caller's" not in env.values()
    chosen = [env[name] for name in ("COCOTB_RANDOM_SEED", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "OTHER")]
    assert chosen == ["1", "0", "", "kept"]
