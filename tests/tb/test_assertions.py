"""Assertions inside a core: a failing one fails the run, and what was exercised of them is counted and listed."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from tests.tb._project import ECHO, STREAM, fault
from tests.tb.test_json import checked
from ulpwise.closure import table
from ulpwise.closure.measure import Hole, measure
from ulpwise.coverage import codecov
from ulpwise.coverage.codecov import CodePoint
from ulpwise.coverage.lines import view
from ulpwise.run.report import assertions
from ulpwise.verilog.assertions import counting, find

ALONE = {"REST": STREAM["REST"] + " simulators=['verilator'], simulators_reason='concurrent assertions',"}

CHECKS = """\
always @(posedge clk) begin
    if (!rst && m_axis_y_tvalid) assert (m_axis_y_tdata !== 8'bx) else $error("unknown");  // a remark
    if (s_axis_x_tdata == 200) rare: assert (0);
    odd: cover (m_axis_y_tdata[0]);
end
property held;
    @(posedge clk) disable iff (rst) m_axis_y_tvalid && !m_axis_y_tready |=> $stable(m_axis_y_tdata);
endproperty
stays: assert property (held);
plain: assert property (@(posedge clk) disable iff (rst) 1'b1);
both: cover property (@(posedge clk) s_axis_x_tvalid && m_axis_y_tvalid);
nothing: assert property (@(posedge clk) s_axis_x_tvalid && !s_axis_x_tvalid |-> 0);
endmodule
"""


def with_checks(lab, top, checks=CHECKS, **changed):
    """Add a core in SystemVerilog with assertions."""
    lab.add(top, fault(ECHO, ("endmodule\n", checks)), **{**ALONE, **changed})
    path = lab.root / f"rtl/lab/{top}.v"
    path.replace(path.with_suffix(".sv"))
    return top


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_an_immediate_assertion_that_fails_fails_the_run(lab, sim):
    text = "always @(posedge clk) if (m_axis_y_tvalid) assert (m_axis_y_tdata != 40);\nendmodule\n"
    record = lab.run(lab.add(f"immediate_{sim}", fault(ECHO, ("endmodule\n", text))), sim=sim)
    (reason,) = [each for each in record.reasons if each.startswith("assertion or $error: ")]
    assert f"immediate_{sim}.v:26: " in reason


def test_a_concurrent_assertion_that_fails_fails_the_run_by_its_name(lab):
    text = "less: assert property (@(posedge clk) m_axis_y_tvalid |-> m_axis_y_tdata < 40);\nendmodule\n"
    record = lab.run(with_checks(lab, "concurrent", text), sim="verilator")
    (reason,) = [each for each in record.reasons if each.startswith("assertion or $error: ")]
    assert "concurrent.sv:26: Assertion failed in harness.dut.less" in reason


def test_a_run_that_counts_coverage_counts_assertions(lab):
    top = with_checks(lab, "exercised")
    record = lab.run(top, sim="verilator", coverage=True)
    assert record.passed, record.reasons
    counts = {(each["kind"], each["name"], each["line"]): each["count"] for each in record.assertions}
    zero = {key for key, count in counts.items() if not count}
    names = ["", "rare", "odd", "stays", "plain", "both", "nothing"]
    assert [(name, 27 + place) for name, place in zip(names, (0, 1, 2, 7, 8, 9, 10), strict=True)] == [
        (name, line) for _, name, line in counts
    ]
    assert zero == {("assert", "rare", 28), ("assert", "nothing", 37)}
    assert counts["assert", "", 27] > counts["assert", "stays", 34] > 0
    assert record.cycles <= counts["assert", "plain", 35]
    assert "user" not in record.code
    lines = view(codecov.collapse(codecov.read(record.folder / "coverage.dat", codecov.under_rtl)), {}).lines
    assert 0 not in lines.values()  # nor those of the property, which never runs
    assert assertions(record) == [
        "assertions: 5 of 7 exercised",
        "never exercised: rtl/lab/exercised.sv:28: assert rare",
        "never exercised: rtl/lab/exercised.sv:37: assert nothing",
    ]
    assert json.loads((record.folder / "record.json").read_text())["assertions"] == record.assertions
    assert lab.run(top, sim="verilator").assertions is None


def test_make_sim_shows_them(own_lab):
    with_checks(own_lab, "shown", CHECKS.replace("rare: ", ""))
    words = ("--module", "shown", "--mode", "burst", "--coverage", "--json", "-")
    done = own_lab.cli("sim", *words)
    assert "  assertions: 5 of 7 exercised\n  never exercised: rtl/lab/shown.sv:28: assert\n" in done.stderr
    (run,) = checked("sim", done.stdout)
    assert len(run["assertions"]) == 7


def test_the_same_code_is_covered_with_and_without_assertions(lab):
    plain = lab.run(lab.add("bare"), sim="verilator", coverage=True).code
    text = "stays: assert property (@(posedge clk) disable iff (rst) 1'b1);\nendmodule\n"
    assert lab.run(with_checks(lab, "checked", text), sim="verilator", coverage=True).code == plain


def test_coverage_lists_what_was_never_exercised(own_lab):
    top = with_checks(own_lab, "listed")
    file = "rtl/lab/listed.sv"
    points = {
        CodePoint(file, 28, 51, "user", "ulpwise_tried_28_38", ""): 0,
        CodePoint(file, 29, 10, "user", "odd", ""): 7,
    }
    found = measure(own_lab.project.bench(top), "lab", {}, points, own_lab.root)
    assert [each for each in found.holes() if each.kind == "assertion"][:1] == [
        Hole("assertion", f"{file}:27", "assert", CHECKS.splitlines()[1].strip())
    ]
    console = Console(file=io.StringIO(), width=200)
    table.show_holes(console, found)
    said = console.file.getvalue()
    assert f"{file}:29: cover odd was exercised 7 times" in said
    assert f"{file}:28: assert rare was never exercised" in said
    assert len(found.to_json()["assertions"]) == 7
    assert measure(own_lab.project.bench(top), "lab", {}, {}, own_lab.root).assertions == []


def test_counting_changes_no_line_and_passes_over_what_a_macro_holds(tmp_path):
    path = tmp_path / "x.sv"
    path.write_text(
        "`define CHECK(x) assert (x);\nmodule x(input wire c, a);\n`ifdef VERILATOR\n"
        "always @* assert (a); // é\n`endif\nalways @* begin `CHECK(a) end\n"
        "y: assert property (@(posedge c) /* why */ (a // of it\n |-> a)) else $error;\nendmodule\n",
        encoding="utf-8",
    )
    assert [each.line for each in find(path, tmp_path)] == [7]
    found = find(path, tmp_path, (), ["VERILATOR=1"])
    assert [(each.name, each.line) for each in found] == [("", 4), ("y", 7)]
    lines = counting(path, found, "rtl/x.sv").splitlines()
    assert lines[0] == '`line 1 "rtl/x.sv" 0'
    assert lines[4] == "always @* begin ulpwise_tried_4_11: cover (1'b1); assert (a); end // é"
    assert lines[8] == " |-> a)) else $error; ulpwise_tried_7_4: cover property (@ ( posedge c ) a);"
    assert len(lines) == 1 + len(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("assert property (@(posedge c) disable iff (r) p);", "@ ( posedge c ) disable iff ( r ) a"),
        ("assert property (q);", "@ ( posedge c ) 1'b1"),
        ("assert property (@(posedge c) ((a |=> b)));", "@ ( posedge c ) a"),
        ("assert property (s(a));", None),
        ("assert property (a |-> b);", None),
        ("default clocking k @(posedge c); endclocking assert property (a |-> b);", "a"),
        ("always @(posedge c) assert property (a |-> b);", None),
        ("assert final (a);", None),
    ],
)
def test_what_counts_an_assertion(tmp_path, text, tried):
    declared = "property p; a |-> b; endproperty property q; @(posedge c) a; endproperty\n"
    path = tmp_path / "x.sv"
    path.write_text(f"module x(input wire c, r, a, b);\n{declared}{text}\nendmodule\n")
    (found,) = find(path, tmp_path)
    said = [words.partition("(")[2].removesuffix(");") for _, words in found.edits if "cover property" in words]
    assert said == ([] if tried is None else [tried])
    assert found.count({}) == (None if tried is None else 0)
