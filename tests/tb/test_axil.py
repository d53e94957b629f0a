# SPDX-License-Identifier: Apache-2.0
"""AXI4-Lite: a sound core, and what is wrong with broken ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise.data.formats import Unsigned
from ulpwise.ports.axil import AxiLite
from ulpwise.ports.base import InterfaceError

# three registers that a reset makes 0; behind them is none
CORE = """\
module TOP (
    input  wire        clk,
    input  wire        rst,
    input  wire [3:0]  s_axil_awaddr,
    input  wire [2:0]  s_axil_awprot,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    output reg  [1:0]  s_axil_bresp,
    output reg         s_axil_bvalid,
    input  wire        s_axil_bready,
    input  wire [3:0]  s_axil_araddr,
    input  wire [2:0]  s_axil_arprot,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    output reg  [31:0] s_axil_rdata,
    output reg  [1:0]  s_axil_rresp,
    output reg         s_axil_rvalid,
    input  wire        s_axil_rready
);

reg [31:0] words [0:3];
reg        aw = 0, w = 0;
reg [1:0]  index;
reg [31:0] data;
reg [3:0]  strobes;
wire       b_free = !s_axil_bvalid || s_axil_bready;
wire       r_free = !s_axil_rvalid || s_axil_rready;
// declarations
assign s_axil_awready = !aw;
assign s_axil_wready  = !w;
assign s_axil_arready = r_free;

always @(posedge clk) begin
    if (s_axil_awvalid && s_axil_awready) begin
        aw    <= 1'b1;
        index <= s_axil_awaddr[3:2];
    end
    if (s_axil_wvalid && s_axil_wready) begin
        w       <= 1'b1;
        data    <= s_axil_wdata;
        strobes <= s_axil_wstrb;
    end
    if (b_free) begin
        s_axil_bvalid <= aw && w;
        s_axil_bresp  <= index == 2'd3 ? 2'd2 : 2'd0;
        if (aw && w) begin
            aw <= 1'b0;
            w  <= 1'b0;
            if (strobes[0]) words[index][7:0]   <= data[7:0];
            if (strobes[1]) words[index][15:8]  <= data[15:8];
            if (strobes[2]) words[index][23:16] <= data[23:16];
            if (strobes[3]) words[index][31:24] <= data[31:24];
        end
    end
    if (r_free) begin
        s_axil_rvalid <= s_axil_arvalid;
        s_axil_rdata  <= words[s_axil_araddr[3:2]];
        s_axil_rresp  <= &s_axil_araddr[3:2] ? 2'd3 : 2'd0;
    end
    // last word
    if (rst) begin
        {aw, w} <= 2'b00;
        s_axil_bvalid <= 1'b0;
        s_axil_rvalid <= 1'b0;
        words[0] <= 32'd0;
        words[1] <= 32'd0;
        words[2] <= 32'd0;
    end
end

endmodule
"""
HEAD = """\
def run(t):
    held = np.zeros((len(t['en']), 3, 4), np.int64)
    found, resp = np.zeros((2, *t['en'].shape), np.int64)
    for row, at in np.ndindex(t['en'].shape):
        index = t['addr'][row, at] // 4
        if t['en'][row, at] and index == 3:
            resp[row, at] = 3 - t['we'][row, at]
        elif t['en'][row, at] and t['we'][row, at]:
            new = t['data'][row, at] >> 8 * np.arange(4) & 255
            held[row, index] = np.where(t['strb'][row, at], new, held[row, index])
        elif t['en'][row, at]:
            found[row, at] = (held[row, index] << 8 * np.arange(4)).sum()
    return {'rdata': found, 'resp': resp}
"""
PARTS = STREAM | {
    "HEAD": HEAD,
    "INTERFACE": "AxiLite(4, length=12, prot=True)",
    "GOLDEN": "return run(t)",
    "COVER": "[CoverGroup('io', [Point('we', lambda t: t['we'], values(0, 1))])]",
    "CONFIGS": "{'c': {}}",
    "PLAN": "plan={'both': ['io.we']},",
    "REST": "stimuli=lambda c: {'any': random()}, volume=lambda c: 200, watchdog=200,",
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_core_runs(lab, sim, mode):
    record = lab.run(lab.add("axil", CORE, PARTS), "c", sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["checked"] == record.result["sent"] > 40


PROTOCOL, WRONG, UNKNOWN, HUNG = "stream protocol broken", "wrong value", "X or Z on a valid output", "hung"
LATE, LAST = "// declarations", "    // last word\n"
ARREADY = "s_axil_arready = r_free;"
BVALID, RVALID = "s_axil_bvalid <= aw && w;", "s_axil_rvalid <= s_axil_arvalid;"
# what is wrong with the core: its changes, and a reason
BROKEN = {
    "bvalid is taken back": ([(LAST, "    if (!b_free && data[0]) s_axil_bvalid <= 1'b0;\n")], PROTOCOL),
    "rvalid is taken back": ([(LAST, "    if (!r_free) s_axil_rvalid <= 1'b0;\n")], PROTOCOL),
    "bresp changes": ([(LAST, "    if (!b_free) s_axil_bresp <= 2'd2;\n")], PROTOCOL),
    "rdata changes": ([(LAST, "    if (!r_free) s_axil_rdata <= s_axil_rdata + 1;\n")], PROTOCOL),
    "rresp changes": ([(LAST, "    if (!r_free) s_axil_rresp <= 2'd2;\n")], PROTOCOL),
    "a write is answered before its data": ([(BVALID, "s_axil_bvalid <= aw;")], PROTOCOL),
    "a write is answered before its address": ([(BVALID, "s_axil_bvalid <= w;")], PROTOCOL),
    "a write is answered by both": ([(RVALID, "s_axil_rvalid <= s_axil_arvalid || (aw && w);")], PROTOCOL),
    "a read is answered by both": ([(BVALID, "s_axil_bvalid <= (aw && w) || (s_axil_arvalid && r_free);")], PROTOCOL),
    "a read is answered twice": (
        [(LATE, "reg again = 0;\nalways @(posedge clk) if (r_free) again <= s_axil_arvalid && !again;"),
         (RVALID, "s_axil_rvalid <= s_axil_arvalid || again;")],
        PROTOCOL,
    ),
    "an exclusive response": ([("2'd2 : 2'd0;", "2'd1 : 2'd0;")], PROTOCOL),
    "an exclusive response to a read": ([("2'd3 : 2'd0;", "2'd1 : 2'd0;")], PROTOCOL),
    "a write is never answered": ([(BVALID, "s_axil_bvalid <= aw && w && strobes != 4'd6;")], HUNG),
    "a read is never answered": ([(RVALID, "s_axil_rvalid <= s_axil_arvalid && s_axil_araddr != 4'd6;")], HUNG),
    "an address is never taken": ([("s_axil_awready = !aw;", "s_axil_awready = !aw && s_axil_awprot != 3'd5;")], HUNG),
    "data are never taken": ([("s_axil_wready  = !w;", "s_axil_wready  = !w && s_axil_wstrb != 4'd5;")], HUNG),
    "a read is never taken": ([(ARREADY, "s_axil_arready = r_free && s_axil_arprot != 3'd5;")], HUNG),
    "ready says too much": ([("s_axil_wready  = !w;", "s_axil_wready  = 1'b1;")], HUNG),
    "a strobe is ignored": ([("if (strobes[2]) ", "")], WRONG),
    "a register is another": ([("words[s_axil_araddr[3:2]]", "words[s_axil_araddr[3:2] & 2'd2]")], WRONG),
    "a response is wrong": ([("2'd2 : 2'd0;", "2'd3 : 2'd0;")], WRONG),
    "a reset leaves a register": ([("        words[1] <= 32'd0;\n", "")], WRONG),
    "rdata is X": ([("words[s_axil_araddr[3:2]];", "s_axil_arprot[0] ? 'dx : words[s_axil_araddr[3:2]];")], UNKNOWN),
    "rresp is unknown": ([("2'd3 : 2'd0;", "2'd3 : {1'b0, s_axil_arprot == 3'd1 ? 1'bx : 1'b0};")], UNKNOWN),
    "bresp is unknown": ([("2'd2 : 2'd0;", "2'd2 : {1'b0, data[0] ? 1'bx : 1'b0};")], UNKNOWN),
    "bvalid is unknown": ([(BVALID, "s_axil_bvalid <= aw && w && (data[0] ? 1'bx : 1'b1);")], UNKNOWN),
    "rvalid is unknown": ([(RVALID, "s_axil_rvalid <= s_axil_arvalid && (s_axil_arprot[0] ? 1'bx : 1'b1);")], UNKNOWN),
    "awready is unknown": ([("s_axil_awready = !aw;", "s_axil_awready = s_axil_awvalid ? 1'bx : !aw;")], UNKNOWN),
    "wready is unknown": ([("s_axil_wready  = !w;", "s_axil_wready  = s_axil_wvalid ? 1'bx : !w;")], UNKNOWN),
    "arready is unknown": ([(ARREADY, "s_axil_arready = r_free && (s_axil_arvalid ? 1'bx : 1'b1);")], UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_core_is_found(lab, name, mode):
    changes, said = BROKEN[name]
    top = lab.add(f"axil_broken_{list(BROKEN).index(name)}", fault(CORE, *changes), PARTS)
    assert said in " | ".join(lab.run(top, "c", mode=mode).reasons)


# reads that are on their way for some cycles
FAR = """
reg [3:0] flight = 0;
reg [1:0] from;

always @(posedge clk) begin
    flight <= {flight[2:0], s_axil_arvalid && s_axil_arready};
    if (s_axil_arready) from <= s_axil_araddr[3:2];
    // reset
end
"""
SLOW = [
    (LATE, FAR),
    (ARREADY, "s_axil_arready = r_free && flight == 4'd0;"),
    (RVALID, "s_axil_rvalid <= flight[3];"),
    ("words[s_axil_araddr[3:2]];", "words[from];"),
    ("&s_axil_araddr[3:2]", "&from"),
]


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_a_reset_that_leaves_a_response_inside_is_found(lab, mode):
    top = lab.add("axil_haunted", fault(CORE, *SLOW), PARTS)
    # a beat run has two resets only
    runs = (lab.run(top, "c", mode=mode, seed=seed) for seed in range(1, 16))
    found = next(record for record in runs if not record.passed)
    assert PROTOCOL in " | ".join(found.reasons)
    top = lab.add("axil_slow", fault(CORE, *SLOW, ("// reset", "if (rst) flight <= 0;")), PARTS)
    assert lab.run(top, "c", mode=mode, seed=found.spec.seed).passed


def test_a_hang_names_what_offered_nothing(lab):
    top = lab.add("axil_hung", fault(CORE, (RVALID, "s_axil_rvalid <= 1'b0;")), PARTS)
    for mode in ("burst", "beat"):
        assert "; responses offered nothing)" in lab.run(top, "c", mode=mode).reasons[0]


# programs of writes, each with a read of the same register behind it
PAIRS = """{'pairs': random(
        we=lambda rng, n: np.tile([1, 0], (n, 6)),
        addr=lambda rng, n: np.repeat(rng.integers(0, 16, (n, 6)), 2, axis=1),
        strb=lambda rng, n: np.ones((n, 12, 4), int),
        en=lambda rng, n: np.ones((n, 12), int),
    )}"""


def test_a_core_without_a_reset_holds_what_was_written(lab):
    core = fault(CORE, ("    input  wire        rst,\n", ""), ("(rst)", "(!once)"), (LATE, "reg once = 0;"))
    core = fault(core, (LAST, "    once <= 1'b1;\n"))
    rest = f"stimuli=lambda c: {PAIRS}, wiring=Wiring(reset=''), volume=lambda c: 200, watchdog=200,"
    top = lab.add("axil_kept", core, PARTS, INTERFACE="AxiLite(4, length=12, prot=True, fresh=False)", REST=rest)
    for mode in ("burst", "beat"):
        record = lab.run(top, "c", mode=mode)
        assert record.passed, record.reasons


def test_pins_have_the_usual_names_and_any_prefix():
    pins = {pin.name: (pin.direction, pin.width) for pin in AxiLite(8, 64, prefix="ctl").pins()}
    assert len(pins) == 2 + 17
    assert pins["ctl_awaddr"] == ("input", 8)
    assert pins["ctl_wstrb"] == ("input", 8)
    assert pins["ctl_bvalid"] == ("output", 1)
    assert pins["ctl_rready"] == ("input", 1)
    assert {"ctl_awprot", "ctl_arprot"} <= {pin.name for pin in AxiLite(8, prot=True, prefix="ctl").pins()}


def test_a_program_comes_back_as_it_went():
    axil = AxiLite(4, length=3)
    rng = np.random.default_rng(1)
    batch = {name: fmt.random(rng, 5) for name, fmt in axil.input_fields.items()}
    (source,), (sink,) = axil.sources, axil.sinks
    back = axil.unpack_input(source, *axil.pack(source, batch))
    assert all((back[name] == values).all() for name, values in batch.items())
    assert sink.width == 34
    assert axil.output_fields == {"rdata": Unsigned(32, (3,)), "resp": Unsigned(2, (3,))}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"length": 0}, "length=0: a program has one command or more"),
        ({"data": 16}, "data=16: AXI4-Lite has registers of 32 or of 64 bits"),
        ({"addr": 65}, "addr=65: an address has 1 to 64 bits"),
    ],
)
def test_what_no_core_can_be_is_refused(rest, said):
    with pytest.raises(InterfaceError) as refused:
        AxiLite(**{"addr": 8} | rest)
    assert str(refused.value) == said
