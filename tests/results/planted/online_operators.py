"""Faults of the digit-serial operators of the online family."""

from __future__ import annotations

from tests.results.planted._fault import Fault

RESULT = "assign z_first = z_first_reg;\nassign z_p     = z_p_reg;\nassign z_n     = z_n_reg;\n"
LATER = (
    "reg [2:0] later_reg;\n"
    "always @(posedge clk) if (rst) later_reg <= 3'd0; else if (ce) later_reg <= {z_first_reg, z_p_reg, z_n_reg};\n"
    "assign {z_first, z_p, z_n} = later_reg;\n"
)
PIPED = ("online_add", "online_max", "online_relu", "online_recode", "online_mul_const", "online_mul", "online_div")


def one(core: str, name: str, old: str, new: str, file: str = "") -> Fault:
    """Return a fault of a single change."""
    return Fault(core, name, ((old, new),), file)


CONSTANT = "online_mul_const"
START = "        start_reg   <= 4'd0;\n"
OPERATORS = [
    *(one(core, "one more stage of latency", RESULT, LATER) for core in (*PIPED, "online_sqrt", "online_dot_merged")),
    one("online_sub", "one more stage of latency", RESULT, LATER, "online_add"),
    one("online_dot", "one more stage of latency", RESULT, LATER, CONSTANT),
    one(
        "online_add",
        "the sum moves without ce",
        "        sum_reg <= sum_next;\n",
        "    end\n    sum_reg <= sum_next;\n    if (ce) begin\n",
    ),
    one("online_relu", "a stop outlives its frame", "negative = s_n_reg && !first;", "negative = s_n_reg;"),
    one("online_relu", "the stop comes a digit late", "x_n && positive;", "x_n && (positive || first);"),
    one(
        "online_recode",
        "a word behind another keeps its bits",
        "left_next = x[WB-2:0];",
        "left_next = left_next | x[WB-2:0];",
    ),
    one("online_recode", "guard: words of 65 bits", "WB > 64)", "WB > 65)"),
    one(CONSTANT, "the residual outlives its frame", "first ? {F+1{1'b0}} : w_reg;", "w_reg;"),
    one(CONSTANT, "guard: weights of 31 bits are too wide", "WB > 32)", "WB > 31)"),
    one(
        "online_mul",
        "digits of y outlive their frame",
        "assign y_q   = first ? {M+1{1'b0}} : y_q_reg;",
        "assign y_q   = y_q_reg;",
    ),
    one("online_mul", "guard: 65 digits", "N > 64)", "N > 65)"),
    one("online_mul", "guard: a fraction one bit too short", "< N + 2 * DELTA + 2 ||", "< N + 2 * DELTA + 1 ||"),
    one(
        "online_div",
        "the quotient outlives its frame",
        "assign qq   = first ? {QF+1{1'b0}} : qq_reg;",
        "assign qq   = qq_reg;",
    ),
    one("online_div", "a reset forgets that a frame has begun", START, ""),
    one("online_div", "guard: 65 digits", "N > 64)", "N > 65)"),
    one("online_sqrt", "the residual outlives its frame", "first ? {N+2{1'b0}} : w_reg;", "w_reg;"),
    one("online_sqrt", "a reset forgets that a frame has begun", START, ""),
    one("online_sqrt", "guard: 64 digits are too many", "N > 64)", "N > 63)"),
    one("online_otfc", "the word comes a digit late", "left == {{CB-1{1'b0}}, 1'b1};", "left == 0;"),
    one(
        "online_otfc",
        "the count moves without ce",
        "    if (ce) begin\n",
        "    if (!ce) left_reg <= left - {{CB-1{1'b0}}, left != {CB{1'b0}}};\n    if (ce) begin\n",
    ),
    one("online_otfc", "guard: 65 digits", "N > 64)", "N > 65)"),
    one("online_dot", "an operand less", "(K + (1 << l) - 1) >> l;", "(K + (1 << l) - 1 - (l == 1 && K > 4)) >> l;"),
    one("online_dot", "guard: 1,025 operands", "K > 1024)", "K > 1025)"),
    one("online_dot_merged", "guard: growth above the levels", "GROWTH > $clog2(T))", "GROWTH > $clog2(T) + 1)"),
    one("serial_dot", "a sum outlives its frame", "first ? $signed({A{1'b0}}) : z_reg >>> 1;", "z_reg >>> 1;"),
    one(
        "serial_dot",
        "the result comes a cycle late",
        "z_valid_reg <= count == digits;",
        "z_valid_reg <= count == digits + 6'd1;",
    ),
    one("serial_dot", "a reset forgets that a frame has begun", "        count_reg   <= 6'd63;\n", ""),
    one("serial_dot", "guard: 63 digits", "N > 62)", "N > 63)"),
    one("fgie_neuron", "one more stage of latency", RESULT, LATER, "online_relu"),
    one("fgie_neuron", "synapses of a frame behind a stopped one stand still", " && pending == {PB{1'b0}}));", "));"),
    one("fgie_neuron", "a reset forgets the frames on their way", "        pending_reg     <= {PB{1'b0}};\n", ""),
    one("fgie_neuron", "guard: no synapse", "K < 1 ||", "K < 0 ||"),
]
