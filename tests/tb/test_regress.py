"""Regressions: planned from the benches, sent to a dask cluster, kept, judged, resumed; whatever dies meanwhile."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import psutil
import pytest
from distributed.scheduler import KilledWorker
from rich.console import Console

from tests.tb._project import ECHO, PATH, fault
from tests.tb.conftest import share_runtime
from ulpwise.bench.declare import BenchError
from ulpwise.history import buckets, tree
from ulpwise.history.database import History, HistoryError
from ulpwise.history.folder import Folder
from ulpwise.history.levels import LevelError, Wish, plan
from ulpwise.history.rows import flaky, row
from ulpwise.regress import remote, security, session
from ulpwise.regress.farm import Farm, FarmError, Outcome
from ulpwise.run.execute import attempt
from ulpwise.run.record import Record, RunSpec

WRONG = fault(ECHO, ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (s_axis_x_tdata == 40)"))
TWO = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
QUICK = "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}, volume=lambda c: 100, watchdog=200, quick=['w16'],"
# a run that takes SECONDS of wall clock, the first time that its golden model is asked
SLOW = (
    "hasattr(golden, 'slept') or setattr(golden, 'slept', __import__('time').sleep(SECONDS))\n"
    "    return {'y': (t['x'] + 1) % 2**c.WIDTH}"
)
ICARUS_ONLY = ("--sim", "icarus")  # builds in no time
ICARUS = RunSpec("echo", "w8", "icarus", "burst")


def slow(seconds: float) -> str:
    """Let a run take some three times so long, as when its golden model was asked three times."""
    return SLOW.replace("SECONDS", str(3 * seconds))


def state(lab) -> dict:
    return Folder.latest(lab.project).state()


def verdicts(lab) -> dict[str, str]:
    return {name: data["verdict"] for name, (_, data) in Folder.latest(lab.project).records().items()}


@pytest.fixture
def shared_lab(own_lab):
    """A project of its own that need not compile Verilator's runtime."""
    share_runtime(own_lab.root)
    return own_lab


# --- what a regression consists of


def test_levels(own_lab):
    """Smoke runs the first quick configuration, full all of them, nightly several seeds of a larger volume."""
    own_lab.add("echo", CONFIGS=TWO, REST=QUICK)
    smoke, full, night = (plan(own_lab.project, Wish(level)) for level in ("smoke", "full", "nightly"))
    assert {spec.config for spec in smoke} == {"w16"}
    assert {spec.config for spec in full} == {"w8", "w16"}
    assert (len(smoke), len(full), len(night)) == (4, 8, 40)
    assert {spec.n for spec in smoke} == {10, None}
    assert {spec.n for spec in full} == {None}
    assert {spec.n for spec in night if spec.mode == "burst"} == {400}
    assert {spec.coverage for spec in full if spec.sim == "verilator"} == {True}
    assert not any(spec.coverage for spec in [*smoke, *full] if spec.sim == "icarus" or spec in smoke)
    assert sorted({spec.seed for spec in night}) == [1, 2, 3, 4, 5]
    assert sorted({spec.seed for spec in plan(own_lab.project, Wish("full", seeds=2))}) == [1, 2]


def test_smoke_runs_what_was_ranked(own_lab):
    """A module with a ranking runs its ranked runs under both simulators; a configuration that is gone is left out."""
    own_lab.add("echo", CONFIGS=TWO, REST=QUICK)
    row = {"module": "echo", "sim": "verilator", "mode": "burst", "n": None}
    ranking = [{**row, "config": "w16", "seed": 3}, {**row, "config": "gone", "seed": 1}]
    found = plan(own_lab.project, Wish("smoke"), ranking)
    assert [spec.name for spec in found] == ["echo-w16-verilator-burst-3", "echo-w16-icarus-burst-3"]


def test_ranked_runs_are_planned_once_and_seeds_come_first(own_lab):
    """SEEDS sets the ranking aside; the main job's bursts stay away from Icarus; nothing is planned twice."""
    own_lab.add("echo", CONFIGS=TWO, REST=QUICK + " headline='w8',")
    row = {"module": "echo", "sim": "verilator", "mode": "burst", "n": None, "seed": 1}
    ranking = [{**row, "config": "w8"}, {**row, "config": "w16"}, {**row, "config": "w16", "sim": "icarus"}]
    assert [spec.name for spec in plan(own_lab.project, Wish("smoke"), ranking)] == [
        "echo-w8-verilator-burst-1",
        "echo-w16-verilator-burst-1",
        "echo-w16-icarus-burst-1",
    ]
    seeded = plan(own_lab.project, Wish("smoke", seeds=3), ranking)
    assert (len(seeded), {spec.seed for spec in seeded}) == (12, {1, 2, 3})


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (Wish("ful"), "unknown level 'ful': did you mean full?"),
        (Wish("full", module="ecko"), "unknown module 'ecko': did you mean echo?"),
        (Wish("full", family="labs"), "unknown family 'labs': did you mean lab?"),
        (Wish("full", seeds=0), "SEEDS=0: at least one seed is needed"),
    ],
)
def test_wrong_wishes(own_lab, wish, text):
    own_lab.add("echo")
    with pytest.raises((LookupError, LevelError), match=text.replace("?", r"\?")):
        plan(own_lab.project, wish)


def test_a_configuration_that_cannot_name_a_folder(own_lab):
    own_lab.add("echo", CONFIGS="{'w/8': {'WIDTH': 8}}")
    with pytest.raises(BenchError, match="echo: the configuration's name 'w/8' holds '/'"):
        plan(own_lab.project, Wish())


def test_the_tree_is_named_by_its_content(own_lab):
    own_lab.add("echo")
    first = tree.snapshot(own_lab.root)
    path = own_lab.root / "rtl/lab/echo.v"
    os.utime(path, (0, 0))
    (path.parent / ".hidden").write_text("an editor's")
    assert tree.snapshot(own_lab.root) == first
    path.write_text(path.read_text() + "// more\n")
    assert tree.snapshot(own_lab.root).digest != first.digest


def test_the_tree_holds_names_and_contents_and_nothing_else(own_lab, monkeypatch):
    """Whose clock it is, whose rights, and what Python keeps beside its sources are not sent."""
    own_lab.add("echo")
    path = own_lab.root / "rtl/lab/echo.v"
    first = tree.snapshot(own_lab.root)
    path.chmod(0o700)
    for name in tree._GENERATED:
        (path.parent / name).mkdir()
        (path.parent / name / "file").touch()
    monkeypatch.setattr(time, "time", lambda: 1e9)
    assert tree.snapshot(own_lab.root) == first
    with tarfile.open(fileobj=io.BytesIO(first.data)) as archive:
        assert {(member.mode, member.mtime, member.uid) for member in archive.getmembers()} == {(0o644, 0, 0)}
        assert "rtl/lab/echo.v" in archive.getnames()
        assert "tb/ulpwise/history/tree.py" in archive.getnames()  # this project has no tb/ of its own
    path.rename(path.with_name("echoes.v"))
    assert tree.snapshot(own_lab.root).digest != first.digest


# --- messages


def test_messages_that_differ_in_numbers_and_places_are_alike():
    one = "assertion or $error: %Error: /a1/rtl/echo.v:12: echo: 0x3f is not 8'h40 after 1,024 cycles, seed 3"
    two = "assertion or $error: %Error: /b/else/rtl/echo.v:12: echo: 0xa is not 8'h41 after 3 cycles, seed 11"
    assert buckets.normalise(one) == buckets.normalise(two)
    assert buckets.normalise("race: icarus gave other results") != buckets.normalise("hung: nothing moved")


def test_a_bucket_begins_with_the_smallest_seed():
    def record(seed, *reasons):
        return Record(RunSpec("echo", "w8", "icarus", "burst", seed), Path(), reasons)

    found = buckets.sort(
        [
            record(7, "wrong value: 3 of 64 transactions"),
            record(2, "hung: 5"),
            record(5, "wrong value: 9 of 64 transactions"),
            record(1),
        ]
    )
    assert [(bucket.message, [item.spec.seed for item in bucket.records]) for bucket in found] == [
        ("wrong value: # of # transactions", [5, 7]),
        ("hung: #", [2]),
    ]


# --- the history

ROW = row(Record(ICARUS, Path(), fingerprint="f"), None, {"attempts": 1, "worker": "here"}) | {"flaky": ""}
WRITER = """
import json, sys
from pathlib import Path
from ulpwise.history.database import History
row = json.loads(sys.argv[2])
for seed in range(int(sys.argv[3]), int(sys.argv[3]) + 40):
    History(Path(sys.argv[1])).add_run({**row, "seed": seed})
"""


def test_two_writers_at_once_lose_nothing(tmp_path):
    path = tmp_path / "history.sqlite"
    line = [sys.executable, "-c", WRITER, str(path), json.dumps(ROW)]
    environment = {**os.environ, "PYTHONPATH": PATH}
    writers = [subprocess.Popen([*line, str(1000 * k)], env=environment) for k in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    seeds = [row["seed"] for row in History(path).runs()]
    assert sorted(seeds) == [1000 * k + i for k in range(3) for i in range(40)]


def test_a_flaky_run_is_called_out(own_lab):
    """The same inputs with another verdict: the second of the two says so."""
    own_lab.add("echo")
    assert own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "burst").returncode == 0
    history = History(own_lab.project.build / "history.sqlite")
    (kept,) = history.runs()
    history.add_run({**kept, "verdict": "fail", "reasons": ["time-out"], "bucket": "time-out"})
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "burst")
    assert done.returncode == 0
    assert "echo-w8-icarus-burst-1 is flaky: pass now, fail on " in done.stdout
    assert [bool(row["flaky"]) for row in history.runs()] == [False, False, True]


def test_a_changed_core_is_not_flaky(own_lab):
    own_lab.add("echo")
    own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "burst")
    own_lab.add("echo", WRONG)
    done = own_lab.cli("sim", "--module", "echo", "--sim", "icarus", "--mode", "burst")
    assert done.returncode == 1
    assert "flaky" not in done.stdout


def test_durations_are_those_of_the_last_run(tmp_path):
    history = History(tmp_path / "history.sqlite")
    for finished, seconds in (("2026-01-02", 5.0), ("2026-01-03", 7.0), ("2026-01-01", 9.0)):
        history.add_run({**ROW, "seconds": seconds, "build_seconds": 1.0, "finished": finished})
    history.add_run({**ROW, "mode": "beat", "seconds": 2.0, "build_seconds": 0.0})
    assert history.durations() == {("echo", "w8", "icarus", "burst"): 8.0, ("echo", "w8", "icarus", "beat"): 2.0}


def test_a_reader_does_not_wait_for_a_writer(tmp_path):
    history = History(tmp_path / "history.sqlite")
    history.add_run(ROW)
    with sqlite3.connect(history.path, isolation_level=None) as base:
        base.execute("BEGIN IMMEDIATE")
        assert len(history.runs()) == 1
        base.execute("ROLLBACK")


def test_a_race_is_not_flaky():
    """Which of the two simulators' runs is told of it depends on which ended later."""
    race = {**ROW, "verdict": "fail", "bucket": "race: icarus gave other results for the same stimuli"}
    alone = {**ROW, "finished": "before"}
    assert flaky([{**race, "finished": "before"}], ROW) == flaky([alone], race) == ""
    assert flaky([alone], {**race, "bucket": "hung: #; " + race["bucket"]}).startswith("fail now, pass on before")
    assert flaky([alone], {**race, "digest": "other"}).startswith("other results than on before")


def other_schema(path):
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"not a database " * 99), other_schema])
def test_a_history_that_is_none(own_lab, spoil):
    """It is refused before anything runs, and left as it is."""
    own_lab.add("echo")
    path = own_lab.project.build / "history.sqlite"
    path.parent.mkdir(exist_ok=True)
    spoil(path)
    before = path.read_bytes()
    done = own_lab.cli("regress", "--module", "echo", *ICARUS_ONLY)
    assert done.returncode == 2
    assert "history.sqlite" in done.stderr
    assert "move it away" in done.stderr
    assert path.read_bytes() == before


# --- a regression from its beginning to its end


def test_a_regression(own_lab):
    """Two cores, one wrong: statuses, buckets, waves of one failure, JUnit, history; then FAILED=1, then mended."""
    own_lab.add("echo")
    own_lab.add("wrong", WRONG)
    done = own_lab.cli("regress", "--jobs", "2", *ICARUS_ONLY)
    assert done.returncode == 1, done.stdout + done.stderr
    found = state(own_lab)
    assert found["status"] == "failed"
    assert verdicts(own_lab) == {name: "fail" if name.startswith("wrong") else "pass" for name in found["plan"]}
    (bucket,) = found["buckets"]
    assert (bucket["message"], bucket["count"]) == ("wrong value: # of # transactions", 2)
    folder = Folder.latest(own_lab.project)
    assert (folder.path / bucket["waves"]).stat().st_size > 0
    assert len(list(folder.path.glob("runs/*/waves.fst"))) == 1
    assert not (folder.path / "work").exists()
    assert bucket["replay"] in done.stdout
    words = dict(word.split("=") for word in bucket["replay"].split()[2:])
    assert len(words["VECTORS"].split("/")) > 1
    again = own_lab.cli(
        *("sim", "--module", words["MODULE"], "--config", words["CONFIG"], "--sim", words["SIM"]),
        *("--mode", words["MODE"], "--vectors", words["VECTORS"]),
    )
    assert again.returncode == 1
    assert "1 transactions" in again.stdout
    suites = ET.parse(folder.path / "junit.xml").getroot()
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("echo", "2", "0"),
        ("wrong", "2", "2"),
    ]
    history = History(own_lab.project.build / "history.sqlite")
    assert len(history.runs(folder.name)) == 4
    assert history.regression()["status"] == "failed"
    assert own_lab.cli("wave", "--module", "wrong").stdout.strip().endswith("waves.fst")

    done = own_lab.cli("regress", "--failed")
    assert done.returncode == 1
    assert set(verdicts(own_lab)) == {name for name in found["plan"] if name.startswith("wrong")}
    own_lab.add("wrong")
    assert own_lab.cli("regress", "--failed").returncode == 0
    done = own_lab.cli("regress", "--failed")
    assert (done.returncode, done.stderr) == (
        2,
        f"error: FAILED: nothing failed in {Folder.latest(own_lab.project).name}\n",
    )


def test_each_build_happens_once(own_lab):
    """Both modes and all seeds share one build a simulator, and so does the next regression."""
    own_lab.add("echo")
    assert own_lab.cli("regress", "--seeds", "2", *ICARUS_ONLY).returncode == 0
    built = {path.name: path.stat().st_mtime_ns for path in own_lab.builds("echo")}
    assert len(built) == 1
    assert own_lab.cli("regress", *ICARUS_ONLY).returncode == 0
    assert {path.name: path.stat().st_mtime_ns for path in own_lab.builds("echo")} == built


def test_a_build_that_fails_fails_its_runs(own_lab):
    own_lab.add("echo", ECHO.replace("endmodule", "oops\nendmodule"))
    assert own_lab.cli("regress", *ICARUS_ONLY).returncode == 1
    assert set(verdicts(own_lab).values()) == {"fail"}
    assert all(text["message"].startswith("build failed") for text in state(own_lab)["buckets"])


# --- what may die


@contextmanager
def running(lab, *words, **popen):
    """Start a regression in the background."""
    environment = {**os.environ, "PYTHONPATH": PATH}
    heard = ["env", "--default-signal=INT,HUP,TERM"]  # which tests that run in the background ignore
    line = [*heard, sys.executable, "-m", "ulpwise", "regress", *words, *ICARUS_ONLY]
    popen |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(line, cwd=lab.root, env=environment, **popen)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def jobs_of(process) -> list[psutil.Process]:
    """Return the job processes below a process."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if "ulpwise.regress.job" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found


def await_(condition, seconds=60.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def simulating(process) -> psutil.Process | None:
    """Return the first process of jobs below a process of which a simulation runs."""
    return next((job for job in jobs_of(process) if any(map(_simulates, children(job)))), None)


def _simulates(process) -> bool:
    """Tell whether a process is a simulation, and not what waits to be forked for one."""
    try:
        return process.name() == "vvp" and "runs" in Path(process.cwd()).parts
    except psutil.Error:
        return False


def children(process) -> list[psutil.Process]:
    try:
        return [child for child in process.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def test_a_worker_that_is_killed_loses_nothing(own_lab):
    """Its run is begun again, passes, and the record says so; its simulation ends with it."""
    own_lab.add("echo", GOLDEN=slow(2))
    with running(own_lab, "--jobs", "1") as process:
        job = await_(lambda: simulating(process))
        simulations = children(job)
        job.parent().kill()  # the worker
        await_(lambda: not any(item.is_running() and item.status() != psutil.STATUS_ZOMBIE for item in simulations))
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert set(verdicts(own_lab).values()) == {"pass"}
    assert len(verdicts(own_lab)) == 2
    again = [data for _, data in Folder.latest(own_lab.project).records().values() if data["attempts"] > 1]
    assert len(again) == 1
    assert f"{again[0]['module']}-w8-{again[0]['sim']}" in " ".join(state(own_lab)["notes"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_a_report_and_resume_goes_on(own_lab, number):
    """Ctrl-C reaches all processes of the terminal, a CI service's end or a hangup this one; each run is done once."""
    own_lab.add("echo", GOLDEN=slow(0.5))
    with running(own_lab, "--jobs", "1", "--seeds", "4", start_new_session=True) as process:
        await_(lambda: (own_lab.root / "build/regress/latest").exists() and len(verdicts(own_lab)) >= 2)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number, output
    assert "Traceback" not in output
    assert "go on with: make regress RESUME=1" in output
    done = {name: data["finished"] for name, (_, data) in Folder.latest(own_lab.project).records().items()}
    assert 2 <= len(done) < 8
    assert state(own_lab)["status"] == "interrupted"
    cases = ET.parse(Folder.latest(own_lab.project).path / "junit.xml").getroot()
    assert (cases.get("tests"), cases.get("skipped")) == ("8", str(8 - len(done)))
    assert len(cases.findall(".//skipped[@message='not run']")) == 8 - len(done)
    resumed = own_lab.cli("regress", "--resume")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    after = {name: data["finished"] for name, (_, data) in Folder.latest(own_lab.project).records().items()}
    assert len(after) == 8
    assert done.items() <= after.items()
    assert state(own_lab)["status"] == "passed"
    again = own_lab.cli("regress", "--resume")
    assert (again.returncode, "nothing left to run" in again.stderr) == (2, True)


def test_resume_refuses_other_sources(own_lab):
    own_lab.add("echo")
    assert own_lab.cli("regress", *ICARUS_ONLY).returncode == 0
    folder = Folder.latest(own_lab.project)
    folder.write_state({**folder.state(), "status": "interrupted"})
    next(folder.path.glob("runs/*/record.json")).unlink()
    own_lab.add("other")
    done = own_lab.cli("regress", "--resume")
    assert done.returncode == 2
    assert "the sources changed since" in done.stderr


def test_resume_without_a_regression(own_lab):
    own_lab.add("echo")
    done = own_lab.cli("regress", "--resume")
    assert (done.returncode, done.stderr) == (2, "error: no regression yet: run make regress LEVEL=smoke\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--jobs", "0"), "JOBS=0: at least one at a time is needed"),
        (("--accept", "--resume"), "ACCEPT is for a regression from its beginning"),
        (("--failed", "--resume"), "FAILED and RESUME contradict each other"),
    ],
)
def test_options_that_make_no_sense(own_lab, words, text):
    own_lab.add("echo")
    done = own_lab.cli("regress", *words)
    assert (done.returncode, done.stderr.startswith(f"error: {text}")) == (2, True)
    assert not (own_lab.root / "build/regress").exists()


@contextmanager
def cluster(folder: Path, tls: Sequence[str] = ()):
    """Start a scheduler and a worker that know nothing of any project; yields the address and both processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    common = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    line = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), "--no-dashboard", *tls]
    host = ["--protocol", "tls", "--host", "tls://127.0.0.1"] if tls else ["--host", "127.0.0.1"]
    scheduler = subprocess.Popen([*line, *host], **common)
    line = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", *tls]
    worker = subprocess.Popen([*line, "--local-directory", str(folder), "--death-timeout", "20"], **common)
    try:
        yield address, scheduler, worker
    finally:
        for process in (worker, scheduler):
            process.terminate()
        for process in (worker, scheduler):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def test_a_real_cluster_and_its_end(own_lab, tmp_path_factory):
    """Workers elsewhere get sources and builds by network; a scheduler that dies leaves a report; resume goes on."""
    away = tmp_path_factory.mktemp("away")
    own_lab.add("echo", GOLDEN=slow(0.5))
    with cluster(away) as (address, scheduler, _):
        done = own_lab.cli("regress", "--cluster", address, *ICARUS_ONLY)
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(verdicts(own_lab).values()) == {"pass"}
        assert not own_lab.builds("echo")  # it was all done there
        before = Folder.latest(own_lab.project).name
        with running(own_lab, "--cluster", address, "--seeds", "8") as process:
            await_(lambda: Folder.latest(own_lab.project).name != before and len(verdicts(own_lab)) >= 2)
            scheduler.kill()
            output, _ = process.communicate(timeout=120)
    assert process.returncode == 2, output
    assert f"the scheduler at {address} went away" in output
    assert "Traceback" not in output
    done = len(verdicts(own_lab))
    assert 2 <= done < 16
    assert state(own_lab)["status"] == "interrupted"
    resumed = own_lab.cli("regress", "--resume")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert len(verdicts(own_lab)) == 16


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> dict[str, Path]:
    """An authority and a certificate that it signed, made by the openssl program; and a stranger's."""
    folder = tmp_path_factory.mktemp("tls")
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "strange"):
        line = [*new, "-x509", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(line, cwd=folder, check=True, capture_output=True)
    line = [*new, "-subj", "/CN=ulpwise", "-keyout", "own.key", "-out", "own.csr"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    line = ["openssl", "x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    subprocess.run([*line, "-days", "2", "-out", "own.pem"], cwd=folder, check=True, capture_output=True)
    return {name: folder / name for name in ("ca.pem", "own.pem", "own.key", "strange.pem", "strange.key")}


def test_a_cluster_with_certificates(own_lab, tmp_path_factory, certificates):
    """It does our work, and speaks with nobody who has no certificate of its authority."""
    own_lab.add("echo")
    ca, cert, key = (str(certificates[name]) for name in ("ca.pem", "own.pem", "own.key"))
    tls = ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
    with cluster(tmp_path_factory.mktemp("away"), tls) as (address, _, _):
        words = ("regress", "--cluster", address, *ICARUS_ONLY)
        done = own_lab.cli(*words, "--tls-ca", ca, "--tls-cert", cert, "--tls-key", key)
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(verdicts(own_lab).values()) == {"pass"}
        assert "warning" not in done.stdout
        strange = [str(certificates[name]) for name in ("strange.pem", "strange.key")]
        done = own_lab.cli(*words, "--tls-ca", ca, "--tls-cert", strange[0], "--tls-key", strange[1])
        assert done.returncode == 2
        assert f"error: CLUSTER={address}: " in done.stdout
        assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("address", "files", "text"),
    [
        ("tls://127.0.0.1:1", (None, None, None), "CLUSTER=tls://127.0.0.1:1: TLS_CA is missing: name the file"),
        ("tls://127.0.0.1:1", (__file__, None, None), "TLS_CERT is missing: name the file"),
        ("tls://127.0.0.1:1", ("/no.pem", "/no.pem", "/no.key"), "TLS_CA=/no.pem: there is no such file"),
        ("tcp://127.0.0.1:1", (None, "a.pem", None), "TLS_CERT belongs to a cluster with TLS: CLUSTER=tls://host:port"),
    ],
)
def test_certificates_that_are_not_there(address, files, text):
    with pytest.raises(FarmError, match=re.escape(text)):
        security.settings(address, files)


def test_certificates_are_required_wherever_their_files_are_named_from(tmp_path, monkeypatch):
    for name in ("ca.pem", "own.pem", "own.key"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    secure = security.settings("tls://127.0.0.1:1", ("ca.pem", "own.pem", "own.key"))
    assert secure.require_encryption
    files = (secure.tls_ca_file, secure.tls_client_cert, secure.tls_client_key)
    assert files == tuple(str(tmp_path / name) for name in ("ca.pem", "own.pem", "own.key"))
    assert security.settings("tcp://127.0.0.1:1", (None, None, None)) is None


@pytest.mark.parametrize(
    ("found", "opened"),
    [(["127.0.0.1", "::1"], False), (["127.0.0.1", "192.0.2.1"], True), (["fe80::1%eth0"], True), (None, True)],
)
def test_a_name_is_open_when_it_may_lead_beyond_this_machine(monkeypatch, found, opened):
    def resolve(*_):
        if found is None:
            raise OSError("no such name")
        return [(None, None, None, "", (each, 0)) for each in found]

    monkeypatch.setattr(security.socket, "getaddrinfo", resolve)
    assert security.is_open("tcp://scheduler:8786") is opened


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("tls://192.0.2.1:8786", True),
        ("tcp://192.0.2.1:8786", False),
        ("192.0.2.1:8786", False),
    ],
)
def test_an_open_scheduler_beyond_this_machine_is_told(address, known):
    assert security.is_open(address) is not known


def test_an_open_scheduler_is_told_in_one_line(own_lab, monkeypatch):
    def unreachable(*_, **__):
        raise OSError("not there")

    monkeypatch.setattr("distributed.Client", unreachable)
    monkeypatch.setattr(security, "reach", lambda _: None)
    said = []
    farm = Farm(tree.Tree("0", b""), own_lab.root, own_lab.root, "tcp://192.0.2.1:8786", say=said.append)
    with pytest.raises(FarmError, match="not there"), farm:
        pass
    (line,) = said
    assert line.startswith("warning: CLUSTER=tcp://192.0.2.1:8786: whoever reaches this port can run code")


def test_a_scheduler_has_some_seconds_to_listen_and_no_more(monkeypatch):
    """Dask itself tries for half a minute where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(ConnectionRefusedError):
        security.reach(f"tcp://127.0.0.1:{port}")
    assert security.STARTING < time.monotonic() - begun < security.STARTING + 5
    monkeypatch.setattr(security, "STARTING", 60.0)
    late = threading.Timer(0.5, lambda: servers.append(socket.create_server(("127.0.0.1", port))))
    servers = []
    late.start()
    security.reach(f"127.0.0.1:{port}")
    late.join()
    servers[0].close()
    with pytest.raises(ValueError, match="is not host:port"):
        security.reach("tcp://127.0.0.1")


def test_a_worker_chooses_no_place(own_lab, tmp_path_factory):
    """Of the name of a file that it sends back the last part counts."""
    own_lab.add("echo")
    folder = Folder(own_lab.project, "one")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "absolute"
    names = ("../../../outside", str(elsewhere), "..", "", "a/..", "sim.log")
    folder.keep(Record(ICARUS, Path()), {}, dict.fromkeys(names, b"x"))
    found = {path.name for path in own_lab.root.rglob("*") if path.is_file() and "tests" not in path.parts}
    assert found >= {"outside", "absolute", "sim.log", "record.json"}
    for name in ("outside", "absolute", "sim.log"):
        assert (folder.run(ICARUS) / name).read_bytes() == b"x"
    assert not elsewhere.exists()


def test_two_regressions_on_one_cluster(own_lab, tmp_path_factory):
    """Jobs of the same names are told apart."""
    own_lab.add("echo")
    sources = tree.snapshot(own_lab.root)
    with cluster(tmp_path_factory.mktemp("away")) as (address, _, _):
        farms = [Farm(sources, own_lab.root, own_lab.root, address) for _ in range(2)]
        with farms[0], farms[1]:
            found = [outcome for farm in farms for outcome in farm.run([ICARUS], {ICARUS: 1.0})]
        assert [(outcome.attempts, outcome.fault) for outcome in found] == [(1, ""), (1, "")]
        assert [dict(farm.begun) for farm in farms] == [
            {"build-echo-w8-icarus": 1, "run-echo-w8-icarus-burst-1": 1}
        ] * 2


def test_a_cluster_without_workers_is_not_waited_for_in_silence(own_lab, tmp_path_factory, monkeypatch):
    """The user hears that the last worker is gone and how to start one; after a while the regression ends."""
    own_lab.add("echo", GOLDEN=slow(60))
    monkeypatch.setattr("ulpwise.regress.farm.LONELY", 1.0)
    monkeypatch.setattr("ulpwise.regress.farm._Watch.EVERY", 0.5)
    said: list[str] = []
    sources = tree.snapshot(own_lab.root)
    with (
        cluster(tmp_path_factory.mktemp("away")) as (address, _, worker),
        Farm(sources, own_lab.root, own_lab.root, address, say=said.append) as farm,
    ):
        nanny = psutil.Process(worker.pid)  # goes first, or it would begin another
        for number, process in enumerate((nanny, *nanny.children(recursive=True))):
            threading.Timer(2.0 + 0.2 * number, process.kill).start()
        with pytest.raises(FarmError, match=r"no worker for 1 s; start one and go on with: make regress RESUME=1"):
            list(farm.run([ICARUS], {ICARUS: 1.0}))
    assert said == [f"no worker is left at {address}; waiting up to 1 s for one: dask worker {address} --nthreads 1"]


def test_a_worker_forgets_what_was_not_used_for_a_day(tmp_path, monkeypatch):
    old, new = tmp_path / "trees" / "aa", tmp_path / "trees" / "bb"
    build, runtime = tmp_path / "sim" / "icarus-echo", tmp_path / "sim" / "runtime-5"
    for folder in (old, new, build, runtime):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    day = time.time() - 25 * 3600
    for folder in (old, build, runtime):
        os.utime(folder, (day, day))
    assert remote._unpack(b"", build) == build  # which is a use
    remove = shutil.rmtree
    monkeypatch.setattr(
        remote.shutil, "rmtree", lambda *words, **more: (whole.append(old.exists()), remove(*words, **more))
    )
    whole: list[bool] = []
    remote._forget(tmp_path)
    assert whole == [False]  # at once or not at all
    assert [folder.is_dir() for folder in (old, new, build)] == [False, True, True]
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["bb", "icarus-echo", "runtime-5"]


def packed(*names: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return data.getvalue()


# an archive holds the time at which it was made: no name of a test, which all workers must agree on
@pytest.mark.parametrize(
    "data", [packed("file", "../evil"), packed("file")[:-30], b"none"], ids=["outside", "cut off", "no archive"]
)
def test_an_archive_is_unpacked_whole_and_in_its_place_or_not_at_all(tmp_path, data):
    folder = tmp_path / "trees" / "aa"
    with pytest.raises((tarfile.TarError, OSError, EOFError)):
        remote._unpack(data, folder)
    assert not folder.exists()
    assert not list(tmp_path.rglob("evil"))
    assert remote._unpack(packed("file"), folder) == folder  # another job's chance
    assert [path.name for path in folder.iterdir()] == ["file"]


FORKS = """
import time
AVAILABLE, made = True, []
class ForkServer:
    def __init__(self, *_):
        time.sleep(0.1)
        made.append(self)
    usable = lambda self: True
    close = lambda self: None
    fork = lambda self, asked: self
    wait = lambda self: None
    pid, returncode = 1, 0
Request = lambda *_: None
"""


def test_the_threads_of_a_worker_share_one_process_for_their_jobs(tmp_path):
    code = tmp_path / "tree" / "tb" / "ulpwise" / "system" / "forkserver.py"
    code.parent.mkdir(parents=True)
    code.write_text(FORKS)
    hosts = remote._Hosts()
    with ThreadPoolExecutor(4) as threads:
        each = [threads.submit(remote._fork, tmp_path / "tree", tmp_path, hosts) for _ in range(8)]
        assert [job.result() for job in each] == [0] * 8
    assert len(sys.modules["_tree_forkserver"].made) == 1


def test_one_job_at_a_time_unpacks(tmp_path, monkeypatch):
    folder = tmp_path / "aa"
    seen = []

    def opened(**words):
        seen.append(folder.exists())
        with (tmp_path / "aa.lock").open("w") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return tarfile.TarFile.open(**words)

    data = packed("file")
    monkeypatch.setattr(remote.tarfile, "open", opened)
    remote._unpack(data, folder)
    assert seen == [False]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "left('{}'); print('first', file=sys.stderr); print('the last word', file=sys.stderr); sys.exit(3)",
            "the last word",
        ),
        ("left('{}'); sys.exit(3)", "status 3 without a word"),
        ("pass", "status 0 without a word"),
    ],
)
def test_a_job_that_did_not_come_to_its_end_has_no_answer(tmp_path, code, said):
    """Whatever it has left; and the worker keeps none of its files."""
    guard = tmp_path / "tb" / "ulpwise" / "system" / "supervisor.py"
    guard.parent.mkdir(parents=True)
    guard.write_text(f"import pathlib, sys\nleft = pathlib.Path(sys.argv[-1], 'answer.json').write_text\n{code}\n")
    with pytest.raises(remote.JobError, match=f"^run-echo: {said}$"):
        remote._process(tmp_path, tmp_path, {"name": "run-echo"})
    assert list((tmp_path / "jobs").iterdir()) == []


def test_no_cluster_there(own_lab):
    own_lab.add("echo")
    assert own_lab.cli("regress", *ICARUS_ONLY).returncode == 0
    before = Folder.latest(own_lab.project).name
    done = own_lab.cli("regress", "--cluster", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "CLUSTER=tcp://127.0.0.1:9" in done.stdout
    assert "dask scheduler" in done.stdout
    assert "RESUME" not in done.stdout
    assert Folder.latest(own_lab.project).name == before  # nothing has begun
    assert [path.name for path in (own_lab.root / "build/regress").glob("*-*")] == [before]
    assert len(History(own_lab.root / "build/history.sqlite").regressions()) == 1


class Inside:
    """Stands in for the cluster: runs in this process, and hands over what a worker would."""

    begun: ClassVar = {}

    def __init__(self, project, *_, **__):
        self.project = project

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def run(self, specs, *_, **__):
        for spec in specs:
            record = attempt(self.project, spec)
            files = {"result.json": (record.folder / "result.json").read_bytes()}
            yield Outcome(spec, {"record": record.to_json(), "files": files, "worker": "here"})


def test_a_full_disk_leaves_a_report(own_lab, monkeypatch):
    """When the second record cannot be written the regression ends with one line; the first is still there."""
    own_lab.add("echo", CONFIGS=TWO)
    monkeypatch.setattr(session, "Farm", lambda *_: Inside(own_lab.project))
    keep, full = Folder.keep, []

    def fails(self, record, more, files):
        full.append(record.spec.name)
        if len(set(full)) > 1:
            raise OSError(28, "No space left on device", str(self.path))
        keep(self, record, more, files)

    monkeypatch.setattr(Folder, "keep", fails)
    console = Console(record=True, width=200, file=io.StringIO())
    assert session.regress(own_lab.project, Wish("full", sim="icarus"), session.Options(), console) == 2
    text = console.export_text()
    assert "No space left on device" in text
    assert "go on with: make regress RESUME=1" in text
    assert len(verdicts(own_lab)) == 1
    assert state(own_lab)["status"] == "interrupted"
    monkeypatch.setattr(Folder, "keep", keep)
    assert session.regress(own_lab.project, Wish(sim="icarus"), session.Options(resume=True), console) == 0
    assert len(verdicts(own_lab)) == 4


def test_a_display_that_fails_leaves_a_report(own_lab, monkeypatch):
    own_lab.add("echo")
    with monkeypatch.context() as patch:
        patch.setattr(session.Display, "finished", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            run_inside(own_lab, patch, Inside, Wish(sim="icarus"))
    folder = Folder.latest(own_lab.project)
    assert (len(verdicts(own_lab)), state(own_lab)["status"]) == (1, "interrupted")
    assert ET.parse(folder.path / "junit.xml").getroot().get("skipped") == "1"
    assert len(History(own_lab.project.build / "history.sqlite").runs(folder.name)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(Console, "print", lambda *_, **__: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            run_inside(own_lab, patch, Inside, resume=True)
    assert state(own_lab)["status"] == "interrupted"
    assert run_inside(own_lab, monkeypatch, Inside, resume=True)[0] == 0


def test_a_race_between_simulators_fails_the_later_run(shared_lab, monkeypatch):
    """The two must agree to the bit, wherever each was run."""
    shared_lab.add("echo")

    class Racy(Inside):
        def run(self, specs, *_, **__):
            for outcome in super().run(specs):
                result = json.loads(outcome.answer["files"]["result.json"])
                result["digest"] += outcome.spec.sim
                files = {"result.json": json.dumps(result).encode()}
                yield Outcome(outcome.spec, {**outcome.answer, "files": files})

    monkeypatch.setattr(session, "Farm", lambda *_: Racy(shared_lab.project))
    console = Console(width=200, file=io.StringIO())
    assert session.regress(shared_lab.project, Wish(), session.Options(), console) == 1
    failed = [name for name, found in verdicts(shared_lab).items() if found == "fail"]
    assert len(failed) == 2
    assert all("race: " in text["message"] for text in state(shared_lab)["buckets"])


class Pretend(Inside):
    """Does all under Icarus, and says that some was Verilator, which gave other results."""

    def run(self, specs, *_, **__):
        for spec in specs:
            (outcome,) = super().run([replace(spec, sim="icarus")])
            result = json.loads(outcome.answer["files"]["result.json"])
            result["digest"] += spec.sim
            record = {**outcome.answer["record"], **spec.to_json(), "digest": result["digest"]}
            files = {"result.json": json.dumps(result).encode()}
            yield Outcome(spec, {"record": record, "files": files, "worker": "here"})


def run_inside(lab, monkeypatch, farm, wish=None, **options) -> tuple[int, str]:
    """Run a regression in this process; returns the status and what was printed."""
    monkeypatch.setattr(session, "Farm", lambda *_: farm(lab.project))
    text = io.StringIO()
    status = session.regress(lab.project, wish or Wish(), session.Options(**options), Console(width=200, file=text))
    return status, text.getvalue()


def test_a_race_is_told_again_and_is_not_flaky(own_lab, monkeypatch):
    """Whatever finishes later is told of it; FAILED=1 runs both, since one alone would pass."""
    own_lab.add("echo")
    assert run_inside(own_lab, monkeypatch, Pretend)[0] == 1
    assert list(verdicts(own_lab).values()).count("fail") == 2
    status, text = run_inside(own_lab, monkeypatch, Pretend, failed=True)
    assert (status, "flaky" in text, state(own_lab)["flaky"]) == (1, False, [])
    assert len(verdicts(own_lab)) == 4


def test_failed_keeps_to_the_wish(own_lab, monkeypatch):
    """Of what failed only this simulator's, at the level that it failed at, less configurations that are gone."""
    own_lab.add("echo", WRONG, CONFIGS=TWO)
    assert run_inside(own_lab, monkeypatch, Inside, Wish("full", sim="icarus"))[0] == 1
    with pytest.raises(session.RegressError, match="FAILED: nothing failed in"):
        run_inside(own_lab, monkeypatch, Inside, Wish(sim="verilator"), failed=True)
    own_lab.add("echo", WRONG)
    status, _ = run_inside(own_lab, monkeypatch, Inside, Wish(sim="icarus"), failed=True)
    assert (status, state(own_lab)["level"]) == (1, "full")
    assert {name.split("-")[1] for name in verdicts(own_lab)} == {"w8"}


def test_a_farm_that_goes_before_the_reruns_leaves_the_buckets(own_lab, monkeypatch):
    """A partial report says what failed, and how to replay it."""

    class Gone(Inside):
        def run(self, specs, *_, what="run"):
            if what == "rerun":
                raise FarmError("the scheduler went away")
            yield from super().run(specs)

    own_lab.add("echo", WRONG)
    status, text = run_inside(own_lab, monkeypatch, Gone, Wish(sim="icarus"))
    (bucket,) = state(own_lab)["buckets"]
    assert (status, bucket["count"], bucket["replay"] in text) == (2, 1, True)


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), ValueError("it does not add up")])
def test_coverage_that_cannot_be_judged_leaves_a_report(own_lab, monkeypatch, trouble):
    own_lab.add("echo")

    def judge(*_):
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr("ulpwise.closure.command.judge", judge)
        status, text = run_inside(own_lab, patch, Inside, Wish(sim="icarus"))
    assert (status, str(trouble) in text) == (2, True)
    assert state(own_lab)["status"] == "interrupted"
    assert (Folder.latest(own_lab.project).path / "junit.xml").exists()
    assert run_inside(own_lab, monkeypatch, Inside, resume=True)[0] == 0
    assert state(own_lab)["status"] == "passed"


def test_resume_adds_to_the_history_what_it_lacks(own_lab, monkeypatch):
    """A run that was kept when the history could not be written; none is there twice."""
    own_lab.add("echo")
    with monkeypatch.context() as patch:
        full = HistoryError("database or disk is full")
        patch.setattr(History, "add_run", lambda *_: (_ for _ in ()).throw(full))
        assert run_inside(own_lab, patch, Inside, Wish(sim="icarus"))[0] == 2
    assert len(verdicts(own_lab)) == 1
    assert run_inside(own_lab, monkeypatch, Inside, resume=True)[0] == 0
    history = History(own_lab.project.build / "history.sqlite")
    assert sorted(row["mode"] for row in history.runs(Folder.latest(own_lab.project).name)) == ["beat", "burst"]


def test_half_a_results_file_fails_one_run_only(own_lab, monkeypatch):
    """A simulator that died left it; and half a record, as a machine that lost power leaves it, is run again."""
    own_lab.add("echo")

    class Half(Inside):
        def run(self, specs, *_, **__):
            for outcome in super().run(specs):
                record = {**outcome.answer["record"], "reasons": ["the simulator died"]}
                files = {"result.json": outcome.answer["files"]["result.json"][:40]}
                yield Outcome(outcome.spec, {**outcome.answer, "record": record, "files": files})

    assert run_inside(own_lab, monkeypatch, Half, Wish(sim="icarus"))[0] == 1
    assert set(verdicts(own_lab).values()) == {"fail"}
    folder = Folder.latest(own_lab.project)
    path = next(folder.path.glob("runs/*/record.json"))
    path.write_text(path.read_text()[:40])
    assert len(verdicts(own_lab)) == 1
    assert run_inside(own_lab, monkeypatch, Inside, resume=True)[0] == 1
    assert sorted(verdicts(own_lab).values()) == ["fail", "pass"]


def test_who_died_is_named(own_lab):
    """A run fails when all workers that took its build died, and the message says which job it was."""

    class Dead:
        status = "error"

        def exception(self):
            return KilledWorker(f"build-echo-w8-icarus-{farm.tree.digest}-{farm._token}", None, 3)

    farm = Farm(tree.Tree("d", b""), own_lab.root, own_lab.root)
    farm._lock, farm._token = threading.Lock(), "t"
    farm.begun["build-echo-w8-icarus"] = 4
    outcome = farm._outcome(ICARUS, Dead(), "run-echo")
    assert (outcome.killer, outcome.fault) == (True, "each of the 4 workers that took build-echo-w8-icarus died")


def test_a_run_that_could_not_be_done_is_written_down(own_lab, monkeypatch):
    """Neither passed nor failed; the regression says why."""
    own_lab.add("echo")

    class Lossy(Inside):
        def run(self, specs, *_, **__):
            done = list(super().run(specs))
            yield from [Outcome(outcome.spec, None, "iverilog is missing") for outcome in done[:1]] + done[1:]

    status, text = run_inside(own_lab, monkeypatch, Lossy, Wish(sim="icarus"))
    assert (status, len(verdicts(own_lab)), "1 not run" in text) == (2, 1, True)
    assert list(state(own_lab)["lost"].values()) == ["iverilog is missing"]
    assert "LOST echo-w8-icarus-burst-1: iverilog is missing" in text
    assert run_inside(own_lab, monkeypatch, Inside, resume=True)[0] == 0
    assert state(own_lab)["lost"] == {}


def test_resume_leaves_a_running_regression_alone(own_lab, monkeypatch):
    """It is refused, and changes nothing."""
    own_lab.add("echo")

    class Nested(Inside):
        def run(self, specs, *_, **__):
            before = state(own_lab)
            with pytest.raises(session.RegressError, match="is still running in another process"):
                run_inside(own_lab, monkeypatch, Inside, resume=True)
            assert state(own_lab) == before
            yield from super().run(specs)

    assert run_inside(own_lab, monkeypatch, Nested, Wish(sim="icarus"))[0] == 0
