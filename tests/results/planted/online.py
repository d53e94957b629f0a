"""Faults of the online family."""

from __future__ import annotations

from tests.results.planted._fault import Fault
from tests.results.planted.online_operators import OPERATORS

TAKEN = "{name}_tvalid && !{name}_tready ? age_reg + 7'd1 : 7'd0;"


def register(name: str, value: str) -> str:
    """Declare a register of a bit that takes a value in every cycle."""
    return f"reg {name};\nalways @(posedge clk) {name} <= {value};\n"


def aged(name: str) -> str:
    """Count the cycles for which a beat has waited."""
    return f"reg [6:0] age_reg;\nalways @(posedge clk) age_reg <= {TAKEN.format(name=name)}\n"


RESETS = register("rst_reg", "rst")


def weights(core: str) -> list[Fault]:
    """Faults of the gate between weights and frames."""
    admit, quiet = "open_reg || (!loading_reg && !s_setup_tvalid);", "= !open_reg && !occupied;"
    resets = "        open_reg    <= 1'b0;\n        loading_reg <= 1'b0;\n"
    return [
        Fault(core, "arbitration of weights taken out", ((admit, "1'b1;"), (quiet, "= 1'b1;")), "setup_gate"),
        Fault(
            core, "frames begin between two beats of weights", ((admit, "open_reg || !s_setup_tvalid;"),), "setup_gate"
        ),
        Fault(
            core,
            "a reset forgets that weights are half loaded",
            ((resets, "        open_reg <= 1'b0;\n"),),
            "setup_gate",
        ),
    ]


def frames(core: str) -> list[Fault]:
    """Faults of the gate that makes frames whole."""
    fill = "fill_reg ? !(give && m_final) : take && s_tlast && !drop_reg && !m_final;"
    drop = "drop_reg ? !(take && s_tlast) : take && !s_tlast && m_final;"
    return [
        Fault(core, "short frames are not filled up", ((fill, "1'b0;"),), "frame_gate"),
        Fault(core, "what a frame has too much is the next frame", ((drop, "1'b0;"),), "frame_gate"),
    ]


LAYER = "fgie_layer"
IDLE = ("busy_reg && cycles_reg != 7'd1;", "busy_reg && cycles_reg != 7'd0;")
FGIE_LAYER = [
    *weights(LAYER),
    Fault(LAYER, "tuser stuck at 0", (("? skid_user_reg : user_reg[user_out_reg];", "? skid_user_reg : 0;"),)),
    Fault(LAYER, "tuser of a digit that waits is that of another frame", (("? skid_user_reg :", "? user_reg[0] :"),)),
    Fault(LAYER, "an idle cycle a frame", (IDLE,)),
    Fault(
        LAYER,
        "half throughput",
        (
            ("!stuck && (begins || beats_reg);", "!stuck && (begins || beats_reg) && !skip_reg;"),
            (
                "wire       ce;  ",
                register("skip_reg", "x_valid && x_ready") + "wire       ce;  ",
            ),
            ("first  = begins && x_valid;", "first  = begins && x_valid && !skip_reg;"),
            ("(!wanted || x_valid);", "(!wanted || (x_valid && !skip_reg));"),
        ),
    ),
    Fault(
        LAYER,
        "tvalid of the results waits for tready",
        (
            (
                "m_axis_z_tvalid = due || skid_valid_reg;",
                "m_axis_z_tvalid = (due || skid_valid_reg) && m_axis_z_tready;",
            ),
        ),
    ),
    Fault(
        LAYER,
        "tvalid of the counts waits for tready",
        (("m_axis_stat_tvalid = stat_valid_reg;", "m_axis_stat_tvalid = stat_valid_reg && m_axis_stat_tready;"),),
    ),
    *(
        Fault(
            LAYER,
            f"a digit is lost after {cycles} stalled cycles",
            (
                ("wire due, moves;", "wire due, moves;\n" + aged("m_axis_z")),
                (
                    "m_axis_z_tvalid && !m_axis_z_tready;\n",
                    f"m_axis_z_tvalid && !m_axis_z_tready && age_reg != 7'd{cycles};\n",
                ),
            ),
        )
        for cycles in (12, 100)
    ),
    Fault(LAYER, "counts are overwritten by those of the next frame", ((" || (raw_last[0] && stat_valid_reg);", ";"),)),
    Fault(LAYER, "a reset forgets that beats are to come", (("        beats_reg    <= 1'b0;\n", ""),)),
    Fault(
        LAYER,
        "a reset forgets the digit that waits",
        (("        fresh_reg      <= 1'b0;\n        skid_valid_reg <= 1'b0;\n", "        fresh_reg      <= 1'b0;\n"),),
    ),
    Fault(
        LAYER,
        "only a reset of two cycles forgets which neuron is next",
        (
            ("        neuron_reg   <= {MB{1'b0}};\n", "        if (rst_reg) neuron_reg <= {MB{1'b0}};\n"),
            ("wire       ce;  ", RESETS + "wire       ce;  "),
        ),
    ),
    Fault(LAYER, "slots for fewer frames than may be on their way", (("FLY > 4 ? $clog2(FLY) : 2;", "2;"),)),
    Fault(LAYER, "a slot less, and no guard", (("FLY > 4 ? $clog2(FLY) : 2;", "2;"), (" && !users_reg[UB];", ";"))),
    Fault(
        LAYER,
        "what is behind operand digit N counts",
        (("> N ? N : s_axis_x_tuser[5:0];", "> 63 ? N : s_axis_x_tuser[5:0];"),),
    ),
    Fault(
        LAYER,
        "a frame ends with its operand digits",
        (("beats_reg <= !s_axis_x_tlast;", "beats_reg <= !s_axis_x_tlast && (first || digits_reg > 6'd1);"),),
    ),
    Fault(LAYER, "guard: N may be 64", (("N < 1 || N > 63)", "N < 1 || N > 64)"),)),
    Fault(
        LAYER,
        "guard: POOL may be more than M",
        (
            ("POOL > M ||", "POOL > M + 1 ||"),
            ("M % (POOL < 1 ? 1 : POOL) != 0)", "(POOL <= M && M % (POOL < 1 ? 1 : POOL) != 0))"),
        ),
    ),
]

NETWORK = "fgie_network"
FGIE_NETWORK = [
    *weights(NETWORK),
    Fault(NETWORK, "a layer loses a cycle a frame", (IDLE,), LAYER),
    Fault(
        NETWORK,
        "the counts come a cycle late",
        (
            (
                "assign m_axis_stat_tvalid = &counted;",
                register("late_reg", "&counted && !(m_axis_stat_tvalid && m_axis_stat_tready)")
                + "assign m_axis_stat_tvalid = &counted && late_reg;",
            ),
        ),
    ),
    Fault(
        NETWORK,
        "the results come when the last digit has waited for a cycle",
        (
            (
                "assign ready[LAYERS]   = !y_valid_reg || m_axis_y_tready;",
                register("wait_reg", "valid[LAYERS] && last[LAYERS] && !wait_reg")
                + "assign ready[LAYERS]   = (!last[LAYERS] || wait_reg) && (!y_valid_reg || m_axis_y_tready);",
            ),
        ),
    ),
    Fault(
        NETWORK,
        "tvalid of the results waits for tready",
        (("m_axis_y_tvalid = y_valid_reg;", "m_axis_y_tvalid = y_valid_reg && m_axis_y_tready;"),),
    ),
    *(
        Fault(
            NETWORK,
            f"results are lost after {cycles} stalled cycles",
            (
                ("begun_reg;             // digits", "begun_reg;\n" + aged("m_axis_y") + "// digits"),
                ("(y_valid_reg && !m_axis_y_tready);", f"(y_valid_reg && !m_axis_y_tready && age_reg != 7'd{cycles});"),
            ),
        )
        for cycles in (12, 100)
    ),
    Fault(
        NETWORK,
        "counts of the layers wait for no room",
        (("stat_ready[l] = !count_reg[SB];", "stat_ready[l] = 1'b1;"),),
    ),
    Fault(
        NETWORK, "room for fewer counts than frames may be on their way", (("WAITS > 16 ? $clog2(WAITS) : 4;", "1;"),)
    ),
    Fault(
        NETWORK,
        "a reset forgets which layer's weights come next",
        (("        layer_reg  <= 3'd1;\n", ""), ("reg  [2:0] layer_reg;", "reg  [2:0] layer_reg = 3'd1;")),
    ),
    Fault(
        NETWORK,
        "only a reset of two cycles empties the counts",
        (
            (
                "                    count_reg <= {SB+1{1'b0}};",
                "                    if (rst_reg) count_reg <= {SB+1{1'b0}};",
            ),
            ("reg  [2:0] layer_reg;", RESETS + "reg  [2:0] layer_reg;"),
        ),
    ),
    Fault(NETWORK, "guard: four layers are too many", (("LAYERS > 4)", "LAYERS > 3)"),)),
    Fault(NETWORK, "guard: DY may be 1", (("DY < 2 ||", "DY < 1 ||"),)),
]

CONV = "fgie_conv"
WHOLE = "m_axis_stat_tvalid = whole_reg"
FGIE_CONV = [
    *weights(CONV),
    *frames(CONV),
    Fault(
        CONV, "weights are taken while results are in flight", ((".occupied(inside_reg != 7'd0),", ".occupied(1'b0),"),)
    ),
    Fault(CONV, "an idle cycle a window", (("left_reg == 6'd0 || (moves && x_last);", "left_reg == 6'd0;"),)),
    Fault(CONV, "a layer loses a cycle a frame", (IDLE,), LAYER),
    Fault(
        CONV,
        "tvalid of the results waits for tready",
        (("m_axis_y_tvalid = y_valid_reg;", "m_axis_y_tvalid = y_valid_reg && m_axis_y_tready;"),),
    ),
    Fault(CONV, "tvalid of the counts waits for tready", ((WHOLE + ";", WHOLE + " && m_axis_stat_tready;"),)),
    *(
        Fault(
            CONV,
            f"results are lost after {cycles} stalled cycles",
            (
                ("reg         begun_reg; ", aged("m_axis_y") + "reg         begun_reg; "),
                ("(y_valid_reg && !m_axis_y_tready);", f"(y_valid_reg && !m_axis_y_tready && age_reg != 7'd{cycles});"),
            ),
        )
        for cycles in (12, 100)
    ),
    Fault(
        CONV,
        "counts are added up while they wait",
        (("stat_ready         = !whole_reg;", "stat_ready         = 1'b1;"),),
    ),
    Fault(
        CONV,
        "the last window of an image has the precision of the next one",
        (
            (
                ".s_axis_x_tuser(window_user_reg),",
                ".s_axis_x_tuser(s_axis_x_tvalid ? s_axis_x_tuser : window_user_reg),",
            ),
        ),
    ),
    Fault(
        CONV,
        "a reset forgets the row",
        (
            (
                "        row_reg          <= 16'd0;\n        column_reg       <= 16'd0;\n        skip_rows",
                "        column_reg       <= 16'd0;\n        skip_rows",
            ),
        ),
    ),
    Fault(
        CONV,
        "a reset forgets the digits of a window",
        (("    if (rst) begin\n        left_reg <= 6'd0;\n    end\n", ""),),
    ),
    Fault(
        CONV,
        "only a reset of two cycles forgets the position",
        (
            (
                "        position_reg <= 32'd0;\n    end\nend",
                "        if (rst_reg) position_reg <= 32'd0;\n    end\nend",
            ),
            ("reg         begun_reg; ", RESETS + "reg         begun_reg; "),
        ),
    ),
    Fault(CONV, "guard: PAD may be R", (("PAD >= R ||", "PAD > R ||"),)),
    Fault(CONV, "guard: PAD may be S", (("PAD >= S)", "PAD > S)"),)),
    Fault(CONV, "guard: an image of 65,537 columns", (("BW > 65536)", "BW > 65537)"),)),
]

SERIAL = "serial_layer"
SERIAL_LAYER = [
    *weights(SERIAL),
    *frames(SERIAL),
    Fault(SERIAL, "tuser stuck at 0", (("m_axis_z_tuser  = hold_user_reg;", "m_axis_z_tuser  = 0;"),)),
    Fault(SERIAL, "tuser of the frame behind", (("m_axis_z_tuser  = hold_user_reg;", "m_axis_z_tuser  = user_reg;"),)),
    Fault(SERIAL, "weights in the middle of a frame", (("= !open_reg && !occupied;", "= !occupied;"),), "setup_gate"),
    Fault(
        SERIAL, "an idle cycle a frame", (("d_ready     = !pending_reg || transfer;", "d_ready     = !pending_reg;"),)
    ),
    Fault(
        SERIAL,
        "results a cycle later",
        (
            ("m_axis_z_tvalid = hold_reg;", "m_axis_z_tvalid = hold_reg && old_reg;"),
            (
                "wire          taken, leaves, transfer;",
                register("old_reg", "hold_reg && !leaves") + "wire          taken, leaves, transfer;",
            ),
        ),
    ),
    Fault(
        SERIAL,
        "tvalid waits for tready",
        (("m_axis_z_tvalid = hold_reg;", "m_axis_z_tvalid = hold_reg && m_axis_z_tready;"),),
    ),
    *(
        Fault(
            SERIAL,
            f"results are lost after {cycles} stalled cycles",
            (
                (
                    "wire          taken, leaves, transfer;",
                    "wire          taken, leaves, transfer;\n" + aged("m_axis_z"),
                ),
                ("(hold_reg && !leaves);", f"(hold_reg && !leaves && age_reg != 7'd{cycles});"),
            ),
        )
        for cycles in (12, 100)
    ),
    Fault(SERIAL, "a reset forgets that a frame has begun", (("        begun_reg   <= 1'b0;\n", ""),)),
    Fault(
        SERIAL,
        "a reset forgets which neuron is next",
        (
            ("        neuron_reg  <= {MB{1'b0}};\n", ""),
            ("reg  [MB-1:0] neuron_reg;  ", "reg  [MB-1:0] neuron_reg = 0;  "),
        ),
    ),
    Fault(
        SERIAL,
        "only a reset of two cycles forgets the sums",
        (
            ("        pending_reg <= 1'b0;\n", "        pending_reg <= pending_reg && !rst_reg;\n"),
            (
                "wire          taken, leaves, transfer;",
                RESETS + "wire          taken, leaves, transfer;",
            ),
        ),
    ),
    Fault(SERIAL, "guard: sums of 64 bits", (("TOP > 63)", "TOP > 64)"),)),
]

DENSE = "serial_network"
SERIAL_NETWORK = [
    *weights(DENSE),
    *frames(DENSE),
    Fault(
        DENSE,
        "weights of layer 2 while layer 1 has results for it",
        ((".occupied(second && z_valid),", ".occupied(1'b0),"),),
    ),
    Fault(
        DENSE,
        "an idle cycle a frame",
        (("d_ready     = !pending_reg || transfer;", "d_ready     = !pending_reg;"),),
        SERIAL,
    ),
    Fault(
        DENSE,
        "tvalid waits for tready",
        (("m_axis_z_tvalid = hold_reg;", "m_axis_z_tvalid = hold_reg && m_axis_z_tready;"),),
        SERIAL,
    ),
    Fault(
        DENSE,
        "a reset forgets which neuron is next",
        (
            ("        neuron_reg <= {CB{1'b0}};\n    end\nend", "    end\nend"),
            ("reg  [CB-1:0] neuron_reg; ", "reg  [CB-1:0] neuron_reg = 0; "),
        ),
    ),
    Fault(DENSE, "guard: M1 may be more than K", (("M1 > K)", "M1 > K + 1)"),)),
]

FAULTS = [*FGIE_LAYER, *FGIE_NETWORK, *FGIE_CONV, *SERIAL_LAYER, *SERIAL_NETWORK, *OPERATORS]
