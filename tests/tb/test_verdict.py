"""Each rule of the verdict: a wrong core, or a killed, hung or empty run, fails by it, and would not without it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.tb._project import DELAY, DIGITS, ECHO, STREAM, fault
from ulpwise.bench.declare import BenchError
from ulpwise.run import execute as run
from ulpwise.run import verdict
from ulpwise.run.execute import execute
from ulpwise.run.record import RunSpec
from ulpwise.run.report import failure

HEADER = ECHO.partition("// declarations")[0]
NEXT = "s_axis_x_tdata + 1'b1"
READY = "!m_axis_y_tvalid || m_axis_y_tready"
VALID = "m_axis_y_tvalid <= s_axis_x_tvalid;"
LAST = "m_axis_y_tlast  <= s_axis_x_tlast;"
RESET = "    if (rst) m_axis_y_tvalid <= 1'b0;\n"
LONG = {"REST": "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}, volume=lambda c: 64, watchdog=200,"}
BEAT = {"mode": "beat", "n": 64}  # all 64 transactions, as in a burst

# x = 63, the last of the batch, is answered twice
TWICE = f"""{HEADER}
reg again;
assign s_axis_x_tready = !m_axis_y_tvalid;
always @(posedge clk) begin
    if (m_axis_y_tvalid && m_axis_y_tready) begin
        m_axis_y_tvalid <= again;
        again           <= 1'b0;
    end
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        m_axis_y_tvalid <= 1'b1;
        m_axis_y_tdata  <= {NEXT};
        {LAST}
        again           <= s_axis_x_tdata == 63;
    end
    if (rst) {{again, m_axis_y_tvalid}} <= 2'b00;
end
endmodule
"""

# of each two results, the second comes first
SWAPPED = f"""{HEADER}
reg [1:0] state;
reg [WIDTH-1:0] x0, x1;
assign s_axis_x_tready = !state[1];
always @* begin
    m_axis_y_tvalid = state[1];
    m_axis_y_tdata  = (state[0] ? x0 : x1) + 1'b1;
    m_axis_y_tlast  = 1'b1;
end
always @(posedge clk) begin
    if (state[1] ? m_axis_y_tready : s_axis_x_tvalid) state <= state + 1'b1;
    if (state == 0) x0 <= s_axis_x_tdata;
    if (state == 1) x1 <= s_axis_x_tdata;
    if (rst) state <= 2'd0;
end
endmodule
"""

# an offer is taken back in every other cycle
FICKLE = fault(
    ECHO,
    ("// declarations", "reg have, phase;\nalways @(posedge clk) phase <= !rst && !phase;"),
    (
        "always @(posedge clk) begin\n    if (s",
        "always @* m_axis_y_tvalid = have && phase;\nalways @(posedge clk) begin\n    if (s",
    ),
    (READY, "!have || (phase && m_axis_y_tready)"),
    (VALID, "have <= s_axis_x_tvalid;"),
    (RESET, "    if (rst) have <= 1'b0;\n"),
)

# an offer changes while it waits: its data count up
RESTLESS = fault(ECHO, (RESET, f"    else m_axis_y_tlast <= !m_axis_y_tlast;\n{RESET}"))

# frames of two beats in, of one beat out, sent with the first of the two; the very last beat is never taken
SLAM = f"""{HEADER}
reg [6:0] n;
assign s_axis_x_tready = n != 127 && ({READY});
always @(posedge clk) begin
    if (m_axis_y_tready) m_axis_y_tvalid <= 1'b0;
    if (s_axis_x_tvalid && s_axis_x_tready) begin
        n               <= n + 1'b1;
        m_axis_y_tvalid <= !n[0];
        m_axis_y_tdata  <= {NEXT};
        m_axis_y_tlast  <= 1'b1;
    end
    if (rst) {{n, m_axis_y_tvalid}} <= 8'd0;
end
endmodule
"""
# the same, but what came out last is offered for ever
SPEWS = fault(SLAM, ("if (m_axis_y_tready) m", "if (m_axis_y_tready && n != 127) m"))
PAIRS = LONG | {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8, (2,))}, beats=2)}, {'y': Axis({'y': Unsigned(8)})})",
    "GOLDEN": "return {'y': t['x'][:, 0] + 1}",
    "REST": LONG["REST"].replace("np.arange(64)", "np.arange(128).reshape(64, 2)"),
}

FORTY = "    if (s_axis_x_tvalid && s_axis_x_tready && s_axis_x_tdata == 40) "
LATE = {"HEAD": "import atexit\nimport time", "GOLDEN": "atexit.register(CALL)\n    return {'y': t['x'] + 1}"}

HUNG = (verdict.hung, "hung: nothing moved on the pins before all results were in")
NOTHING = (verdict.unchecked, "nothing was checked")
NO_FILE = (verdict.no_results, "results file missing")
STATUS = (verdict.died, "simulator died: status 1")
TAKEN = (verdict.unchecked, "checked only 126 of 128 transactions")  # the monitor saw no more go in
SAID = "assertion or $error: "
# how many cycles depends on the stalls
UNKNOWN = (verdict.unknown, "X or Z on a valid output: # beats")
BROKEN = (verdict.protocol, "stream protocol broken: # times")
# the bench says two enabled cycles, and the core takes one
TOO_SOON = (verdict.latency, "latency: z after 1 enabled cycles, not 2")
TWO_LATE = DIGITS | {"INTERFACE": DIGITS["INTERFACE"].replace("cycles=5", "cycles=5, latency={'z': 2}")}


def late(call: str) -> dict[str, str]:
    """Let something happen when the run is over and its results are on disk."""
    return LATE | {"GOLDEN": LATE["GOLDEN"].replace("CALL", call)}


def golden(text: str) -> dict[str, str]:
    return {"HEAD": "import time", "GOLDEN": text}


@dataclass(frozen=True)
class Case:
    """A fault, and what the run must say about it.

    Attributes:
        expected: The rules that are broken and their reasons, in order.
        core: The core.
        run: Options of the run.
        bench: What differs in the bench.
    """

    expected: list[tuple[verdict.Rule, str]]
    core: str = ECHO
    run: dict[str, object] = field(default_factory=dict)
    bench: dict[str, str] = field(default_factory=dict)


def wrong(count: str) -> tuple[verdict.Rule, str]:
    return verdict.mismatch, f"wrong value: {count} transactions"


def missing(count: int, sent: int = 128) -> list[tuple[verdict.Rule, str]]:
    left = NOTHING if count == sent else (verdict.unchecked, f"checked only {sent - count} of {sent} transactions")
    return [(verdict.missing, f"missing output: {count} of {sent} transactions"), left]


def raised(text: str, line: int) -> tuple[verdict.Rule, str]:
    """What a function of the bench raised in that line of its file."""
    return verdict.raised, f"{text} (tests/lab/test_case_NAME.py:{line})"


def figures(text: str) -> dict[str, str]:
    """A bench with figures."""
    head = f"def figures(c, name, inputs, actual, expected):\n    {text}\n    return {{}}"
    return {"HEAD": head, "REST": STREAM["REST"] + " figures=figures,"}


def ramp(text: str) -> dict[str, str]:
    """A bench whose only sequence does this."""
    return {"HEAD": f"def ramp(draw):\n    {text}", "REST": "stimuli=lambda c: {'ramp': ramp},"}


WRONG = fault(ECHO, (NEXT, f"{NEXT} + (s_axis_x_tdata == 40)"))
LOSES = fault(ECHO, (VALID, "m_axis_y_tvalid <= s_axis_x_tvalid && s_axis_x_tdata != 63;"))
DEAF = fault(ECHO, (READY, "1'b0"))
MUTE = fault(ECHO, (VALID, "m_axis_y_tvalid <= 1'b0;"))
ORDER = (verdict.mismatch, "wrong value: 128 of 128 transactions; the right results in the wrong order")
# bit 7 is never assigned, and 0 in every expected result: a scoreboard that reads X as 0 does not see it
X_BIT = fault(ECHO, ("// declarations", "reg never;\nwire [6:0] low = s_axis_x_tdata + 1;"), (NEXT, "{never, low}"))
X_WORD = fault(ECHO, ("// declarations", "reg [WIDTH-1:0] never;"), (NEXT, f"{NEXT} + never"))
UNRESET = fault(ECHO, (RESET, ""))
FLOATS = fault(ECHO, (f"        {VALID}\n", ""), (RESET, ""))
FLOATING_READY = fault(ECHO, (f"assign s_axis_x_tready = {READY};\n", ""))
FLOATING_FIRST = fault(DELAY, ("        z_first <= first;\n", ""), ("    if (rst) z_first <= 1'b0;\n", ""))
NO_LAST = fault(ECHO, (LAST, "m_axis_y_tlast <= 1'b0;"))
SHOUTS = fault(ECHO, (RESET, f'{FORTY}$error("forty");\n{RESET}'))
ENDLESS = fault(ECHO, (RESET, f"{FORTY}while (1) begin end\n{RESET}"))
QUITS = fault(ECHO, (RESET, f"{FORTY}$finish;\n{RESET}"))
DIES = fault(ECHO, (RESET, f'{FORTY}$fatal(1, "forty");\n{RESET}'))
STUTTERS = fault(
    DELAY,
    ("// declarations", "reg early;"),
    ("z_first <= first;", "early <= first; z_first <= first || early;"),
    ("if (rst) z_first <= 1'b0;", "if (rst) {early, z_first} <= 2'd0;"),
)
STUCK = fault(DELAY, ("z_first <= first;", "z_first <= first || z_first;"))
DIGIT_X = fault(DELAY, ("// declarations", "reg never;"), ("z_p     <= x_p;", "z_p <= x_p ^ never;"))
# the first frame behind a reset comes after one enabled cycle, all others after two
LATER = fault(
    DELAY,
    ("// declarations", "reg seen, late_reg, f, p, n; wire late = late_reg || (first && seen);"),
    (
        "        z_first <= first;\n        z_p     <= x_p;\n        z_n     <= x_n;\n",
        (
            "        {f, p, n} <= {first, x_p, x_n}; {z_first, z_p, z_n} <= late ? {f, p, n} : {first, x_p, x_n};\n"
            "        late_reg <= late; if (first) seen <= 1'b1;\n"
        ),
    ),
    ("if (rst) z_first <= 1'b0;", "if (rst) {z_first, f, late_reg, seen} <= 4'd0;"),
)
TOO_LATE = (verdict.latency, "latency: z after 2 enabled cycles, not 1")
ONE_LATE = DIGITS | {"INTERFACE": DIGITS["INTERFACE"].replace("cycles=5", "cycles=5, latency={'z': 1}")}
# one more result when nothing has gone in or out for so many cycles
STILL = "    still <= BUSY ? 0 : still + (still != 1023);\n    if (rst) still <= 0;\n"
STILL_STREAM = STILL.replace("BUSY", "s_axis_x_tvalid || m_axis_y_tvalid")
STILL_INPUT = STILL.replace("BUSY", "s_axis_x_tvalid")
AGAIN = fault(
    ECHO,
    ("// declarations", "reg [9:0] still;"),
    (RESET, f"    if (still == 300) {{m_axis_y_tvalid, m_axis_y_tlast}} <= 2'b11;\n{STILL_STREAM}{RESET}"),
)
AGAIN_DIGITS = fault(
    DELAY,
    ("// declarations", "reg [9:0] still;"),
    ("z_first <= first;", "z_first <= first || still == 300;"),
    ("    if (rst) z", STILL.replace("BUSY", "first || z_first") + "    if (rst) z"),
)
PATIENT = {"REST": LONG["REST"].replace("watchdog=200", "watchdog=800")}
PATIENT_DIGITS = DIGITS | {"REST": DIGITS["REST"].replace("watchdog=200", "watchdog=800")}
SURPLUS = (verdict.surplus, "surplus output: m_axis_y gave more in the 400 cycles behind all results")
SURPLUS_Z = (verdict.surplus, "surplus output: z gave more in the 400 cycles behind all results")
# one more beat, without tlast, soon behind the last frame of two beats
HALF = fault(
    ECHO,
    ("// declarations", "reg [9:0] still;"),
    (RESET, f"    if (still == 40) {{m_axis_y_tvalid, m_axis_y_tlast}} <= 2'b10;\n{STILL_INPUT}{RESET}"),
)
HALVES = {
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(8, (2,))}, 2)}, {'y': Axis({'y': Unsigned(8, (2,))}, 2)})",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0], ranges((0, 15), (16, 63)))])]",
    "REST": PAIRS["REST"],
}
BEGAN = (verdict.surplus, "surplus output: m_axis_y began a frame behind the last result of 'ramp'")
EMPTY = {"REST": "stimuli=lambda c: {'none': directed(x=[])},"}
HALF_EMPTY = {"REST": "stimuli=lambda c: {'one': directed(x=[1]), 'none': lambda draw: {'x': np.zeros(0, int)}},"}
NO_ROWS = "stimuli none: has no transactions"
CAPITAL = "raised FormatError: there is no field X; did you mean x?"

CASES = {
    "wrong_value": Case([wrong("2 of 128")], WRONG),
    "wrong_value_beat": Case([wrong("2 of 128")], WRONG, BEAT),
    "missing": Case([HUNG, *missing(2)], LOSES),
    "missing_beat": Case([HUNG, *missing(2)], LOSES, BEAT),
    "extra": Case([(verdict.extra, "extra output: 2 transactions")], TWICE),
    "extra_beat": Case([(verdict.extra, "extra output: 2 transactions")], TWICE, BEAT),
    "swapped": Case([ORDER], SWAPPED),
    "swapped_beat": Case([ORDER], SWAPPED, BEAT),
    "x_bit": Case([UNKNOWN], X_BIT),
    "x_bit_beat": Case([UNKNOWN, wrong("128 of 128")], X_BIT, BEAT),
    "x_word_verilator": Case([wrong("128 of 128")], X_WORD, {"sim": "verilator"}),
    "x_valid": Case([UNKNOWN, wrong("64 of 128"), (verdict.extra, "extra output: 1 transactions")], UNRESET),
    "x_always": Case([HUNG, UNKNOWN, *missing(128)], FLOATS),
    "x_always_beat": Case([HUNG, UNKNOWN, *missing(128)], FLOATS, BEAT),
    "x_ready": Case([HUNG, UNKNOWN, *missing(128)], FLOATING_READY),
    "x_ready_beat": Case([HUNG, UNKNOWN, *missing(128)], FLOATING_READY, BEAT),
    "x_first": Case([HUNG, UNKNOWN, *missing(188, 188)], FLOATING_FIRST, bench=DIGITS),
    "x_first_beat": Case([HUNG, UNKNOWN, *missing(106, 106)], FLOATING_FIRST, {"mode": "beat"}, DIGITS),
    "empty": Case([raised(NO_ROWS, 31), NOTHING], bench=EMPTY),
    "empty_beat": Case([raised(NO_ROWS, 31), NOTHING], run=BEAT, bench=EMPTY),
    "half_empty": Case([raised(NO_ROWS, 31)], bench=HALF_EMPTY),
    "random_of_no_field": Case(
        [raised(f"stimuli some {CAPITAL}", 31), NOTHING],
        bench={"REST": "stimuli=lambda c: {'some': random(X=lambda rng, rows: np.zeros(rows, int))},"},
    ),
    "directed_of_no_field": Case(
        [raised(f"stimuli some {CAPITAL}", 31), NOTHING],
        bench={"REST": "stimuli=lambda c: {'some': directed(x=[1], X=[2])},"},
    ),
    "directed_without_a_field": Case(
        [raised("stimuli some raised FormatError: no values for field x", 31), NOTHING],
        bench={"REST": "stimuli=lambda c: {'some': directed()},"},
    ),
    "stimuli_of_another_field": Case(
        [raised("stimuli ramp: there is no field X; did you mean x?", 9), NOTHING],
        bench=ramp("return {'x': np.arange(4), 'X': np.arange(4)}"),
    ),
    "deaf": Case([HUNG, *missing(128)], DEAF),
    "deaf_beat": Case([HUNG, *missing(128)], DEAF, BEAT),
    "mute": Case([HUNG, *missing(128)], MUTE),
    "mute_beat": Case([HUNG, *missing(128)], MUTE, BEAT),
    "slam": Case([HUNG], SLAM, bench=PAIRS),
    "spews": Case([HUNG, (verdict.extra, "extra output: # transactions")], SPEWS, bench=PAIRS),
    "spews_beat": Case([HUNG, (verdict.extra, "extra output: # transactions"), TAKEN], SPEWS, BEAT, PAIRS),
    "slam_beat": Case([HUNG, TAKEN], SLAM, BEAT, PAIRS),
    "no_last": Case([BROKEN], NO_LAST),
    "no_last_beat": Case([BROKEN], NO_LAST, BEAT),
    # a sink that raises ready after valid, for one beat, misses an offer that is taken back every time
    "fickle": Case([HUNG, BROKEN, *missing(1, 2)], FICKLE),
    "fickle_beat": Case([BROKEN], FICKLE, BEAT),
    "restless": Case([BROKEN], RESTLESS),
    "restless_beat": Case([BROKEN], RESTLESS, BEAT),
    "error": Case([(verdict.hdl_error, f"{SAID}ERROR: rtl/lab/case_error.v:23: forty")], SHOUTS),
    "error_verilator": Case(
        [
            STATUS,
            (
                verdict.hdl_error,
                f"{SAID}[525000] %Error: case_error_verilator.v:23: Assertion failed in harness.dut: forty",
            ),
            NO_FILE,
        ],
        SHOUTS,
        {"sim": "verilator"},
    ),
    "fatal": Case([STATUS, (verdict.hdl_error, f"{SAID}FATAL: rtl/lab/case_fatal.v:23: forty"), NO_FILE], DIES),
    "finish": Case([(verdict.no_results, "the core called $finish or $stop before all results were in")], QUITS),
    "finish_verilator": Case(
        [
            (
                verdict.no_results,
                "the core called $finish or $stop at rtl/lab/case_finish_verilator.v:23 before all results were in",
            )
        ],
        QUITS,
        {"sim": "verilator"},
    ),
    "killed": Case(
        [(verdict.died, "simulator died: signal SIGKILL"), NO_FILE], bench=golden("os.kill(os.getpid(), 9)")
    ),
    "killed_late": Case([(verdict.died, "simulator died: signal SIGKILL")], bench=late("os.kill, os.getpid(), 9")),
    "crash_verilator": Case(
        [(verdict.died, "simulator died: signal SIGSEGV"), NO_FILE],
        run={"sim": "verilator"},
        bench=golden("os.kill(os.getpid(), 11)"),
    ),
    "exit": Case([(verdict.died, "simulator died: status 3"), NO_FILE], bench=golden("os._exit(3)")),
    "endless": Case([(verdict.time_out, "time-out: still running after 3 s"), NO_FILE], ENDLESS, {"limit": 3}),
    "endless_late": Case(
        [(verdict.time_out, "time-out: still running after 3 s")], run={"limit": 3}, bench=late("time.sleep, 60")
    ),
    "raises": Case(
        [raised("golden raised KeyError: 'no such key'", 17), NOTHING], bench=golden("raise KeyError('no such key')")
    ),
    "raises_verilator": Case(
        [raised("golden raised RuntimeError: no such thing", 17), NOTHING],
        run={"sim": "verilator"},
        bench=golden("raise RuntimeError('no such thing')"),
    ),
    "raises_late": Case(  # in the second batch: what was found until then stays
        [
            wrong("1 of 64"),
            raised("golden raised ValueError: two lines", 18),
            (verdict.unchecked, "checked only 64 of 128 transactions"),
        ],
        WRONG,
        bench=golden(
            "CALLS.append(1)\n    if len(CALLS) > 1: raise ValueError('two\\nlines')\n    return {'y': t['x'] + 1}"
        )
        | {"HEAD": "CALLS = []"},
    ),
    "exits": Case([raised("golden raised SystemExit: 7", 17), NOTHING], bench=golden("raise SystemExit(7)")),
    "mutates": Case(
        [raised("golden raised ValueError: output array is read-only", 17), NOTHING],
        bench=golden("t['x'] += 1\n    return {'y': t['x']}"),
    ),
    "cover_mutates": Case(
        [raised("cover point io.x raised ValueError: assignment destination is read-only", 10)],
        bench={
            "HEAD": "def spoil(t):\n    t['y'][:] = 0\n    return t['x']\n",
            "COVER": "[CoverGroup('io', [Point('x', spoil, ranges((0, 63)))])]",
        },
    ),
    "cover_raises": Case(
        [raised("cover point io.x raised KeyError: 'q'", 21)],
        bench={"COVER": "[CoverGroup('io', [Point('x', lambda t: t['q'], ranges((0, 63)))])]"},
    ),
    "cover_of_another_shape": Case(
        [(verdict.raised, "cover point io.x: expected numbers (64,) or (64, k), got int64 (3,)")],
        bench={"COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:3], ranges((0, 63)))])]"},
    ),
    "figures_raise": Case([raised("figures raised ZeroDivisionError: division by zero", 10)], bench=figures("1 / 0")),
    "figures_of_another_kind": Case(
        [(verdict.raised, "figures gives int, not a dict of texts (tests/lab/test_case_figures_of_another_kind.py:9)")],
        bench=figures("return 7"),
    ),
    "figures_mutate": Case(
        [raised("figures raised ValueError: assignment destination is read-only", 10)],
        bench=figures("expected['y'][0] = 9"),
    ),
    "stimuli_raise": Case(
        [raised("stimuli ramp raised IndexError: list index out of range", 10), NOTHING],
        bench=ramp("return {'x': np.arange([][1])}"),
    ),
    "stimuli_of_no_field": Case(
        [raised("stimuli ramp: no values for field x", 9), NOTHING], bench=ramp("return {'q': np.arange(4)}")
    ),
    "stimuli_out_of_range": Case(
        [raised("stimuli ramp: x, row 4: 256 is out of range 0..255", 9), NOTHING],
        bench=ramp("return {'x': np.arange(252, 260)}"),
    ),
    # the bench's own functions are not called with nothing, and do not hide what the core did
    "mute_and_figures": Case([HUNG, *missing(128)], MUTE, bench=figures("return {'last': str(actual['y'][-1])}")),
    "mute_and_figures_beat": Case(
        [HUNG, *missing(128)], MUTE, BEAT, bench=figures("return {'last': str(actual['y'][-1])}")
    ),
    "deaf_and_golden": Case(
        [HUNG, *missing(128)], DEAF, bench=golden("return {'y': t['x'][0] + 1 + t['x'] - t['x'][0]}")
    ),
    "results_truncated": Case([NO_FILE], bench=late("os.truncate, 'result.json', 100")),
    "results_emptied": Case([NO_FILE], bench=late("os.truncate, 'result.json', 0")),
    "results_removed": Case([NO_FILE], bench=late("Path('result.json').unlink, True")),
    "illegal_bin": Case(
        [(verdict.illegal_bin, "illegal bin hit: io.x.40")],
        bench={"COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 39)), illegal=values(40))])]"},
    ),
    "stutters": Case([BROKEN, wrong("184 of 188")], STUTTERS, bench=DIGITS),
    "stutters_beat": Case([BROKEN, wrong("102 of 106")], STUTTERS, {"mode": "beat"}, bench=DIGITS),
    "stuck": Case([HUNG, BROKEN, *missing(188, 188)], STUCK, bench=DIGITS),
    "stuck_beat": Case([HUNG, BROKEN, *missing(106, 106)], STUCK, {"mode": "beat"}, bench=DIGITS),
    "digit_x": Case([UNKNOWN, wrong("144 of 188")], DIGIT_X, bench=DIGITS),
    "late": Case([TOO_SOON], DELAY, bench=TWO_LATE),
    "late_beat": Case([TOO_SOON], DELAY, {"mode": "beat"}, bench=TWO_LATE),
    "late_verilator": Case([TOO_SOON], DELAY, {"sim": "verilator"}, bench=TWO_LATE),
    "later": Case([TOO_LATE], LATER, bench=ONE_LATE),
    "later_beat": Case([TOO_LATE], LATER, {"mode": "beat"}, bench=ONE_LATE),
    "later_verilator": Case([TOO_LATE], LATER, {"sim": "verilator"}, bench=ONE_LATE),
    "again": Case([SURPLUS], AGAIN, bench=PATIENT),
    "again_beat": Case([SURPLUS], AGAIN, BEAT, bench=PATIENT),
    "again_verilator": Case([SURPLUS], AGAIN, {"sim": "verilator"}, bench=PATIENT),
    "again_digits": Case([SURPLUS_Z], AGAIN_DIGITS, bench=PATIENT_DIGITS),
    "again_digits_beat": Case([SURPLUS_Z], AGAIN_DIGITS, {"mode": "beat"}, bench=PATIENT_DIGITS),
    "half": Case([BEGAN], HALF, bench=HALVES),
    "half_beat": Case([BEGAN], HALF, BEAT, bench=HALVES),
    "digit_x_beat": Case([UNKNOWN, wrong("102 of 106")], DIGIT_X, {"mode": "beat"}, bench=DIGITS),
}


@pytest.fixture
def judged(monkeypatch):
    """Evidence that was judged, run by run."""
    seen = []
    judge = verdict.judge

    def spy(evidence):
        seen.append(evidence)
        return judge(evidence)

    monkeypatch.setattr(verdict, "judge", spy)
    return seen


COUNTING = ("wrong value", "missing output", "extra output", "checked only", "X or Z", "stream protocol")


def plain(reasons):
    """Put # for counts, which depend on the samples that a run draws, and leave out where a core hung, and when."""
    counted = [re.sub(r"\d+", "#", reason) if reason.startswith(COUNTING) else reason for reason in reasons]
    hung = [re.sub(r"^(hung: [^(]*) \(.*\)$", r"\1", reason) for reason in counted]
    return [re.sub(r"\[\d+\]", "[#]", reason) for reason in hung]


def check(record, evidence, expected, monkeypatch):
    """Expect exactly these reasons (# is any number), and each of them to be gone with its rule."""
    assert plain(record.reasons) == plain(reason for _, reason in expected)
    assert record.passed == (not expected)
    rules = verdict.RULES
    for rule, reason in expected:
        monkeypatch.setattr(verdict, "RULES", tuple(other for other in rules if other is not rule))
        rest = [pair for pair in expected if pair[1] != reason]
        assert plain(verdict.judge(evidence)) == plain(other for _, other in rest)
    monkeypatch.setattr(verdict, "RULES", rules)


@pytest.mark.parametrize("name", CASES)
def test_fault(lab, judged, monkeypatch, name):
    case = CASES[name]
    top = lab.add(f"case_{name}", case.core, **case.bench)
    record = lab.run(top, "n4" if case.bench.get("CONFIGS") == DIGITS["CONFIGS"] else "w8", **case.run)
    check(record, judged[0], [(rule, text.replace("NAME", name)) for rule, text in case.expected], monkeypatch)


def test_every_rule_has_its_fault():
    """A new rule needs a case; all but two can be the only reason of a failure."""
    shown = [[rule for rule, _ in case.expected] for case in CASES.values()]
    elsewhere = {verdict.simulators_differ, verdict.untimely, verdict.half_loaded}  # the latter in test_conditions.py
    assert {rule for rules in shown for rule in rules} | elsewhere == set(verdict.RULES)
    alone = {rules[0] for rules in shown if len(rules) == 1} | elsewhere
    # what is missing cannot be checked, and is waited for; and a sequence that has nothing to check is refused
    assert set(verdict.RULES) - alone == {verdict.missing, verdict.unchecked}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize(("core", "parts"), [(ECHO, STREAM), (DELAY, DIGITS)], ids=["streams", "digits"])
def test_a_sound_core_passes(lab, judged, monkeypatch, core, parts, mode):
    top = lab.add(f"sound_{'digits' if parts is DIGITS else 'streams'}", core, parts)
    record = lab.run(top, "n4" if parts is DIGITS else "w8", mode=mode)
    check(record, judged[0], [], monkeypatch)
    assert record.transactions > 0


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize(("core", "parts"), [(ECHO, STREAM), (DELAY, DIGITS)], ids=["streams", "digits"])
def test_a_watchdog_with_less_patience_than_one_listens_for_surplus_output(lab, core, parts, mode):
    digits = parts is DIGITS
    rest = parts["REST"].replace("watchdog=200", "watchdog=60")
    top = lab.add(f"impatient_{'digits' if digits else 'streams'}_{mode}", core, parts | {"REST": rest})
    assert lab.run(top, "n4" if digits else "w8", mode=mode).reasons == ()


SIMULATOR = "'Verilator' in getattr(cocotb, 'SIM_NAME', '')"


def test_simulators_that_give_other_results(lab, judged, monkeypatch):
    """A race that the golden model does not see, since it has the same one."""
    core = fault(ECHO, (NEXT, "s_axis_x_tdata\n`ifdef VERILATOR\n+ 2\n`else\n+ 1\n`endif\n"))
    top = lab.add("race", core, HEAD="import cocotb", GOLDEN=f"return {{'y': t['x'] + 1 + ({SIMULATOR})}}")
    assert lab.run(top, sim="icarus").reasons == ()
    record = lab.run(top, sim="verilator")
    expected = [(verdict.simulators_differ, "race: icarus gave other results for the same stimuli")]
    check(record, judged[1], expected, monkeypatch)
    again = lab.run(top, sim="icarus")
    expected = [(verdict.simulators_differ, "race: verilator gave other results for the same stimuli")]
    check(again, judged[2], expected, monkeypatch)
    # what another command ran is no part of this one: it is said which run that is, and when it was
    monkeypatch.setattr(run, "_judged", set())
    (reason,) = lab.run(top, sim="icarus").reasons
    said, _, rest = reason.partition(" (")
    assert said == f"{expected[0][1]}, in an older run of equal sources"
    assert re.fullmatch(r"build/runs/race-w8-verilator-burst-1, [\d-]{10} [\d:]{8}\): repeat it if in doubt", rest)


def test_simulators_that_give_other_coverage(lab, judged, monkeypatch):
    cover = f"[CoverGroup('io', [Point('x', lambda t: t['x'] + ({SIMULATOR}), ranges((0, 20), (21, 64)))])]"
    top = lab.add("race_coverage", HEAD="import cocotb", COVER=cover)
    assert lab.run(top, sim="verilator").reasons == ()
    expected = [(verdict.simulators_differ, "race: verilator gave other functional coverage for the same stimuli")]
    check(lab.run(top, sim="icarus"), judged[1], expected, monkeypatch)


def test_results_of_another_core_or_seed_are_no_race(lab):
    top = lab.add("changed")
    assert lab.run(top, sim="verilator").passed
    lab.add("changed", fault(ECHO, (NEXT, NEXT + " + 1'b1")), GOLDEN="return {'y': t['x'] + 2}")
    assert lab.run(top, sim="icarus").passed
    assert lab.run(top, sim="icarus", seed=2).passed


def test_results_of_the_run_before_do_not_count(lab):
    top = lab.add("relapse")
    assert lab.run(top).passed
    lab.add("relapse", **golden("raise RuntimeError('gone')"))
    record = lab.run(top)
    assert record.reasons == (
        "golden raised RuntimeError: gone (tests/lab/test_relapse.py:17)",
        "nothing was checked",
    )
    assert record.transactions == 0


def test_parameters_and_sources_have_builds_of_their_own(lab):
    """The stock runner compares times of files, and goes on simulating the old parameters."""
    configs = "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}"
    stimuli = {"REST": "stimuli=lambda c: {'top': directed(x=[2**c.WIDTH - 1, 255, 0])},"}
    top = lab.add("stale", CONFIGS=configs, **stimuli)
    assert lab.run(top, "w8").passed
    assert lab.run(top, "w16").passed
    assert len(lab.builds(top)) == 2
    # the same name for another parameter
    lab.add("stale", CONFIGS="{'w8': {'WIDTH': 16}}", **stimuli)
    assert lab.run(top, "w8").passed
    assert len(lab.builds(top)) == 3
    # one character of the source
    lab.add("stale", fault(ECHO, (NEXT, "s_axis_x_tdata + 1'b0")), CONFIGS=configs, **stimuli)
    assert lab.run(top, "w8").reasons[0].startswith("wrong value: ")
    assert len(lab.builds(top)) == 4
    # and back: nothing is built again
    lab.add("stale", CONFIGS=configs, **stimuli)
    assert lab.run(top, "w8").passed
    assert len(lab.builds(top)) == 4


def test_a_module_below_the_top_has_its_part_in_the_build(lab):
    adder = "module stale_adder (input wire [7:0] x, output wire [7:0] y);\nassign y = x + 1;\nendmodule\n"
    core = fault(
        ECHO, ("// declarations", "wire [7:0] y;\nstale_adder adder (.x(s_axis_x_tdata), .y(y));"), (NEXT, "y")
    )
    (lab.root / "rtl" / "lab").mkdir(exist_ok=True)
    child = lab.root / "rtl" / "lab" / "stale_adder.v"
    child.write_text(adder)
    top = lab.add("stale_parent", core)
    assert lab.run(top).passed
    child.write_text(adder.replace("x + 1", "x + 2"))
    assert lab.run(top).reasons[0].startswith("wrong value: ")


@pytest.mark.parametrize(
    ("sim", "said"),
    [
        ("icarus", "slang: rtl/lab/syntax_icarus.v:24: expected statement"),
        ("verilator", "slang: rtl/lab/syntax_verilator.v:24: expected statement"),
    ],
)
def test_a_build_that_fails_is_a_failed_run_in_one_line(lab, sim, said):
    core = fault(ECHO, ("    if (rst) m_axis_y_tvalid <= 1'b0;", "\n    <= if (rst);"))
    record = lab.run(lab.add(f"syntax_{sim}", core), sim=sim)
    (reason,) = record.reasons
    assert reason.startswith(f"build failed: {said}")
    assert "\n" not in reason
    assert lab.builds(f"syntax_{sim}") == []


@pytest.mark.parametrize(
    ("text", "reason", "row"),
    [
        ("return {'y': t['x'] + 1.5}", "golden y: expected integers, got float64", 0),
        ("return {'y': t['x'] + 236}", "golden y, row 20: 256 is out of range 0..255", 20),
        ("return {'y': t['x'][:5]}", "golden y: 5 rows for 64 transactions", 0),
        ("return {'y': np.tile(t['x'] + 1, 2)}", "golden y: 128 rows for 64 transactions", 0),
        ("return {'z': t['x'] + 1}", "golden gives no y", 0),
        ("return {'y': t['x'] + 1, 'z': t['x']}", "golden gives z, which is no output: outputs are y", 0),
        ("return t['x'] + 1", "golden gives ndarray, not a dict of arrays", 0),
    ],
)
def test_a_golden_model_that_gives_what_no_core_can(lab, text, reason, row):
    """Whatever a cast would make fit, or a comparison would leave out, fails."""
    top = lab.add(f"bad_golden_{zlib.crc32(text.encode())}", **golden(text))  # the lab serves several workers at once
    record = lab.run(top)
    assert record.reasons == (f"{reason} (tests/lab/test_{top}.py:16)", "nothing was checked")
    assert record.result["first"]["row"] == row
    assert record.result["first"]["inputs"] == {"x": f"0x{row:02x} ({row})"}
    assert len(np.load(record.folder / "failing.npz")["x"]) == 64


def test_what_raises_is_shrunk_to_the_transaction_for_which_it_does(lab):
    """The batch is kept and the row is found, so that the command printed raises again with one transaction."""
    head = "def odd(x):\n    return {41: [0][1]}[x] if x == 41 else x"
    top = lab.add("raises_by_row", HEAD=head, GOLDEN="return {'y': np.array([odd(x) + 1 for x in t['x'].tolist()])}")
    record = execute(lab.project, RunSpec(top, "w8", "icarus", "burst"))
    said = f"golden raised IndexError: list index out of range (tests/lab/test_{top}.py:10)"
    assert record.reasons == (said, "nothing was checked")
    first = record.result["first"]
    assert (first["row"], first["inputs"], first["expected"]) == (41, {"x": "0x29 (41)"}, {})
    assert record.shrunk == 1
    assert np.load(record.folder / "shrunk.npz")["x"].tolist() == [41]
    text = failure(record)
    assert said in text
    assert "    input    x = 0x29 (41)\n    actual   y = 0x2a (42)\n" in text


def test_an_interface_that_raises_for_one_configuration(lab):
    top = lab.add(
        "raises_interface",
        CONFIGS="{'w8': {'WIDTH': 8}, 'w9': {'WIDTH': 9}}",
        INTERFACE=STREAM["INTERFACE"].replace("Unsigned(c.WIDTH)", "Unsigned({8: 8}[c.WIDTH])"),
    )
    assert lab.run(top, "w8").passed
    assert lab.run(top, "w9").reasons == (f"interface raised KeyError: 9 (tests/lab/test_{top}.py:13)",)
    lab.add("raises_interface", REST="volume=lambda c: {}[c.WIDTH],")
    assert lab.run(top).reasons == (f"volume raised KeyError: 8 (tests/lab/test_{top}.py:31)",)


@pytest.mark.parametrize("given", ["0", "-3", "0.5"])
def test_a_volume_of_nothing(lab, given):
    top = lab.add("no_volume", REST=f"volume=lambda c: {given},")
    said = f"volume gives {given}, not one transaction or more (tests/lab/test_{top}.py:31)"
    assert lab.run(top).reasons == (said,)


def test_a_declaration_that_raises_says_where(lab):
    """Cover groups and sequences are asked for before anything runs."""
    top = lab.add("raises_cover", COVER="[CoverGroup('io', [Point(c.q, len, ())])]")
    with pytest.raises(BenchError, match=r"cover raised AttributeError: .* \(tests/lab/test_raises_cover.py:21\)$"):
        lab.run(top)
    lab.add("raises_cover", REST="stimuli=lambda c: {'a': c['q']},")
    with pytest.raises(BenchError, match=r"stimuli raised KeyError: 'q' \(tests/lab/test_raises_cover.py:31\)$"):
        lab.run(top)


def test_a_result_that_is_its_argument(lab):
    """A golden function may hand on what it got, which it cannot write."""
    core = fault(ECHO, (NEXT, "s_axis_x_tdata"))
    assert lab.run(lab.add("aliased", core, GOLDEN="return {'y': t['x']}")).passed


def test_stimuli_that_are_changed_after_they_were_drawn(lab):
    """What was sent is what is kept of a failure."""
    head = "X = np.arange(64)\ndef ramp(draw):\n    return {'x': X}\ndef more(draw):\n    X[:] = 5\n    return {'x': X}"
    rest = "stimuli=lambda c: {'ramp': ramp, 'more': more},"
    record = lab.run(lab.add("changes_stimuli", WRONG, HEAD=head, REST=rest))
    assert plain(record.reasons) == ["wrong value: # of # transactions"]
    assert np.load(record.folder / "failing.npz")["x"].tolist() == list(range(64))


def test_a_field_that_is_input_and_output(lab):
    """A cover point could not tell which of the two it samples."""
    top = lab.add(
        "clash",
        INTERFACE=STREAM["INTERFACE"].replace("{'y': Axis({'y'", "{'y': Axis({'x'"),
        GOLDEN="return {'x': t['x'] + 1}",
    )
    with pytest.raises(BenchError, match=r"clash w8: field x is input and output: rename one of the two$"):
        lab.run(top)


DOT = f'{FORTY}begin $write("."); $error("forty"); end\n{RESET}'
LETTER = f'{FORTY}begin $write("e"); $error("forty"); end\n{RESET}'
TOLD = f'{FORTY}$display("no good; ERROR: forty");\n{RESET}'
ASSERTS = f'    if (s_axis_x_tvalid && s_axis_x_tready) begin $write("{{"); assert (s_axis_x_tdata != 40); end\n{RESET}'


@pytest.mark.parametrize(
    ("name", "said", "line"),
    [
        ("dot", DOT, "ERROR: rtl/lab/said_dot.v:23: forty"),
        ("letter", LETTER, "ERROR: rtl/lab/said_letter.v:23: forty"),
        ("told", TOLD, "ERROR: forty"),
        ("asserts", ASSERTS, "ERROR: rtl/lab/said_asserts.v:23: "),
    ],
)
def test_a_message_may_stand_anywhere_in_a_line(lab, name, said, line):
    record = lab.run(lab.add(f"said_{name}", fault(ECHO, (RESET, said))))
    assert record.reasons == (f"assertion or $error: {line}",)


def test_what_python_prints_does_not_cut_a_message(lab, monkeypatch):
    """The simulator's text waits in blocks of 4,096 letters, and Python's goes out at once."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # by which Python takes C's buffer away, too
    chatter = f'    if (s_axis_x_tvalid && s_axis_x_tready) $display("{"." * 70}");\n'
    core = fault(ECHO, (RESET, f'{chatter}    if (s_axis_x_tvalid && s_axis_x_tready) $error("again");\n{RESET}'))
    top = lab.add("chatter", core, **golden("os.write(1, b'python')\n    return {'y': t['x'] + 1}"))
    for mode in ("burst", "beat"):
        record = lab.run(top, mode=mode)
        log = (record.folder / "sim.log").read_text()
        messages = len(re.findall(r"^ERROR: rtl/lab/chatter.v:24: again$", log, re.MULTILINE))
        assert messages == log.count("again") > 60
        assert log.count("python") > 2


def test_text_that_is_no_message(lab):
    core = fault(ECHO, (RESET, f'{FORTY}$display("TERROR: none, ERRORS: 0, %%0 Errors");\n{RESET}'))
    assert lab.run(lab.add("chats", core)).passed
