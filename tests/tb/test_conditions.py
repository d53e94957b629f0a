"""Faults that only stalls, set-ups, resets, frames of other lengths or the clock show: every run finds them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import DIGITS, ECHO, REPO, fault
from ulpwise import Axis, Streams, Unsigned
from ulpwise.ports.stalls import Pattern, Pause, Stalls, mask
from ulpwise.uvm import loose

NEXT = "s_axis_x_tdata + 1'b1"
VALID = "m_axis_y_tvalid <= s_axis_x_tvalid;"
RESET = "    if (rst) m_axis_y_tvalid <= 1'b0;\n"
READY = "!m_axis_y_tvalid || m_axis_y_tready"
FEW = "stimuli=lambda c: {'random': random()}, volume=lambda c: 30, watchdog=800,"
MODES = ("burst", "beat")

# y = x + w + user of the frame before last; two beats a frame; w is loaded between frames, two beats, low and high half
SCALE = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire [3:0] s_axis_w_tdata,
    input  wire       s_axis_w_tvalid,
    output wire       s_axis_w_tready,
    input  wire       s_axis_w_tlast,
    input  wire [7:0] s_axis_x_tdata,
    input  wire [2:0] s_axis_x_tuser,
    input  wire       s_axis_x_tvalid,
    output wire       s_axis_x_tready,
    input  wire       s_axis_x_tlast,
    output reg  [7:0] m_axis_y_tdata,
    output reg  [2:0] m_axis_y_tuser,
    output reg        m_axis_y_tvalid,
    input  wire       m_axis_y_tready,
    output reg        m_axis_y_tlast
);
reg [7:0] w;
reg open, half;
// gates
assign s_axis_w_tready = !open;
assign s_axis_x_tready = (!m_axis_y_tvalid || m_axis_y_tready) && (open || !(half || s_axis_w_tvalid));
// gates end
always @(posedge clk) begin
    if (s_axis_w_tvalid && s_axis_w_tready) begin
        w    <= half ? {s_axis_w_tdata, w[3:0]} : {w[7:4], s_axis_w_tdata};
        half <= !half;
    end
    if (m_axis_y_tready) m_axis_y_tvalid <= 1'b0;
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        m_axis_y_tvalid <= 1'b1;
        m_axis_y_tdata  <= s_axis_x_tdata + w;
        m_axis_y_tuser  <= s_axis_x_tuser;
        m_axis_y_tlast  <= s_axis_x_tlast;
        open            <= !s_axis_x_tlast;
    end
    if (rst) begin
        m_axis_y_tvalid <= 1'b0;
        open            <= 1'b0;
        half            <= 1'b0;
    end
end
endmodule
"""
SCALE_BENCH = {
    "INTERFACE": """Streams(
        {'x': Axis({'x': Unsigned(8, (2,))}, 2, {'u': Unsigned(3)})},
        {'y': Axis({'y': Unsigned(8, (2,))}, 2, {'v': Unsigned(3)})},
        {'w': Axis({'w': Unsigned(8)}, 2)},
    )""",
    "GOLDEN": "return {'y': (t['x'] + t['w'][0]) % 256, 'v': t['u']}",
    "CONFIGS": "{'w8': {}}",
    "REST": FEW,
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0], ranges((0, 127), (128, 255)))])]",
}

TIMED = {"REST": FEW + " timing=lambda c, t: timing.steady(timing.rows(t), {'x': 1}, {'y': 1}, latency=1, period=1),"}

# counts results on a second stream, through a queue of four that overflows
COUNTED = (
    ECHO.replace(
        "input  wire             m_axis_y_tready\n",
        "input  wire             m_axis_y_tready,\n    output wire [7:0] m_axis_n_tdata, output wire m_axis_n_tvalid,\n"
        "    output wire m_axis_n_tlast, input wire m_axis_n_tready\n",
    )
    .replace(
        "// declarations",
        "reg [7:0] queue [0:3]; reg [1:0] put, get; reg [2:0] count;\n"
        "wire go = s_axis_x_tvalid && s_axis_x_tready, gone = m_axis_n_tvalid && m_axis_n_tready;\n"
        "assign m_axis_n_tdata = queue[get]; assign m_axis_n_tvalid = count != 0; assign m_axis_n_tlast = 1'b1;",
    )
    .replace("if (s_axis_x_tready) begin", f"if ({READY}) begin")
    .replace(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tready;")
    .replace(f"= {READY};", f"= ({READY}) && count != 4;")
    .replace(
        RESET,
        "    if (go) begin queue[put] <= s_axis_x_tdata; put <= put + 1'b1; end\n    if (gone) get <= get + 1'b1;\n"
        "    count <= count + go - gone;\n    if (rst) {put, get, count} <= 0;\n" + RESET,
    )
)
COUNTED_BENCH = {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)})},"
    " {'y': Axis({'y': Unsigned(8)}), 'n': Axis({'n': Unsigned(8)})})",
    "GOLDEN": "return {'y': (t['x'] + 1) % 256, 'n': t['x']}",
    "REST": FEW,
}

# y = x + w, with w added behind a queue of four
QUEUED = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_axis_w_tdata,
    input  wire       s_axis_w_tvalid,
    output wire       s_axis_w_tready,
    input  wire       s_axis_w_tlast,
    input  wire [7:0] s_axis_x_tdata,
    input  wire       s_axis_x_tvalid,
    output wire       s_axis_x_tready,
    input  wire       s_axis_x_tlast,
    output wire [7:0] m_axis_y_tdata,
    output wire       m_axis_y_tvalid,
    input  wire       m_axis_y_tready,
    output wire       m_axis_y_tlast
);
reg [7:0] w, queue [0:3];
reg [1:0] put, get;
reg [2:0] count;
reg [5:0] age; // cycles for which y has waited
wire go = s_axis_x_tvalid && s_axis_x_tready, gone = m_axis_y_tvalid && m_axis_y_tready;
assign s_axis_w_tready = count == 0;
assign s_axis_x_tready = count != 4 && !s_axis_w_tvalid;
assign m_axis_y_tdata = queue[get] + w;
assign m_axis_y_tvalid = count != 0;
assign m_axis_y_tlast = 1'b1;
always @(posedge clk) begin
    if (s_axis_w_tvalid && s_axis_w_tready) w <= s_axis_w_tdata;
    if (go) begin
        queue[put] <= s_axis_x_tdata;
        put        <= put + 1'b1;
    end
    if (gone) get <= get + 1'b1;
    count <= count + go - gone;
    age   <= m_axis_y_tvalid && !m_axis_y_tready ? age + (age != 63) : 0;
    if (rst) {put, get, count, age} <= 0;
end
endmodule
"""
QUEUED_BENCH = {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8)})}, {'y': Axis({'y': Unsigned(8)})},"
    " {'w': Axis({'w': Unsigned(8)})})",
    "GOLDEN": "return {'y': (t['x'] + t['w'][0]) % 256}",
    "CONFIGS": "{'w8': {}}",
    "REST": FEW,
}

# the sum of frames of four beats
SUM = (
    ECHO.replace("// declarations", "reg [1:0] at; reg [7:0] sum; reg extra;\n// declarations")
    .replace(VALID, "m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tlast;")
    .replace(
        "        m_axis_y_tdata  <= s_axis_x_tdata + 1'b1;\n",
        "        if (s_axis_x_tvalid) begin\n"
        "            m_axis_y_tdata <= (at == 0 && !extra ? 8'd0 : sum) + (extra ? 8'd0 : s_axis_x_tdata);\n"
        "            sum   <= (at == 0 && !extra ? 8'd0 : sum) + (extra ? 8'd0 : s_axis_x_tdata);\n"
        "            at    <= s_axis_x_tlast ? 2'd0 : at + 1'b1;\n"
        "            extra <= !s_axis_x_tlast && (extra || at == 3);\n"
        "        end\n",
    )
    .replace(RESET, RESET + "    if (rst) {at, extra} <= 0;\n")
)
SUM_BENCH = {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8, (4,))}, 4, tlast='delimits')}, {'y': Axis({'y': Unsigned(8)})})",
    "GOLDEN": "return {'y': t['x'].sum(axis=1) % 256}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0], ranges((0, 127), (128, 255)))])]",
    "REST": FEW,
}

# y = the sum of all x since the reset
TOTAL = ECHO.replace("// declarations", "reg [7:0] total;\n// declarations").replace(
    "        m_axis_y_tdata  <= s_axis_x_tdata + 1'b1;\n",
    "        if (s_axis_x_tvalid) begin\n            m_axis_y_tdata <= total + s_axis_x_tdata;\n"
    "            total          <= total + s_axis_x_tdata;\n        end\n",
)
TOTAL = TOTAL.replace(RESET, RESET + "    if (rst) total <= 0;\n")
TOTAL_BENCH = {"GOLDEN": "return {'y': np.cumsum(t['x']) % 256}", "REST": FEW + " sequential=True,"}

# the same, and w
W_PORTS = """\
    input  wire [7:0] s_axis_w_tdata,
    input  wire       s_axis_w_tvalid,
    input  wire       s_axis_w_tlast,
    output wire       s_axis_w_tready,
"""
TOTAL_W = fault(
    TOTAL,
    ("    input  wire [WIDTH-1:0] s_axis_x_tdata,\n", W_PORTS + "    input  wire [WIDTH-1:0] s_axis_x_tdata,\n"),
    ("reg [7:0] total;", "reg [7:0] total, w; assign s_axis_w_tready = 1'b1; wire load = s_axis_w_tvalid;\n"),
    ("m_axis_y_tdata <= total + s_axis_x_tdata;", "m_axis_y_tdata <= total + s_axis_x_tdata + w;"),
    ("    if (rst) total <= 0;\n", "    if (load) w <= s_axis_w_tdata;\n    if (rst) total <= 0;\n"),
)
TOTAL_W_BENCH = {
    "INTERFACE": QUEUED_BENCH["INTERFACE"],
    "GOLDEN": "assert len(set(t['w'].tolist())) == 1\n    return {'y': (np.cumsum(t['x']) + t['w']) % 256}",
    "REST": FEW.replace("30", "200") + " sequential=True,",
}

# the digit-serial core of which the count of digits is not reset, and shows that when no frame follows at once
FORGETS = fault(
    (REPO / "rtl" / "online" / "serial_dot.v").read_text().replace("module serial_dot #", "module TOP #"),
    ("        count_reg   <= 6'd63;\n", ""),
)
FORGETS_BENCH = DIGITS | {
    "INTERFACE": "DigitSerial({'x': SignedDigits(4, (2,))}, {'z': Signed(9)}, 4,"
    " {'y': Signed(4, (2,)), 'digits': Unsigned(6)}, {'z': 4})",
    "GOLDEN": "return {'z': (t['y'] * (t['x'].astype(int) * 2 ** np.arange(4)).sum(axis=2)).sum(axis=1)}",
    "CONFIGS": "{'w8': {'K': 2, 'WB': 4, 'N': 4}}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0, 0], values(-1, 0, 1))])]",
    "REST": "stimuli=lambda c: {'random': random(digits=lambda rng, rows: np.full(rows, 4))}, volume=lambda c: 30,",
}
REMEMBERS = fault(
    FORGETS, ("        z_valid_reg <= 1'b0;\n", "        z_valid_reg <= 1'b0;\n        count_reg <= 6'd63;\n")
)

STUCK_USER = fault(SCALE, ("m_axis_y_tuser  <= s_axis_x_tuser;", "m_axis_y_tuser  <= 3'd0;"))
LATE_USER = fault(SCALE, ("m_axis_y_tuser  <= s_axis_x_tuser;", "m_axis_y_tuser <= s_axis_x_tuser + !open;"))
COUNTS_UP = "m_axis_y_tuser <= m_axis_y_tuser + 1'b1;\n    if (m_axis_y_tready) m"
RESTLESS_USER = fault(SCALE, ("if (m_axis_y_tready) m", COUNTS_UP))
WAITS = fault(
    ECHO,
    ("output reg              m_axis_y_tvalid,", "output wire             m_axis_y_tvalid,"),
    ("// declarations", "reg have; assign m_axis_y_tvalid = have && m_axis_y_tready;"),
    (READY, "!have || m_axis_y_tready"),
    (VALID, "have <= s_axis_x_tvalid;"),
    (RESET, "    if (rst) have <= 1'b0;\n"),
)


def impatient(cycles: int) -> str:
    """Echo that loses a beat that has waited for so many cycles."""
    count = "    age <= m_axis_y_tvalid && !m_axis_y_tready ? age + 1'b1 : 0;\n"
    lose = f"    if (age == {cycles} && !m_axis_y_tready) m_axis_y_tvalid <= 1'b0;\n"
    return fault(ECHO, ("// declarations", "reg [9:0] age;"), (RESET, count + lose + RESET))


HALF = fault(
    SCALE,
    ("half || s_axis_w_tvalid", "s_axis_w_tvalid"),
)
MID_FRAME = fault(SCALE, ("s_axis_w_tready = !open", "s_axis_w_tready = 1'b1"))
FILLED = fault(QUEUED, ("s_axis_w_tready = count == 0", "s_axis_w_tready = count == 0 || (count == 3 && age > 20)"))
SLOW_RESET = fault(
    SCALE,
    ("reg open, half;", "reg open = 0, half = 0; reg [1:0] resets = 0;"),
    (
        "        half            <= 1'b0;\n",
        "        resets <= resets + (resets != 3);\n        if (resets == 3) half <= 0;\n",
    ),
    ("    if (rst) begin\n", "    if (!rst) resets <= 0;\n    if (rst) begin\n"),
)
NO_RESET = fault(SCALE, ("reg open, half;", "reg open = 0, half = 0;"), ("        open            <= 1'b0;\n", ""))
OVERFLOWS = COUNTED.replace("count != 4", "count != 5")
DEEP = COUNTED.replace("count != 4", "1'b1")
LATER = fault(
    ECHO,
    ("output reg  [WIDTH-1:0] m", "output wire [WIDTH-1:0] m"),
    ("output reg              m_axis_y_tvalid", "output wire m_axis_y_tvalid"),
    ("output reg              m_axis_y_tlast", "output wire m_axis_y_tlast"),
    ("// declarations", "reg [WIDTH+1:0] a, b; assign {m_axis_y_tdata, m_axis_y_tlast, m_axis_y_tvalid} = b;"),
    (f"assign s_axis_x_tready = {READY};", f"assign s_axis_x_tready = {READY};\n"),
    (
        f"        {VALID}\n        m_axis_y_tdata  <= {NEXT};\n        m_axis_y_tlast  <= s_axis_x_tlast;\n",
        f"        a <= {{{NEXT}, s_axis_x_tlast, s_axis_x_tvalid}}; b <= a;\n",
    ),
    (RESET, "    if (rst) begin a[0] <= 0; b[0] <= 0; end\n"),
)
TAKEN = (
    "    if (s_axis_x_tready) begin",
    "    if (m_axis_y_tready) m_axis_y_tvalid <= 1'b0;\n    if (s_axis_x_tready) begin",
)
BUBBLE = fault(ECHO, (READY, "!m_axis_y_tvalid"), TAKEN)
SELDOM = fault(
    ECHO,
    ("// declarations", "reg [3:0] n;"),
    (READY, f"({READY}) && n != 0"),
    TAKEN,
    (RESET, f"    n <= rst ? 4'd8 : n + 1'b1;\n{RESET}"),
)
NO_RESYNC = fault(SUM, ("s_axis_x_tlast ? 2'd0 : at + 1'b1", "at + 1'b1"))
ODD_RESET = fault(SUM, ("reg extra;", "reg extra = 0;"), ("if (rst) {at, extra} <= 0;", "if (rst) at <= 0;"))
UNRESET = "hung: nothing moved on the pins before all results were in (behind a reset;"
MOVED = "moved in cycle 2 of an unstalled sequence, not in 1"

CASES = {
    "user_stuck": (STUCK_USER, SCALE_BENCH, "wrong value"),
    "user_late": (LATE_USER, SCALE_BENCH, "stream protocol broken"),
    "user_restless": (RESTLESS_USER, SCALE_BENCH, "stream protocol broken"),
    "waits_for_ready": (WAITS, {"REST": FEW}, "m_axis_y offered nothing)"),
    "loses_after_12": (impatient(12), {"REST": FEW}, "stream protocol broken"),
    "loses_after_100": (impatient(100), {"REST": FEW}, "stream protocol broken"),
    "half_loaded": (HALF, SCALE_BENCH, "set-up half loaded"),
    "set_up_in_mid_frame": (MID_FRAME, SCALE_BENCH, "wrong value"),
    "set_up_when_three_wait": (FILLED, QUEUED_BENCH, "wrong value"),
    "slow_reset": (SLOW_RESET, SCALE_BENCH, UNRESET),
    "no_reset": (NO_RESET, SCALE_BENCH, UNRESET),
    "overflows": (OVERFLOWS, COUNTED_BENCH, "wrong value: "),
    "no_limit": (DEEP, COUNTED_BENCH, "wrong value: "),
    "later": (LATER, TIMED, f"timing: m_axis_y: beat 0 of transaction 0 {MOVED}"),
    "bubble": (BUBBLE, TIMED, f"timing: s_axis_x: beat 0 of transaction 1 {MOVED}"),
    "seldom": (SELDOM, TIMED, "timing: s_axis_x: beat 0 of transaction "),
    "no_resync": (NO_RESYNC, SUM_BENCH, "wrong value: "),
    "total_old_w": (fault(TOTAL_W, ("if (load)", "if (load && w === 8'bx)")), TOTAL_W_BENCH, "wrong value"),
    "total_no_reset": (fault(TOTAL_W, ("if (rst) total <= 0;", "")), TOTAL_W_BENCH, "X or Z on a valid output"),
    "odd_reset": (ODD_RESET, SUM_BENCH, "wrong value"),
}
# beat mode tries fewer patterns and resets a seed
BOTH = ("user_stuck", "user_late", "half_loaded", "later", "bubble", "no_resync", "set_up_in_mid_frame")
BOTH += ("set_up_when_three_wait",)


@pytest.mark.parametrize(("name", "mode"), [(n, m) for n in CASES for m in MODES if m == "burst" or n in BOTH])
def test_a_fault_is_found(lab, name, mode):
    core, bench, said = CASES[name]
    reasons = lab.run(lab.add(f"condition_{name}", core, **bench), mode=mode).reasons
    assert any(said in reason for reason in reasons), reasons


SOUND = {
    "echo": (ECHO, TIMED),
    "scale": (SCALE, SCALE_BENCH),
    "counted": (COUNTED, COUNTED_BENCH),
    "queued": (QUEUED, QUEUED_BENCH),
    "sum": (SUM, SUM_BENCH),
    "total": (TOTAL, TOTAL_BENCH),
    "total_w": (TOTAL_W, TOTAL_W_BENCH),
    "remembers": (REMEMBERS, FORGETS_BENCH),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SOUND)
def test_the_same_core_without_the_fault_passes(lab, name, mode):
    core, bench = SOUND[name]
    record = lab.run(lab.add(f"conditioned_{name}", core, **bench), mode=mode)
    assert record.reasons == ()
    assert name != "echo" or record.result["timed"] > 10


MISTIMED = {
    "other": ("{'x': t['x'], 'z': t['x']}", "timing names z; the streams are x, y"),
    "fewer": ("{'x': t['x']}", "timing leaves out y; the streams are x, y"),
    "none": ("{}", "timing leaves out x, y; the streams are x, y"),
    "list": ("[1, 2]", "timing gives list, not a dict of arrays"),
    "number": ("{'x': t['x'], 'y': 1}", "timing y: shape () for 1 transactions of 1 beats"),
    "rows": ("{'x': t['x'], 'y': t['x'][1:]}", "timing y: shape (0,) for 1 transactions of 1 beats"),
    "beats": (
        "{'x': t['x'], 'y': np.stack([t['x']] * 2, axis=1)}",
        "timing y: 2 beats a transaction, where the stream has 1",
    ),
    "real": ("{'x': t['x'], 'y': t['x'] / 1}", "timing y: float64 values are no cycles"),
    "never": (
        "{'x': t['x'], 'y': -1 - 0 * t['x']}",
        "timing y: a beat in cycle -1, but all beats of this stream come",
    ),
}


@pytest.mark.parametrize(("name", "mode"), [(n, m) for n in MISTIMED for m in MODES if m == "burst" or n == "fewer"])
def test_timing_that_is_not_whole_is_refused(lab, name, mode):
    """The core is a cycle late, which most of these would let pass."""
    given, said = MISTIMED[name]
    top = lab.add(f"mistimed_{name}", LATER, REST=f"{FEW} timing=lambda c, t: {given},")
    assert lab.run(top, mode=mode).reasons == (f"{said} (tests/lab/test_{top}.py:31)",)


@pytest.mark.parametrize(("mode", "seeds"), [("burst", range(1, 6)), ("beat", range(1, 4))])
def test_what_a_reset_forgot_shows_in_idle_cycles_behind_it(lab, mode, seeds):
    top = lab.add(f"forgets_{mode}", FORGETS, FORGETS_BENCH)
    assert [seed for seed in seeds if lab.run(top, mode=mode, seed=seed).passed] == []


def test_every_stream_draws_stalls_of_its_own():
    words = {name: Axis({name: Unsigned(1)}) for name in "abcdef"}
    streams = Streams(words, {name.upper(): Axis({name.upper(): Unsigned(1)}) for name in words})
    stalls = Stalls(Pause(Pattern.RANDOM, 3), Pause(Pattern.LONG))
    settings = stalls.settings(streams, np.random.default_rng(1))
    parts = [settings >> 76 * index & (1 << 76) - 1 for index in range(12)]
    assert len({part >> 12 for part in parts}) == 12
    assert [part & 0xF for part in parts] == [Pattern.RANDOM] * 6 + [Pattern.LONG] * 6
    assert {part >> 4 & 0xFF for part in parts[:6]} == {3}
    step = Stalls(Pause(Pattern.STEP, 9), Pause(Pattern.STEP, 9)).settings(streams, np.random.default_rng(1))
    assert len({step >> 76 * index & (1 << 76) - 1 for index in range(12)}) == 1
    one = Stalls(sinks=Pause(Pattern.ASLEEP), only="m_axis_C").settings(streams, np.random.default_rng(1))
    assert [one >> 76 * index & 0xF for index in range(12)] == [0] * 8 + [Pattern.ASLEEP] + [0] * 3


@pytest.mark.parametrize(("watchdog", "most"), [(1000, 127), (5000, 511), (200, 31), (4, 1)])
def test_two_long_pauses_do_not_wake_the_watchdog(watchdog, most):
    assert mask(watchdog) == most
    assert watchdog == 4 or 2 * (most + 1) < watchdog


def test_frames_of_other_lengths_come_back_as_the_core_must_take_them():
    (port,) = Streams({"x": Axis({"x": Unsigned(4, (3,))}, 3, {"u": Unsigned(2)}, tlast="delimits")}, {}).sources
    rng = np.random.default_rng(3)
    beats = rng.integers(0, 2, (12, 6)).astype(np.uint8)
    sent, lasts = loose.loosen(port, beats, np.array([1, 3, 5, 7]), rng)
    assert np.flatnonzero(lasts).tolist() == [0, 3, 8, 15]
    back, begins = loose.tighten(port, sent, lasts)
    assert begins.tolist() == [0, 1, 4, 9]
    assert np.array_equal(back[[0, *range(3, 12)]], beats[[0, *range(3, 12)]])
    assert not back[1:3].any()
    assert (sent[7:9, 4:] == sent[4, 4:]).all()  # tuser stays
