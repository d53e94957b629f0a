"""The AXI4-Stream half of the framework on sound cores: wide words, frames of many beats, several streams each way."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import ECHO, STREAM, fault

SIMS = ("icarus", "verilator")
MODES = ("burst", "beat")

# sum = a + b0 + b1 + b2, and the pair (a, b0) again as two beats; inputs and outputs move independently
MIX = """\
module TOP (
    input  wire        clk,
    input  wire        rst,
    input  wire [7:0]  s_axis_a_tdata,
    input  wire        s_axis_a_tvalid,
    output wire        s_axis_a_tready,
    input  wire        s_axis_a_tlast,
    input  wire [10:0] s_axis_b_tdata,
    input  wire        s_axis_b_tvalid,
    output wire        s_axis_b_tready,
    input  wire        s_axis_b_tlast,
    output reg  [15:0] m_axis_sum_tdata,
    output reg         m_axis_sum_tvalid,
    input  wire        m_axis_sum_tready,
    output wire        m_axis_sum_tlast,
    output wire [10:0] m_axis_copy_tdata,
    output wire        m_axis_copy_tvalid,
    input  wire        m_axis_copy_tready,
    output wire        m_axis_copy_tlast
);

reg        have_a;
reg [7:0]  a;
reg [1:0]  have_b;
reg [10:0] b0;
reg [15:0] sum;
reg [21:0] pair;
reg [1:0]  left;

assign m_axis_sum_tlast   = 1'b1;
assign m_axis_copy_tdata  = pair[10:0];
assign m_axis_copy_tvalid = left != 0;
assign m_axis_copy_tlast  = left == 1;

wire both = have_a && have_b == 3 && !m_axis_sum_tvalid && left == 0;
assign s_axis_a_tready = !have_a;
assign s_axis_b_tready = have_b != 3;

always @(posedge clk) begin
    if (m_axis_sum_tready) m_axis_sum_tvalid <= 1'b0;
    if (m_axis_copy_tvalid && m_axis_copy_tready) begin
        pair <= {11'd0, pair[21:11]};
        left <= left - 1'b1;
    end
    if (s_axis_a_tvalid && s_axis_a_tready) begin
        have_a <= 1'b1;
        a      <= s_axis_a_tdata;
    end
    if (s_axis_b_tvalid && s_axis_b_tready) begin
        have_b <= have_b + 1'b1;
        sum    <= (have_b == 0 ? 16'd0 : sum) + s_axis_b_tdata;
        if (have_b == 0) b0 <= s_axis_b_tdata;
    end
    if (both) begin
        have_a            <= 1'b0;
        have_b            <= 2'd0;
        m_axis_sum_tdata  <= sum + a;
        m_axis_sum_tvalid <= 1'b1;
        pair              <= {b0, 3'd0, a};
        left              <= 2'd2;
    end
    if (rst) begin
        have_a            <= 1'b0;
        have_b            <= 2'd0;
        m_axis_sum_tvalid <= 1'b0;
        left              <= 2'd0;
    end
end

endmodule
"""
MIX_BENCH = STREAM | {
    "INTERFACE": """Streams(
        {'a': Axis({'a': Unsigned(8)}), 'b': Axis({'b': Unsigned(11, (3,))}, beats=3)},
        {'sum': Axis({'sum': Unsigned(16)}), 'copy': Axis({'p': Unsigned(11), 'q': Unsigned(11)}, beats=2)},
    )""",
    "GOLDEN": "return {'sum': t['a'] + t['b'].sum(axis=1), 'p': t['a'], 'q': t['b'][:, 0]}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['a'], ranges((0, 15), (16, 255)))])]",
    "CONFIGS": "{'only': {}}",
    "REST": "stimuli=lambda c: {'random': random()}, volume=lambda c: 1500, watchdog=200,",
}

# frames of any length pass through, every beat turned over; WIDTH of any size
WIDE = fault(ECHO, ("s_axis_x_tdata + 1'b1", "~s_axis_x_tdata"))
WIDE_BENCH = STREAM | {
    "INTERFACE": """Streams(
        {'x': Axis({'x': Unsigned(c.bits, (c.elements,))}, beats=c.beats)},
        {'y': Axis({'y': Unsigned(c.bits, (c.elements,))}, beats=c.beats)},
    )""",
    "GOLDEN": "return {'y': 2**c.bits - 1 - t['x']}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 0), (1, 2**c.bits - 1)))])]",
    "CONFIGS": """{
        'w600': {'WIDTH': 600, 'bits': 60, 'elements': 10, 'beats': 1},
        'w1': {'WIDTH': 1, 'bits': 1, 'elements': 1, 'beats': 1},
        'w33': {'WIDTH': 33, 'bits': 33, 'elements': 7, 'beats': 7},
        'w65': {'WIDTH': 65, 'bits': 13, 'elements': 20, 'beats': 4},
        'w4096': {'WIDTH': 4096, 'bits': 32, 'elements': 256, 'beats': 2},
    }""",
    "REST": "stimuli=lambda c: {'random': random()}, volume=lambda c: 300, watchdog=200,",
}


def sound(record, transactions):
    """Expect a run that passed, of at least so many transactions: samples are sent again under other conditions."""
    assert record.reasons == ()
    assert record.transactions >= transactions
    assert {record.result[name] for name in ("mismatches", "missing", "extra", "unknown", "protocol", "hung")} == {0}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sim", SIMS)
def test_several_streams_each_way(lab, sim, mode):
    record = lab.run(lab.add("mix", MIX, MIX_BENCH), "only", sim, mode)
    sound(record, 1500 + 256 if mode == "burst" else 40)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("config", ["w600", "w33", "w65"])
def test_wide_words_and_frames_of_many_beats(lab, config, sim, mode):
    record = lab.run(lab.add("wide", WIDE, WIDE_BENCH), config, sim, mode)
    sound(record, 300 + 256 if mode == "burst" else 40)


@pytest.mark.parametrize("config", ["w1", "w4096"])
def test_the_narrowest_and_very_wide_words(lab, config):
    sound(lab.run(lab.add("wide", WIDE, WIDE_BENCH), config, "icarus", "burst"), 300 + 256)


def test_a_burst_wastes_no_cycle(lab, tmp_path):
    """A core with one register stage takes a beat every cycle."""
    cycles = []
    for rows in (100, 200):
        path = tmp_path / f"{rows}.npz"
        np.savez(path, x=np.zeros((rows, 7), int))
        record = lab.run(lab.add("wide", WIDE, WIDE_BENCH), "w33", vectors=path)
        sound(record, rows)
        cycles.append(record.cycles)
    assert cycles[1] - cycles[0] == 100 * 7
    assert cycles[0] <= 100 * 7 + 4


@pytest.mark.parametrize("mode", MODES)
def test_frames_longer_than_the_watchdogs_patience(lab, mode):
    """Input that goes in is movement, even if nothing comes out meanwhile."""
    core = fault(
        ECHO,
        ("m_axis_y_tvalid <= s_axis_x_tvalid;", "m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tlast;"),
        ("s_axis_x_tdata + 1'b1", "s_axis_x_tdata"),
    )
    interface = "Streams({'x': Axis({'x': Unsigned(8, (300,))}, beats=300)}, {'y': Axis({'y': Unsigned(8)})})"
    top = lab.add(
        "last_of_300",
        core,
        INTERFACE=interface,
        GOLDEN="return {'y': t['x'][:, -1]}",
        REST="stimuli=lambda c: {'random': random()}, volume=lambda c: 4, watchdog=200,",
    )
    sound(lab.run(top, mode=mode, n=4), 8)


@pytest.mark.parametrize("sim", SIMS)
def test_a_core_that_takes_one_stream_and_not_the_other(lab, sim):
    """The streams then hold different numbers of whole frames, of which the fewest are checked."""
    core = fault(MIX, ("assign s_axis_a_tready = !have_a;", "assign s_axis_a_tready = 1'b0;"))
    top = lab.add("one_sided", core, MIX_BENCH)
    said = "hung: nothing moved on the pins before all results were in"
    said += " (random; m_axis_sum, m_axis_copy offered nothing)"
    for mode in ("burst", "beat"):
        record = lab.run(top, "only", sim, mode, n=20)
        assert record.reasons == (said, "missing output: 20 of 20 transactions", "nothing was checked")


# y = x + w, frames of 3 x; w is loaded before; the end of a frame that is 0 is left out; tuser turns bits over
SERVED = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_axis_w_tdata,
    input  wire       s_axis_w_tvalid,
    output wire       s_axis_w_tready,
    input  wire       s_axis_w_tlast,
    input  wire [7:0] s_axis_x_tdata,
    input  wire       s_axis_x_tuser,
    input  wire       s_axis_x_tvalid,
    output wire       s_axis_x_tready,
    input  wire       s_axis_x_tlast,
    output wire [8:0] m_axis_y_tdata,
    output wire       m_axis_y_tvalid,
    input  wire       m_axis_y_tready,
    output wire       m_axis_y_tlast
);
reg [7:0] w;
reg [1:0] n;
wire stop = s_axis_x_tdata == 0 && n == 1;
reg skip;
assign s_axis_w_tready = n == 0 && !s_axis_x_tvalid;
assign s_axis_x_tready = skip || m_axis_y_tready;
assign m_axis_y_tvalid = s_axis_x_tvalid && !skip;
assign m_axis_y_tdata  = stop ? 9'd0 : {1'b0, s_axis_x_tuser ? ~s_axis_x_tdata : s_axis_x_tdata} + w;
assign m_axis_y_tlast  = stop || s_axis_x_tlast;
always @(posedge clk) begin
    if (s_axis_w_tvalid && s_axis_w_tready) w <= s_axis_w_tdata;
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        n    <= s_axis_x_tlast ? 2'd0 : n + 1'b1;
        skip <= !s_axis_x_tlast && (skip || stop);
    end
    if (rst) begin
        n    <= 2'd0;
        skip <= 1'b0;
    end
end
endmodule
"""
SERVED_BENCH = STREAM | {
    "INTERFACE": """Streams(
        {'x': Axis({'x': Unsigned(8, (3,))}, beats=3, user={'flip': Unsigned(1)})},
        {'y': Axis({'y': Unsigned(9, (3,))}, beats=3, ragged=True)},
        {'w': Axis({'w': Unsigned(8)})},
    )""",
    "GOLDEN": """y = np.where(t['flip'][:, None] == 1, 255 - t['x'], t['x']) + t['w'][:, None]
    y[t['x'][:, 1] == 0, 1:] = 0
    return {'y': y}""",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 1], ranges((0, 0), (1, 255)))])]",
    "CONFIGS": "{'only': {}}",
    "REST": """stimuli=lambda c: {'random': random(x=lambda rng, n: rng.integers(0, 4, (n, 3)))},
    volume=lambda c: 500, watchdog=200,""",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sim", SIMS)
def test_a_setup_user_bits_and_frames_that_end_early(lab, sim, mode):
    record = lab.run(lab.add("served", SERVED, SERVED_BENCH), "only", sim, mode)
    sound(record, 500 + 256 if mode == "burst" else 40)


@pytest.mark.parametrize("mode", MODES)
def test_digit_planes(lab, mode):
    """Beat i holds digit i of all elements, so a core of wires that swaps the rails negates."""
    core = fault(
        ECHO, ("s_axis_x_tdata + 1'b1", "{s_axis_x_tdata[0 +: WIDTH / 2], s_axis_x_tdata[WIDTH / 2 +: WIDTH / 2]}")
    )
    top = lab.add(
        "planes",
        core,
        INTERFACE="Streams(*({n: Axis({n: SignedDigits(5, (3,))}, beats=5, planes=True)} for n in 'xy'))",
        GOLDEN="return {'y': -t['x']}",
        CONFIGS="{'w8': {'WIDTH': 6}}",
        COVER="[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0, 0], values(-1, 0, 1))])]",
        REST="stimuli=lambda c: {'random': random()}, volume=lambda c: 200, watchdog=200,",
    )
    sound(lab.run(top, mode=mode), 400 if mode == "burst" else 40)
