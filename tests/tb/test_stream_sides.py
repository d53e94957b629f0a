# SPDX-License-Identifier: Apache-2.0
"""`tuser`, `tid` and `tdest`: fields of a transaction beside its data, the same in all beats of a frame."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise import Axis, Streams, Unsigned
from ulpwise.ports.base import InterfaceError

# y = x + w's tdest, tuser as it came, tid and tdest swapped; frames of two; w is loaded before
SIDES = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire       s_axis_w_tdata,
    input  wire [7:0] s_axis_w_tdest,
    input  wire       s_axis_w_tvalid,
    output wire       s_axis_w_tready,
    input  wire       s_axis_w_tlast,
    input  wire [7:0] s_axis_x_tdata,
    input  wire [1:0] s_axis_x_tuser,
    input  wire [2:0] s_axis_x_tid,
    input  wire [1:0] s_axis_x_tdest,
    input  wire       s_axis_x_tvalid,
    output wire       s_axis_x_tready,
    input  wire       s_axis_x_tlast,
    output reg  [7:0] m_axis_y_tdata,
    output reg  [1:0] m_axis_y_tuser,
    output reg  [1:0] m_axis_y_tid,
    output reg  [2:0] m_axis_y_tdest,
    output reg        m_axis_y_tvalid,
    input  wire       m_axis_y_tready,
    output reg        m_axis_y_tlast
);

reg [7:0] w;
reg       open;
wire      room = !m_axis_y_tvalid || m_axis_y_tready;

assign s_axis_w_tready = !open;
assign s_axis_x_tready = room && (open || !s_axis_w_tvalid);

always @(posedge clk) begin
    if (s_axis_w_tvalid && s_axis_w_tready) w <= s_axis_w_tdest;
    if (room) begin
        m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tready;
        m_axis_y_tdata  <= s_axis_x_tdata + w;
        m_axis_y_tuser  <= s_axis_x_tuser;
        m_axis_y_tid    <= s_axis_x_tdest;
        m_axis_y_tdest  <= s_axis_x_tid;
        m_axis_y_tlast  <= s_axis_x_tlast;
    end
    if (s_axis_x_tvalid && s_axis_x_tready) open <= !s_axis_x_tlast;
    // changes
    if (rst) begin
        m_axis_y_tvalid <= 1'b0;
        open            <= 1'b0;
    end
end

endmodule
"""
PARTS = STREAM | {
    "INTERFACE": """Streams(
        {'x': Axis({'x': Unsigned(8, (2,))}, 2, {'u': Unsigned(2)}, id={'i': Unsigned(3)}, dest={'d': Unsigned(2)})},
        {'y': Axis({'y': Unsigned(8, (2,))}, 2, {'v': Unsigned(2)}, id={'j': Unsigned(2)}, dest={'e': Unsigned(3)})},
        {'w': Axis({'none': Unsigned(1)}, dest={'w': Unsigned(8)})},
    )""",
    "GOLDEN": "return {'y': (t['x'] + t['w'][:, None]) % 256, 'v': t['u'], 'j': t['d'], 'e': t['i']}",
    "COVER": "[CoverGroup('io', [Point('i', lambda t: t['i'], values(*range(8)))])]",
    "PLAN": "plan={'operands': ['io.i']},",
    "CONFIGS": "{'w8': {}}",
    "REST": "stimuli=lambda c: {'random': random()}, volume=lambda c: 300, watchdog=400,",
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_all_of_them_reach_the_core_and_the_golden_model(lab, sim, mode):
    record = lab.run(lab.add("sides", SIDES, PARTS), sim=sim, mode=mode)
    assert record.reasons == ()
    assert record.result["checked"] == record.result["sent"] > 60


TID, TDEST = "m_axis_y_tid    <= s_axis_x_tdest;", "m_axis_y_tdest  <= s_axis_x_tid;"
LAST = "m_axis_y_tdest <= open ? m_axis_y_tdest : last; last <= s_axis_x_tid;"
BROKEN = {
    "tid of a frame's second beat": (TID, TID.replace(";", " ^ s_axis_x_tlast;"), "stream protocol broken"),
    "tdest moves while the beat waits": (
        "// changes",
        "if (!room) m_axis_y_tdest <= ~m_axis_y_tdest;",
        "stream protocol broken",
    ),
    "tdest is another frame's": (TDEST, LAST, "wrong value"),
    "X on tid": (TID, "m_axis_y_tid <= s_axis_x_tdest == 0 ? 2'bx : s_axis_x_tdest;", "X or Z on a valid output"),
    "tdest of a set-up": ("w <= s_axis_w_tdest;", "w <= s_axis_w_tdest & 8'h7f;", "wrong value"),
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_cores(lab, name, mode):
    old, new, said = BROKEN[name]
    core = fault(SIDES, (old, new), ("       open;\n", "       open;\nreg [2:0] last = 3'd0;\n"))
    reasons = lab.run(lab.add(f"sides_{list(BROKEN).index(name)}", core, PARTS), mode=mode).reasons
    assert any(reason.startswith(said) for reason in reasons), reasons


def test_bench_and_core_agree_on_them(lab):
    parts = PARTS | {"INTERFACE": PARTS["INTERFACE"].replace("{'i': Unsigned(3)}", "{'i': Unsigned(4)}")}
    (reason,) = lab.run(lab.add("wide_id", SIDES, parts)).reasons
    assert "the core's input s_axis_x_tid" in reason
    assert "is 3 bits" in reason


def test_they_lie_above_the_data_in_the_order_of_tuser_tid_and_tdest():
    sides = {"user": {"u": Unsigned(1)}, "id": {"i": Unsigned(2)}, "dest": {"d": Unsigned(1)}}
    streams = Streams({"x": Axis({"x": Unsigned(2)}, 2, **sides)}, {})
    (port,) = streams.sources
    batch = {"x": np.array([2]), "u": np.array([0]), "i": np.array([1]), "d": np.array([1])}
    beats, _ = streams.pack(port, batch)
    assert beats.tolist() == [[0, 0, 1, 0, 1], [1, 0, 1, 0, 1]]
    assert {name: values.tolist() for name, values in streams.unpack_input(port, beats, beats).items()} == {
        name: values.tolist() for name, values in batch.items()
    }
    pins = {pin.name: (pin.width, pin.wire) for pin in streams.pins()}
    assert pins["s_axis_x_tid"] == (2, "s_axis_x_tdata[2 +: 2]")
    assert pins["s_axis_x_tdest"] == (1, "s_axis_x_tdata[4 +: 1]")


def test_one_name_on_two_pins_of_a_stream():
    with pytest.raises(InterfaceError, match=r"^field i is in tuser and in tid: rename one of the two$"):
        Axis({"x": Unsigned(1)}, user={"i": Unsigned(1)}, id={"i": Unsigned(1)})
