# SPDX-License-Identifier: Apache-2.0
"""Areas of designs whose size is known, and every way in which a measurement may fail to be one."""

from __future__ import annotations

import json
import os
import re

import pytest

from ulpwise.cli import area_table
from ulpwise.synthesis.area import Area, AreaError, AreaRequest, attempt, measure
from ulpwise.system.jsonfile import reporting
from ulpwise.toolchain import tools, yosys

GATES = """\
module gates #(parameter N = 4) (input wire clk, input wire [N-1:0] a, output wire y, output reg [2*N-1:0] q);
localparam W = 2*N;
assign y = &a;
always @(posedge clk) q <= {q[W-N-1:0], a};
endmodule
"""

ADD = """\
module add #(parameter N = 8) (input wire [N-1:0] a, input wire [N-1:0] b, output wire [N-1:0] s);
assign s = a + b;
endmodule
"""

# one LUT for each of the upper 16 bits of G that is set; an instance, and defaults that are illegal
PACKED = """\
module packed_bits #(parameter N = 0, parameter [N-1:0] G = 0) (
    input wire [15:0] a, input wire [15:0] b, output wire [15:0] y
);
generate if (N == 0) $error("N is missing"); endgenerate
masked #(.N(16)) child (.a(a ^ b), .mask(G[N-1:N-16]), .y(y));
endmodule
"""
MASKED = """\
module masked #(parameter N = 1) (input wire [N-1:0] a, input wire [N-1:0] mask, output wire [N-1:0] y);
assign y = a & mask;
endmodule
"""

# an untyped parameter has the sign of its value
SIGNED = """\
module signed_shift #(parameter S = 1) (input wire clk, input wire [8:0] a, output reg [8:0] q);
localparam W = S < 0 ? 2 - S : S;
always @(posedge clk) q <= a[W-1:0];
endmodule
"""

LOOP = "module ring (input wire a, input wire b, output wire y);\nassign y = a & (b ^ y);\nendmodule\n"
DISPLAY = 'module display (input wire clk, input wire a);\nalways @(posedge clk) $display("%b", a);\nendmodule\n'
BROKEN = "module broken (input wire a);\nassign = a;\nendmodule\n"
ORPHAN = "module orphan (input wire a, output wire y);\nnowhere child (.a(a), .y(y));\nendmodule\n"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "rtl" / "lab"
    folder.mkdir(parents=True)
    for text in (GATES, ADD, PACKED, MASKED, SIGNED, LOOP, DISPLAY, BROKEN, ORPHAN):
        name = re.match(r"module (\w+)", text)[1]
        (folder / f"{name}.v").write_text(text)
    return tmp_path


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Installs a Yosys that does what a test says."""

    def install(script):
        path = tmp_path / "yosys"
        path.write_text(f"#!/bin/sh\n[ \"$1\" = -V ] && echo 'Yosys 9.99 (fake)' && exit\necho run >> runs\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("YOSYS", str(path))
        tools.forget()
        return tmp_path / "runs"

    yield install
    monkeypatch.undo()
    tools.forget()


# writes all counts of `gates` by the names that the script gives them; $script is its path
COUNTS = """\
while [ "$1" != -s ]; do shift; done
script=$2
for file in $(sed -n 's/^tee -o \\([^ ]*json\\) .*/\\1/p' $script); do
    echo '{"modules": {"gates": {"num_cells_by_type": {"$lut": 3, "$_DFF_P_": 8}}}}' > $file
done
for file in $(sed -n 's/^tee -o \\([^ ]*ltp\\) .*/\\1/p' $script); do echo 'in gates (length=2):' > $file; done
"""
MARK = "echo complete > $(sed -n 's/^tee -o \\([^ ]*complete\\) .*/\\1/p' $script)"


def test_designs_of_known_size(root):
    """One run for all, several at a time."""
    wanted = [
        AreaRequest("gates"),
        AreaRequest("gates", {"N": 8}, "wide"),
        AreaRequest("add"),
    ]
    small, wide, add = measure(wanted, root, luts=(3, 4, 6))
    assert (small.luts, small.depths, small.ff) == ({6: 1, 4: 1, 3: 2}, {6: 1, 4: 1, 3: 2}, 8)
    assert small.xc7 == {"LUT4": 1, "FDRE": 8}
    assert (small.lut6, small.lut4, small.depth, small.xc7_lut, small.carry4, small.xc7_ff) == (1, 1, 1, 1, 0, 8)
    assert (wide.label, wide.lut6, wide.lut4, wide.depth, wide.ff) == ("wide", 2, 3, 2, 16)
    assert (add.ff, add.carry4, add.xc7_lut, add.xc7_other) == (0, 2, 8, {})
    assert all(area.seconds > 0 for area in (small, wide, add))
    assert {path.suffix for path in (root / "build" / "area").iterdir()} == {".json"}


def test_parameters_keep_width_and_sign(root):
    wanted = [
        AreaRequest("packed_bits", {"N": 4096, "G": (1 << 4095) | (0b1011 << 4080)}),
        AreaRequest("packed_bits", {"N": 4096, "G": f"4096'h{1 << 4090:x}"}),
        AreaRequest("signed_shift", {"S": -3}),
        AreaRequest("signed_shift"),
    ]
    packed, literal, signed, default = measure(wanted, root, luts=(3, 6), xc7=False)
    assert [packed.luts, literal.luts] == [{6: 4, 3: 4}, {6: 1, 3: 1}]
    assert [signed.ff, signed.lut6, signed.depth, default.ff] == [5, 0, 0, 1]
    assert (list(signed.luts), signed.xc7) == ([6, 3], {})


def test_each_fault_is_one_line_and_stops_no_other(root):
    wanted = [AreaRequest(top) for top in ("broken", "orphan", "ring", "display", "missing")]
    wanted += [AreaRequest("add", {"M": 1}), AreaRequest("add", sources=(root.parent / "add.v",)), AreaRequest("add")]
    *faults, last = attempt(wanted, root)
    texts = [str(fault.args[0]) for fault in faults]
    assert all("\n" not in text for text in texts)
    ends = "yosys ended with status 1 before the end of its script:"
    assert texts[0].startswith(f"broken: {ends} rtl/lab/broken.v:2: ERROR: syntax error")
    assert texts[1].startswith(f"orphan: {ends} ERROR: Module `\\nowhere'")
    assert texts[2:5] == [
        "ring: yosys found a combinational loop",
        "display: $print is neither LUT nor register (simulation only: ifndef SYNTHESIS)",
        "no module 'missing' in rtl/",
    ]
    assert texts[5].startswith(f"add: {ends}")
    assert "object for defparam `M`" in texts[5]
    assert texts[6].startswith("add: ")
    assert last.lut6 > 0
    assert any(path.suffix == ".log" for path in (root / "build" / "area").iterdir())
    with pytest.raises(LookupError, match="no module 'missing'"):
        measure(wanted[4:5], root)


def test_a_script_that_did_not_reach_its_end_is_a_fault(root, fake):
    """The wheel's Yosys says nothing and returns 0 once abc has run: only the mark and the counts prove anything."""
    for script in ("exit 0", COUNTS):
        fake(script)
        with pytest.raises(AreaError, match=r"^gates: yosys ended with status 0 before the end of its script"):
            measure([AreaRequest("gates")], root)
    fake(COUNTS.replace("*json", "*lut.json") + MARK)
    with pytest.raises(AreaError, match=r"^gates: yosys wrote no counts to xc7.json"):
        measure([AreaRequest("gates")], root)
    fake(COUNTS.replace("length=2", "") + MARK)
    with pytest.raises(AreaError, match=r"^gates: yosys found no longest path"):
        measure([AreaRequest("gates")], root)
    assert not list((root / "build" / "area").glob("*.json"))


def test_the_log_of_a_crash_is_told(root, fake):
    fake("echo one; echo two; echo three; echo four; exit 3")
    with pytest.raises(AreaError) as fault:
        measure([AreaRequest("gates")], root)
    assert str(fault.value) == "gates: yosys ended with status 3 before the end of its script: two | three | four"


def test_the_wall_clock_limit(root, fake, monkeypatch):
    fake("exec sleep 60")
    monkeypatch.setattr("ulpwise.synthesis.area.TIME_OUT", 0.2)
    with pytest.raises(AreaError, match=r"^gates: yosys took more than 0.2 s"):
        measure([AreaRequest("gates")], root)


def test_nothing_is_measured_twice_unless_something_changed(root, fake):
    """Each of parameters, LUT sizes, sources and a data file that they name shapes the result; labels do not."""
    runs = fake(COUNTS + MARK)

    def count(*requests, luts=(6, 4)):
        before = len(runs.read_text().splitlines()) if runs.exists() else 0
        measure(requests, root, luts)
        return len(runs.read_text().splitlines()) - before

    assert count(AreaRequest("gates", {"N": 4}, "one")) == 1
    assert count(AreaRequest("gates", {"N": 4}, "two"), AreaRequest("gates", {"N": 4})) == 0
    assert count(AreaRequest("gates", {"N": 5})) == 1
    assert count(AreaRequest("gates", {"N": 4}), luts=(6, 3)) == 1
    source = root / "rtl" / "lab" / "gates.v"
    source.write_text(GATES + '// "rtl/lab/table.hex"\n')
    assert count(AreaRequest("gates", {"N": 4})) == 1
    (root / "rtl" / "lab" / "table.hex").write_text("1")
    assert count(AreaRequest("gates", {"N": 4})) == 1
    for kept in (root / "build" / "area").glob("*.json"):
        kept.write_text("{")
    assert count(AreaRequest("gates", {"N": 4})) == 1
    assert count(AreaRequest("gates", {"N": 4})) == 0


def test_a_hit_starts_no_process(root, fake, monkeypatch):
    fake(COUNTS + MARK)
    first = measure([AreaRequest("gates")], root)
    monkeypatch.setattr(yosys.process, "run", None)
    assert measure([AreaRequest("gates")], root) == first
    assert (first[0].lut6, first[0].depth, first[0].ff) == (3, 2, 8)


@pytest.mark.parametrize("luts", [(), (2,), (6, 7)])
def test_lut_sizes_are_3_to_6(root, luts):
    with pytest.raises(ValueError, match="name some of 3, 4, 5 and 6"):
        measure([AreaRequest("gates")], root, luts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"),
        (2**31 - 1, "2147483647"),
        (2**31, "32'h80000000"),
        (-(2**31), "-33'sh80000000"),
        (1 << 40, "41'h10000000000"),
        ("8'b0101_1010", "8'b0101_1010"),
    ],
)
def test_literals(value, text):
    assert yosys.literal(value) == text


def test_configurations_that_share_parameters_are_one_design(own_lab):
    configs = "{'a': {'WIDTH': 4, 'n': 1}, 'b': {'WIDTH': 8}, 'c': {'n': 2, 'WIDTH': 4}}"
    own_lab.add("echo", CONFIGS=configs)
    own_lab.add("other")
    both = [("echo", {"WIDTH": 4}, "a c"), ("echo", {"WIDTH": 8}, "b"), ("other", {"WIDTH": 8}, "w8")]

    def listed(*wanted):
        return [(r.top, r.parameters, r.label) for r in area_table.requests(own_lab.project, *wanted)]

    assert listed(None, None, None) == listed(None, "lab", None) == both
    assert listed("echo", None, "c") == both[:1]
    assert listed(None, None, "w8") == both[2:]


def test_packed_parameters_of_any_width_are_printed(own_lab, monkeypatch):
    """Python refuses to write integers of more than 4,300 decimal digits; a program has more."""
    packed = 5 << 20_000
    area = Area("echo", {"P": packed, "Q": 7}, "w8", {6: 1}, {6: 1}, 0, {}, 0.1)
    monkeypatch.setattr(area_table, "attempt", lambda *_, **__: [area])
    path = own_lab.root / "area.json"
    wanted = [AreaRequest("echo", {"P": packed, "Q": 7}, "w8")]
    with reporting(path) as keep:
        assert area_table.report(wanted, own_lab.root, [6], 1, keep, False) == 0
    (record,) = json.loads(path.read_text())
    assert int(record["parameters"]["P"], 16) == packed
    assert record["parameters"]["Q"] == 7


def test_a_bench_may_leave_configurations_out(own_lab):
    """What takes synthesis too long is measured when it is named."""
    own_lab.add(
        "echo", CONFIGS="{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}", PLAN="area=['w16'], plan={'x': ['io.x']},"
    )
    assert [request.label for request in area_table.requests(own_lab.project, "echo", None, None)] == ["w16"]
    assert [request.label for request in area_table.requests(own_lab.project, "echo", None, "w8")] == ["w8"]


def test_the_command_prints_a_table(own_lab):
    own_lab.add("echo")
    done = own_lab.cli("area", "--luts", "6,3", "--json", "area.json")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = json.loads((own_lab.root / "area.json").read_text())
    luts = [record["luts"][size] for size in ("6", "3")]
    xc7_lut = sum(count for cell, count in record["xc7"].items() if cell.startswith("LUT") or cell == "INV")
    row = ["echo", "w8", "WIDTH=8", *luts, 10, record["depths"]["6"], xc7_lut, record["xc7"]["CARRY4"]]
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        "module configurations parameters LUT6 LUT3 FF depth xc7 LUT CARRY4",
        " ".join(map(str, row)),
    ]
    assert luts[0] >= 8
    assert record["xc7"]["FDRE"] == 10


def test_a_design_that_fails_leaves_the_others_in_the_table(own_lab, fake):
    own_lab.add("echo")
    fake('echo "ERROR: no such thing"; exit 1')
    done = own_lab.cli("area", YOSYS=os.environ["YOSYS"])
    assert done.returncode == 1
    text = "echo: yosys ended with status 1 before the end of its script: ERROR: no such thing"
    assert done.stdout == f"error: {text}\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--module", "ehco"), "unknown module 'ehco': did you mean echo?"),
        (("--family", "lap"), "unknown family 'lap': did you mean lab?"),
        (("--config", "w9"), "unknown configuration 'w9': there are: w8"),
        (("--luts", "six"), "LUTS=six: write sizes of 3 to 6, such as 6,4"),
        (("--luts", "7"), "LUT sizes 7: name some of 3, 4, 5 and 6"),
        (("--json", "no/a.json"), "--json no/a.json: there is no folder no"),
    ],
)
def test_wrong_use_is_one_line(own_lab, words, text):
    own_lab.add("echo")
    done = own_lab.cli("area", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {text}\n")
