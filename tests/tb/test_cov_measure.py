"""Targets, exclusions, holes and the ratchet."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.tb._regression import record, row
from ulpwise.bench.declare import TARGETS, BenchError, Exclusion
from ulpwise.closure import exclude, ratchet
from ulpwise.closure.measure import Hole, Kind, measure
from ulpwise.closure.merge import Functional
from ulpwise.coverage.codecov import CodePoint
from ulpwise.coverage.sampler import CoverageError, CoverGroup, Point, values
from ulpwise.history.database import History

GROUPS = [CoverGroup("io", [Point("x", lambda t: t["x"], values(0, 1, 2)), Point("free", lambda t: t["x"], values(7))])]
SOURCE = ["module echo;", "  wire q;", "  if (a)", "    b;", "  else", "    c;"]
FILE = "rtl/lab/echo.v"


def point(line, kind, comment, lines="", column=1):
    return CodePoint(FILE, line, column, kind, comment, "", lines)


COUNTS = {
    point(2, "toggle", "q[0]:0->1"): 4,
    point(2, "toggle", "q[0]:1->0"): 0,
    point(2, "toggle", "q[1]:0->1"): 0,
    point(3, "branch", "if", "3-4"): 9,
    point(3, "branch", "else", "6", column=2): 0,
    point(3, "expr", "(a==0) => 0"): 0,
}


def functional(*xs):
    return {"w8": Functional(record(GROUPS, *({"x": np.array(x)} for x in xs)), len(xs))}


@pytest.fixture
def bench(own_lab):
    own_lab.add(
        "echo",
        COVER="[CoverGroup('io', [Point(name, lambda t: t['x'], values(*bins)) for name, bins in BINS.items()])]",
        HEAD="BINS = {'x': (0, 1, 2), 'free': (7,)}",
    )
    (own_lab.root / FILE).write_text("\n".join(SOURCE))
    return own_lab.project.bench("echo")


def measured(lab, bench, counts=COUNTS, samples=([0, 1, 1],)):
    return measure(bench, "lab", functional(*samples), counts, lab.root)


def test_functional_is_the_plan_in_every_configuration(own_lab, bench):
    found = measured(own_lab, bench)
    assert found.kinds["functional"] == Kind(3, 2, target=100.0)
    assert found.bins == Kind(4, 2)
    assert [name for name, _ in found.missed] == ["functional", "line", "branch", "toggle"]
    assert found.missed[0][1] == (
        "echo: functional coverage 66.67 % is below 100 %: 1 of 3 bins of the test plan missed; "
        "make coverage MODULE=echo lists them"
    )
    both = {"w8": functional([0, 1, 2])["w8"], "w9": functional([0])["w8"]}
    assert measure(bench, "lab", both, {}, own_lab.root).kinds == {"functional": Kind(6, 4, target=100.0)}
    full = measured(own_lab, bench, {}, ([0, 1], [2]))
    assert full.kinds["functional"].percent == 100
    assert full.missed == []
    bin_only = replace(bench, plan={"two": ["io.x.2"], "both": ["io.x.2", "io.x.0"]})
    assert measured(own_lab, bin_only).kinds["functional"] == Kind(2, 1, target=100.0)


def test_code_kinds_and_targets(own_lab, bench):
    found = measured(own_lab, bench)
    assert found.kinds["line"] == Kind(3, 2, target=95.0)
    assert found.kinds["branch"] == Kind(2, 1, target=95.0)
    assert found.kinds["toggle"] == Kind(3, 1, target=90.0)
    assert found.kinds["expr"] == Kind(1, 0, target=None)
    modest = replace(bench, targets={"toggle": 33, "expr": 1})
    assert modest.targets == {**TARGETS, "toggle": 33, "expr": 1}
    assert [name for name, _ in measured(own_lab, modest).missed] == ["functional", "line", "branch", "expr"]
    assert Kind(3, 2, target=200 / 3).missed is False
    assert Kind(1000, 949, target=95).missed is True


def test_holes_name_place_and_text(own_lab, bench):
    assert list(measured(own_lab, bench).holes()) == [
        Hole("functional", "w8", "io.x.2", "operands"),
        Hole("functional", "w8", "io.free.7", "not in the test plan"),
        Hole("line", f"{FILE}:6", "", "c;"),
        Hole("toggle", f"{FILE}:2", "q[0]:1->0", "wire q;"),
        Hole("toggle", f"{FILE}:2", "q[1]:0->1", "wire q;"),
        Hole("branch", f"{FILE}:3", "else", "if (a)"),
        Hole("expr", f"{FILE}:3", "(a==0) => 0", "if (a)"),
    ]


def test_exclusions_take_away_what_was_not_hit(own_lab, bench):
    rules = [
        Exclusion("toggle", "q[1]:*", "tied"),
        Exclusion("branch", "else", "never", source="if (?)"),
    ]
    found = measured(own_lab, replace(bench, exclude=rules))
    assert found.kinds["toggle"] == Kind(2, 1, 1, 90.0)
    assert found.kinds["branch"] == Kind(1, 1, 1, 95.0)
    assert found.kinds["line"] == Kind(2, 2, 1, 95.0)  # only the excluded branch runs line 6
    assert found.stale == []
    assert {hole.what for hole in found.holes()} == {"io.x.2", "io.free.7", "q[0]:1->0", "(a==0) => 0"}
    rows = found.to_json()["code"]["points"]
    assert [row[-1] for row in rows] == [None, None, "tied", None, "never", None]
    assert rows[3] == [3, 1, "branch", "if", "3-4", 9, None]


def test_stale_exclusions_are_reported(own_lab, bench):
    rules = [
        Exclusion("toggle", "q[*", "tied"),
        Exclusion("toggle", "r*", "gone"),
        Exclusion("branch", "*", "gone", source="if (b)"),
    ]
    found = measured(own_lab, replace(bench, exclude=rules))
    assert found.stale == [
        "echo: exclusion toggle 'q[*' matches 1 points that were hit, of 3",
        "echo: exclusion toggle 'r*' matches no point",
        "echo: exclusion branch source 'if (b)' matches no point",
    ]
    assert found.kinds["toggle"] == Kind(1, 1, 2, 90.0)  # the one that was hit counts
    assert measured(own_lab, replace(bench, exclude=rules), {}).stale == []


@pytest.mark.parametrize(
    ("comment", "hit"), [("q[0]:0->1", True), ("q[?]:*", True), ("q[01]:0->1", False), ("q", False), ("*1", True)]
)
def test_brackets_stand_for_themselves(comment, hit):
    assert exclude.matches(Exclusion("toggle", comment, "r"), next(iter(COUNTS)), SOURCE) is hit


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("exclude=[Exclusion('toggle', 'a', ' ')]", "give the reason"),
        ("exclude=[Exclusion('toggel', 'a', 'r')]", "exclusion of kind 'toggel': there are line, branch"),
        ("exclude=[Exclusion('toggle', '*', 'r')]", "say which, by comment or source"),
        ("targets={'lines': 95}", "no target lines 95: kinds are functional, line"),
        ("targets={'line': 101}", "a target is 0 to 100"),
    ],
)
def test_declarations_that_are_refused(own_lab, rest, message):
    own_lab.add("echo", REST=f"stimuli=lambda c: {{'ramp': directed(x=np.arange(64))}}, {rest},")
    with pytest.raises(BenchError, match=f"echo: .*{message}"):
        own_lab.project.bench("echo")


def test_a_plan_that_the_runs_did_not_know(own_lab, bench):
    with pytest.raises(CoverageError, match=r"^echo w8: no cover point 'io.z'.*; the bench has changed: repeat"):
        measured(own_lab, replace(bench, plan={"z": ["io.z"]}))


def test_mutation_score_is_read_and_never_invented(own_lab, bench):
    assert measured(own_lab, bench).to_json()["mutation"] is None
    path = own_lab.root / "build" / "mutation" / "echo.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"mutants": 50, "killed": 45, "equivalent": 2, "survivors": ["m1", "m2", "m3"]}))
    assert measured(own_lab, bench).mutation["percent"] == 93.75
    path.write_text("{}")
    with pytest.raises(CoverageError, match=r"echo.json: no mutation score \('mutants'\): measure it again"):
        measured(own_lab, bench)


class Past:
    """A history of regressions of one module."""

    def __init__(self, path):
        self.history = History(path / "history.sqlite")

    def add(self, name, hit, status="passed", level="full", **options):
        self.history.begin(row(name, level, **options))
        self.history.set_coverage(name, [{"module": "echo", "kind": "toggle", "points": 200, "hit": hit}])
        if status != "running":
            self.history.finish(name, status)
        return ratchet.falls(self.history, name)


def test_ratchet_holds_against_the_last_regression(tmp_path):
    past = Past(tmp_path)
    assert past.add("r1", 180) == []
    assert past.add("r2", 180) == []
    (fall,) = past.add("r3", 179, "running")
    assert fall == {
        "module": "echo",
        "kind": "toggle",
        "percent": 89.5,
        "target": 90.0,
        "text": "echo: toggle coverage fell from 90.00 % (regression r2) to 89.50 %",
    }


def test_ratchet_is_not_reset_by_failing(tmp_path):
    past = Past(tmp_path)
    past.add("r1", 180)
    assert past.add("r2", 170, "failed")
    assert past.add("r3", 170, "failed")[0]["target"] == 90
    assert past.add("r4", 190, "failed") == []
    assert past.add("r5", 185, "failed")[0]["target"] == 95
    assert past.add("r6", 160, accept=True) == []
    assert past.add("r7", 160) == []


def test_ratchet_compares_like_with_like(tmp_path):
    past = Past(tmp_path)
    past.add("r1", 180, level="nightly")
    past.add("r2", 180, status="interrupted")
    past.add("r3", 180, seeds=3)
    past.add("r4", 180, partial=True)
    past.add("r4b", 180, module="echo")
    past.add("r4c", 180, sim="verilator")
    assert past.add("r5", 150) == []
    assert past.add("r6", 170, seeds=3)
    past.history.set_coverage("r6", [{"module": "other", "kind": "toggle", "points": 200, "hit": 1}])
    assert ratchet.falls(past.history, "r6") == []
    assert ratchet.falls(past.history, "unknown") == []


def test_ratchet_holds_what_ran_in_part_to_nothing(tmp_path):
    past = Past(tmp_path)
    past.add("r1", 180, sim="both")
    assert past.add("r2", 90, "interrupted") == []
    assert past.add("r3", 90, partial=True) == []
    assert past.add("r4", 90, family=None)[0]["target"] == 90
