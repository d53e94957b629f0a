"""Functional coverage: counting, streams, records that add up, plans, and wrong declarations."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpwise.coverage.sampler import (
    Coverage,
    CoverageError,
    CoverGroup,
    Cross,
    Point,
    covered,
    merge,
    ranges,
    summary,
    transitions,
    values,
)

CALM = settings(deadline=None, derandomize=True)


def x(batch):
    return batch["x"]


def y(batch):
    return batch["y"]


def one(point, *batches):
    """Count batches of x alone and return the record of the point."""
    coverage = Coverage([CoverGroup("g", [point])])
    for batch in batches:
        coverage.sample({"x": np.asarray(batch)})
    return coverage.to_json()["groups"]["g"]["points"][point.name]


def counts(record):
    return list(record["bins"].values()), record["other"], list(record["illegal"].values()), record["samples"]


def test_value_bins():
    record = one(Point("p", x, values(-1, 0, 1)), [-1, 0, 0, 5])
    assert record["bins"] == {"-1": 1, "0": 2, "1": 0}
    assert (record["other"], record["samples"], record["kind"]) == (1, 4, "value")


def test_range_named_and_illegal_bins():
    assert counts(one(Point("p", x, ranges((0, 3), (4, 15))), [0, 3, 4, 15, 16, -1])) == ([2, 2], 2, [], 6)
    point = Point("p", x, {"negative": (-128, -1), "zero": 0}, illegal=ranges((100, 127)))
    record = one(point, [-128, -1, 0, 1, 100])
    assert record["bins"] == {"negative": 2, "zero": 1}
    assert record["illegal"] == {"100..127": 1}
    assert counts(record) == ([2, 1], 1, [1], 5)


def test_sums_of_helpers():
    record = one(Point("p", x, values(0) + ranges((1, 3))), [0, 1, 2])
    assert record["bins"] == {"0": 1, "1..3": 2}


def test_several_samples_a_row():
    assert counts(one(Point("p", x, values(0, 1)), [[0, 1], [1, 1], [2, 0]])) == ([2, 3], 1, [], 6)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float32, np.bool_])
def test_bins_beyond_the_type_of_the_samples(dtype):
    bins = {"low": (-(2**70), -1000), "zero": 0, "one": 1, "high": (2**40, 2**70)}
    assert counts(one(Point("p", x, bins), np.array([0, 1, 1], dtype=dtype))) == ([0, 1, 2, 0], 0, [], 3)


def test_the_ends_of_64_bits_are_exact():
    top = 2**64 - 1
    record = one(Point("p", x, {"top": top, "below": top - 1}), np.array([top, top, top - 1], dtype=np.uint64))
    assert record["bins"] == {"top": 2, "below": 1}
    low = -(2**63)
    assert counts(one(Point("p", x, values(low, low + 1)), np.array([low, low + 1]))) == ([1, 1], 0, [], 2)


def test_floats_and_nan():
    bins = {"negative": (-np.inf, -0.5), "small": (-0.25, 0.25), "positive": (0.5, np.inf)}
    samples = [-np.inf, -0.5, -0.3, 0.25, 0.5, np.inf, np.nan]
    assert counts(one(Point("p", x, bins), samples)) == ([2, 1, 2], 2, [], 7)
    assert counts(one(Point("p", x, {"half": (0.5, 1.5)}), [0, 1, 2])) == ([1], 2, [], 3)


@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 5)), min_size=1, max_size=6),
    st.lists(st.integers(-30, 30), max_size=30),
    st.sampled_from([np.int8, np.int64, np.float64]),
)
@CALM
def test_classification_is_that_of_a_plain_loop(spans, samples, dtype):
    bins, last = [], -100
    for low, length in sorted(spans):
        if low > last:
            last = low + length
            bins.append((low, last))
    expected = [sum(low <= sample <= high for sample in samples) for low, high in bins]
    record = one(Point("p", x, ranges(*bins)), np.array(samples, dtype=dtype))
    assert counts(record) == (expected, len(samples) - sum(expected), [], len(samples))


def test_transitions_run_on_over_batches_of_a_stream():
    point = Point("p", x, transitions((0, 1), (1, 0)), illegal=transitions((2, 0)))
    record = one(point, [0, 1], [], [0, 2], [0])
    assert record["bins"] == {"0=>1": 1, "1=>0": 1}
    assert counts(record) == ([1, 1], 1, [1], 4)
    assert record["kind"] == "transition"


def test_transitions_do_not_depend_on_where_batches_are_cut():
    stream = np.random.default_rng(1).integers(0, 4, size=(50, 3))
    point = Point("p", x, transitions((0, 1), (3, 3), (2, 0)))
    whole = one(point, stream)
    assert one(point, *np.split(stream, [1, 2, 30])) == whole
    pairs = list(zip(stream[:-1].ravel().tolist(), stream[1:].ravel().tolist(), strict=True))
    assert counts(whole)[0] == [pairs.count(pair) for pair in [(0, 1), (3, 3), (2, 0)]]
    assert whole["samples"] == 49 * 3


def test_restart_forgets_the_last_row():
    coverage = Coverage([CoverGroup("g", [Point("p", x, transitions((0, 1)))])])
    coverage.sample({"x": np.array([0])})
    coverage.restart()
    coverage.sample({"x": np.array([1])})
    assert not coverage.covered("g.p")


def crossed(cross, batch, **extra):
    points = [Point("a", x, values(0, 1), **extra), Point("b", y, {"low": (0, 3), "high": (4, 7)})]
    coverage = Coverage([CoverGroup("g", points, [cross])])
    coverage.sample({name: np.asarray(array) for name, array in batch.items()})
    return coverage.to_json()["groups"]["g"]["points"]["c"]


def test_cross():
    record = crossed(Cross("c", "a", "b"), {"x": [0, 0, 1, 2, 1], "y": [0, 1, 7, 7, 9]})
    assert record["bins"] == {"0,low": 2, "0,high": 0, "1,low": 0, "1,high": 1}
    assert (record["other"], record["samples"], record["kind"]) == (2, 5, "cross")


def test_cross_leaves_out_illegal_samples():
    record = crossed(Cross("c", "a", "b"), {"x": [0, 9], "y": [0, 0]}, illegal=values(9))
    assert counts(record) == ([1, 0, 0, 0], 1, [], 2)


def test_cross_with_ignored_combinations():
    record = crossed(Cross("c", "b", "a", ignore=[("low", "*"), ("high", "1")]), {"x": [0, 0, 1], "y": [0, 5, 5]})
    assert record["bins"] == {"high,0": 1}
    assert (record["other"], record["samples"]) == (2, 3)


def test_cross_of_one_value_with_several_a_row():
    record = crossed(Cross("c", "a", "b"), {"x": [0, 1], "y": [[0, 4, 9], [1, 1, 5]]})
    assert record["bins"] == {"0,low": 1, "0,high": 1, "1,low": 2, "1,high": 1}
    assert record["samples"] == 6


def test_cross_of_three_and_of_transitions():
    points = [Point("a", x, values(0, 1)), Point("t", x, transitions((0, 1))), Point("b", y, values(5))]
    coverage = Coverage([CoverGroup("g", points, [Cross("c", "a", "t", "b")])])
    coverage.sample({"x": np.array([1, 0, 1]), "y": np.array([5, 5, 5])})
    record = coverage.to_json()["groups"]["g"]["points"]["c"]
    assert record["bins"] == {"0,0=>1,5": 0, "1,0=>1,5": 1}
    assert record["samples"] == 3


def example(seed=0, rows=20):
    points = [Point("a", x, values(0, 1), illegal=values(3)), Point("t", x, transitions((0, 1)), at_least=2)]
    group = CoverGroup("g", [*points, Point("b", y, ranges((0, 3)))], [Cross("c", "a", "b")])
    coverage = Coverage([group, CoverGroup("h", [Point("a", y, values(9))])])
    rng = np.random.default_rng(seed)
    coverage.sample({name: rng.integers(0, 3, size=rows) for name in "xy"})
    return coverage


def test_json_round_trip_and_merge_adds():
    a, b = example(1).to_json(), json.loads(json.dumps(example(2, rows=7).to_json()))
    total = merge(a, b)
    assert json.loads(json.dumps(total)) == total
    for group, body in total["groups"].items():
        for name, point in body["points"].items():
            parts = [record["groups"][group]["points"][name] for record in (a, b)]
            assert counts(point)[3] == sum(part["samples"] for part in parts)
            assert counts(point)[0] == [p + q for p, q in zip(*[part["bins"].values() for part in parts], strict=True)]
    assert merge(a, example(rows=0).to_json()) == a
    assert merge(a, json.loads(json.dumps(b, sort_keys=True))) == total


def test_merge_refuses_what_does_not_add_up():
    good = example().to_json()
    for part, change in (("samples", 1), ("other", 1), ("other", -100)):
        bad = copy.deepcopy(good)
        bad["groups"]["g"]["points"]["a"][part] += change
        with pytest.raises(CoverageError, match=r"^coverage of g\.a does not add up: -?\d+ counts of \d+ samples$"):
            merge(good, bad)
    with pytest.raises(CoverageError, match=r"^not a coverage record of schema 1: schema 0$"):
        merge(good, {**good, "schema": 0})


def test_merge_refuses_other_definitions():
    def record(group="g", name="p", bins=None, **extra):
        return Coverage([CoverGroup(group, [Point(name, x, bins or {"a": 0}, **extra)])]).to_json()

    for other, message in (
        (record(group="h"), "groups ['g'] and ['h'] differ"),
        (record(name="q"), "group g has points ['p'] and ['q']"),
        (record(at_least=2), "g.p has at_least 1 and 2"),
        (record(bins={"b": 0}), "g.p has definition "),
        (record(bins={"a": 1}), "g.p has definition "),
        (record(bins=transitions((0, 0))), "g.p has kind 'value' and 'transition'"),
    ):
        with pytest.raises(CoverageError, match=f"^cannot merge coverage: {re.escape(message)}"):
            merge(record(), other)


def test_summary_names_holes_and_illegal_hits():
    points = [Point("a", x, values(0, 1), illegal=values(3, 4)), Point("b", x, values(0), at_least=3)]
    coverage = Coverage([CoverGroup("g", points)])
    coverage.sample({"x": np.array([0, 0, 3])})
    expected = {"bins": 3, "hit": 1, "percent": 100 / 3, "holes": ["g.a.1", "g.b.0"], "illegal": ["g.a.3"]}
    assert coverage.summary() == summary(coverage.to_json()) == expected
    assert Coverage([]).summary() == {"bins": 0, "hit": 0, "percent": 0.0, "holes": [], "illegal": []}


def test_covered():
    points = [Point("a", x, ranges((0, 3), (4, 7))), Point("b", x, values(1))]
    coverage = Coverage([CoverGroup("g", points, [Cross("c", "a", "b")])])
    coverage.sample({"x": np.array([1, 1])})
    assert coverage.covered("g.a.0..3")
    assert not coverage.covered("g.a.4..7")
    assert not coverage.covered("g.a")
    assert coverage.covered("g.b")
    assert covered(coverage.to_json(), "g.c.0..3,1")
    for name, message in (
        ("g.aa", "no cover point 'g.aa'; did you mean 'g.a'?"),
        ("g", "no cover point 'g'; there are: g.a, g.b, g.c"),
        ("g.a.0..2", "cover point 'g.a' has no bin '0..2'; did you mean '0..3'?"),
        ("g.b.q", "cover point 'g.b' has no bin 'q'; there are: 1"),
    ):
        with pytest.raises(CoverageError, match=f"^{re.escape(message)}$"):
            coverage.covered(name)


P = Point("p", x, values(0, 1))
Q = Point("q", x, values(0))


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Point("p", x, ()), "point p: no bins"),
        (lambda: Point("p", x, {}), "point p: no bins"),
        (lambda: Point("a.b", x, values(0)), "point name 'a.b' is empty or holds a dot"),
        (lambda: Point("p", x, values(0), at_least=0), "point p: at_least is at least 1, not 0"),
        (lambda: Point("p", x, values(0, 0)), "point p: bin '0' occurs twice"),
        (lambda: Point("p", x, {"a,b": 0}), "point p: bin name 'a,b' is empty or holds a comma"),
        (lambda: Point("p", x, ranges((0, 3), (3, 4))), "point p: bins '0..3' and '3..4' overlap"),
        (lambda: Point("p", x, ranges((0, 3)), illegal=values(2)), "point p: bins '0..3' and '2' overlap"),
        (lambda: Point("p", x, ranges((3, 0))), "point p: bin '3..0' is empty: 3 is above 0"),
        (lambda: Point("p", x, {"a": float("nan")}), "point p: bin 'a' is empty: nan is above nan"),
        (
            lambda: Point("p", x, values(0), illegal=transitions((0, 1))),
            "point p: mixes bins of values and of transitions",
        ),
        (lambda: Point("p", x, transitions((0, 1), (0, 1))), "point p: bin '0=>1' occurs twice"),
        (
            lambda: Point("p", x, transitions((0, 1)), illegal=transitions((0, 1.0))),
            "point p: bins '0=>1' and '0=>1.0' overlap",
        ),
        (lambda: CoverGroup("g", [P, P]), "group g: 'p' is declared twice"),
        (lambda: CoverGroup("g", [P, Q], [Cross("p", "p", "q")]), "group g: 'p' is declared twice"),
        (lambda: CoverGroup("g", []), "group g: no points"),
        (lambda: CoverGroup("g.h", [P]), "group name 'g.h' is empty or holds a dot"),
        (lambda: CoverGroup("g", [P], [Cross("c", "p", "z")]), "group g: cross c names unknown point 'z'"),
        (lambda: Cross("c", "p"), "cross c: needs two or more different points, got ['p']"),
        (lambda: Cross("c", "p", "p"), "cross c: needs two or more different points, got ['p', 'p']"),
        (
            lambda: CoverGroup("g", [P, Q], [Cross("c", "p", "q", ignore=[("0", "1")])]),
            "group g: cross c ignores unknown bins ('0', '1')",
        ),
        (
            lambda: CoverGroup("g", [P, Q], [Cross("c", "p", "q", ignore=[("0",)])]),
            "group g: cross c ignores unknown bins ('0',)",
        ),
        (
            lambda: CoverGroup("g", [Point(n, x, values(*range(300))) for n in "ab"], [Cross("c", "a", "b")]),
            "group g: cross c has 90000 bins, more than 65536",
        ),
        (lambda: Coverage([CoverGroup("g", [P]), CoverGroup("g", [Q])]), "group 'g' is declared twice"),
    ],
)
def test_wrong_declarations(declare, message):
    with pytest.raises(CoverageError, match=f"^{re.escape(message)}$"):
        declare()


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (lambda batch: batch["x"][:2], "int64 (2,)"),
        (lambda batch: batch["x"].sum(), "int64 ()"),
        (lambda batch: batch["x"].reshape(3, 1, 1), "int64 (3, 1, 1)"),
        (lambda batch: batch["x"].astype(str), "<U21 (3,)"),
    ],
)
def test_wrong_samples(sample, found):
    message = f"cover point g.p: expected numbers (3,) or (3, k), got {found}"
    with pytest.raises(CoverageError, match=f"^{re.escape(message)}$"):
        one(Point("p", sample, values(0)), [1, 2, 3])


def test_samples_that_change_or_do_not_match():
    with pytest.raises(CoverageError, match=r"^cover point g\.p: 2 values a row after 1$"):
        one(Point("p", x, transitions((0, 1))), [1], [[1, 2]])
    with pytest.raises(CoverageError, match=r"^cross g\.c: its points have samples of shapes \(1, 2\), \(1, 3\)$"):
        crossed(Cross("c", "a", "b"), {"x": [[0, 1]], "y": [[0, 1, 2]]})
