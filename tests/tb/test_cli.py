"""The command line: exit statuses, one-line refusals, and the files it leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.tb._project import ECHO, PATH, fault
from ulpwise.cli import commands

WRONG = fault(ECHO, ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (s_axis_x_tdata == 40)"))
TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
ENDLESS = "error: a wall-clock limit of {} s ends none: give a number of seconds"
ONE_RUN = ("--config", "w8", "--sim", "icarus", "--mode", "burst")

REPLAY = (
    "make sim MODULE=echo CONFIG=w8 SIM=icarus MODE=burst SEED=1"
    " VECTORS=build/runs/echo-w8-icarus-burst-1/shrunk.npz WAVES=1"
)
KEYS = {
    *("module", "config", "sim", "mode", "seed", "n", "vectors", "out", "waves", "coverage", "limit"),
    *("verdict", "reasons", "transactions", "cycles", "seconds", "build_seconds"),
    *(
        "coverage_summary",
        "code_coverage",
        "assertions",
        "figures",
        "digest",
        "fingerprint",
        "artefacts",
        "replay",
        "shrunk",
        "depends",
        "bucket",
    ),
}


def refused(done):
    """Expect one line on stderr, status 2, nothing on stdout; return the line."""
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr.rstrip("\n")


def test_all_passed(own_lab):
    own_lab.add("echo")
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "both", "--jobs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    *runs, last = done.stdout.splitlines()
    counted = [re.sub(r"[\d,]+ (checked|cycles)", r"# \1", line.rsplit(", ", 1)[0]) for line in runs]
    assert sorted(counted) == [
        "pass echo w8 icarus beat: # checked, # cycles, coverage 100 %",
        "pass echo w8 icarus burst: # checked, # cycles, coverage 100 %",
    ]
    total = sum(int(re.findall(r"(\d+) checked", line)[0]) for line in runs)
    assert last == f"2 passed, 0 failed; {total} transactions checked"


def test_a_run_failed(own_lab):
    """One failure is enough for status 1; the report names all that is needed to go on."""
    own_lab.add("echo", WRONG, CONFIGS=TWO, REST="stimuli=lambda c: {'ramp': directed(x=[1, 40, 2])},")
    done = own_lab.cli("sim", "--module", "echo", *ONE_RUN, "--json", "runs.json")
    assert (done.returncode, done.stderr) == (1, "")
    _, *report, last = done.stdout.splitlines()
    wrong = report[1].strip()
    checked = re.fullmatch(r"wrong value: \d+ of (\d+) transactions", wrong)[1]
    cycle = int(re.findall(r"at cycle (\d+)", report[2])[0])
    assert report == [
        "FAIL echo w8, icarus, burst, seed 1",
        f"  {wrong}",
        f"  first wrong transaction: row 1 of sequence ramp, at cycle {cycle} ({10 * cycle + 5} ns)",
        "    input    x = 0x28 (40)",
        "    expected y = 0x29 (41)",
        "    actual   y = 0x2a (42)",
        "  smallest batch that still fails: 1 transactions",
        f"  replay: {REPLAY}",
        f"  kept in {own_lab.root}/build/runs/echo-w8-icarus-burst-1",
    ]
    assert last == f"0 passed, 1 failed; {checked} transactions checked"
    (record,) = json.loads((own_lab.root / "runs.json").read_text())
    assert record["verdict"] == "fail"
    assert record["reasons"] == [wrong]
    assert record["shrunk"] == 1
    suite = ET.parse(own_lab.root / "build" / "junit.xml").getroot()[0]
    assert suite.attrib["tests"] == suite.attrib["failures"] == "1"
    assert suite[0].attrib["classname"] == "echo"
    assert suite[0].attrib["name"] == "w8-icarus-burst-1"
    assert suite[0][0].attrib["message"] == wrong
    assert suite[0][0].text == "\n".join(report)


def test_json_has_a_record_a_run_in_order(own_lab):
    own_lab.add("echo", CONFIGS=TWO)
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--n", "5", "--seed", "7", "--json", "runs.json")
    assert done.returncode == 0
    records = json.loads((own_lab.root / "runs.json").read_text())
    assert [(r["config"], r["mode"]) for r in records] == [
        ("w8", "burst"),
        ("w8", "beat"),
        ("w16", "burst"),
        ("w16", "beat"),
    ]
    for record in records:
        assert set(record) == KEYS
        assert record["module"] == "echo"
        assert record["sim"] == "icarus"
        assert record["seed"] == 7
        assert record["verdict"] == "pass"
        assert record["reasons"] == []
        assert record["transactions"] >= (69 if record["mode"] == "burst" else 10)
        assert record["cycles"] > record["transactions"]
        assert record["coverage_summary"]["percent"] <= 100
        assert (own_lab.root / record["artefacts"] / "result.json").exists()
    suite = ET.parse(own_lab.root / "build" / "junit.xml").getroot()[0]
    assert suite.attrib["tests"] == "4"
    assert suite.attrib["failures"] == "0"
    assert len(suite) == 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--module", "ecko"], "error: unknown module 'ecko': did you mean echo?"),
        (["--module", "zzz"], "error: unknown module 'zzz': there are: echo"),
        (["--module", "echo", "--config", "w9"], "error: unknown configuration 'w9': there are: w8, w16"),
        (["--module", "echo", "--config", "w61"], "error: unknown configuration 'w61': did you mean w16?"),
        (["--module", "echo", "--sim", "verilater"], "error: unknown simulator 'verilater': did you mean verilator?"),
        (["--module", "echo", "--mode", "brust"], "error: unknown mode 'brust': did you mean burst?"),
        (["--module", "echo", "--n", "0"], "error: N=0: at least one transaction is needed"),
        (["--module", "echo", "--seed", "-1"], "error: SEED=-1: a seed is 0 to 9223372036854775807"),
        (
            ["--module", "echo", "--seed", str(2**63)],
            "error: SEED=9223372036854775808: a seed is 0 to 9223372036854775807",
        ),
        (["--module", "echo", "--limit", "0"], "error: a wall-clock limit of 0 s ends every run at once"),
        ([], "error: no bench declares a headline configuration: name a module (MODULE=...)"),
        (["--config", "w8"], "error: CONFIG and VECTORS belong to a core: name it with MODULE"),
        (
            ["--module", "echo", "--vectors", "no.csv"],
            "error: VECTORS belong to one configuration: name it with CONFIG",
        ),
        (
            ["--module", "echo", "--config", "w8", "--out", "a.csv"],
            "error: OUT holds the results of one run, not of 4: name CONFIG, SIM and MODE",
        ),
        (["--module", "echo", *ONE_RUN, "--out", "a.txt"], "error: OUT=a.txt: the name must end in .npz or .csv"),
        (["--module", "echo", *ONE_RUN, "--out", "no/a.csv"], "error: OUT=no/a.csv: there is no folder no"),
        (["--module", "echo", *ONE_RUN, "--json", "no/a.json"], "error: --json no/a.json: there is no folder no"),
        (["--module", "echo", *ONE_RUN, "--vectors", "no.csv"], "error: no.csv: no such file; check the path"),
    ],
)
def test_wrong_use_is_refused_in_one_line_before_anything_is_built(own_lab, words, line):
    own_lab.add("echo", CONFIGS=TWO)
    assert refused(own_lab.cli("sim", *words)) == line
    assert not (own_lab.root / "build").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sim", "--module", "echo", *ONE_RUN, "--json", "rtl"], "error: --json rtl: that is a folder"),
        (["sim", "--module", "echo", *ONE_RUN, "--json", os.devnull], "error: --json /dev/null: that is no file"),
        (
            ["sim", "--module", "echo", *ONE_RUN, "--json", "/proc/a"],
            "error: --json /proc/a: No such file or directory",
        ),
        (
            ["sim", "--module", "echo", *ONE_RUN, "--out", "/proc/a.csv"],
            "error: OUT=/proc/a.csv: No such file or directory",
        ),
        (["sim", "--module", "echo", *ONE_RUN, "--out", "dir.csv"], "error: OUT=dir.csv: that is a folder"),
        (["sim", "--module", "echo", "--jobs", "0"], "error: JOBS=0: at least one at a time is needed"),
        (["sim", "--module", "echo", "--limit", "nan"], ENDLESS.format("nan")),
        (["sim", "--module", "echo", "--limit", "inf"], ENDLESS.format("inf")),
        (["sim", "--module", "echo", "--limit=-1"], "error: a wall-clock limit of -1 s ends every run at once"),
        (["area", "--jobs", "-1"], "error: JOBS=-1: at least one at a time is needed"),
        (["area", "--json", "rtl"], "error: --json rtl: that is a folder"),
        (["mutate", "--jobs", "0"], "error: JOBS=0: at least one at a time is needed"),
        (["mutate", "--mutants", "0"], "error: MUTANTS=0: at least one mutant is needed"),
        (["mutate", "--n", "0"], "error: N=0: at least one transaction is needed"),
        (["mutate", "--proof", "nan"], "error: a limit of nan s ends none: give a number of seconds"),
        (["mutate", "--proof", "inf"], "error: a limit of inf s ends none: give a number of seconds"),
        (["mutate", "--proof", "0"], "error: a limit of 0 s ends every proof at once"),
        (["regress", "--jobs", "0"], "error: JOBS=0: at least one at a time is needed"),
        (["regress", "--seeds", "0"], "error: SEEDS=0: at least one seed is needed"),
        (["regress", "--resume", "--seeds", "-1"], "error: SEEDS=-1: at least one seed is needed"),
        (["rank", "--reach", "nan"], "error: REACH=nan: give a percentage above 0, at most 100"),
        (["rank", "--reach", "inf"], "error: REACH=inf: give a percentage above 0, at most 100"),
    ],
)
def test_numbers_and_places_that_are_refused(own_lab, words, line, monkeypatch, capsys):
    own_lab.add("echo")
    (own_lab.root / "dir.csv").mkdir()
    monkeypatch.chdir(own_lab.root)
    monkeypatch.setattr(sys, "argv", ["ulpwise", *words])
    assert commands._status() == 2
    assert capsys.readouterr() == ("", f"{line}\n")
    assert not (own_lab.root / "build").exists()


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["list"], False),
        (["--help"], False),
        (["nosuch"], False),
        (["sim", "--module", "echo", "--sim", "icarus", "--mode", "burst", "--jobs", "1", "--json", "runs.json"], True),
    ],
)
def test_output_that_nobody_reads_ends_a_command_without_a_word(own_lab, words, kept):
    """As behind `| head -1`; what has finished is kept."""
    own_lab.add("echo", CONFIGS=TWO)
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "ulpwise", *words]
    where = {"cwd": own_lab.root, "env": os.environ | {"PYTHONPATH": PATH}}
    if words == ["nosuch"]:
        done = subprocess.run(line, **where, stdout=subprocess.PIPE, stderr=writer, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
    else:
        done = subprocess.run(line, **where, stdout=writer, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr) == (2, b"")
    os.close(writer)
    if kept:
        first, *_ = json.loads((own_lab.root / "runs.json").read_text())
        assert first["verdict"] == "pass"
        suite = ET.parse(own_lab.root / "build" / "junit.xml").getroot()[0]
        assert (suite.get("tests"), suite.get("failures")) == ("2", "0")


def test_what_a_terminal_cannot_print_stops_nothing(own_lab):
    figure = "figures=lambda *_: {'größe': 1},"
    own_lab.add("echo", REST=f"volume=lambda c: 100, watchdog=200, {figure}")
    done = own_lab.cli("sim", "--module", "echo", *ONE_RUN, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  gr\\xf6\\xdfe: 1\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.csv", "y\n1\n", "a.csv: unknown column 'y'; the columns are x"),
        ("a.csv", "x\n1\n256\n", "a.csv: column x, row 1: 256 is out of range 0..255"),
        ("a.csv", "x\nnan\n", "a.csv: column x, row 0: "),
        ("a.csv", "", "a.csv: no header row; name the columns in the first line"),
        ("a.npz", "no zip", "a.npz: "),
        ("a.txt", "x\n1\n", "a.txt: unknown extension '.txt'; use .npz or .csv"),
    ],
)
def test_bad_vectors_are_refused_before_anything_is_built(own_lab, name, text, line):
    own_lab.add("echo")
    (own_lab.root / name).write_text(text)
    said = refused(own_lab.cli("sim", "--module", "echo", *ONE_RUN, "--vectors", name))
    assert said.startswith(f"error: {line}")
    assert not (own_lab.root / "build").exists()


def test_vectors_and_outputs(own_lab):
    """The user's transactions run, in their order and only they, and what came out is saved."""
    own_lab.add("echo")
    (own_lab.root / "in.csv").write_text("x\n7\n0x10\n255\n")
    np.savez(own_lab.root / "in.npz", x=np.array([7, 16, 255]))
    for source, target in (("in.csv", "out.npz"), ("in.npz", "out.csv")):
        done = own_lab.cli("sim", "--module", "echo", *ONE_RUN, "--vectors", source, "--out", target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed, 0 failed; 3 transactions checked" in done.stdout
    assert np.load(own_lab.root / "out.npz")["y"].tolist() == [8, 17, 0]
    assert (own_lab.root / "out.csv").read_text().split() == ["y", "8", "17", "0"]


def test_vectors_are_checked_too(own_lab):
    own_lab.add("echo", WRONG)
    (own_lab.root / "in.csv").write_text("x\n39\n40\n")
    done = own_lab.cli("sim", "--module", "echo", *ONE_RUN, "--vectors", "in.csv", "--out", "out.csv")
    assert done.returncode == 1
    assert "wrong value: 1 of 2 transactions" in done.stdout
    assert (own_lab.root / "out.csv").read_text().split() == ["y", "40", "42"]


def test_debug_shows_a_traceback(own_lab):
    own_lab.add("echo")
    done = own_lab.cli("sim", "--module", "ecko", DEBUG="1")
    assert done.returncode != 0
    assert "Traceback (most recent call last)" in done.stderr
    assert "ulpwise.bench.project.UnknownNameError: unknown module 'ecko'" in done.stderr


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("def broken(:", ["test_echo.py", "invalid syntax"]),
        ("import no_such_package", ["No module named 'no_such_package'"]),
        ("undefined_name", ["undefined_name"]),
    ],
)
def test_a_bench_that_cannot_be_loaded(own_lab, head, words):
    own_lab.add("echo", HEAD=head)
    said = refused(own_lab.cli("sim", "--module", "echo"))
    assert all(word in said for word in words), said
    assert not (own_lab.root / "build").exists()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"PLAN": "plan={},"}, "echo: the test plan is empty"),
        ({"CONFIGS": "{}"}, "echo: a bench needs at least one configuration"),
        ({"PLAN": "plan={'all': []},"}, "echo: nothing proves the feature 'all' of the test plan"),
        ({"PLAN": "plan={'all': ['io.z']},"}, "echo w8: feature 'all': "),
    ],
)
def test_a_bench_that_contradicts_itself(own_lab, parts, said):
    own_lab.add("echo", **parts)
    line = (own_lab.root / "tests/lab/test_echo.py").read_text().splitlines().index("bench = Bench(") + 1
    assert refused(own_lab.cli("sim", "--module", "echo")).startswith(f"error: tests/lab/test_echo.py:{line}: {said}")


def test_a_build_that_fails_is_one_line_and_status_1(own_lab):
    own_lab.add("echo", ECHO.replace("    if (rst)", "    <= if (rst)"))
    done = own_lab.cli("sim", "--module", "echo", *ONE_RUN)
    assert done.returncode == 1
    assert "  build failed: slang: rtl/lab/echo.v:23: expected statement\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_outside_a_project(tmp_path, own_lab):
    (own_lab.root / "rtl").rmdir()
    said = refused(own_lab.cli("sim"))
    assert said == f"error: {tmp_path} holds no rtl/: run this from the top of a project; ulpwise init makes one"


def test_list(own_lab):
    own_lab.add("echo", CONFIGS=TWO)
    done = own_lab.cli("list")
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [["echo", "lab", "w8", "w16"]]


def test_no_escape_codes_in_a_pipe(own_lab):
    own_lab.add("echo", WRONG)
    done = own_lab.cli("sim", "--module", "echo", *ONE_RUN, TERM="xterm-256color")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_waves(lab, sim, mode):
    top = lab.add("seen")
    record = lab.run(top, sim=sim, mode=mode, waves=True)
    assert record.passed
    assert (record.folder / "waves.fst").stat().st_size > 1000


def test_code_coverage(lab):
    record = lab.run(lab.add("counted"), sim="verilator", coverage=True)
    assert record.passed
    assert record.code["line"]["percent"] > 0
    assert (record.folder / "coverage.dat").exists()
    assert lab.run(lab.add("counted"), sim="icarus", coverage=True).code is None


def test_an_interrupt_ends_the_simulations_too(own_lab):
    own_lab.add("echo", HEAD="import time", GOLDEN="Path('pid').write_text(str(os.getpid()))\n    time.sleep(100)")
    line = [sys.executable, "-m", "ulpwise", "sim", "--module", "echo", *ONE_RUN]
    pid_file = own_lab.root / "build" / "runs" / "echo-w8-icarus-burst-1" / "pid"
    # where the tests run in the background, interrupts are ignored, and a child would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        line, cwd=own_lab.root, env=os.environ | {"PYTHONPATH": PATH}, stderr=subprocess.PIPE, text=True
    ) as process:
        for _ in range(300):
            if pid_file.exists() and pid_file.read_text():
                break
            time.sleep(0.1)
        pid = int(pid_file.read_text())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == "interrupted\n"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
