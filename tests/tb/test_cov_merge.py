"""Merging: functional coverage by configuration, code coverage by source point, sums checked."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tb._regression import made_up, record
from ulpwise.closure import merge, regression
from ulpwise.coverage.codecov import CodePoint
from ulpwise.coverage.sampler import CoverageError, CoverGroup, Cross, Point, values

GROUPS = [
    CoverGroup(
        "io",
        [Point("x", lambda t: t["x"], values(0, 1)), Point("y", lambda t: t["y"], values(0, 1))],
        [Cross("xy", "x", "y")],
    )
]


def batch(x, y):
    return {"x": np.array(x), "y": np.array(y)}


def test_functional_coverage_is_added_by_configuration(tmp_path):
    made_up(tmp_path, "a", "w4", 1, record(GROUPS, batch([0, 0, 5], [1, 1, 1])))
    made_up(tmp_path, "a", "w4", 2, record(GROUPS, batch([1], [1])))
    made_up(tmp_path, "a", "w8", 1, record(GROUPS, batch([0], [0])))
    made_up(tmp_path, "b", "w4", 1, record(GROUPS, batch([0], [0])))
    made_up(tmp_path, "b", "w4", 2)
    total = merge.functional(regression.runs(tmp_path))
    assert {module: list(configs) for module, configs in total.items()} == {"a": ["w4", "w8"], "b": ["w4"]}
    assert total["a"]["w4"].runs == 2
    assert total["b"]["w4"].runs == 1
    points = total["a"]["w4"].record["groups"]["io"]["points"]
    assert points["x"]["bins"] == {"0": 2, "1": 1}
    assert points["x"]["other"] == 1
    assert points["x"]["samples"] == 4
    assert points["xy"]["bins"] == {"0,0": 0, "0,1": 2, "1,0": 0, "1,1": 1}


@pytest.mark.parametrize("runs", [1, 2])
def test_counts_that_do_not_add_up_are_refused(tmp_path, runs):
    wrong = record(GROUPS, batch([0], [1]))
    wrong["groups"]["io"]["points"]["x"]["bins"]["0"] = 2
    for seed in range(1, runs):
        made_up(tmp_path, "a", "w4", seed, record(GROUPS, batch([0], [1])))
    made_up(tmp_path, "a", "w4", runs, wrong)
    message = f"^a-w4-verilator-burst-{runs}: coverage of io.x does not add up: 2 counts of 1 samples; repeat"
    with pytest.raises(CoverageError, match=message):
        merge.functional(regression.runs(tmp_path))


def test_runs_of_other_bins_are_refused(tmp_path):
    other = [CoverGroup("io", [Point("x", lambda t: t["x"], values(0, 2))])]
    made_up(tmp_path, "a", "w4", 1, record(GROUPS[:1], batch([0], [0])))
    made_up(tmp_path, "a", "w4", 2, record(other, batch([0], [0])))
    with pytest.raises(
        CoverageError, match=r"^a-w4-verilator-burst-2: cannot merge coverage: .*; repeat the regression$"
    ):
        merge.functional(regression.runs(tmp_path))


def test_a_run_that_died_leaves_no_coverage(tmp_path):
    made_up(tmp_path, "a", "w4", 1, record(GROUPS, batch([0], [1])))
    name = made_up(tmp_path, "a", "w4", 2, record(GROUPS, batch([0], [1])))
    (tmp_path / "runs" / name / "result.json").write_text('{"cover')
    with pytest.raises(regression.RegressionError, match=r"result\.json cannot be read"):
        merge.functional(regression.runs(tmp_path))
    path = tmp_path / "runs" / name / "record.json"
    path.write_text(path.read_text().replace('"pass"', '"fail"'))
    assert merge.functional(regression.runs(tmp_path))["a"]["w4"].runs == 1


def test_code_of_different_builds_is_united_by_source_point(tmp_path):
    narrow = [("rtl/l/a.v", 3, 5, "toggle", "q[0]:0->1", "", 2), ("rtl/l/a.v", 9, 1, "line", "block", "9-10", 4)]
    wide = [
        ("rtl/l/a.v", 3, 5, "toggle", "q[0]:0->1", "", 0),
        ("rtl/l/a.v", 3, 5, "toggle", "q[1]:0->1", "", 0),
        ("rtl/l/a.v", 9, 1, "line", "block", "9,12", 1),
        ("rtl/l/child.v", 1, 1, "line", "block", "1", 6),
    ]
    made_up(tmp_path, "a", "w1", code=narrow)
    made_up(tmp_path, "a", "w2", code=wide)
    made_up(tmp_path, "child", "w2", code=[wide[-1]])
    total = merge.code(regression.runs(tmp_path))
    assert total == {
        "rtl/l/a.v": {
            CodePoint("rtl/l/a.v", 3, 5, "toggle", "q[0]:0->1", ""): 2,
            CodePoint("rtl/l/a.v", 3, 5, "toggle", "q[1]:0->1", ""): 0,
            CodePoint("rtl/l/a.v", 9, 1, "line", "block", ""): 5,
        },
        "rtl/l/child.v": {CodePoint("rtl/l/child.v", 1, 1, "line", "block", ""): 12},
    }
    assert [point.lines for point in total["rtl/l/a.v"]] == ["", "", "9-10,12"]


def test_what_is_no_regression(tmp_path, own_lab):
    with pytest.raises(regression.RegressionError, match=r"^no regression yet: run make regress$"):
        regression.find(own_lab.project, None)
    with pytest.raises(regression.RegressionError, match="holds no regression"):
        regression.find(own_lab.project, "r1")
    made_up(tmp_path, "a", "w4")
    path = tmp_path / "runs" / "a-w4-verilator-burst-1" / "record.json"
    for text, message in (
        ("", "cannot be read"),
        ("[]", "no JSON object"),
        (json.dumps({"module": "a"}), "'config' is missing"),
    ):
        path.write_text(text)
        with pytest.raises(regression.RegressionError, match=message):
            regression.runs(tmp_path)
