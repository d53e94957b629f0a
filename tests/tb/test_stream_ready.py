# SPDX-License-Identifier: Apache-2.0
"""Streams without `tready`: nothing keeps an output waiting, and a core takes an input in every cycle."""

from __future__ import annotations

import pytest

from tests.tb._project import ECHO, STREAM, fault
from ulpwise import Axis, Streams, Unsigned
from ulpwise.ports.base import InterfaceError

# y = x + w, frames of two; w is loaded before; no stream has a tready
FREE = fault(
    ECHO,
    ("    output wire             s_axis_x_tready,\n", ""),
    ("    output reg              m_axis_y_tlast,\n", "    output reg              m_axis_y_tlast\n"),
    ("    input  wire             m_axis_y_tready\n", ""),
    (
        "    input  wire [WIDTH-1:0] s_axis_x_tdata,",
        "input wire [7:0] s_axis_w_tdata, input wire s_axis_w_tvalid, s_axis_w_tlast, input wire [7:0] s_axis_x_tdata,",
    ),
    ("assign s_axis_x_tready = !m_axis_y_tvalid || m_axis_y_tready;\n", "reg [7:0] w;\n"),
    (
        "    if (s_axis_x_tready) begin\n",
        "    if (s_axis_w_tvalid) w <= s_axis_w_tdata;\n    begin\n",
    ),
    ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata + w"),
)
FREE_PARTS = STREAM | {
    "INTERFACE": """Streams(
        {'x': Axis({'x': Unsigned(8, (2,))}, beats=2, ready=False)},
        {'y': Axis({'y': Unsigned(8, (2,))}, beats=2, ready=False)},
        {'w': Axis({'w': Unsigned(8)}, ready=False)},
    )""",
    "GOLDEN": "return {'y': (t['x'] + t['w'][:, None]) % 256}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 127), (128, 255)))])]",
    "REST": """stimuli=lambda c: {'random': random(), 'others': random()}, volume=lambda c: 300, watchdog=400,
    timing=lambda c, t: timing.steady(len(t['x']), {'x': 2}, {'y': 2}, latency=1, period=2),""",
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_cores_without_tready(lab, sim, mode):
    record = lab.run(lab.add("free", FREE, FREE_PARTS), sim=sim, mode=mode)
    assert record.reasons == ()
    assert record.result["checked"] == record.result["sent"] > 60
    assert record.result["timed"] > 20


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_an_output_without_tready_alone(lab, mode):
    """The core waits for nobody behind it, and keeps its input waiting in every other cycle."""
    text = "Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)}, ready=False)})"
    core = fault(
        ECHO,
        ("    output reg              m_axis_y_tlast,\n", "    output reg              m_axis_y_tlast\n"),
        ("    input  wire             m_axis_y_tready\n", ""),
        ("!m_axis_y_tvalid || m_axis_y_tready", "!m_axis_y_tvalid"),
        ("    if (s_axis_x_tready) begin", "    m_axis_y_tvalid <= 1'b0;\n    if (s_axis_x_tready) begin"),
    )
    assert lab.run(lab.add("half_free", core, INTERFACE=text), mode=mode).reasons == ()


VALID = "m_axis_y_tvalid <= s_axis_x_tvalid;"
LAST = "m_axis_y_tlast  <= s_axis_x_tlast;"
BROKEN = {
    "takes no beat right behind another": (
        [(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid && !m_axis_y_tvalid;")],
        "hung: nothing moved",
    ),
    "offers a beat for two cycles": (
        [(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid || (m_axis_y_tvalid && !again); again <= m_axis_y_tvalid;")],
        "",
    ),
    "tlast comes with every beat": (
        [(LAST, "m_axis_y_tlast <= 1'b1;")],
        "stream protocol broken",
    ),
    "a reset in a frame leaves its first half behind": (
        [(LAST, "m_axis_y_tlast <= odd; if (s_axis_x_tvalid) odd <= !odd;")],
        "stream protocol broken",
    ),
    "X on tvalid": ([(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid ? 1'b1 : 1'bx;")], "X or Z on a valid output"),
    "an old set-up": ([("if (s_axis_w_tvalid)", "if (s_axis_w_tvalid && w === 8'bx)")], "wrong value"),
    "a beat more, long after all others": (
        [(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid || age == 100; age <= s_axis_x_tvalid ? 8'd0 : age + ~&age;")],
        "",
    ),
}


CASES = [(name, mode) for name in BROKEN for mode in ("burst", "beat")]
CASES.remove(("a reset in a frame leaves its first half behind", "beat"))  # of two resets both may miss the frame


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_broken_cores_without_tready(lab, name, mode):
    changes, said = BROKEN[name]
    core = fault(FREE, *changes).replace("reg [7:0] w;", "reg [7:0] w, age = 8'd255; reg again, odd = 1'b0;")
    reasons = lab.run(lab.add(f"free_{list(BROKEN).index(name)}", core, FREE_PARTS), mode=mode).reasons
    assert any(reason.startswith(said) for reason in reasons)


def test_bench_and_core_agree_on_tready(lab):
    text = "Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)}, ready=False)})"
    (reason,) = lab.run(lab.add("has_ready", INTERFACE=text)).reasons
    assert "the core's input m_axis_y_tready" in reason
    assert 'add it, or tie={"m_axis_y_tready": 0}' in reason


def test_streams_that_an_input_without_tready_would_leave_behind():
    x, y = Axis({"x": Unsigned(8)}, ready=False), Axis({"y": Unsigned(8)})
    with pytest.raises(InterfaceError, match=r"^input stream x has no tready, so nothing may keep output y waiting: "):
        Streams({"x": x}, {"y": y})
    with pytest.raises(InterfaceError, match=r"^input stream x has no tready, and would run ahead of the other inputs"):
        Streams({"x": x, "y": y}, {})
    streams = Streams({"y": y}, {"z": Axis({"z": Unsigned(8)}, ready=False)}, {"x": x})
    assert streams.pauses == ["s_axis_x", "s_axis_y"]
    assert (streams.held_back, streams.mixes) == ([], False)
