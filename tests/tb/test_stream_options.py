"""Options of AXI4-Stream ports: setup streams, `tuser`, digit planes, frames that end early."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import fault
from ulpwise import Axis, SignedDigits, Streams, Unsigned

# y = w x + user, as a frame of 1 + x[1:0] beats that repeat it; w is loaded by a stream of its own
SCALE = """\
module TOP (
    input  wire        clk,
    input  wire        rst,
    input  wire [3:0]  s_axis_w_tdata,
    input  wire        s_axis_w_tvalid,
    output wire        s_axis_w_tready,
    input  wire        s_axis_w_tlast,
    input  wire [7:0]  s_axis_x_tdata,
    input  wire [2:0]  s_axis_x_tuser,
    input  wire        s_axis_x_tvalid,
    output wire        s_axis_x_tready,
    input  wire        s_axis_x_tlast,
    output reg  [12:0] m_axis_y_tdata,
    output wire        m_axis_y_tvalid,
    input  wire        m_axis_y_tready,
    output wire        m_axis_y_tlast
);

reg [3:0] w;
reg [2:0] left;

assign s_axis_w_tready = 1'b1;
assign s_axis_x_tready = left == 0;
assign m_axis_y_tvalid = left != 0;
assign m_axis_y_tlast  = left == 1;

always @(posedge clk) begin
    if (s_axis_w_tvalid) w <= s_axis_w_tdata;
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        m_axis_y_tdata <= w * s_axis_x_tdata + s_axis_x_tuser;
        left <= s_axis_x_tdata[1:0] + 1'b1;
    end
    if (m_axis_y_tvalid && m_axis_y_tready) left <= left - 1'b1;
    if (rst) left <= 0;
end

endmodule
"""

PARTS = {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)}, user={'u': Unsigned(3)})},"
    " {'y': Axis({'y': Unsigned(13, (4,))}, beats=4, ragged=True)}, {'w': Axis({'w': Unsigned(4)})})",
    "GOLDEN": "return {'y': np.where(np.arange(4) <= t['x'][:, None] % 4, (t['w'] * t['x'] + t['u'])[:, None], 0)}",
    "CONFIGS": "{'w8': {}}",
    "REST": "volume=lambda c: 1000, watchdog=200,",
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_setup_tuser_and_ragged_frames_reach_the_core(lab, sim, mode):
    top = lab.add(f"scale_{sim}_{mode}", SCALE, **PARTS)
    record = lab.run(top, sim=sim, mode=mode)
    assert record.reasons == ()
    assert record.transactions > (1000 if mode == "burst" else 40)


def test_a_core_that_keeps_an_old_setup_fails(lab):
    core = fault(SCALE, ("if (s_axis_w_tvalid) w <=", "if (s_axis_w_tvalid && w === 4'bx) w <="))
    (reason,) = lab.run(lab.add("stale_setup", core, **PARTS)).reasons
    assert reason.startswith("wrong value")


# the sum of w and its tuser is what scales x
SHIFTED = fault(
    SCALE,
    (
        "    input  wire        s_axis_w_tvalid,",
        "    input  wire [1:0]  s_axis_w_tuser,\n    input  wire s_axis_w_tvalid,",
    ),
    ("w <= s_axis_w_tdata;", "w <= s_axis_w_tdata + s_axis_w_tuser;"),
)
SHIFTED_PARTS = PARTS | {
    "INTERFACE": PARTS["INTERFACE"].replace("{'w': Unsigned(4)}", "{'w': Unsigned(4)}, user={'s': Unsigned(2)}"),
    "GOLDEN": "w = (t['w'] + t['s']) % 16\n    " + PARTS["GOLDEN"].replace("t['w']", "w"),
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_a_setup_has_a_tuser_that_is_checked(lab, mode):
    assert lab.run(lab.add(f"shifted_{mode}", SHIFTED, **SHIFTED_PARTS), mode=mode).reasons == ()
    deaf = fault(SHIFTED, ("+ s_axis_w_tuser;", ";"))
    (reason,) = lab.run(lab.add(f"shifted_deaf_{mode}", deaf, **SHIFTED_PARTS), mode=mode).reasons
    assert reason.startswith("wrong value")


def test_one_name_in_tdata_and_tuser_of_a_stream(lab):
    parts = {
        "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)}, 1, {'y': Unsigned(8)})})"
    }
    said = "field y is in tdata and in tuser: rename one of the two"
    record = lab.run(lab.add("named_twice", **parts))
    assert record.reasons == (f"interface raised InterfaceError: {said} (tests/lab/test_named_twice.py:13)",)


def test_a_frame_that_never_ends_fails(lab):
    core = fault(SCALE, ("assign m_axis_y_tlast  = left == 1;", "assign m_axis_y_tlast  = 1'b0;"))
    assert any("stream protocol broken" in reason for reason in lab.run(lab.add("endless", core, **PARTS)).reasons)


def test_planes_hold_one_digit_of_every_element_a_beat():
    axis = Axis({"x": SignedDigits(2, (3,))}, beats=2, planes=True)
    x = np.array([[[1, 0], [-1, 1], [0, -1]]], np.int8)
    beats = axis.pack({"x": x})
    # lowest bit first: rails p of elements 0 to 2, then rails n
    assert beats.tolist() == [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1]]
    assert np.array_equal(axis.unpack(beats)["x"], x)


def test_tuser_lies_above_tdata_in_every_beat_of_its_frame():
    axis = Axis({"x": Unsigned(2, (2,))}, beats=2, user={"u": Unsigned(3)})
    batch = {"x": np.array([[1, 2], [3, 0]]), "u": np.array([5, 2])}
    beats = axis.pack(batch)
    assert beats.tolist() == [[1, 0, 1, 0, 1], [0, 1, 1, 0, 1], [1, 1, 0, 1, 0], [0, 0, 0, 1, 0]]
    back = axis.unpack(beats)
    assert all(np.array_equal(back[name], batch[name]) for name in batch)


def test_a_setup_stream_packs_one_frame():
    streams = Streams({"x": Axis({"x": Unsigned(1)})}, {"y": Axis({"y": Unsigned(1)})}, {"w": Axis({"w": Unsigned(4)})})
    port = streams.sources[0]
    assert port.setup
    assert streams.pack(port, {"w": np.array([9, 9]), "x": np.array([0, 1])})[0].tolist() == [[1, 0, 0, 1]]
    assert list(streams.input_fields) == ["w", "x"]
