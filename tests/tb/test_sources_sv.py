# SPDX-License-Identifier: Apache-2.0
"""Cores in SystemVerilog beside those in Verilog: found by name, their packages in front, in every tool."""

import pytest

from tests.tb._project import ECHO, fault
from tests.tb.conftest import share_runtime
from ulpwise.cli import lint
from ulpwise.mutate.netlist import elaborate
from ulpwise.synthesis.area import AreaError, AreaRequest, measure
from ulpwise.toolchain.simulators import SIMULATORS
from ulpwise.verilog import sources
from ulpwise.verilog.elaborate import elaborate as design

STEP = "package step_pkg;\n    localparam int STEP = base_pkg::ONE;\nendpackage\n"
BASE = "package base_pkg;\n    localparam int ONE = 1;\nendpackage\n"
TYPED = fault(ECHO, ("// declarations", '`include "width.svh"'), ("1'b1", "`TO_WIDTH(step_pkg::STEP)"))
# Yosys does not read it
MODERN = fault(ECHO, ("module TOP #", "module TOP import step_pkg::*; #"), ("1'b1", "STEP[0]"))


def write(root, **texts):
    for name, text in texts.items():
        path = root / "rtl" / "lab" / f"{name}.{'svh' if text.startswith('`') else 'sv'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def add(lab, top, core=TYPED, **changed):
    """Add a core as SystemVerilog, with the packages that it needs."""
    lab.add(top, core, **changed)
    (lab.root / f"rtl/lab/{top}.v").rename(lab.root / f"rtl/lab/{top}.sv")
    write(lab.root, step_pkg=STEP, base_pkg=BASE, width="`define TO_WIDTH(x) WIDTH'(x)\n")
    return top


def names(root, top):
    return [path.name for path in sources.closure(top, root)]


def test_packages_come_first_in_the_order_in_which_they_import_each_other(tmp_path):
    write(tmp_path, a_pkg="package a_pkg; import z_pkg::*; endpackage", z_pkg="package z_pkg; endpackage")
    write(tmp_path, child="module child; endmodule", other="package other; endpackage")
    write(tmp_path, core="module core import a_pkg::*; (); child c (); endmodule")
    assert names(tmp_path, "core") == ["z_pkg.sv", "a_pkg.sv", "child.sv", "core.sv"]
    assert names(tmp_path, "child") == ["child.sv"]


def test_a_package_of_a_childs_alone_and_one_that_a_scope_names_are_found(tmp_path):
    write(tmp_path, p="package p; parameter A = 1; endpackage", child="module child; wire [p::A:0] w; endmodule")
    write(tmp_path, core="module core; child c (); endmodule")
    assert names(tmp_path, "core") == ["p.sv", "child.sv", "core.sv"]


def test_an_interface_that_is_a_port_is_found(tmp_path):
    write(tmp_path, bus="interface bus; endinterface", core="module core (bus b); endmodule")
    assert names(tmp_path, "core") == ["bus.sv", "core.sv"]


def test_a_package_declared_twice_and_a_core_in_two_files_are_refused(tmp_path):
    write(tmp_path, p="package p; endpackage", q="package p; endpackage", core="module core import p::*; (); endmodule")
    with pytest.raises(LookupError) as said:
        sources.closure("core", tmp_path)
    assert str(said.value) == "package 'p' is in rtl/lab/p.sv and in rtl/lab/q.sv: remove one"
    (tmp_path / "rtl/lab/core.v").write_text("module core; endmodule")
    with pytest.raises(LookupError) as said:
        sources.closure("core", tmp_path)
    assert str(said.value) == "module 'core' is in rtl/lab/core.sv and in rtl/lab/core.v: remove one"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_a_core_in_systemverilog_passes_and_a_fault_in_its_package_is_found(own_lab, sim):
    share_runtime(own_lab.root)
    top = add(own_lab, f"sv_{sim}")
    record = own_lab.run(top, sim=sim)
    assert record.passed, record.reasons
    write(own_lab.root, base_pkg=BASE.replace("ONE = 1", "ONE = 2"))
    assert not own_lab.run(top, sim=sim).passed


def test_an_edit_of_a_package_is_seen_in_the_same_process(own_lab):
    top = add(own_lab, "sv_seen", fault(TYPED, ("#(parameter WIDTH = 8)", "#(parameter WIDTH = step_pkg::STEP)")))
    assert design(top, own_lab.root, {}).parameters["WIDTH"].value == 1
    write(own_lab.root, base_pkg=BASE.replace("ONE = 1", "ONE = 2"))
    assert design(top, own_lab.root, {}).parameters["WIDTH"].value == 2


def test_yosys_measures_and_mutates_what_it_can_read(own_lab):
    top = add(own_lab, "sv_area")
    write(own_lab.root, step_pkg=STEP.replace("base_pkg::ONE", "1"))
    (area,) = measure([AreaRequest(top, {"WIDTH": 8})], own_lab.root, (6,), xc7=False)
    assert area.ff == 10
    work = own_lab.root / "build" / "sv_work"
    work.mkdir()
    assert elaborate(top, {"WIDTH": 8}, own_lab.root, work).module["ports"]


def test_yosys_says_in_one_line_what_it_cannot_read(own_lab):
    top = add(own_lab, "sv_modern", MODERN)
    write(own_lab.root, step_pkg=STEP.replace("base_pkg::ONE", "1"))
    with pytest.raises(AreaError) as said:
        measure([AreaRequest(top)], own_lab.root, (6,), xc7=False)
    assert str(said.value).startswith("sv_modern: yosys cannot read rtl/lab/sv_modern.sv:1: syntax error, unexpected")
    assert "\n" not in str(said.value)


def test_lint_takes_systemverilog(own_lab):
    top = add(own_lab, "linted", MODERN)
    assert [check.name for check in lint.yosys([top], own_lab.root)] == [
        "yosys linted: left out, cannot read rtl/lab/step_pkg.sv:2"
    ]
    assert lint.icarus(top, own_lab.root).faults == ()
    assert lint.rules(own_lab.root / "rtl/lab/step_pkg.sv", own_lab.root).faults == ()
    checks = [check.args[-1] for check in lint.rtl_checks(own_lab.root) if check.args[0] is lint.verilator]
    assert checks == [top]
    only = "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}, simulators=('verilator',), simulators_reason='new',"
    add(own_lab, top, MODERN, REST=only)
    assert lint.icarus(top, own_lab.root).name == "icarus linted: left out by its bench"
