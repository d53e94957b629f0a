"""A failing batch becomes the fewest transactions that still fail, and the printed command fails with them again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.tb._project import ECHO, fault
from ulpwise.run.execute import execute
from ulpwise.run.record import RunSpec
from ulpwise.run.report import failure
from ulpwise.run.shrink import ATTEMPTS, EARLIER, MORE, shrink


def batch(rows):
    return {"x": np.arange(rows), "y": np.arange(rows * 2).reshape(rows, 2)}


def search(rows, row, fails, attempts=ATTEMPTS):
    """Shrink, and return the rows that are left and the number of tries."""
    tries = []

    def spy(part):
        assert (part["y"][:, 0] == 2 * part["x"]).all()
        tries.append(part["x"].tolist())
        return fails(tries[-1])

    found = shrink(batch(rows), row, spy, attempts)
    return None if found.batch is None else found.batch["x"].tolist(), tries


def pair(first, second):
    """Fail when `second` comes at any time after `first`."""
    return lambda rows: first in rows and second in rows[rows.index(first) :]


def test_one_transaction_that_fails_alone_takes_one_try():
    assert search(1000, 700, lambda rows: 700 in rows) == ([700], [[700]])


@pytest.mark.parametrize(("first", "second"), [(699, 700), (650, 700), (3, 700), (0, 999)])
def test_two_transactions_are_found_in_their_order(first, second):
    found, tries = search(1000, second, pair(first, second), attempts=60)
    assert found == [first, second]
    assert len(tries) <= 60


def depends(rows, row, fails):
    return shrink(batch(rows), row, lambda part: fails(part["x"].tolist())).depends


def test_what_a_failure_depends_on():
    assert depends(9, 4, lambda rows: 4 in rows) == ""
    assert depends(9, 4, pair(2, 4)) == EARLIER
    assert depends(9, 4, lambda rows: len(rows) >= 5) == EARLIER  # on how many there were
    assert depends(9, 4, lambda rows: 7 in rows) == ""  # another one, by itself
    assert depends(9, 4, lambda _: False) == MORE
    assert depends(1, 0, lambda _: False) == MORE


def test_what_depends_on_earlier_ones_is_shrunk_from_the_start():
    """The sum of a long sequence: no window before the row fails, only all from the start."""
    found, tries = search(400, 300, lambda rows: sum(rows) >= 40_000, attempts=60)
    assert tries[:2] == [[300], list(range(301))]
    assert 40_000 <= sum(found) < 41_000  # of 45,150
    assert all(one < other for one, other in pairwise(found))


def test_no_more_tries_than_allowed():
    found, tries = search(100_000, 99_999, pair(0, 99_999))
    assert len(tries) <= ATTEMPTS + 1
    assert pair(0, 99_999)(found)
    assert len(found) < 100_000


def test_what_comes_after_the_row_is_tried_last():
    """A missing result is noticed at the end of the batch."""
    found, _ = search(8, 3, lambda rows: 7 in rows)
    assert found == [7]


def test_a_failure_that_does_not_come_again_is_given_up():
    found, tries = search(100, 40, lambda _: False)
    assert found is None
    assert tries[-1] == list(range(100))


def test_one_row():
    assert search(1, 0, lambda _: True)[0] == [0]
    assert search(1, 0, lambda _: False)[0] is None


def test_a_row_beyond_the_batch():
    """The first row that failed is one that never came, when results are missing."""
    assert search(4, 9, lambda rows: 3 in rows)[0] == [3]


# after 17, 99 is answered wrongly
FORGETFUL = fault(
    ECHO,
    (
        "// declarations",
        """reg after;
always @(posedge clk)
    if (rst) after <= 1'b0;
    else if (s_axis_x_tvalid && s_axis_x_tready) after <= s_axis_x_tdata == 17;""",
    ),
    ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (after && s_axis_x_tdata == 99)"),
)
OPTIONS = {name: f"--{name.lower()}" for name in ("MODULE", "CONFIG", "SIM", "MODE", "SEED", "N", "VECTORS")}


def replay(lab, line):
    """Run a printed `make sim ...` as make would."""
    command, target, *words = line.split()
    assert (command, target, words.pop()) == ("make", "sim", "WAVES=1")
    pairs = [word.split("=", 1) for word in words]
    return lab.cli("sim", *(text for name, value in pairs for text in (OPTIONS[name], value)), "--waves")


def test_a_core_with_a_memory(lab):
    """Of hundreds of transactions two are left, and the command that the report prints fails by them."""
    values = "list(range(100, 140)) * 4 + [17, 99] + list(range(100, 120))"
    stimuli = f"stimuli=lambda c: {{'some': directed(x={values})}}, watchdog=200,"
    top = lab.add("forgetful", FORGETFUL, REST=stimuli)
    record = execute(lab.project, RunSpec(top, "w8", "icarus", "burst", n=500))
    assert record.reasons[0].startswith("wrong value: ")
    assert {name: part for name, part in record.result["first"].items() if name not in {"cycle", "time"}} == {
        "sequence": "some",
        "row": 161,
        "inputs": {"x": "0x63 (99)"},
        "expected": {"y": "0x64 (100)"},
        "actual": {"y": "0x65 (101)"},
        "wrong": {"y": {"elements": 1, "count": 1, "shown": [["", "0x64 (100)", "0x65 (101)"]]}},
        "reordered": False,
    }
    assert record.depends == EARLIER
    assert record.shrunk == 2
    assert np.load(record.folder / "failing.npz")["x"].shape == (182,)
    assert np.load(record.folder / "shrunk.npz")["x"].tolist() == [17, 99]
    assert record.replay == (
        f"make sim MODULE={top} CONFIG=w8 SIM=icarus MODE=burst SEED=1 N=500"
        f" VECTORS=build/runs/{top}-w8-icarus-burst-1/shrunk.npz WAVES=1"
    )
    done = replay(lab, record.replay)
    assert done.returncode == 1, done.stderr
    assert "wrong value: 1 of 2 transactions\n  first wrong transaction: row 1 of sequence vectors" in done.stdout
    assert (lab.root / "build" / "runs" / f"{top}-w8-icarus-burst-1-vectors" / "waves.fst").stat().st_size > 0


def test_a_replay_that_is_replayed(lab):
    """The report of a replay prints a command too, and it leaves what it needs in place."""
    stimuli = "stimuli=lambda c: {'some': directed(x=[5, 17, 99])}, watchdog=200,"
    top = lab.add("forgetful_again", FORGETFUL, REST=stimuli)
    line = execute(lab.project, RunSpec(top, "w8", "icarus", "burst")).replay
    for _ in range(3):
        done = replay(lab, line)
        assert done.returncode == 1, done.stderr
        assert "wrong value: 1 of 2 transactions" in done.stdout
        (line,) = [text.partition("replay: ")[2] for text in done.stdout.splitlines() if "replay: " in text]


# from the second reset on, 40 is answered wrongly
RESETS = fault(
    ECHO,
    (
        "// declarations",
        """reg [1:0] resets = 0;
reg was = 0;
always @(posedge clk) begin
    was <= rst;
    if (rst && !was && resets != 2) resets <= resets + 1;
end""",
    ),
    ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + 1'b1 + (resets == 2 && s_axis_x_tdata == 40)"),
)


def test_a_core_that_fails_after_a_second_reset_alone(lab):
    """The batch passes on its own: the report says so, and repeats the whole run."""
    record = execute(lab.project, RunSpec(lab.add("resets", RESETS), "w8", "icarus", "burst"))
    assert record.reasons[0].startswith("wrong value: ")
    assert (record.depends, record.shrunk) == (MORE, None)
    assert f"\n  {MORE}\n  replay: " in failure(record)
    assert "VECTORS" not in record.replay
    assert not (record.folder / "shrunk.npz").exists()
