# SPDX-License-Identifier: Apache-2.0
"""`tkeep`: frames of any number of bytes, bytes that do not count, last beats that are not full."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise import Axis, Keep, Streams, Unsigned
from ulpwise.ports.base import InterfaceError

# every byte plus one, four a beat; what does not count is X
NEXT = """\
module TOP (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] s_axis_x_tdata,
    input  wire [3:0]  s_axis_x_tkeep,
    input  wire        s_axis_x_tvalid,
    output wire        s_axis_x_tready,
    input  wire        s_axis_x_tlast,
    output reg  [31:0] m_axis_y_tdata,
    output reg  [3:0]  m_axis_y_tkeep,
    output reg         m_axis_y_tvalid,
    input  wire        m_axis_y_tready,
    output reg         m_axis_y_tlast
);

reg     pad = 1'b0, first = 1'b1;
wire    room = !m_axis_y_tvalid || m_axis_y_tready;
integer i;

assign s_axis_x_tready = room && !pad;

always @(posedge clk) begin
    if (room) begin
        m_axis_y_tvalid <= s_axis_x_tvalid;
        m_axis_y_tkeep  <= s_axis_x_tkeep;
        m_axis_y_tlast  <= s_axis_x_tlast;
        for (i = 0; i < 4; i = i + 1) begin
            m_axis_y_tdata[8*i +: 8] <= s_axis_x_tkeep[i] ? s_axis_x_tdata[8*i +: 8] + 1'b1 : 8'bx;
        end
    end
    if (s_axis_x_tvalid && s_axis_x_tready) first <= s_axis_x_tlast;
    // changes
    if (rst) begin
        m_axis_y_tvalid <= 1'b0;
        first           <= 1'b1;
        pad             <= 1'b0;
    end
end

endmodule
"""
# the sum of all bytes that count
SUM = """\
module TOP (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] s_axis_x_tdata,
    input  wire [3:0]  s_axis_x_tkeep,
    input  wire        s_axis_x_tvalid,
    output wire        s_axis_x_tready,
    input  wire        s_axis_x_tlast,
    output reg  [15:0] m_axis_y_tdata,
    output wire [1:0]  m_axis_y_tkeep,
    output reg         m_axis_y_tvalid,
    input  wire        m_axis_y_tready,
    output wire        m_axis_y_tlast
);

reg  [15:0] sum;
reg  [15:0] part;
integer     i;

assign s_axis_x_tready = !m_axis_y_tvalid;
assign m_axis_y_tkeep  = 2'b11;
assign m_axis_y_tlast  = 1'b1;

always @* begin
    part = sum;
    for (i = 0; i < 4; i = i + 1) if (s_axis_x_tkeep[i]) part = part + s_axis_x_tdata[8*i +: 8];
end

always @(posedge clk) begin
    if (m_axis_y_tready) m_axis_y_tvalid <= 1'b0;
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        sum             <= s_axis_x_tlast ? 16'd0 : part;
        m_axis_y_tdata  <= part;
        m_axis_y_tvalid <= s_axis_x_tlast;
    end
    if (rst) begin
        sum             <= 16'd0;
        m_axis_y_tvalid <= 1'b0;
    end
end

endmodule
"""
KEEPS = {
    "count": ("Keep(4, count='n', least=0)", "Keep(4, count='m', least=0)", "'m': t['n'], "),
    "mask": ("Keep(4, mask='n')", "Keep(4, mask='m')", "'m': t['n'], "),
    "all": ("Keep(4)", "Keep(4)", ""),
}
PARTS = STREAM | {
    "CONFIGS": "{'w8': {}}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 127), (128, 255)))])]",
    "REST": "stimuli=lambda c: {'random': random()}, volume=lambda c: 500, watchdog=400,",
}


def following(kind):
    """The bench of NEXT: frames of ten bytes, so that the last beat is never full."""
    x, y, more = KEEPS[kind]
    return PARTS | {
        "INTERFACE": f"""Streams(
        {{'x': Axis({{'x': Unsigned(8, (10,))}}, 3, keep={x})}}, {{'y': Axis({{'y': Unsigned(8, (10,))}}, 3, keep={y})}}
    )""",
        "GOLDEN": f"return {{{more}'y': (t['x'] + 1) % 256}}",
    }


def summing(kind):
    """The bench of SUM, whose golden function reads zeros for the bytes that do not count."""
    text = f"Streams({{'x': Axis({{'x': Unsigned(8, (10,))}}, 3, keep={KEEPS[kind][0]})}}, "
    text += "{'y': Axis({'y': Unsigned(16)}, keep=Keep(2))})"
    return PARTS | {"INTERFACE": text, "GOLDEN": "return {'y': t['x'].sum(axis=1)}"}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("kind", KEEPS)
@pytest.mark.parametrize("core", ["next", "sum"])
def test_bytes_that_do_not_count_are_neither_seen_nor_compared(lab, core, kind, sim, mode):
    text, parts = (NEXT, following(kind)) if core == "next" else (SUM, summing(kind))
    record = lab.run(lab.add(f"{core}_{kind}", text, parts), sim=sim, mode=mode)
    assert record.reasons == ()
    assert record.result["checked"] == record.result["sent"] > 60


KEPT, LAST = "m_axis_y_tkeep  <= s_axis_x_tkeep;", "m_axis_y_tlast  <= s_axis_x_tlast;"
PROTOCOL = "stream protocol broken"
BACK = "{s_axis_x_tkeep[0], s_axis_x_tkeep[1], s_axis_x_tkeep[2], s_axis_x_tkeep[3]}"
PAD = f"""{LAST} m_axis_y_tlast <= 1'b0; pad <= s_axis_x_tvalid && s_axis_x_tlast && !pad;
        if (pad) begin m_axis_y_tvalid <= 1'b1; m_axis_y_tkeep <= 4'd0; m_axis_y_tlast <= 1'b1; end"""
BROKEN = {
    "the last beat's bytes are the upper ones": ("count", KEPT, f"m_axis_y_tkeep <= {BACK};", PROTOCOL),
    "a beat before the last is not full": (
        "count",
        KEPT,
        f"{KEPT} if (!s_axis_x_tlast) m_axis_y_tkeep <= 7;",
        PROTOCOL,
    ),
    "all bytes of the last beat": ("count", KEPT, f"{KEPT} if (|s_axis_x_tkeep) m_axis_y_tkeep <= 15;", "wrong value"),
    "always all bytes": ("all", KEPT, "m_axis_y_tkeep <= 4'hf;", PROTOCOL),
    "another byte": ("mask", KEPT, f"{KEPT} if (s_axis_x_tkeep == 5) m_axis_y_tkeep <= 10;", "wrong value"),
    "a byte behind the frame": ("mask", KEPT, f"{KEPT} if (s_axis_x_tlast) m_axis_y_tkeep <= 15;", PROTOCOL),
    "tkeep moves while the beat waits": ("mask", "// changes", "if (!room) m_axis_y_tkeep[0] <= 1'b0;", PROTOCOL),
    "X on tkeep": ("count", KEPT, f"{KEPT} if (s_axis_x_tkeep == 3) m_axis_y_tkeep <= 4'bxx11;", "X or Z on a valid"),
    "X on a byte that counts": (
        "count",
        "8'bx;",
        "8'bx; if (s_axis_x_tkeep == 3) m_axis_y_tdata[0] <= 1'bx;",
        "X or Z",
    ),
    "a beat without a byte behind the last": ("count", LAST, PAD, PROTOCOL),
    "a byte that counts": ("mask", "+ 1'b1", "+ (i != 2 || s_axis_x_tkeep[1])", "wrong value"),
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_cores(lab, name, mode):
    kind, old, new, said = BROKEN[name]
    parts = following(kind)
    if new == PAD:  # with the beat too many they are three, as they may be
        parts |= {"REST": parts["REST"].replace("random()", "random(n=lambda rng, rows: rng.integers(0, 9, rows))")}
    core = fault(NEXT, (old, new))
    if "bx" not in new:  # what is X hides all else on its beat
        core = core.replace("8'bx", "8'ha5")
    reasons = lab.run(lab.add(f"kept_{list(BROKEN).index(name)}", core, parts), mode=mode).reasons
    assert any(reason.startswith(said) for reason in reasons), reasons


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("kind", KEEPS)
def test_a_core_that_looks_at_bytes_which_do_not_count(lab, kind, mode):
    deaf = fault(SUM, ("if (s_axis_x_tkeep[i]) part", "part"))
    reasons = lab.run(lab.add(f"deaf_{kind}", deaf, summing(kind)), mode=mode).reasons
    assert any(reason.startswith("wrong value") for reason in reasons), reasons


def test_a_core_that_counts_beats_in_place_of_tlast(lab):
    core = fault(
        SUM, ("m_axis_y_tvalid <= s_axis_x_tlast;", "m_axis_y_tvalid <= n == 2; n <= n == 2 ? 2'd0 : n + 1'b1;")
    )
    core = core.replace("integer     i;", "integer     i;\nreg [1:0] n = 2'd0;")
    assert lab.run(lab.add("counts_beats", core, summing("count"))).reasons[0].startswith("hung")


def test_a_set_up_with_tkeep(lab):
    """A set-up of three bytes in two beats is what every frame is multiplied by."""
    head = NEXT[: NEXT.index("    output reg  [31:0] m_axis_y_tdata")].replace("_x_", "_w_").replace("31:0", "15:0")
    head = head.replace("3:0", "1:0").replace(
        "TOP (\n    input  wire        clk,\n    input  wire        rst,\n", "TOP (\n"
    )
    core = NEXT.replace("module TOP (\n", head)
    core = core.replace(
        "room && !pad;", "room && (!first || !(s_axis_w_tvalid || half));\nassign s_axis_w_tready = first;"
    )
    core = core.replace("integer i;", "integer i;\nreg half = 1'b0;\nreg [7:0] w, v;")
    core = core.replace(
        "    // changes",
        """    if (s_axis_w_tvalid && s_axis_w_tready) begin
        half <= !s_axis_w_tlast;
        v    <= s_axis_w_tdata[7:0] ^ s_axis_w_tdata[15:8];
        if (s_axis_w_tlast) w <= v ^ s_axis_w_tdata[7:0];
    end
    if (rst) half <= 1'b0;""",
    )
    core = core.replace("m_axis_y_tvalid <= s_axis_x_tvalid;", "m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tready;")
    core = fault(core, ("s_axis_x_tdata[8*i +: 8] + 1'b1", "s_axis_x_tdata[8*i +: 8] + w"))
    parts = following("count")
    parts |= {
        "INTERFACE": parts["INTERFACE"].rstrip(" )") + ", {'w': Axis({'w': Unsigned(8, (3,))}, 2, keep=Keep(2))})",
        "GOLDEN": "return {'m': t['n'], 'y': (t['x'] + np.bitwise_xor.reduce(t['w'], axis=1)[:, None]) % 256}",
    }
    for mode in ("burst", "beat"):
        assert lab.run(lab.add("kept_setup", core, parts), mode=mode).reasons == ()
    deaf = fault(core, ("v ^ s_axis_w_tdata[7:0]", "v ^ s_axis_w_tdata[7:0] ^ s_axis_w_tdata[15:8]"))
    (reason,) = lab.run(lab.add("kept_setup_deaf", deaf, parts)).reasons
    assert reason.startswith("wrong value")


def test_bench_and_core_agree_on_tkeep(lab):
    parts = following("count")
    parts |= {
        "INTERFACE": parts["INTERFACE"].replace("3, keep=Keep(4, count='n', least=0)", "5, keep=Keep(2, count='n')")
    }
    (reason,) = lab.run(lab.add("narrow_keep", NEXT, parts)).reasons
    assert "s_axis_x_tdata" in reason
    assert "(and 1 more)" in reason


def test_the_beats_of_a_frame_that_is_not_full():
    streams = Streams(
        {"x": Axis({"x": Unsigned(8, (3,))}, 2, {"u": Unsigned(1)}, keep=Keep(2, count="n", least=0))}, {}
    )
    (port,) = streams.sources
    assert (port.width, port.keep, port.user, port.ragged, port.delimited) == (19, 2, 1, True, True)
    batch = {"x": np.full((4, 3), 255), "n": np.arange(4), "u": np.array([0, 1, 0, 1])}
    beats, _ = streams.pack(port, batch)
    assert beats[:, 16:].tolist() == [[0, 0, 0]] * 2 + [[1, 0, 1], [0, 0, 1]] + [[1, 1, 0], [0, 0, 0]] + [
        [1, 1, 1],
        [1, 0, 1],
    ]
    assert beats.reshape(4, 2, 19)[:, :, :16].sum(axis=2).tolist() == [[0, 0], [8, 0], [16, 0], [16, 8]]
    back = streams.unpack_input(port, beats, beats)
    assert back["n"].tolist() == [0, 1, 2, 3]
    assert back["x"].tolist() == [[0, 0, 0], [255, 0, 0], [255, 255, 0], [255, 255, 255]]
    sent, lasts = streams.dress(port, beats, np.random.default_rng(1))
    assert lasts.tolist() == [True, True, True, False, True]
    assert sent[:, 16:18].tolist() == [[0, 0], [1, 0], [1, 1], [1, 1], [1, 0]]
    assert sent[1, :8].all()
    assert sent[1, 8:16].any()


@pytest.mark.parametrize(
    ("said", "axis"),
    [
        ("5 bytes, 2 a beat, are 3 beats, not 2", lambda: Axis({"x": Unsigned(8, (5,))}, 2, keep=Keep(2))),
        ("8 bytes, 0 a beat, are 0 beats, not 1", lambda: Axis({"x": Unsigned(64)}, keep=Keep(0))),
        ("12 bits are no whole bytes, of which tkeep says", lambda: Axis({"x": Unsigned(12)}, keep=Keep(2))),
        ("least=3: a frame has 0 to 2 bytes", lambda: Axis({"x": Unsigned(16)}, keep=Keep(2, count="n", least=3))),
        ("tkeep is given by count='n' and by mask='m': leave one out", lambda: Keep(2, count="n", mask="m")),
        ("field x is in tdata and in tkeep: rename", lambda: Axis({"x": Unsigned(8)}, keep=Keep(1, count="x"))),
        ("ragged=True with keep: ", lambda: Axis({"x": Unsigned(8)}, ragged=True, keep=Keep(1))),
        (
            "tlast='delimits' with keep: frames of any number of bytes end with it",
            lambda: Axis({"x": Unsigned(8)}, tlast="delimits", keep=Keep(1, count="n")),
        ),
        (
            "set-up stream w has count='n': its frames have all their beats",
            lambda: Streams({}, {}, {"w": Axis({"w": Unsigned(8)}, keep=Keep(1, count="n"))}),
        ),
    ],
)
def test_what_no_stream_with_tkeep_can_be(said, axis):
    with pytest.raises(InterfaceError) as raised:
        axis()
    assert str(raised.value).startswith(said)
