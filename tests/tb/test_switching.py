# SPDX-License-Identifier: Apache-2.0
"""Counts of a netlist whose toggles are known, and what is refused to be counted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import DELAY, DIGITS, fault
from ulpwise.data import vectors
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.synthesis.area import AreaError
from ulpwise.synthesis.switching import SwitchingError, activity, gates

# z_p goes through two LUTs, each of which turns it over with `flip`, which changes in every cycle; z_n is clocked when
# it changes
INSIDE = """reg flip, x_reg;
wire a;
always @(posedge clk) flip <= !flip;
TOP_link #(.N(1)) one (.x(x_reg), .y(flip), .z(a));
TOP_link #(.N(1)) two (.x(a), .y(flip), .z(z_p));
"""
CORE = fault(
    DELAY.replace("output reg  z_p", "output wire z_p"),
    ("// declarations\n", INSIDE),
    ("z_p     <= x_p", "x_reg   <= x_p"),
    ("z_n     <= x_n", "if (x_n != z_n) z_n <= x_n"),
)
LINK = "module TOP_link #(parameter N = 2) (input wire x, input wire y, output wire z);\nassign z = x ^ y;\nendmodule\n"
FRAMES = np.random.default_rng(1).integers(-1, 2, (50, 4)).astype(np.int8)


@pytest.fixture
def add(lab):
    """Add a core of that name, and the module that it instantiates."""

    def write(top, core=CORE, **changed):
        lab.add(top, core, DIGITS, **changed)
        (lab.root / "rtl" / "lab" / f"{top}_link.v").write_text(LINK.replace("TOP", top))
        return top

    return write


def counted(lab, tmp_path, top, *, glitches):
    """Run frames through a netlist under Verilator."""
    netlist = gates(lab.project, top, "n4", [f"{top}_link"], glitches=glitches)
    vectors.save(tmp_path / "x.npz", {"x": FRAMES})
    return activity(attempt(netlist, RunSpec(top, "n4", "verilator", "burst", vectors=tmp_path / "x.npz")))


def test_counts_are_those_of_the_waves(lab, tmp_path, add):
    add("switched")
    digits = np.hstack([FRAMES, np.zeros((len(FRAMES), 1), np.int8)]).ravel()  # a zero digit behind each frame
    p, n = (np.abs(np.diff(digits == value, prepend=False, append=False).astype(int)).sum() for value in (1, -1))
    settled, every = (counted(lab, tmp_path, "switched", glitches=glitches) for glitches in (False, True))

    cycles = settled.ff_clocked.max()  # flip has no enable, begins at 0, and has toggled in all cycles but the first
    assert sorted(settled.ff_toggles) == sorted([cycles - 1, p, n, 2 * len(FRAMES)])
    assert settled.ff_clocked[list(settled.ff_toggles).index(n)] == n
    assert sorted(settled.ff_clocked)[1] >= len(digits)
    assert list(every.ff_toggles) == list(settled.ff_toggles)

    # the second one gives x_reg, whatever flip is
    assert settled.inside("two").lut_toggles.tolist() == [p]
    assert settled.inside("two").ff_toggles.tolist() == []
    # on the way it follows flip, and goes back a unit of time later; when x_reg changes with flip, the first one stays
    assert every.inside("one").lut_toggles.tolist() == settled.inside("one").lut_toggles.tolist() == [cycles - 1 - p]
    assert every.inside("two").lut_toggles.tolist() == [2 * (cycles - 1 - p) + p]


def test_a_wrong_netlist_is_not_counted(lab, tmp_path, add):
    add("switched_wrong", GOLDEN="return {'z': -t['x']}")
    with pytest.raises(SwitchingError, match="as a netlist: wrong value"):
        counted(lab, tmp_path, "switched_wrong", glitches=False)


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("latch", "reg q;\nalways @* if (ce) q = x_p;\nassign z_p = q ^ a;", "D latches are not supported"),
        ("loop", "assign z_p = (z_p & ce) ^ x_p;", "combinational loop"),
        ("clocks", "reg q;\nalways @(posedge ce) q <= x_p;\nassign z_p = q ^ a;", "not all on one clock"),
    ],
)
def test_what_cannot_be_counted_is_refused(lab, add, name, change, complaint):
    core = fault(CORE, ("TOP_link #(.N(1)) two (.x(a), .y(flip), .z(z_p));\n", f"{change}\n"))
    with pytest.raises((SwitchingError, AreaError), match=complaint):
        gates(lab.project, add(f"switched_{name}", core), "n4")
