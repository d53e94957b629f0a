"""Faults of the unrolled layers."""

from __future__ import annotations

from tests.results.planted._fault import Fault

Change = tuple[str, str]

# pipe_control, the control of all pipelines
REGISTERS = "reg  [STAGES-1:0] valid_reg, last_reg;"
HALF: tuple[Change, ...] = (
    (REGISTERS, f"{REGISTERS}\n        reg half_reg = 0;\n        always @(posedge clk) half_reg <= !half_reg;"),
    ("        assign s_tready = move;", "        assign s_tready = move && half_reg;"),
    ("{valid_reg, s_tvalid}", "{valid_reg, s_tvalid && half_reg}"),
)
WAITS: Change = ("assign m_tvalid = valid[STAGES];", "assign m_tvalid = valid[STAGES] && m_tready;")
WAITS_DIRECT: Change = ("assign m_tvalid = s_tvalid;", "assign m_tvalid = s_tvalid && m_tready;")
PIPE_RESET = "            if (rst) begin\n                valid_reg <= {STAGES{1'b0}};\n            end\n"
NO_RESET: tuple[Change, ...] = (
    (PIPE_RESET, ""),
    (REGISTERS, "reg  [STAGES-1:0] valid_reg = 0, last_reg = 0;"),
)
LONG_RESET: tuple[Change, ...] = (
    (PIPE_RESET, PIPE_RESET.replace("if (rst)", "resets_reg <= rst;\n            if (rst && resets_reg)")),
    ("reg  [STAGES-1:0] valid_reg, last_reg;", "reg  [STAGES-1:0] valid_reg, last_reg;\n        reg resets_reg = 0;"),
)
LAST: Change = ("last_reg  <= last[STAGES-1:0];", "last_reg  <= {STAGES{1'b0}};")


def impatient(cycles: int) -> tuple[Change, ...]:
    """A pipeline that loses a beat which nobody took for so many cycles."""
    lose = (
        "            age_reg <= m_tvalid && !m_tready ? age_reg + 1'b1 : 10'd0;\n"
        f"            if (age_reg == {cycles} && !m_tready) valid_reg[STAGES-1] <= 1'b0;\n"
    )
    return (
        (
            "reg  [STAGES-1:0] valid_reg, last_reg;",
            "reg  [STAGES-1:0] valid_reg, last_reg;\n        reg [9:0] age_reg;",
        ),
        (PIPE_RESET, lose + PIPE_RESET),
    )


def pipeline(core: str, *, direct: bool = False) -> list[Fault]:
    """Faults of a core that is a pipeline, or joined streams as well where that is so in `direct`."""
    joined = [Fault(core, "without registers, tvalid waits for tready", (WAITS_DIRECT,), "pipe_control")]
    return [
        Fault(core, "half throughput", HALF, "pipe_control"),
        Fault(core, "tvalid waits for tready", (WAITS,), "pipe_control"),
        Fault(core, "a beat lost after 12 stalled cycles", impatient(12), "pipe_control"),
        Fault(core, "a beat lost after 100 stalled cycles", impatient(100), "pipe_control"),
        Fault(core, "reset leaves what is on its way", NO_RESET, "pipe_control"),
        *(joined if direct else []),
    ]


# frame_gate, which makes frames whole
IDLE: tuple[Change, ...] = (
    ("wire take, give;", "reg  idle_reg;\nwire take, give;"),
    (
        "assign m_tvalid = fill_reg || (s_tvalid && !drop_reg);",
        "assign m_tvalid = fill_reg || (s_tvalid && !drop_reg && !idle_reg);",
    ),
    (
        "assign s_tready = drop_reg || (m_tready && !fill_reg);",
        "assign s_tready = !idle_reg && (drop_reg || (m_tready && !fill_reg));",
    ),
    ("    fill_reg <= fill_reg ?", "    idle_reg <= take && s_tlast && !rst;\n    fill_reg <= fill_reg ?"),
)
NO_FILL: Change = ("fill_reg ? !(give && m_final) : take && s_tlast && !drop_reg && !m_final", "1'b0")
NO_DROP: Change = ("drop_reg ? !(take && s_tlast) : take && !s_tlast && m_final", "1'b0")
FINAL_STUCK: Change = ("assign give     = m_tvalid && m_tready;", "assign give     = m_tvalid;")
DROP_STAYS: tuple[Change, ...] = (("        drop_reg <= 1'b0;\n", ""), ("reg  drop_reg;", "reg  drop_reg = 0;"))
FILL_STAYS: tuple[Change, ...] = (("        fill_reg <= 1'b0;\n", ""), ("reg  fill_reg;", "reg  fill_reg = 0;"))


def framed(core: str) -> list[Fault]:
    """Faults of a core whose frames tlast ends."""
    return [
        Fault(core, "an idle cycle a frame", IDLE, "frame_gate"),
        Fault(core, "a short frame is not filled up", (NO_FILL,), "frame_gate"),
        Fault(core, "a long frame is not cut off", (NO_DROP,), "frame_gate"),
        Fault(core, "zeros behind a short frame do not wait for tready", (FINAL_STUCK,), "frame_gate"),
    ]


def unregistered(core: str) -> list[Fault]:
    """Faults of a core around a matrix that nothing but the latency shows."""
    return [
        Fault(core, "a matrix without its registers", ((".REGISTERS(REGISTERS)", ".REGISTERS(0)"),)),
        Fault(core, "a matrix with registers that nobody asked for", ((".REGISTERS(REGISTERS)", ".REGISTERS(1)"),)),
    ]


def unstalled(core: str) -> Fault:
    """Windows that do not wait."""
    return Fault(
        core,
        "windows that do not wait for the matrix",
        ((".m_axis_w_tready(window_ready)", ".m_axis_w_tready(window_ready || 1'b1)"),),
    )


def guarded(core: str, old: str, new: str) -> Fault:
    """A guard that is off by one."""
    return Fault(core, f"guard {old} turned into {new}", ((f"({old}) begin : guard_", f"({new}) begin : guard_"),))


def shifting(core: str, pin: str, reset: tuple[Change, ...]) -> list[Fault]:
    """Faults that window_shift and line_buffer may share."""
    offered = f"assign m_axis_{pin}_tvalid = offers && (!present || valid);"
    move = f"assign move            = (!present || valid) && (!offers || m_axis_{pin}_tready);"
    stands = f"m_axis_{pin}_tvalid && !m_axis_{pin}_tready"
    age = f"reg [9:0] age_reg;\nalways @(posedge clk) age_reg <= {stands} ? age_reg + 1'b1 : 10'd0;\n"
    return [
        *framed(core),
        Fault(core, "tvalid waits for tready", ((offered, offered.replace(";", f" && m_axis_{pin}_tready;")),)),
        Fault(core, "padding does not wait for tready", ((move, move.replace("_tready)", "_tready || !present)")),)),
        Fault(
            core,
            "a beat lost after 100 stalled cycles",
            ((move, age + move.replace("_tready)", "_tready || age_reg == 100)")),),
        ),
        Fault(core, "what is missing of a frame is not zeros", (("present && !fill ?", "present ?"),)),
        Fault(core, "what waits for a window is not reset", reset),
        Fault(core, "reset leaves a gate of frames shut", DROP_STAYS, "frame_gate"),
        Fault(core, "reset leaves a gate of frames filling", FILL_STAYS, "frame_gate"),
        guarded(core, "PAD < 0 || PAD >= TAPS", "PAD < 0 || PAD > TAPS"),
    ]


LATE = "reg late_reg;\nalways @(posedge clk) late_reg <= move && last_slice && !rst;\n"

FAULTS = [
    *pipeline("requantise", direct=True),
    Fault("requantise", "a reset of one cycle is too short", LONG_RESET, "pipe_control"),
    Fault("requantise", "tlast lost on its way", (LAST,), "pipe_control"),
    Fault(
        "requantise",
        "one more stage",
        (
            ("REGISTERS != 0 ? 1 : 0;", "REGISTERS != 0 ? 2 : 0;"),
            ("reg [YB-1:0] y_reg;", "reg [YB-1:0] y_reg, early_reg;"),
            ("y_reg <= y;", "early_reg <= y;\n                    y_reg <= early_reg;"),
        ),
    ),
    Fault(
        "requantise",
        "sums a bit too narrow",
        (("(XB + GROWTH > CB ? XB + GROWTH : CB) + 1", "(XB + GROWTH > CB ? XB + GROWTH : CB)"),),
    ),
    guarded("requantise", "XB < 2 || XB > 48", "XB < 2 || XB > 49"),
    guarded("requantise", "SHIFT < 0 || SHIFT > 47", "SHIFT < 0 || SHIFT >= 47"),
    guarded("requantise", "PLACES > 47", "PLACES > 48"),
    *pipeline("plain_matrix", direct=True),
    Fault(
        "plain_matrix",
        "twice the registers",
        (
            ("REGISTERS != 0 ? LEVELS + 1 : 0", "REGISTERS != 0 ? 2 * LEVELS + 2 : 0"),
            ("reg signed [SB-1:0] value_reg;", "reg signed [SB-1:0] value_reg, early_reg;"),
            ("value_reg <= sum;", "early_reg <= sum;\n                            value_reg <= early_reg;"),
        ),
    ),
    guarded("plain_matrix", "XB < 1 || XB > 32", "XB < 1 || XB > 33"),
    guarded("plain_matrix", "WB < 1 || WB > 32", "WB < 1 || WB >= 32"),
    *pipeline("adder_graph", direct=True),
    Fault(
        "adder_graph",
        "registers that run on while the output stands",
        (("                    if (move) begin", "                    if (move || 1'b1) begin"),),
    ),
    guarded("adder_graph", "BITS != XW", "BITS > XW"),
    guarded("adder_graph", "TAKEN > YB", "TAKEN > YB + 1"),
    *pipeline("gemms_rp"),
    Fault("gemms_rp", "one more stage", (("localparam STAGES = fullest(1);", "localparam STAGES = fullest(1) + 1;"),)),
    Fault(
        "gemms_rp",
        "one more stage where all weights are zero",
        (("localparam STAGES = fullest(1);", "localparam STAGES = fullest(2);"),),
    ),
    guarded("gemms_rp", "XB < 1 || XB > 32", "XB < 1 || XB >= 32"),
    *unregistered("unrolled_matrix"),
    guarded("unrolled_matrix", "XB < 1 || XB > 16", "XB < 1 || XB > 17"),
    guarded("unrolled_matrix", "WB < 1 || WB > 32", "WB < 1 || WB >= 32"),
    *unregistered("gemmt_fu"),
    Fault(
        "gemmt_fu",
        "a row that does not wait",
        ((".m_axis_y_tready(m_axis_y_tready)", ".m_axis_y_tready(m_axis_y_tready || m == 1)"),),
    ),
    Fault(
        "gemmt_fu",
        "a row that takes nothing while the output stands",
        ((".s_axis_x_tvalid(s_axis_x_tvalid)", ".s_axis_x_tvalid(s_axis_x_tvalid && (m == 0 || m_axis_y_tready))"),),
    ),
    Fault("gemmt_fu", "half throughput", HALF, "pipe_control"),
    guarded("gemmt_fu", "M < 1", "M < 2"),
    *unregistered("gemmt_rp"),
    Fault(
        "gemmt_rp",
        "a memory of one row less",
        (("assign s_axis_x_tready = count_reg != M[MB:0];", "assign s_axis_x_tready = count_reg != TOP[MB:0];"),),
    ),
    Fault(
        "gemmt_rp",
        "a memory of one row more than there is",
        (("assign s_axis_x_tready = count_reg != M[MB:0];", "assign s_axis_x_tready = count_reg != M[MB:0] + 1'b1;"),),
    ),
    Fault(
        "gemmt_rp",
        "a large memory of one row more than there is",
        (
            (
                "assign s_axis_x_tready = count_reg != M[MB:0];",
                "assign s_axis_x_tready = count_reg != M[MB:0] + (M > 99 ? 1'b1 : 1'b0);",
            ),
        ),
    ),
    Fault(
        "gemmt_rp",
        "a memory that never is full",
        (("assign s_axis_x_tready = count_reg != M[MB:0];", "assign s_axis_x_tready = 1'b1;"),),
    ),
    Fault("gemmt_rp", "a memory that wraps at a power of two", (("write_reg == TOP[MB-1:0] ?", "&write_reg ?"),)),
    Fault(
        "gemmt_rp",
        "reset leaves where the memory is read",
        (
            ("        read_reg  <= {MB{1'b0}};\n", ""),
            ("reg  [MB-1:0] write_reg, read_reg;", "reg  [MB-1:0] write_reg, read_reg = 0;"),
        ),
    ),
    Fault(
        "gemmt_rp",
        "reset leaves how many rows there are",
        (("        count_reg <= {MB+1{1'b0}};\n", ""), ("reg  [MB:0]   count_reg;", "reg  [MB:0]   count_reg = 0;")),
    ),
    Fault(
        "gemmt_rp",
        "rows taken out at half the pace",
        (
            (
                "assign take            = some && ready;",
                (
                    "reg taken_reg;\nalways @(posedge clk) taken_reg <= take && !rst;\n"
                    "assign take = some && ready && !taken_reg;"
                ),
            ),
            (".s_axis_x_tvalid(some)", ".s_axis_x_tvalid(some && !taken_reg)"),
        ),
    ),
    Fault("gemmt_rp", "tvalid waits for tready", (WAITS,), "pipe_control"),
    guarded("gemmt_rp", "M < 1 || M > 1024", "M < 1 || M >= 1024"),
    guarded("gemmt_rp", "M < 1 || M > 1024", "M < 1 || M > 1025"),
    *unregistered("conv1d_fu"),
    guarded("conv1d_fu", "L < 1", "L < 2"),
    guarded("conv1d_fu", "P < 1", "P < 0"),
    *unregistered("conv2d_fu"),
    guarded("conv2d_fu", "OW < 1", "OW < 2"),
    *(
        fault
        for core in ("conv1d_pw", "conv2d_rp", "conv2d_pw")
        for fault in (*unregistered(core), *framed(core)[:3], unstalled(core))
    ),
    Fault("conv1d_pw", "a beat lost after 100 stalled cycles", impatient(100), "pipe_control"),
    Fault("conv2d_pw", "tvalid waits for tready", (WAITS_DIRECT,), "pipe_control"),
    Fault(
        "conv2d_pw",
        "columns that do not wait for the windows",
        ((".m_axis_c_tready(column_ready)", ".m_axis_c_tready(column_ready || 1'b1)"),),
    ),
    Fault(
        "conv2d_pw",
        "an idle cycle a row of windows",
        (
            (
                "assign last_slice      = place_reg == FINAL[CB-1:0];",
                f"{LATE}assign last_slice = place_reg == FINAL[CB-1:0];",
            ),
            ("            .m_tready(ready),", "            .m_tready(ready && !late_reg),"),
            ("assign s_axis_x_tready = ready;", "assign s_axis_x_tready = ready && !late_reg;"),
            ("assign valid           = s_axis_x_tvalid;", "assign valid           = s_axis_x_tvalid && !late_reg;"),
        ),
        "window_shift",
    ),
    guarded("conv2d_pw", "C < 1", "C < 0"),
    guarded("conv2d_rp", "OW < 1", "OW < 2"),
    *shifting(
        "window_shift",
        "w",
        (
            (
                "        wait_reg  <= FIRST[WB-1:0];\n        row_reg   <= {RB{1'b0}};",
                "        row_reg   <= {RB{1'b0}};",
            ),
            ("reg  [WB-1:0] wait_reg; ", "reg  [WB-1:0] wait_reg = FIRST[WB-1:0]; "),
        ),
    ),
    Fault(
        "window_shift",
        "tlast with the last slice, not with the last window",
        (("place_reg == CLOSING[CB-1:0] && row_reg", "last_slice && row_reg"),),
    ),
    Fault(
        "window_shift",
        "reset leaves the row",
        (("        row_reg   <= {RB{1'b0}};\n", ""), ("reg  [RB-1:0] row_reg;", "reg  [RB-1:0] row_reg = 0;")),
    ),
    Fault(
        "window_shift",
        "reset leaves slices where zeros belong",
        (
            ("PAD != 0 && (rst || (move && last_slice))", "PAD != 0 && move && last_slice"),
            ("reg  [(TAPS-1)*B-1:0] slices_reg;", "reg  [(TAPS-1)*B-1:0] slices_reg = 0;"),
        ),
    ),
    Fault(
        "window_shift",
        "a row's slices in the padding of the next",
        (("PAD != 0 && (rst || (move && last_slice))", "PAD != 0 && rst"),),
    ),
    Fault(
        "window_shift",
        "an idle cycle a row",
        (
            (
                "assign last_slice      = place_reg == FINAL[CB-1:0];",
                f"{LATE}assign last_slice = place_reg == FINAL[CB-1:0];",
            ),
            ("            .m_tready(ready),", "            .m_tready(ready && !late_reg),"),
            ("            .m_tvalid(valid),", "            .m_tvalid(early),"),
            (
                "    end else begin : checked\n",
                "    end else begin : checked\n        wire early;\n        assign valid = early && !late_reg;\n",
            ),
        ),
    ),
    guarded("window_shift", "TAPS < 1 || TAPS > LENGTH + 2 * PAD", "TAPS < 1 || TAPS >= LENGTH + 2 * PAD"),
    guarded("window_shift", "TAPS < 1 || TAPS > LENGTH + 2 * PAD", "TAPS < 1 || TAPS > LENGTH + 3 * PAD"),
    *shifting(
        "line_buffer",
        "c",
        (
            ("        wait_reg  <= FIRST[WB-1:0];\n    end\nend", "    end\nend"),
            ("reg  [WB-1:0] wait_reg; ", "reg  [WB-1:0] wait_reg = FIRST[WB-1:0]; "),
        ),
    ),
    Fault(
        "line_buffer",
        "tlast with the last row, not with the last columns",
        (("last_x && place_reg == CLOSING[CB-1:0]", "last_x && last_row"),),
    ),
    Fault(
        "line_buffer",
        "reset leaves the column",
        (("        x_reg     <= {XB{1'b0}};\n", ""), ("reg  [XB-1:0] x_reg;", "reg  [XB-1:0] x_reg = 0;")),
    ),
    Fault(
        "line_buffer",
        "reset leaves the row",
        (
            ("    if (rst) begin\n        place_reg <= {CB{1'b0}};\n", "    if (rst) begin\n"),
            ("reg  [CB-1:0] place_reg; ", "reg  [CB-1:0] place_reg = 0; "),
        ),
    ),
    Fault(
        "line_buffer",
        "an image's rows in the padding of the next",
        (("place_reg >= ABOVE[CB-1:0] ? held : {B{1'b0}}", "held"),),
    ),
    guarded("line_buffer", "TAPS < 1 || TAPS > HEIGHT + 2 * PAD", "TAPS < 1 || TAPS > HEIGHT + 3 * PAD"),
    guarded("line_buffer", "WIDTH < 1", "WIDTH < 0"),
    Fault(
        "unrolled_network", "an activation without its register", ((".REGISTERS(1),", ".REGISTERS(l < 2 ? 1 : 0),"),)
    ),
    *unregistered("unrolled_network"),
    Fault("unrolled_network", "half throughput", HALF, "pipe_control"),
    Fault("unrolled_network", "a beat lost after 100 stalled cycles", impatient(100), "pipe_control"),
    Fault("unrolled_network", "reset leaves what is on its way", NO_RESET, "pipe_control"),
    guarded("unrolled_network", "C < 1 || C > CM", "C < 1 || C > CM + 1"),
    guarded("unrolled_network", "N * C * LWB > MB", "N * C * LWB > MB + 1"),
    guarded("unrolled_network", "LAYERS < 1 || LAYERS > 4", "LAYERS < 1 || LAYERS > 5"),
    Fault(
        "unrolled_network",
        "guard of filters that fit off",
        (
            (
                "FH[32*i +: 32] > extent(i, 0) + 2 * PAD[32*i +: 32]",
                "FH[32*i +: 32] > extent(i, 0) + 3 * PAD[32*i +: 32]",
            ),
        ),
    ),
]
