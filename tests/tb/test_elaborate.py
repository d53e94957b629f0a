# SPDX-License-Identifier: Apache-2.0
"""A core elaborated: ports of a configuration, parameters, files that are read, faults with their places."""

import pytest

from ulpwise.verilog.elaborate import Parameter, Port, elaborate

CORE = """\
module core #(
    parameter N = 4,
    parameter signed [3:0] SMALL = -1,
    parameter NAME = "rom",
    localparam L = N * 2
) (
    input wire clk,
    input wire [N-1:0] a,
    output wire [L-1:0] y
);
localparam B = 3;
reg [7:0] mem [0:3], other [0:3];
initial $readmemh({NAME, ".hex"}, mem);
generate if (N < 1 || N > 8) begin : illegal
    $error("Error: core parameter N must be 1 to 8 (instance %m)");
end endgenerate
assign y = {2{a}};
endmodule
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "rtl/lab").mkdir(parents=True)
    (tmp_path / "rtl/lab/core.v").write_text(CORE)
    return tmp_path


def change(root, old, new):
    path = root / "rtl/lab/core.v"
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))


def test_ports_have_the_widths_of_their_configuration(root):
    assert list(elaborate("core", root, {"N": 5}).ports.values()) == [
        Port("clk", "input", 1, "rtl/lab/core.v:7"),
        Port("a", "input", 5, "rtl/lab/core.v:8"),
        Port("y", "output", 10, "rtl/lab/core.v:9"),
    ]


def test_ports_may_be_arrays_structs_and_both_directions(root):
    change(root, "    input wire clk,", "    inout wire clk,\n    input wire [2:0][3:0] m,")
    found = elaborate("core", root, {})
    ports = found.ports
    assert [(ports[name].direction, ports[name].width) for name in ("clk", "m")] == [("inout", 1), ("input", 12)]
    assert (found.broken, found.refused) == ((), ())


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("bus b", "rtl/lab/core.v:7: b is an interface port: there is no harness for it"),
        ("bus.m b", "rtl/lab/core.v:7: b is an interface port: there is no harness for it"),
        ("input wire [3:0] b [0:2]", "rtl/lab/core.v:7: b is an unpacked array: there is no harness for it"),
    ],
)
def test_ports_without_a_harness_are_refused(root, port, said):
    change(root, "    input wire clk,", f"    {port}, input wire clk,")
    with (root / "rtl/lab/core.v").open("a") as file:
        file.write("interface bus; logic a; modport m (input a); endinterface\n")
    found = elaborate("core", root, {})
    assert (found.broken, found.refused) == ((), (said,))
    assert "clk" in found.ports


def test_a_parameter_without_a_default_is_named_until_it_has_a_value(root):
    change(root, "parameter N = 4", "parameter N, parameter M = 1")
    found = elaborate("core", root, {})
    assert found.broken == ("rtl/lab/core.v:2: the parameter N has no default, and no value is given",)
    assert found.refused == ()
    found = elaborate("core", root, {"N": 4})
    assert (found.broken, found.refused, found.ports["a"].width) == ((), (), 4)


def test_a_real_parameter_holds_no_integer(root):
    change(root, "parameter N = 4", "parameter N = 4, parameter real R = 1.5, parameter S = 2.0")
    found = elaborate("core", root, {}).parameters
    assert [found[name].value for name in "NRS"] == [4, None, None]


def test_parameters_say_whether_they_are_local_and_what_they_hold(root):
    found = elaborate("core", root, {"N": 5, "SMALL": 20}).parameters
    assert found["N"] == Parameter("N", local=False, value=5, place="rtl/lab/core.v:2")
    assert [found[name].local for name in ("SMALL", "L", "B")] == [False, True, True]
    assert found["SMALL"].value == 4  # cut off to four bits


@pytest.mark.parametrize("value", [0, -1, 2**31, 2**40, -(2**40), 2**20_000 + 1], ids=int.bit_length)
def test_parameters_hold_any_integer(root, value):
    change(root, "parameter N = 4", "parameter N = 4,\n    parameter WIDE = 1")
    assert elaborate("core", root, {"WIDE": value}).parameters["WIDE"].value == value


def test_a_guard_refuses_a_parameter_with_its_own_words(root):
    assert elaborate("core", root, {"N": 8}).refused == ()
    (fault,) = elaborate("core", root, {"N": 9}).refused
    assert fault == "rtl/lab/core.v:15: core parameter N must be 1 to 8 (instance core.illegal)"


def test_a_fault_of_syntax_has_a_place_and_nothing_follows_from_it(root):
    change(root, "assign y = {2{a}};", "assign y = ;")
    found = elaborate("core", root, {})
    assert found.broken == ("rtl/lab/core.v:17: expected expression",)
    assert found.refused == ()


def test_an_include_that_is_missing_says_so(root):
    change(root, "localparam B", '`include "nowhere.vh"\nlocalparam B')
    assert elaborate("core", root, {}).broken == ("rtl/lab/core.v:11: 'nowhere.vh': No such file or directory",)


def test_an_unknown_module_is_answered_with_the_nearest(root):
    (root / "rtl/lab/adder.v").write_text("module adder; endmodule")
    change(root, "localparam B", "addr x ();\nlocalparam B")
    assert elaborate("core", root, {}).refused == ("rtl/lab/core.v:11: unknown module 'addr'; did you mean 'adder'?",)


def test_a_parameter_that_an_instance_misspells_is_refused(root):
    (root / "rtl/lab/adder.v").write_text("module adder #(parameter WIDTH = 1) (); endmodule")
    change(root, "localparam B", "adder #(.WIDHT(3)) x ();\nlocalparam B")
    assert elaborate("core", root, {}).refused == ("rtl/lab/core.v:11: parameter 'WIDHT' does not exist in 'adder'",)


def test_a_module_of_another_name_says_so(root):
    change(root, "module core #", "module cores #")
    assert elaborate("core", root, {}).broken == ("rtl/lab/core.v:1: holds no module core",)


def test_memory_files_are_found_by_the_name_that_parameters_make(root):
    assert elaborate("core", root, {}).memories == {}
    (root / "rtl/lab/rom.hex").write_text("00")
    found = elaborate("core", root, {})
    assert found.memories == {"rom.hex": root / "rtl/lab/rom.hex"}
    assert root / "rtl/lab/rom.hex" in found.read


def test_memory_files_of_a_child_are_found_and_of_a_branch_that_is_left_out_are_not(root):
    child = "module child; reg m [0:0]; generate if (%d) begin : g READ end endgenerate endmodule"
    child = child.replace("READ", 'initial $readmemb("c.mem", m);')
    change(root, "localparam B", "child c ();\nlocalparam B")
    (root / "rtl/lab/c.mem").write_text("0")
    for branch, expected in ((1, {"c.mem": root / "rtl/lab/c.mem"}), (0, {})):
        (root / "rtl/lab/child.v").write_text(child % branch)
        assert elaborate("core", root, {}).memories == expected


def test_an_edit_is_seen_in_the_same_process(root):
    (root / "rtl/lab/w.vh").write_text("`define W 3\n")
    change(root, "input wire [N-1:0] a", "input wire [`W-1:0] a")
    change(root, "module core", '`include "w.vh"\nmodule core')
    assert elaborate("core", root, {}).ports["a"].width == 3
    (root / "rtl/lab/w.vh").write_text("`define W 5\n")
    assert elaborate("core", root, {}).ports["a"].width == 5


def test_what_simulators_let_pass_is_no_fault(root):
    change(root, "assign y = {2{a}};", "assign y = later;\nwire [99:0] later = a;\ngenerate if (1) wire q; endgenerate")
    change(root, "module core", "`timescale 1ns/1ps\nmodule timed; endmodule\n`resetall\nmodule core")
    change(root, "localparam B = 3;", "localparam B = 3;\ntimed t ();")
    found = elaborate("core", root, {})
    assert (found.broken, found.refused) == ((), ())
