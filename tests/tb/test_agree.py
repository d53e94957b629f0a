# SPDX-License-Identifier: Apache-2.0
"""A bench that says of its core what is not so is refused before anything is built, in one line with both places."""

import os
import re

import pytest

from tests.tb._project import DELAY, DIGITS, ECHO, STREAM, fault
from ulpwise.bench.declare import BenchError
from ulpwise.bench.project import UnknownNameError
from ulpwise.history import levels
from ulpwise.run.agree import AgreeError, agree
from ulpwise.run.plan import Request, plan
from ulpwise.toolchain.simulators import SIMULATORS

SAID = "the bench (tests/lab/test_core.py:12)"
CLOCK = "    input  wire             clk,\n"
WIDE = "output reg  [WIDTH-1:0] m_axis_y_tdata"
REST = "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}, volume=lambda c: 100, watchdog=200, "
INPUT = CLOCK + "    input  wire [3:0]       cfg_bypass,\n"
OUTPUT = CLOCK + "    output wire             overflow,\n"
GUARD = """\
generate if (WIDTH > 8) begin : illegal
    $error("Error: core parameter WIDTH must be 1 to 8 (instance %m)");
end endgenerate
// declarations"""

# name: (changes of ECHO, parts of the bench, what is said)
FAULTS = {
    "an output wider than the bench says": (
        [(WIDE, "output reg  [2*WIDTH-1:0] m_axis_y_tdata")],
        {},
        f"core w8: the core's output m_axis_y_tdata (rtl/lab/core.v:8) is 16 bits, {SAID} says 8",
    ),
    "an input narrower than the bench says": (
        [("input  wire [WIDTH-1:0] s_axis_x_tdata", "input wire s_axis_x_tdata")],
        {},
        f"core w8: the core's input s_axis_x_tdata (rtl/lab/core.v:4) is 1 bit, {SAID} says 8",
    ),
    "an input that the bench does not name": (
        [(CLOCK, INPUT)],
        {},
        (
            f"core w8: the core's input cfg_bypass [3:0] (rtl/lab/core.v:3) is not in the interface of {SAID}; "
            'add it, or tie={"cfg_bypass": 0}'
        ),
    ),
    "an output that the bench does not name": (
        [(CLOCK, OUTPUT)],
        {},
        (
            f"core w8: the core's output overflow (rtl/lab/core.v:3) is not in the interface of {SAID}; "
            'add it, or ignore=["overflow"]'
        ),
    ),
    "a pin of both directions": (
        [(CLOCK, CLOCK + "    inout  wire             pad,\n")],
        {},
        (
            f"core w8: the core's inout pad (rtl/lab/core.v:3) is not in the interface of {SAID}; "
            "there is no harness for a port of both directions"
        ),
    ),
    "a pin that the core calls otherwise": (
        [],
        {"INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)})}, {'yy': Axis({'y': Unsigned(8)})})"},
        (
            f"core w8: {SAID} has an output m_axis_yy_tdata, the core (rtl/lab/core.v:1) none; "
            "did you mean m_axis_y_tdata? (and 7 more)"
        ),
    ),
    "a pin of the other direction": (
        [
            ("output wire             s_axis_x_tready", "input  wire             s_axis_x_tready"),
            ("assign", "// assign"),
        ],
        {},
        f"core w8: s_axis_x_tready (rtl/lab/core.v:7) is an input of the core, and an output to {SAID}",
    ),
    "a misspelt parameter": (
        [],
        {
            "CONFIGS": "{'w8': {'WIDHT': 8}}",
            "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)})})",
        },
        "core w8: the bench's parameter WIDHT is none of the core's (rtl/lab/core.v:1); did you mean WIDTH?",
    ),
    "a parameter that is local": (
        [("#(parameter WIDTH = 8)", "#(parameter WIDTH = 8, localparam TWICE = 2 * WIDTH)")],
        {"CONFIGS": "{'w8': {'WIDTH': 8, 'TWICE': 16}}"},
        "core w8: the bench sets TWICE, which is local to the core (rtl/lab/core.v:1)",
    ),
    "a parameter that is cut off": (
        [("parameter WIDTH = 8", "parameter [3:0] WIDTH = 8")],
        {"CONFIGS": "{'w8': {'WIDTH': 24}}"},
        "core w8: the bench's WIDTH = 24 becomes 8 in the core (rtl/lab/core.v:1)",
    ),
    "a parameter that the core refuses": (
        [("// declarations", GUARD)],
        {"CONFIGS": "{'w8': {'WIDTH': 9}}"},
        "core w8: rtl/lab/core.v:15: core parameter WIDTH must be 1 to 8 (instance core.illegal)",
    ),
    "an include that is missing": (
        [("// declarations", '`include "nowhere.vh"')],
        {},
        "slang: rtl/lab/core.v:14: 'nowhere.vh': No such file or directory",
    ),
    "a parameter in small letters that the bench takes for a setting": (
        [("#(parameter WIDTH = 8)", "#(parameter width = 8, WIDTH = width)")],
        {"CONFIGS": "{'w8': {'width': 9, 'WIDTH': 8}}"},
        (
            "core w8: the bench's width is no parameter, but width is one of the core's (rtl/lab/core.v:1), not set; "
            'parameters=["width"]'
        ),
    ),
    "a parameter of both kinds of letters": (
        [("#(parameter WIDTH = 8)", "#(parameter Width = 8, WIDTH = Width)")],
        {"CONFIGS": "{'w8': {'width': 9, 'WIDTH': 8}}"},
        (
            "core w8: the bench's width is no parameter, but Width is one of the core's (rtl/lab/core.v:1), not set; "
            'parameters=["Width"], and call it Width'
        ),
    ),
    "a setting that differs from a parameter in its letters only": (
        [],
        {"CONFIGS": "{'w8': {'width': 8}}", "INTERFACE": STREAM["INTERFACE"].replace("WIDTH", "width")},
        (
            "core w8: the bench's width is no parameter, but WIDTH is one of the core's (rtl/lab/core.v:1), not set; "
            "set WIDTH"
        ),
    ),
    "a parameter in capitals that the core has in small letters": (
        [("#(parameter WIDTH = 8)", "#(parameter width = 8, localparam W = width)")],
        {},  # what its ports hold is unknown then
        (
            "core w8: the bench's parameter WIDTH is none of the core's (rtl/lab/core.v:1); did you mean width? "
            "(and 2 more)"
        ),
    ),
    "a tied pin that does not exist": (
        [(CLOCK, INPUT)],
        {"REST": REST + "tie={'cfg_bypas': 0},"},
        "core w8: tie: cfg_bypas is no input of the core (rtl/lab/core.v:1); did you mean cfg_bypass? (and 1 more)",
    ),
    "a tied pin that the interface drives": (
        [],
        {"REST": REST + "tie={'s_axis_x_tvalid': 1},"},
        f"core w8: tie: s_axis_x_tvalid is in the interface of {SAID} already",
    ),
    "a tied output": (
        [(CLOCK, OUTPUT)],
        {"REST": REST + "tie={'overflow': 0},"},
        "core w8: tie: overflow (rtl/lab/core.v:3) is an output of the core, not an input",
    ),
    "a value that does not fit the tied pin": (
        [(CLOCK, INPUT)],
        {"REST": REST + "tie={'cfg_bypass': 16},"},
        "core w8: tie: 16 does not fit the core's cfg_bypass (rtl/lab/core.v:3), which is 4 bits",
    ),
    "an ignored pin that does not exist": (
        [],
        {"REST": REST + "ignore=['overflow'],"},
        "core w8: ignore: overflow is no output of the core (rtl/lab/core.v:1)",
    ),
    "an ignored input": (
        [(CLOCK, INPUT)],
        {"REST": REST + "ignore=['cfg_bypass'],"},
        "core w8: ignore: cfg_bypass (rtl/lab/core.v:3) is an input of the core, not an output",
    ),
    "an ignored pin that the interface looks at": (
        [],
        {"REST": REST + "ignore=['m_axis_y_tlast'],"},
        f"core w8: ignore: m_axis_y_tlast is in the interface of {SAID} already",
    ),
    "a real parameter": (
        [("parameter WIDTH", "parameter real GAIN = 1.5, parameter WIDTH")],
        {"CONFIGS": "{'w8': {'WIDTH': 8, 'GAIN': 1}}"},
        "core w8: the bench sets GAIN, and the core's GAIN (rtl/lab/core.v:1) is neither an integer nor a string",
    ),
    "an unpacked array": (
        [(CLOCK, CLOCK + " input wire [3:0] mem [0:1],")],
        {},
        "core w8: rtl/lab/core.v:3: mem is an unpacked array: there is no harness for it",
    ),
}


def refusal(lab, top="core", config="w8"):
    bench = lab.project.bench(top)
    with pytest.raises(AgreeError) as refused:
        agree(lab.project, bench, bench.config(config))
    return str(refused.value)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(own_lab, name):
    changes, parts, said = FAULTS[name]
    own_lab.add("core", fault(ECHO, *changes), **parts)
    assert refusal(own_lab) == said


def test_rails_of_digit_serial_cores_are_compared(own_lab):
    own_lab.add("core", fault(DELAY, ("output reg  z_p", "output reg [1:0] z_p")), DIGITS)
    said = f"core n4: the core's output z_p (rtl/lab/core.v:9) is 2 bits, {SAID} says 1"
    assert refusal(own_lab, config="n4") == said


def test_each_configuration_is_compared(own_lab):
    interface = "Streams({'x': Axis({'x': Unsigned(c.WIDTH)})}, {'y': Axis({'y': Unsigned(8)})})"
    own_lab.add("core", CONFIGS="{'w8': {'WIDTH': 8}, 'w9': {'WIDTH': 9}}", INTERFACE=interface)
    bench = own_lab.project.bench("core")
    assert agree(own_lab.project, bench, bench.config("w8")).ports["m_axis_y_tdata"].width == 8
    assert refusal(own_lab, config="w9").endswith(f"is 9 bits, {SAID} says 8")


SMALL = ECHO.replace("WIDTH", "width")
NARROW = {"CONFIGS": "{'w8': {'width': 5}}", "INTERFACE": STREAM["INTERFACE"].replace("WIDTH", "width")}
NARROW |= {"GOLDEN": "return {'y': (t['x'] + 1) % 32}"}
FEW = "stimuli=lambda c: {'ramp': directed(x=np.arange(32))}, volume=lambda c: 100, watchdog=200, "


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_parameter_in_small_letters_reaches_the_core(lab, sim):
    """The interface is five bits wide, where the core's own value is eight."""
    top = lab.add("letters", SMALL, **NARROW, REST=FEW + "parameters=['width'],")
    assert lab.run(top, sim=sim).reasons == ()


def declared(macro: str) -> str:
    """Another port where a macro is defined."""
    return fault(ECHO, (CLOCK, f"{CLOCK}`ifdef {macro}\n    input  wire             cfg,\n`endif\n"))


@pytest.mark.parametrize("macro", ["VERILATOR", "__ICARUS__", "verilator"])
def test_ports_that_a_simulator_has_and_others_have_not(own_lab, macro):
    """The bench fits under the one, and is refused under the other, in a line of the same form."""
    own_lab.add("core", declared(macro))
    bench = own_lab.project.bench("core")
    for sim in SIMULATORS.values():
        if f"{macro}=1" not in sim.macros:
            assert "cfg" not in agree(own_lab.project, bench, bench.config("w8"), sim.macros).ports
            continue
        record = own_lab.run("core", sim=sim.name)
        said = f"core w8: the core's input cfg (rtl/lab/core.v:4) is not in the interface of {SAID}"
        assert record.reasons == (f'build failed: {said}; add it, or tie={{"cfg": 0}}',)


def test_ports_that_no_simulator_has(own_lab):
    own_lab.add("core", declared("SYNTHESIS"))
    bench = own_lab.project.bench("core")
    assert all(
        "cfg" not in agree(own_lab.project, bench, bench.config("w8"), s.macros).ports for s in SIMULATORS.values()
    )


def test_ports_that_depend_on_a_macro_of_another_file(own_lab):
    """Simulators read all files behind each other, the children first."""
    child = "`define EXTRA\nmodule child (input wire a, output wire b); assign b = a; endmodule\n"
    own_lab.add("core", fault(declared("EXTRA"), ("// declarations", "wire b; child one (.a(clk), .b(b));")))
    (own_lab.root / "rtl/lab/child.v").write_text(child)
    assert refusal(own_lab).startswith("core w8: the core's input cfg (rtl/lab/core.v:4) is not in the interface of")


def test_a_width_that_depends_on_a_macro(own_lab):
    width = "`ifdef VERILATOR\n`define WIDE 9\n`else\n`define WIDE 8\n`endif\n"
    own_lab.add("core", width + fault(ECHO, (WIDE, "output reg  [`WIDE-1:0] m_axis_y_tdata")))
    said = f"core w8: the core's output m_axis_y_tdata (rtl/lab/core.v:13) is 9 bits, {SAID} says 8"
    assert own_lab.run("core", sim="verilator").reasons == (f"build failed: {said}",)
    assert own_lab.run("core", sim="icarus").reasons == ()


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_refused_core_is_a_failed_run_and_nothing_is_built(own_lab, sim):
    own_lab.add("core", fault(ECHO, *FAULTS["an output that the bench does not name"][0]))
    record = own_lab.run("core", sim=sim)
    assert record.reasons == (f"build failed: {FAULTS['an output that the bench does not name'][2]}",)
    assert own_lab.builds("core") == []


def test_the_command_line_says_it_without_a_traceback(own_lab):
    own_lab.add("core", fault(ECHO, *FAULTS["an input that the bench does not name"][0]))
    done = own_lab.cli("sim", "--module", "core", "--sim", "icarus", "--mode", "burst")
    assert done.returncode == 1
    assert "cfg_bypass [3:0] (rtl/lab/core.v:3)" in re.sub(r"\s+", " ", done.stdout)
    assert "Traceback" not in done.stdout + done.stderr


def test_pins_that_are_tied_or_ignored_pass(lab):
    core = fault(ECHO, (CLOCK, INPUT + OUTPUT.removeprefix(CLOCK)), ("+ 1'b1", "+ (cfg_bypass == 4'd13)"))
    top = lab.add("tied", core, REST=REST + "tie={'cfg_bypass': -3}, ignore=('overflow',),")
    record = lab.run(top)
    assert record.passed, record.reasons


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key in ("WIDTH", "frames") for value in ("True", "8.0", "np.float64(8)", "None", "[8]")]
    + [("frames", "'8'")],  # a parameter may be a string: its type is compared with the core's
)
def test_a_configuration_holds_integers_only(own_lab, key, value):
    own_lab.add("core", CONFIGS=f"{{'w8': {{'WIDTH': 8, {key!r}: {value}}}}}")
    with pytest.raises(BenchError, match=rf"core: configuration w8: {key} is .*, which is no integer$"):
        own_lab.project.bench("core")


def test_a_tie_is_an_integer(own_lab):
    own_lab.add("core", REST=REST + "tie={'cfg_bypass': False},")
    with pytest.raises(BenchError, match=r"core: tie cfg_bypass is False, which is no integer$"):
        own_lab.project.bench("core")


def test_integers_of_numpy_are_integers(own_lab):
    own_lab.add("core", CONFIGS="{'w8': {'WIDTH': np.int64(8)}}")
    bench = own_lab.project.bench("core")
    assert agree(own_lab.project, bench, bench.config("w8")).parameters["WIDTH"].value == 8


ONE = REST + "simulators=('verilator',), simulators_reason='it needs X to be a number',"


def test_a_bench_for_one_simulator_runs_under_that_alone(own_lab):
    own_lab.add("core", REST=ONE)
    assert {spec.sim for spec in plan(own_lab.project, Request("core"))} == {"verilator"}
    assert {spec.sim for spec in levels.plan(own_lab.project, levels.Wish("full"))} == {"verilator"}
    said = "^SIM=icarus: core runs under verilator only: it needs X to be a number$"
    with pytest.raises(BenchError, match=said):
        plan(own_lab.project, Request("core", sim="icarus"))
    with pytest.raises(BenchError, match=said):
        levels.plan(own_lab.project, levels.Wish(module="core", sim="icarus"))
    done = own_lab.cli("mutate", "--module", "core", "--sim", "icarus")
    assert (done.returncode, done.stderr) == (2, f"error: {said.strip('^$')}\n")


def test_a_ranked_run_under_a_simulator_that_is_left_out_is_not_taken(own_lab):
    own_lab.add("core", REST=ONE)
    row = {"module": "core", "config": "w8", "sim": "icarus", "mode": "burst", "seed": 7, "n": 3}
    assert {spec.sim for spec in levels.plan(own_lab.project, levels.Wish(), [row])} == {"verilator"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("simulators=('verilator',),", "give the reason"),
        (
            "simulators=('verilater',), simulators_reason='x',",
            "there is no simulator verilater: there are verilator, icarus",
        ),
    ],
)
def test_simulators_that_do_not_exist_or_have_no_reason_are_refused(own_lab, rest, said):
    own_lab.add("core", REST=REST + rest)
    with pytest.raises(BenchError, match=said):
        own_lab.project.bench("core")


def test_pytest_collects_the_simulators_of_a_bench(own_lab):
    own_lab.add("core", REST=ONE)
    line = [
        "tests/lab/test_core.py",
        "--collect-only",
        "-q",
        "-p",
        "ulpwise.cli.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]
    done = own_lab.python("-m", "pytest", *line)
    assert re.findall(r"core\[w8-(\w+)-", done.stdout) == ["verilator", "verilator"]


def test_an_unknown_bench_is_still_answered_with_the_nearest(own_lab):
    own_lab.add("core")
    with pytest.raises(UnknownNameError, match="did you mean core"):
        levels.plan(own_lab.project, levels.Wish(module="cor", sim="icarus"))


INCLUDED = ("// declarations", '`include "step.vh"')
STEP = ("+ 1'b1", "+ `STEP")


def test_an_edited_include_is_built_anew_and_is_no_race(lab):
    header = lab.root / "rtl" / "lab" / "step.vh"
    header.parent.mkdir(exist_ok=True)
    header.write_text("`define STEP 1\n")
    top = lab.add("included", fault(ECHO, INCLUDED, STEP))
    first = lab.run(top)
    assert first.passed, first.reasons
    times = header.stat()
    header.write_text("`define STEP 2\n")
    os.utime(header, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = lab.run(top)
    assert [reason.split(":")[0] for reason in second.reasons] == ["wrong value"]
    assert second.fingerprint != first.fingerprint
    assert len(lab.builds(top)) == 2


def test_an_edited_memory_file_is_built_anew_and_is_no_race(lab):
    memory = lab.root / "rtl" / "lab" / "steps.hex"
    memory.parent.mkdir(exist_ok=True)
    memory.write_text("01\n")
    top = lab.add("remembered", fault(ECHO, ("// declarations", MEMORY), ("+ 1'b1", "+ steps[0]")))
    first = lab.run(top)
    assert first.passed, first.reasons
    memory.write_text("02\n")
    second = lab.run(top)
    assert [reason.split(":")[0] for reason in second.reasons] == ["wrong value"]
    assert second.fingerprint != first.fingerprint
    assert len(lab.builds(top)) == 2


MEMORY = 'reg [7:0] steps [0:0];\ninitial $readmemh("steps.hex", steps);'


def test_a_core_in_latin_1_with_carriage_returns_runs(lab):
    top = lab.add("latin")
    path = lab.root / "rtl" / "lab" / "latin.v"
    path.write_bytes(path.read_bytes().replace(b"// declarations", b"// caf\xe9").replace(b"\n", b"\r\n"))
    record = lab.run(top)
    assert record.passed, record.reasons


def test_a_byte_order_mark_is_a_failed_run_in_one_line(own_lab):
    own_lab.add("core")
    path = own_lab.root / "rtl" / "lab" / "core.v"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    said = "rtl/lab/core.v: a byte-order mark at byte 0: save the file as UTF-8 without a mark"
    assert own_lab.run("core").reasons == (f"build failed: {said}",)
