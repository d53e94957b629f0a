# SPDX-License-Identifier: Apache-2.0
"""Cores with valid only, with neither valid nor ready, and without a clock; and what is wrong with broken ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise.bench.declare import BenchError
from ulpwise.data.formats import Float32, Signed, Unsigned
from ulpwise.data.packing import to_ints
from ulpwise.ports.base import InterfaceError
from ulpwise.ports.pipeline import Pipeline

# y = a + b, odd = its last bit, two stages
PIPE = """\
module TOP (
    input  wire              clk,
    input  wire              rst,
    input  wire              en,
    input  wire              in_valid,
    input  wire [7:0]        a,
    input  wire signed [3:0] b,
    output reg               out_valid,
    output reg  [9:0]        y,
    output reg               odd
);

reg       v;
reg [9:0] s;
// declarations
always @(posedge clk) begin
    if (en) begin
        v         <= in_valid;
        s         <= {2'b00, a} + {{6{b[3]}}, b};
        out_valid <= v;
        y         <= s;
        odd       <= s[0];
    end
    if (rst) begin
        v         <= 1'b0;
        out_valid <= 1'b0;
    end
end

endmodule
"""
FREE = fault(PIPE, ("    input  wire              en,\n", ""), ("    if (en) begin\n", "    begin\n"))
PLAIN = fault(
    FREE,
    ("    input  wire              in_valid,\n", ""),
    ("    output reg               out_valid,\n", ""),
    ("        v         <= in_valid;\n", ""),
    ("        out_valid <= v;\n", ""),
    ("        out_valid <= 1'b0;\n", ""),
)
LOGIC = """\
module TOP (
    input  wire [7:0]        a,
    input  wire signed [3:0] b,
    output wire [9:0]        y,
    output wire              odd
);

// declarations
assign y   = {2'b00, a} + {{6{b[3]}}, b};
assign odd = y[0];

endmodule
"""
FIELDS = "{'a': Unsigned(8), 'b': Signed(4)}, {'y': Signed(10), 'odd': Unsigned(1)}"
VALID = "valid=('in_valid', 'out_valid')"
PARTS = STREAM | {
    "INTERFACE": f"Pipeline({FIELDS}, latency=2, {VALID}, enable='en')",
    "GOLDEN": "return {'y': t['a'] + t['b'], 'odd': (t['a'] + t['b']) % 2}",
    "COVER": "[CoverGroup('io', [Point('b', lambda t: t['b'], ranges((-8, -1), (0, 7)))])]",
    "CONFIGS": "{'c': {}}",
    "PLAN": "plan={'signs': ['io.b']},",
    "REST": "volume=lambda c: 300, watchdog=200,",
}
# the kinds of pipeline: core, and the end of the declaration
KINDS = {
    "enabled": (PIPE, f"latency=2, {VALID}, enable='en'"),
    "valid": (FREE, f"latency=2, {VALID}"),
    "plain": (PLAIN, "latency=2"),
    "logic": (LOGIC, ""),
}


def add(lab, name, kind, *changes, **parts):
    """Add a core of a kind, with changes."""
    core, text = KINDS[kind]
    return lab.add(name, fault(core, *changes), PARTS, **{"INTERFACE": f"Pipeline({FIELDS}, {text})"} | parts)


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_core_runs(lab, kind, sim, mode):
    record = lab.run(add(lab, f"pipe_{kind}", kind), "c", sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["checked"] == record.result["sent"] > 40
    assert record.result["latency"] == ({"out_valid": 2} if kind in {"enabled", "valid"} else {})


LATE = ("out_valid <= v;", "late      <= v;\n        out_valid <= late;")
# what is wrong with the core: its kind, its changes, and the reasons as they begin
BROKEN = {
    "valid comes too early": (
        "valid",
        [("out_valid <= v;", "out_valid <= in_valid;")],
        ["stream protocol broken", "latency: out_valid after 1 enabled cycles, not 2", "wrong value"],
    ),
    "valid comes too late": (
        "valid",
        [LATE, ("// declarations", "reg late;")],
        ["stream protocol broken", "latency: out_valid after 3 enabled cycles, not 2", "wrong value"],
    ),
    "valid comes twice": (
        "valid",
        [("out_valid <= v;", "out_valid <= v || (out_valid && odd);")],
        ["stream protocol broken", "extra output"],
    ),
    "valid never comes": (
        "valid",
        [("out_valid <= v;", "out_valid <= 1'b0;")],
        ["hung", "stream protocol broken", "missing output"],
    ),
    "a valid is lost": (
        "valid",
        [("out_valid <= v;", "out_valid <= v && s != 10'd77;")],
        ["hung", "stream protocol broken", "missing output"],
    ),
    "a value comes too late": (
        "valid",
        [("y         <= s;", "held      <= s;\n        y         <= held;"), ("// declarations", "reg [9:0] held;")],
        ["wrong value"],
    ),
    "a value comes too early": (
        "plain",
        [("y         <= s;", "y         <= {2'b00, a} + {{6{b[3]}}, b};")],
        ["wrong value"],
    ),
    "one of two results comes too late": ("plain", [("odd       <= s[0];", "odd       <= y[0];")], ["wrong value"]),
    "what is in a gap counts": (
        "valid",
        [
            ("+ {{6{b[3]}}, b}", "+ {{6{b[3]}}, b} + seen"),
            ("// declarations", SEEN := "reg seen = 0;\nalways @(posedge clk) seen <= !in_valid && a[0];"),
        ],
        ["wrong value"],
    ),
    "what comes while nothing is enabled counts": (
        "enabled",
        [
            ("        s         <= {2'b00, a} + {{6{b[3]}}, b};\n", ""),
            ("    if (en) begin\n", "    s <= {2'b00, a} + {{6{b[3]}}, b};\n    if (en) begin\n"),
        ],
        ["wrong value"],
    ),
    "valid does not wait for the enable": (
        "enabled",
        [("        out_valid <= v;\n", ""), ("    if (en) begin\n", "    out_valid <= v;\n    if (en) begin\n")],
        ["stream protocol broken"],
    ),
    "logic is wrong": ("logic", [("y[0];", "y[0] ^ &a;")], ["wrong value"]),
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_core_is_found(lab, name, mode):
    kind, changes, said = BROKEN[name]
    top = add(lab, f"broken_{list(BROKEN).index(name)}", kind, *changes, GOLDEN=PARTS["GOLDEN"])
    n = 2000 if mode == "beat" else None
    reasons = " | ".join(lab.run(top, "c", mode=mode, n=n).reasons)
    for reason in said:
        assert reason in reasons


def test_a_reset_that_leaves_the_valid_of_the_first_stage_is_found(lab):
    """What is offered while the reset is on goes in: that happens in burst mode only."""
    top = add(lab, "pipe_first", "valid", ("        v         <= 1'b0;\n", ""))
    assert lab.run(top, "c").reasons[0].startswith("stream protocol broken")


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_a_reset_that_leaves_the_valid_of_another_stage_is_found(lab, mode):
    stages = [
        ("out_valid <= v;", "late      <= v;\n        out_valid <= late;"),
        ("y         <= s;", "held      <= s;\n        y         <= held;"),
        ("odd       <= s[0];", "odd       <= held[0];"),
        ("// declarations", "reg late;\nreg [9:0] held;"),
    ]
    interface = f"Pipeline({FIELDS}, latency=3, {VALID})"
    top = add(lab, "pipe_inner", "valid", *stages, INTERFACE=interface)
    # a reset of two cycles clears it after all, and a beat run has two resets only
    runs = (lab.run(top, "c", mode=mode, seed=seed) for seed in range(1, 16))
    found = next(record for record in runs if not record.passed)
    assert found.reasons[0].startswith("stream protocol broken")
    whole = ("        v         <= 1'b0;\n", "        v         <= 1'b0;\n        late      <= 1'b0;\n")
    top = add(lab, "pipe_whole", "valid", *stages, whole, INTERFACE=interface)
    assert lab.run(top, "c", mode=mode, seed=found.spec.seed).passed


DEEP = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire       in_valid,
    input  wire [7:0] a,
    output wire       out_valid,
    output wire [7:0] y
);

reg [LATENCY-1:0]   v;
reg [8*LATENCY-1:0] s;
// declarations
assign out_valid = v[LATENCY-1];
assign y         = s[8*LATENCY-1 -: 8];

always @(posedge clk) begin
    v <= {v[LATENCY-2:0], in_valid};
    s <= {s[8*LATENCY-9:0], a};
    if (rst) v <= KEPT;
end

endmodule
"""


@pytest.mark.parametrize("stage", [38, 20, 1])
def test_a_reset_that_leaves_one_stage_of_a_deep_pipeline_is_found(lab, stage):
    """In every run: half of its resets come when all stages are full."""
    interface = "Pipeline({'a': Unsigned(8)}, {'y': Unsigned(8)}, latency=40, valid=('in_valid', 'out_valid'))"
    cover = "[CoverGroup('io', [Point('a', lambda t: t['a'], ranges((0, 255)))])]"
    parts = STREAM | {"GOLDEN": "return {'y': t['a']}", "COVER": cover, "PLAN": "plan={'all': ['io.a']},"}
    parts |= {"CONFIGS": "{'c': {'n': 1}}"}
    rest = "stimuli=lambda c: {'ramp': directed(a=np.arange(200))}, watchdog=200,"
    for kept, passes in ((f"(40'd1 << {stage}) & {{v[38:0], in_valid}}", False), ("40'd0", True)):
        core = DEEP.replace("LATENCY", "40").replace("KEPT", kept)
        top = lab.add(f"deep_{stage}_{passes}".lower(), core, parts, INTERFACE=interface, REST=rest)
        # a beat run has one such reset, and what it sends may just have ended in front of the first stages
        for mode in ("burst", "beat") if stage > 1 else ("burst",):
            record = lab.run(top, "c", mode=mode)
            assert record.passed == passes, (mode, record.reasons)
            assert passes or record.reasons[0].startswith("stream protocol broken")


def test_an_unknown_valid_behind_a_reset_is_found(lab):
    top = add(lab, "pipe_dazed", "valid", ("        out_valid <= 1'b0;\n", "        out_valid <= 1'bx;\n"))
    for mode in ("burst", "beat"):
        assert "X or Z on a valid output" in " | ".join(lab.run(top, "c", mode=mode).reasons)


def test_timing_and_a_clock_of_what_has_none_are_refused(lab):
    top = add(lab, "pipe_timed", "valid", REST=PARTS["REST"] + "timing=lambda c, t: {},")
    with pytest.raises(BenchError, match=r"timing is of cores with streams: here latency says when results come$"):
        lab.project.bench(top)
    top = add(lab, "logic_clocked", "logic", REST=PARTS["REST"] + "wiring=Wiring('aclk'),")
    with pytest.raises(BenchError, match=r"wiring: the core is all logic, and has neither clock nor reset$"):
        lab.project.bench(top)


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_an_unknown_result_is_found(lab, mode):
    top = add(lab, "pipe_unknown", "valid", ("y         <= s;", "y         <= s == 10'd77 ? 10'bx : s;"))
    assert lab.run(top, "c", mode=mode, n=2000).reasons[0].startswith("X or Z on a valid output")
    top = add(lab, "pipe_doubtful", "valid", ("out_valid <= v;", "out_valid <= v ? 1'bx : 1'b0;"))
    assert "X or Z on a valid output" in " | ".join(lab.run(top, "c", mode=mode).reasons)


def test_the_other_latency_is_found(lab):
    top = add(lab, "pipe_said_3", "plain", INTERFACE=f"Pipeline({FIELDS}, latency=3)")
    assert lab.run(top, "c").reasons[0].startswith("wrong value")
    top = add(lab, "pipe_said_1", "valid", INTERFACE=f"Pipeline({FIELDS}, latency=1, {VALID})")
    assert "latency: out_valid after 2 enabled cycles, not 1" in lab.run(top, "c").reasons


def test_what_waits_for_a_clock_is_no_logic(lab):
    """A core that has registers is not one of latency 0: it has pins that the interface does not name."""
    top = add(lab, "pipe_said_0", "plain", INTERFACE=f"Pipeline({FIELDS})")
    (reason,) = lab.run(top, "c").reasons
    assert "the core's input clk (rtl/lab/pipe_said_0.v:2) is not in the interface of the bench" in reason


def test_pins_and_clock_have_other_names(lab):
    core = FREE.replace("clk", "aclk").replace("out_valid", "strobe").replace("(rst)", "(!nr)").replace(" rst,", " nr,")
    wiring = "wiring=Wiring('aclk', 'nr', active_low=True, asynchronous=True, pins={'out_valid': 'strobe'}),"
    interface = f"Pipeline({FIELDS}, latency=2, {VALID})"
    top = lab.add("pipe_wired", core, PARTS, INTERFACE=interface, REST=wiring + PARTS["REST"])
    record = lab.run(top, "c")
    assert record.passed, record.reasons
    assert record.result["latency"] == {"strobe": 2}


def test_a_pipeline_without_a_reset_is_flushed(lab):
    core = fault(
        PIPE,
        ("    input  wire              rst,\n", ""),
        ("    if (rst) begin\n        v         <= 1'b0;\n        out_valid <= 1'b0;\n    end\n", ""),
    )
    top = lab.add("pipe_bare", core, PARTS, REST="wiring=Wiring(reset='')," + PARTS["REST"])
    for mode in ("burst", "beat"):
        record = lab.run(top, "c", mode=mode)
        assert record.passed, record.reasons


def test_faults_in_logic_are_found(lab):
    top = add(lab, "pipe_mutated", "logic")
    done = lab.cli("mutate", "--module", top, "--sim", "icarus", "--mutants", "6")
    assert done.returncode == 0, done.stderr
    score = json.loads((lab.root / "build" / "mutation" / f"{top}.json").read_text())
    assert (score["mutants"], score["survivors"]) == (6, [])


def test_fields_lie_side_by_side():
    pipe = Pipeline({"a": Unsigned(8), "b": Signed(4, (2,))}, {"y": Float32()}, latency=1)
    (source,), (sink,) = pipe.sources, pipe.sinks
    assert (source.width, sink.width) == (16, 32)
    batch = {"a": np.array([0x21]), "b": np.array([[-1, 3]])}
    bits, held = pipe.pack(source, batch)
    assert to_ints(bits) == [0x3F21]
    back = pipe.unpack_input(source, bits, held)
    assert {name: values.tolist() for name, values in back.items()} == {"a": [0x21], "b": [[-1, 3]]}
    assert [pin.name for pin in pipe.pins()] == ["clk", "rst", "a", "b", "y"]
    assert [pin.name for pin in Pipeline({"a": Unsigned(8)}, {"y": Unsigned(8)}).pins()] == ["a", "y"]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"latency": -1}, "latency=-1: results come no sooner than their operands"),
        ({"enable": "en"}, "enable='en' with latency=0: a core that is all logic holds nothing"),
        ({"inputs": {}}, "a pipeline without inputs"),
        ({"outputs": {}}, "a pipeline without outputs"),
        ({"valid": ("a", "b")}, "a is the name of 2 pins"),
        ({"latency": 1, "inputs": {"clk": Unsigned(1)}}, "clk is the name of 2 pins"),
    ],
)
def test_what_no_core_can_be_is_refused(rest, said):
    with pytest.raises(InterfaceError) as refused:
        Pipeline(**{"inputs": {"a": Unsigned(8)}, "outputs": {"y": Unsigned(8)}} | rest)
    assert str(refused.value) == said
