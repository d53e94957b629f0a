"""Faults of the bitlet family.

Registers that a fault takes out of the reset get a value of their own at the start: otherwise any run would find the
unknown value, not the reset that forgets.
"""

from __future__ import annotations

from tests.results.planted._fault import Fault

WAITS = "tvalid waits for tready"
PAUSED = "reg pause_reg;\nalways @(posedge clk) pause_reg <= !rst && {when};\n"
ALWAYS = "(LOCKSTEP == 0 && !valid_reg) || m_axis_{name}_tready;"


def guard(core: str, old: str, new: str) -> Fault:
    """Move a limit."""
    return Fault(core, f"guard {old} turned into {new}", ((f"if ({old}", f"if ({new}"),))


def lost(core: str, name: str, cycles: int) -> Fault:
    """Lose a result that has waited for so long."""
    old = f"assign m_axis_{name}_tvalid = valid_reg;"
    age = (
        "\nreg [7:0] age_reg;\n"
        f"wire waits = valid_reg && !m_axis_{name}_tready;\n"
        "always @(posedge clk) age_reg <= rst || !waits ? 8'd0 : age_reg + 8'd1;\n"
        f"always @(posedge clk) if (waits && age_reg == 8'd{cycles}) valid_reg <= 1'b0;\n"
    )
    return Fault(core, f"a result lost after {cycles} stalled cycles", ((old, old + age),))


def adder(core: str, source: str, name: str) -> list[Fault]:
    """Faults of what adds the beats of a frame: bitlet_acc, bitlet_tree."""
    move = "assign move            = " + ALWAYS.format(name=name)
    slow = move.replace("= (", "= !pause_reg && ((").replace(";", ");")
    valid = f"assign m_axis_{name}_tvalid = valid_reg;"

    def paused(when: str) -> tuple[tuple[str, str], ...]:
        return ((move, PAUSED.format(when=when) + slow), (valid, valid.replace(";", " && !pause_reg;")))

    return [
        Fault(core, "half throughput", paused(f"move && s_axis_{source}_tvalid")),
        Fault(core, "an idle cycle behind each result", paused(f"m_axis_{name}_tvalid && m_axis_{name}_tready")),
        Fault(core, WAITS, ((move, f"assign move            = m_axis_{name}_tready;"),)),
    ]


def stage(core: str, name: str, width: str, data: str, valid: str, last: str, move: str) -> Fault:
    """Add a register behind the last one; each text is what the core has."""
    more = (
        f"reg [{width}:0] more_reg; reg more_valid_reg;\n"
        f"wire more_move = !more_valid_reg || m_axis_{name}_tready;\n"
        f"assign m_axis_{name}_tdata = more_reg[{width}-1:0];\nassign m_axis_{name}_tvalid = more_valid_reg;\n"
        f"assign m_axis_{name}_tlast = more_reg[{width}];\n"
        f"always @(posedge clk) begin\n"
        f"    if (more_move) begin more_valid_reg <= VALID; more_reg <= {{LAST, DATA}}; end\n"
        f"    if (rst) more_valid_reg <= 1'b0;\nend\n"
    )
    parts = {"VALID": valid, "LAST": last, "DATA": data}
    for word, text in parts.items():
        more = more.replace(word, text.partition("= ")[2].rstrip(";"))
    changes = ((data, more), (valid, ""), (last, ""), (move, move.replace(f"m_axis_{name}_tready", "more_move")))
    return Fault(core, "one more stage", changes)


ACC = [
    *adder("bitlet_acc", "s", "t"),
    lost("bitlet_acc", "t", 12),
    Fault(
        "bitlet_acc",
        "a frame that a reset cuts goes on",
        (
            ("        fresh_reg  <= 1'b1;\n        total_reg  <= {64*WORDS{1'b0}};\n        flags_reg  <= 4'd0;\n", ""),
            (
                "assign move            =",
                "initial {fresh_reg, total_reg, flags_reg} = {1'b1, 580'd0};\nassign move            =",
            ),
        ),
    ),
    guard("bitlet_acc", "SW < 49 || SW > 56", "SW < 49 || SW > 57"),
]

TREE = [
    *adder("bitlet_tree", "v", "s"),
    lost("bitlet_tree", "s", 100),
    Fault(
        "bitlet_tree",
        "a frame that a reset cuts goes on",
        (
            ("        fresh_reg <= 1'b1;\n        sum_reg   <= {SW{1'b0}};\n", ""),
            (
                "assign move            =",
                "initial {fresh_reg, sum_reg} = {1'b1, {SW{1'b0}}};\nassign move            =",
            ),
        ),
    ),
    guard("bitlet_tree", "N < 1 || N > 128", "N < 0 || N > 128"),
]

PACK = [
    Fault(
        "bitlet_pack",
        "half throughput",
        (
            ("assign move1           = !valid1_reg || move2;", "assign move1           = !valid1_reg;"),
            (
                "    end else if (move1) begin\n",
                (
                    "    end else if (move2 && valid1_reg) begin\n        valid1_reg   <= 1'b0;\n"
                    "    end else if (move1) begin\n"
                ),
            ),
        ),
    ),
    stage(
        "bitlet_pack",
        "z",
        "96",
        "assign m_axis_z_tdata  = {cycles2_reg, result_reg};",
        "assign m_axis_z_tvalid = valid2_reg;",
        "assign m_axis_z_tlast  = 1'b1;",
        "assign move2           = !valid2_reg || m_axis_z_tready;",
    ),
    Fault("bitlet_pack", WAITS, (("tvalid = valid2_reg;", "tvalid = valid2_reg && m_axis_z_tready;"),)),
    Fault(
        "bitlet_pack",
        "a result lost after 100 stalled cycles",
        (
            ("reg          valid2_reg;\n", "reg          valid2_reg;\nreg  [6:0]   age_reg;\n"),
            (
                "    if (rst) begin\n        valid2_reg <= 1'b0;\n",
                (
                    "    age_reg <= move2 ? 7'd0 : age_reg + 7'd1;\n"
                    "    if (rst || (age_reg == 7'd100 && !move2)) begin\n        valid2_reg <= 1'b0;\n"
                ),
            ),
        ),
    ),
    Fault(
        "bitlet_pack",
        "a result survives the reset",
        (
            ("        valid1_reg   <= 1'b0;\n", ""),
            ("assign move1           =", "initial valid1_reg = 1'b0;\nassign move1           ="),
        ),
    ),
    Fault(
        "bitlet_pack",
        "only beats with tlast count",
        (("<= s_axis_t_tvalid;", "<= s_axis_t_tvalid && s_axis_t_tlast;"),),
    ),
    guard("bitlet_pack", "OUT < 8 || OUT > 64", "OUT < 7 || OUT > 64"),
]

ALIGN = [
    Fault(
        "bitlet_align",
        "half throughput",
        (
            ("assign move1           = !valid1_reg || move2;", "assign move1           = !valid1_reg;"),
            ("    if (accept) begin ", "    else if (move2) valid1_reg <= 1'b0;\n    if (accept) begin "),
        ),
    ),
    Fault("bitlet_align", WAITS, (("= valid2_reg;\n", "= valid2_reg && m_axis_g_tready;\n"),)),
    Fault(
        "bitlet_align",
        "an idle cycle a frame",
        (
            (
                "assign s_axis_p_tready = move1;",
                PAUSED.format(when="accept && s_axis_p_tlast") + "assign s_axis_p_tready = move1 && !pause_reg;",
            ),
            ("s_axis_p_tvalid && move1;", "s_axis_p_tvalid && s_axis_p_tready;"),
            ("<= s_axis_p_tvalid;", "<= accept;"),
        ),
    ),
    Fault(
        "bitlet_align",
        "a group lost after 12 stalled cycles",
        (
            ("reg  [4:0]  top1_reg, top2_reg;\n", "reg  [4:0]  top1_reg, top2_reg;\nreg  [3:0]  age_reg;\n"),
            (
                "    if (rst) begin\n        valid1_reg",
                (
                    "    age_reg <= move2 ? 4'd0 : age_reg + 4'd1;\n"
                    "    if (age_reg == 4'd12 && !move2) valid1_reg <= 1'b0;\n    if (rst) begin\n        valid1_reg"
                ),
            ),
        ),
    ),
    Fault(
        "bitlet_align",
        "a group survives the reset",
        (
            ("        valid1_reg <= 1'b0;\n", ""),
            ("assign move1           =", "initial valid1_reg = 1'b0;\nassign move1           ="),
        ),
    ),
    Fault(
        "bitlet_align",
        "tlast of the beat behind",
        (("last2_reg       <= last1_reg;", "last2_reg       <= s_axis_p_tlast;"),),
    ),
    guard("bitlet_align", "N < 1 || N > 128", "N < 1 || N > 129"),
]

LANE = [
    Fault(
        "bitlet_lane",
        "a gap between groups",
        (("move && none_after;", "move && none_after && (LOCKSTEP != 0 || !some[0]);"),),
    ),
    Fault(
        "bitlet_lane",
        "one more stage",
        (
            (
                "assign m_axis_v_tdata  = value_reg & {W{taken2_reg}};",
                "reg [W+1:0] more_reg;\nassign {m_axis_v_tdata, m_axis_v_tvalid, m_axis_v_tlast} = more_reg;",
            ),
            ("assign m_axis_v_tvalid = valid_reg;\nassign m_axis_v_tlast  = last_reg;\n", ""),
            ("        last_reg   <= 1'b0;\n", "        last_reg   <= 1'b0;\n        more_reg   <= {W+2{1'b0}};\n"),
            (
                "        last_reg   <= final_reg;\n",
                (
                    "        last_reg   <= final_reg;\n"
                    "        more_reg   <= {value_reg & {W{taken2_reg}}, valid_reg, last_reg};\n"
                ),
            ),
        ),
    ),
    Fault("bitlet_lane", WAITS, (("(LOCKSTEP == 0 && !m_axis_v_tvalid) || m_axis_v_tready;", "m_axis_v_tready;"),)),
    Fault(
        "bitlet_lane",
        "a value lost after 100 stalled cycles",
        (
            (
                "assign m_axis_v_tvalid = valid_reg;",
                (
                    "reg [6:0] age_reg;\nalways @(posedge clk) age_reg <= move ? 7'd0 : age_reg + 7'd1;\n"
                    "assign m_axis_v_tvalid = valid_reg && age_reg != 7'd100;"
                ),
            ),
        ),
    ),
    Fault(
        "bitlet_lane",
        "a group that a reset cuts goes on",
        (
            ("        open_reg   <= {3*LEVELS{1'b0}};\n", ""),
            ("assign step[0]         =", "initial open_reg = {3*LEVELS{1'b0}};\nassign step[0]         ="),
        ),
    ),
    Fault(
        "bitlet_lane",
        "only beats with tlast count",
        (("s_axis_g_tlast : take;", "s_axis_g_tlast : take && s_axis_g_tlast;"),),
    ),
    guard("bitlet_lane", "W < 1 || W > 64", "W < 1 || W > 65"),
]

DISTIL = [
    Fault(
        "bitlet_distil",
        "a gap between groups",
        (
            (
                "assign load            = s_axis_g_tvalid && done;",
                "assign load            = s_axis_g_tvalid && s_axis_g_tready;",
            ),
            ("assign s_axis_g_tready = done;", "assign s_axis_g_tready = done && !busy0_reg;"),
        ),
    ),
    Fault("bitlet_distil", WAITS, ((".LOCKSTEP(LOCKSTEP)", ".LOCKSTEP(1)"),)),
    Fault(
        "bitlet_distil",
        "a group that a reset cuts goes on",
        (
            ("        busy0_reg  <= 1'b0;\n", ""),
            ("assign done            =", "initial busy0_reg = 1'b0;\nassign done            ="),
        ),
    ),
    Fault("bitlet_distil", "tlast of the group behind", (("= group3_reg[13];", "= group2_reg[13];"),)),
    Fault(
        "bitlet_distil",
        "values of the group behind",
        (("values_reg <= entered_reg;", "values_reg <= s_axis_g_tdata[24*N +: 25*N];"),),
    ),
    guard("bitlet_distil", "N < 1 || N > 128", "N < 1 || N > 129"),
]


def engine(core: str) -> list[Fault]:
    """Faults of the engines of the baselines, which are built alike."""
    return [
        Fault(core, "an idle cycle a group", (("= !busy_reg || (last && move);", "= !busy_reg;"),)),
        Fault(core, WAITS, (("tvalid = valid_reg;", "tvalid = valid_reg && m_axis_s_tready;"),)),
        Fault(core, "a sum that waits is overwritten", (("= !last || !valid_reg || m_axis_s_tready;", "= 1'b1;"),)),
        Fault(
            core,
            "a sum lost after 100 stalled cycles",
            (
                ("reg  [SW-1:0]   sum_reg;\n", "reg  [SW-1:0]   sum_reg;\nreg  [6:0]      age_reg;\n")
                if core == "stripes_serial"
                else ("reg  [13:0]     info_reg;\n", "reg  [13:0]     info_reg;\nreg  [6:0]      age_reg;\n"),
                (
                    "    if (m_axis_s_tready) begin\n        valid_reg <= 1'b0;\n    end\n",
                    (
                        "    age_reg <= valid_reg && !m_axis_s_tready ? age_reg + 7'd1 : 7'd0;\n"
                        "    if (m_axis_s_tready || age_reg == 7'd100) begin\n        valid_reg <= 1'b0;\n    end\n"
                    ),
                ),
            ),
        ),
    ]


MAC = [
    *engine("bitparallel_mac"),
    Fault(
        "bitparallel_mac",
        "the pair is cleared by a long reset only",
        (
            (
                "        valid_reg <= 1'b0;\n        pair_reg  <= {IB{1'b0}};\n",
                "        valid_reg <= 1'b0;\n        pair_reg  <= pair_reg >> 1;\n",
            ),
            ("assign move                =", "initial pair_reg = {IB{1'b0}};\nassign move                ="),
        ),
    ),
    guard("bitparallel_mac", "N < 1 || N > 128", "N < 0 || N > 128"),
]

SERIAL = [
    *engine("stripes_serial"),
    Fault("stripes_serial", "24 cycles in every format", (("<= s_axis_g_tdata[49*N+13 +: 5] - 5'd1;", "<= 5'd23;"),)),
    Fault(
        "stripes_serial",
        "the sum is cleared by a long reset only",
        (
            (
                "        valid_reg <= 1'b0;\n        part_reg  <= {SW-1{1'b0}};\n",
                "        valid_reg <= 1'b0;\n        part_reg  <= part_reg >> 24;\n",
            ),
            ("assign move            =", "initial part_reg = {SW-1{1'b0}};\nassign move            ="),
        ),
    ),
    guard("stripes_serial", "N < 1 || N > 128", "N < 1 || N > 129"),
]

GAPS = {
    "bitlet_pe": ("bitlet_distil", DISTIL[0].changes),
    "bitparallel_pe": ("bitparallel_mac", MAC[0].changes),
    "stripes_pe": ("stripes_serial", SERIAL[0].changes),
}
PE = [
    fault
    for core, (part, gap) in GAPS.items()
    for fault in (
        Fault(core, "a gap between groups", gap, part),
        Fault(core, "one more stage", PACK[1].changes, "bitlet_pack"),
        Fault(core, WAITS, PACK[2].changes, "bitlet_pack"),
        Fault(core, "a result lost after 100 stalled cycles", PACK[3].changes, "bitlet_pack"),
    )
]
SHELL = [
    Fault(
        "bitlet_pe",
        "a frame ends with tlast of the weights",
        ((".s_axis_p_tlast(s_axis_a_tlast)", ".s_axis_p_tlast(s_axis_w_tlast)"),),
        "bitlet_shell",
    ),
    Fault("bitlet_pe", "half throughput", ALIGN[0].changes, "bitlet_align"),
    Fault(
        "bitlet_shell", "weights taken without activations", (("= pair_ready && s_axis_a_tvalid;", "= pair_ready;"),)
    ),
    Fault("bitlet_shell", "a group survives the reset", ALIGN[4].changes, "bitlet_align"),
    Fault(
        "bitlet_shell", "a result that waits is overwritten", (("= !valid1_reg || move2;", "= 1'b1;"),), "bitlet_pack"
    ),
    guard("bitlet_shell", "ENGINE < 0 || ENGINE > 2", "ENGINE < 0 || ENGINE > 3"),
]

ARRAY = [
    Fault(
        "bitlet_array",
        "frames begin while set-ups are half loaded",
        (("(!loading_reg && !s_setup_tvalid)", "!s_setup_tvalid"),),
        "setup_gate",
    ),
    Fault(
        "bitlet_array",
        "weights are taken in mid-frame",
        (("assign quiet = !open_reg && !occupied;", "assign quiet = !occupied;"),),
        "setup_gate",
    ),
    Fault("bitlet_array", "a frame meets weights that are not read yet", (("(&room && !stale_reg)", "&room"),)),
    Fault(
        "bitlet_array",
        "half throughput",
        (
            (
                "assign a_ready         = drop_reg || (&room && !stale_reg);",
                PAUSED.format(when="take")
                + "assign a_ready         = drop_reg || (&room && !stale_reg && !pause_reg);",
            ),
        ),
    ),
    Fault(
        "bitlet_array",
        "an idle cycle a frame",
        (
            (
                "assign a_ready         = drop_reg || (&room && !stale_reg);",
                PAUSED.format(when="take && closes")
                + "assign a_ready         = drop_reg || (&room && !stale_reg && !pause_reg);",
            ),
        ),
    ),
    Fault(
        "bitlet_array",
        WAITS,
        (("assign m_axis_z_tvalid = &done;", "assign m_axis_z_tvalid = &done && m_axis_z_tready;"),),
    ),
    Fault("bitlet_array", "long frames are not cut", (("take && closes && !s_axis_a_tlast;", "1'b0;"),)),
    Fault(
        "bitlet_array",
        "short frames do not end",
        (("= s_axis_a_tlast || group_reg == bottom_reg;", "= group_reg == bottom_reg;"),),
    ),
    Fault(
        "bitlet_array",
        "a frame that a reset cuts goes on",
        (
            ("        group_reg  <= {GB{1'b0}};\n", ""),
            ("assign beyond          =", "initial group_reg = {GB{1'b0}};\nassign beyond          ="),
        ),
    ),
    Fault(
        "bitlet_array",
        "weights that a reset cuts go on",
        (
            ("        pe_reg     <= {MB{1'b0}};\n", ""),
            ("assign beyond          =", "initial pe_reg = {MB{1'b0}};\nassign beyond          ="),
        ),
    ),
    Fault(
        "bitlet_array",
        "a result lost after 12 stalled cycles",
        (
            (
                "assign m_axis_z_tvalid = &done;",
                (
                    "reg [3:0] age_reg;\n"
                    "always @(posedge clk) age_reg <= &done && !m_axis_z_tready ? age_reg + 4'd1 : 4'd0;\n"
                    "assign m_axis_z_tvalid = &done && age_reg != 4'd12;"
                ),
            ),
        ),
    ),
    guard("bitlet_array", "M < 1 || M > 64", "M < 1 || M > 65"),
]

FAULTS = [*ACC, *TREE, *PACK, *ALIGN, *LANE, *DISTIL, *MAC, *SERIAL, *PE, *SHELL, *ARRAY]
