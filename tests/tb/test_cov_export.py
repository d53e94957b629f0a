"""Exports, read back by tools that are not ours: pyucis, pycobertura, lcov_cobertura and Debian's lcov."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from filelock import FileLock

from tests.tb._project import REPO
from tests.tb._regression import made_up, record
from ulpwise.closure import command
from ulpwise.closure.export import ucis
from ulpwise.coverage.lines import view

ODD = "<script>&é"  # no quote and no control character, which names must not hold
WILD = "<script>&\"'é\x01"  # what a simulator may call a point
READ = WILD.replace("\x01", "?")  # which is no XML otherwise
FILE = "rtl/lab/echo.v"
CODE = [
    (FILE, 3, 1, "line", "block", "3-4,6", 9),
    (FILE, 4, 5, "branch", "if", "4-5", 0),
    (FILE, 4, 6, "branch", "else", "", 9),
    (FILE, 8, 5, "branch", "if", "8-9", 0),
    (FILE, 8, 6, "branch", "else", "10", 0),
    (FILE, 12, 5, "branch", "cond_then", "12", 0),
    (FILE, 12, 6, "branch", "cond_else", "12", 4),
    (FILE, 1, 9, "toggle", "q[0]:0->1", "", 5),
    (FILE, 1, 9, "toggle", "q[0]:1->0", "", 4),
    (FILE, 1, 9, "toggle", f"{WILD}[1]:0->1", "", 0),
    (FILE, 4, 9, "expr", "(a < 3 && b) => 1", "", 2),
    ("rtl/lab/no_bench.v", 2, 1, "line", "block", "2-3", 0),
]
COVER = f"""[CoverGroup({ODD!r}, [
    Point('x', lambda t: t['x'], values(0, 1), illegal=values(9)),
    Point({ODD!r}, lambda t: t['x'], {{'few': (0, 4), 'some<': (5, 8.5)}}, at_least=2),
    Point('turns', lambda t: t['x'], transitions((0, 1), (1, 0))),
], [Cross('x<y', 'x', {ODD!r})])]"""


@pytest.fixture(scope="session")
def readers() -> Path:
    """The folder of the readers, installed once; it is no part of .venv, and not of what it is tested with."""
    wanted = REPO / "requirements-readback.txt"
    folder = REPO / "build" / f"readback-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            scratch = folder.with_suffix(".part")
            shutil.rmtree(scratch, ignore_errors=True)
            line = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", scratch, "-r", wanted]
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            scratch.rename(folder)
    return folder


def read_back(folder: Path, readers: Path) -> dict:
    """Run the readers in a process of their own."""
    line = [sys.executable, str(Path(__file__).with_name("_readback.py")), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(readers)}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout[done.stdout.index("{") :])


def summarised(path: Path) -> list[int]:
    """Let Debian's lcov count: lines hit, lines, branches hit, branches."""
    line = ["lcov", "--rc", "lcov_branch_coverage=1", "--summary", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    pattern = r"lines\.+: [\d.]+% \((\d+) of (\d+) lines\)[\s\S]*branches\.+: [\d.]+% \((\d+) of (\d+) branches\)"
    found = re.search(pattern, done.stdout + done.stderr)
    assert found, done.stdout + done.stderr
    return [int(number) for number in found.groups()]


@pytest.fixture
def odd(own_lab) -> command.Totals:
    """A regression of a core whose names must be escaped, with an exclusion."""
    ramp = "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}"
    rest = ramp + ", exclude=[Exclusion('branch', 'cond_then', 'a < b')],"
    configs = f"{{{ODD!r}: {{'WIDTH': 8}}, 'w4': {{'WIDTH': 4}}}}"
    own_lab.add(
        "echo",
        COVER=COVER,
        CONFIGS=configs,
        REST=rest,
        PLAN="plan={'<all>': ['" + "X.x']},",
        HEAD=f"X = {ODD!r}\nfrom ulpwise import Exclusion",
    )
    bench_file = own_lab.root / "tests" / "lab" / "test_echo.py"
    bench_file.write_text(bench_file.read_text().replace("'X.x'", "X + '.x'"))
    groups = own_lab.project.bench("echo").cover(None)
    folder = own_lab.root / "build" / "regress" / ODD
    for seed, config in enumerate((ODD, "w4")):
        sampled = record(groups, {"x": np.array([0, 1, 0, 6, 6, 7 + 5 * seed])})
        made_up(folder, "echo", config, 1, sampled, CODE)
    totals = command.collect(own_lab.project, folder)
    command.write(totals)
    return totals


def test_names_of_cover_groups_survive_ucis(odd, readers):
    ucis = read_back(odd.folder, readers)["ucis"]
    assert ucis["valid"]
    read = {
        (config, group, name): [at_least, dict(bins), parts]
        for _, config, group, name, at_least, bins, parts in ucis["groups"]
    }
    assert {place[:2] for place in read} == {(ODD, ODD), ("w4", ODD)}
    assert read[ODD, ODD, "x"] == [1, {"0": 2, "1": 1, "9": 0, "other": 3}, []]
    assert read[ODD, ODD, ODD] == [2, {"few": 3, "some<": 3, "other": 0}, []]
    assert read["w4", ODD, ODD] == [2, {"few": 3, "some<": 2, "other": 1}, []]
    assert read[ODD, ODD, "turns"][1] == {"0=>1": 1, "1=>0": 1, "other": 3}
    cross = {"0,few": 2, "0,some<": 0, "1,few": 1, "1,some<": 0}
    assert read[ODD, ODD, "x<y"][1:] == [cross, ["x", ODD]]


def test_bounds_of_bins_in_ucis(odd):
    root = ET.parse(odd.folder / "ucis.xml").getroot()
    bins = {item.get("name"): item for item in root.find(".//cgInstance").iter("coverpointBin")}
    assert bins["few"].find("range").attrib == {"from": "0", "to": "4"}
    assert bins["some<"].find("range").attrib == {"from": "1", "to": "1"}  # 8.5 is no integer: its place
    assert [value.text for value in bins["1=>0"].iter("seqValue")] == ["1", "0"]
    assert bins["9"].get("type") == "illegal"
    crossed = root.find(".//cgInstance/cross").findall("crossBin")
    assert [[index.text for index in item.findall("index")] for item in crossed] == [[x, y] for x in "01" for y in "01"]


def test_code_coverage_in_ucis(odd, readers):
    code = read_back(odd.folder, readers)["ucis"]["code"]
    toggles = {name: dict(bins) for _, kind, name, bins in code if kind == "TOGGLE"}
    assert toggles == {"q[0]": {"0to1": 10, "1to0": 8}, f"{READ}[1]": {"0to1": 0}}
    (lines,) = [dict(bins) for _, kind, _, bins in code if kind == "BLOCK"]
    assert lines == {
        "line 3": 18,
        "line 4": 18,
        "line 5": 0,
        "line 6": 18,
        "line 8": 0,
        "line 9": 0,
        "line 10": 0,
        "line 12": 8,
    }
    branches = [bins for _, kind, _, bins in code if kind == "BRANCH"]
    assert branches == [[["if", 0], ["else", 18]], [["if", 0], ["else", 0]], [["cond_then", 0], ["cond_else", 8]]]
    root = ET.parse(odd.folder / "ucis.xml").getroot()
    (excluded,) = [item for item in root.iter("branchBin") if item.get("excluded") == "true"]
    assert (excluded.get("alias"), excluded.get("excludedReason")) == ("cond_then", "a < b")


def test_failed_runs_in_ucis(odd):
    runs = [replace(odd.runs[0], passed=False), odd.runs[1]]
    root = ET.fromstring(ucis.text([], runs, "2026-01-31T12:00:00"))
    assert [node.get("testStatus") for node in root.iter("historyNodes")] == ["false", "true"]


def test_lines_and_branches_in_cobertura(odd, readers):
    cobertura = read_back(odd.folder, readers)["cobertura"]
    statuses = {3: "hit", 4: "partial", 5: "miss", 6: "hit", 8: "miss", 9: "miss", 10: "miss", 12: "hit"}
    assert cobertura["files"][FILE][0] == [list(pair) for pair in statuses.items()]
    assert cobertura["files"]["rtl/lab/no_bench.v"][0] == [[2, "miss"], [3, "miss"]]
    assert cobertura["lines"] == pytest.approx(4 / 10)
    assert cobertura["branches"] == pytest.approx(2 / 5)
    assert cobertura["files"][FILE][1] == pytest.approx(2 / 5)
    text = (odd.folder / "cobertura.xml").read_text()
    assert '<line number="4" hits="18" branch="true" condition-coverage="50% (1/2)">' in text
    assert '<line number="12" hits="8" branch="true" condition-coverage="100% (1/1)">' in text


def test_lines_and_branches_in_lcov(odd, readers):
    assert summarised(odd.folder / "coverage.info") == [4, 10, 2, 5]
    root = ET.fromstring(read_back(odd.folder, readers)["lcov"])
    hits = {
        (c.get("filename"), line.get("number")): line.get("hits") for c in root.iter("class") for line in c.iter("line")
    }
    assert hits[FILE, "3"] == "18"
    assert hits[FILE, "10"] == "0"
    assert len(hits) == 10
    text = (odd.folder / "coverage.info").read_text()
    assert "BRDA:4,0,0,0\nBRDA:4,0,1,18\nBRDA:8,0,0,-\nBRDA:8,0,1,-\nBRDA:12,0,0,8\n" in text
    assert "BRF:5\nBRH:2\n" in text
    assert "LF:8\nLH:4\nend_of_record\n" in text
    assert "LF:2\nLH:0\nend_of_record\n" in text


def test_exports_agree_with_the_table(odd):
    kinds = odd.modules["echo"].kinds
    seen = view(odd.files[FILE], odd.modules["echo"].excluded)
    assert (kinds["line"].points, kinds["line"].hit) == (len(seen.lines), sum(map(bool, seen.lines.values()))) == (8, 4)
    assert (kinds["branch"].points, kinds["branch"].hit, kinds["branch"].excluded) == (5, 2, 1)
