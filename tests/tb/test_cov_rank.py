"""Ranking: the smallest set of runs that reaches the same coverage, proved against trying all sets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.tb._regression import lay_out, made_up, record, row
from ulpwise.closure import command
from ulpwise.closure.rank import rank
from ulpwise.closure.regression import RegressionError, runs
from ulpwise.coverage.sampler import CoverGroup, Point, values
from ulpwise.history.database import History

FILE = "rtl/lab/a.v"


def covered(folder, *sets, at_least=1, seconds=None):
    """Make a run for each set of numbers, which become bins of a cover point."""
    group = [CoverGroup("io", [Point("x", lambda t: t["x"], values(*range(12)), at_least=at_least)])]
    for seed, numbers in enumerate(sets):
        time = 1.0 if seconds is None else seconds[seed]
        made_up(folder, "a", "w4", seed, record(group, {"x": np.array(sorted(numbers))}), seconds=time)
    return runs(folder)


def seeds(ranking):
    return [item.run.seed for item in ranking.chosen]


def test_greedy_would_take_three(tmp_path):
    ranking = rank(covered(tmp_path, {0, 1, 2, 3}, {0, 1, 4, 6}, {2, 3, 5, 7}), FILE)
    assert sorted(seeds(ranking)) == [1, 2]
    assert ranking.proved
    assert ranking.items == 8
    assert [(item.adds, item.share) for item in ranking.chosen] == [(4, 50.0), (4, 100.0)]


@pytest.mark.parametrize("seed", range(6))
def test_smallest_by_trying_all_sets(tmp_path, seed):
    rng = np.random.default_rng(seed)
    sets = [set(rng.choice(12, rng.integers(1, 5)).tolist()) for _ in range(9)]
    times = rng.integers(1, 100, len(sets)).astype(float)
    ranking = rank(covered(tmp_path, *sets, seconds=times), FILE)
    everything = set().union(*sets)
    sizes = range(1, len(sets) + 1)
    fitting = [
        c for n in sizes for c in combinations(range(len(sets)), n) if set().union(*(sets[i] for i in c)) == everything
    ]
    best = min(fitting, key=lambda c: (len(c), sum(times[list(c)])))
    assert sorted(seeds(ranking)) == sorted(best)
    assert ranking.chosen[-1].share == 100
    assert sum(item.adds for item in ranking.chosen) == len(everything) == ranking.items


def test_ties_are_broken_by_seconds(tmp_path):
    assert seeds(rank(covered(tmp_path, {0, 1}, {0, 1}, {0}, seconds=[9.0, 3.0, 1.0]), FILE)) == [1]


def test_hits_of_several_runs_add_up_to_at_least(tmp_path):
    sets = [{0, 1}, {0, 1}, {0}, {2}]
    ranking = rank(covered(tmp_path, *sets, at_least=2), FILE)
    assert sorted(seeds(ranking)) == [0, 1]
    assert ranking.items == 2  # bin 2 is covered by none


def test_hits_of_one_run_are_enough(tmp_path):
    group = [CoverGroup("io", [Point("x", lambda t: t["x"], values(0), at_least=2)])]
    for seed, hits in enumerate((1, 5, 1)):
        made_up(tmp_path, "a", "w4", seed, record(group, {"x": np.zeros(hits, dtype=int)}))
    assert seeds(rank(runs(tmp_path), FILE)) == [1]


def test_configurations_and_code_count(tmp_path):
    group = [CoverGroup("io", [Point("x", lambda t: t["x"], values(0, 1))])]
    both = record(group, {"x": np.array([0, 1])})
    code = [
        (FILE, 1, 1, "line", "block", "1", 1),
        (FILE, 2, 1, "branch", "if", "2", 0),
        ("rtl/lab/b.v", 9, 1, "line", "block", "9", 0),
    ]
    more = [code[0], (*code[1][:-1], 3), (*code[2][:-1], 1)]
    made_up(tmp_path, "a", "w4", 1, both, code)
    made_up(tmp_path, "a", "w8", 1, both, code)
    made_up(tmp_path, "a", "w8", 2, record(group, {"x": np.array([0])}), more)
    made_up(tmp_path, "a", "w8", 3, both, [code[0], code[1]])
    ranking = rank(runs(tmp_path), FILE)
    chosen = sorted((item.run.config, item.run.seed) for item in ranking.chosen)
    assert chosen in ([("w4", 1), ("w8", 1), ("w8", 2)], [("w4", 1), ("w8", 2), ("w8", 3)])
    assert ranking.items == 6


@pytest.mark.parametrize("seed", range(6))
def test_smallest_that_reaches_a_share_by_trying_all_sets(tmp_path, seed):
    rng = np.random.default_rng(100 + seed)
    sets = [set(rng.choice(12, rng.integers(1, 6)).tolist()) for _ in range(8)]
    ranking = rank(covered(tmp_path, *sets), FILE, 75.0)
    wanted = -(-3 * len(set().union(*sets)) // 4)
    reaches = [n for n in range(1, 9) if any(len(set().union(*c)) >= wanted for c in combinations(sets, n))]
    assert len(ranking.chosen) == min(reaches)
    assert ranking.chosen[-1].share >= 75
    assert ranking.proved


def test_below_all_a_bin_counts_once_whichever_configuration_hits_it(tmp_path):
    group = [CoverGroup("io", [Point("x", lambda t: t["x"], values(0, 1))])]
    for config in ("w4", "w8", "w16"):
        made_up(tmp_path, "a", config, 1, record(group, {"x": np.array([0, 1])}))
    assert len(rank(runs(tmp_path), FILE).chosen) == 3
    once = rank(runs(tmp_path), FILE, 99.0)
    assert (len(once.chosen), once.items) == (1, 2)


@pytest.mark.parametrize("reach", [0, -1, 101])
def test_shares_that_make_no_sense(own_lab, reach):
    with pytest.raises(RegressionError, match=f"REACH={reach}: give a percentage above 0, at most 100"):
        command.rank(own_lab.project, None, None, reach)


def test_runs_that_cover_nothing(tmp_path):
    made_up(tmp_path, "a", "w4")
    assert rank(runs(tmp_path), FILE).chosen == ()


@pytest.mark.parametrize(
    ("status", "options", "text"),
    [("passed", {"partial": True}, "repeated failures only"), ("interrupted", {}, "was interrupted")],
)
def test_a_regression_that_did_not_run_all_is_not_ranked(own_lab, status, options, text):
    """Else LEVEL=smoke would run next to nothing from then on."""
    lay_out(own_lab.project.build, "r1", [])
    history = History(own_lab.project.build / "history.sqlite")
    history.begin(row("r1", **options))
    history.finish("r1", status)
    with pytest.raises(RegressionError, match=text):
        command.rank(own_lab.project, None)
