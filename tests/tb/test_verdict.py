"""Each rule of the verdict: a wrong core, or a killed, hung or empty run, fails by it, and would not without it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

import pytest

from tb import verdict
from tests.tb._project import DELAY, DIGITS, ECHO, STREAM, fault

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
    DELAY, ("// declarations", "reg early;"), ("z_first <= first;", "early <= first; z_first <= first || early;")
)
STUCK = fault(DELAY, ("z_first <= first;", "z_first <= first || z_first;"))
DIGIT_X = fault(DELAY, ("// declarations", "reg never;"), ("z_p     <= x_p;", "z_p <= x_p ^ never;"))
EMPTY = {"REST": "stimuli=lambda c: {'none': directed(x=[])},"}

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
    "empty": Case([NOTHING], bench=EMPTY),
    "empty_beat": Case([NOTHING], run=BEAT, bench=EMPTY),
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
    "fickle": Case([BROKEN], FICKLE),
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
        [(verdict.no_results, "results file missing: KeyError: 'no such key'")],
        bench=golden("raise KeyError('no such key')"),
    ),
    "raises_verilator": Case(
        [(verdict.no_results, "results file missing: RuntimeError: no such thing")],
        run={"sim": "verilator"},
        bench=golden("raise RuntimeError('no such thing')"),
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


def plain(reasons, expected):
    """Put # for the numbers of those reasons of which the text alone is expected."""
    free = [text.partition("#")[0] for _, text in expected if "#" in text]
    return [re.sub(r"\d+", "#", reason) if reason.startswith(tuple(free)) else reason for reason in reasons]


def check(record, evidence, expected, monkeypatch):
    """Expect exactly these reasons (# is any number), and each of them to be gone with its rule."""
    assert plain(record.reasons, expected) == [reason for _, reason in expected]
    assert record.passed == (not expected)
    rules = verdict.RULES
    for rule, reason in expected:
        monkeypatch.setattr(verdict, "RULES", tuple(other for other in rules if other is not rule))
        rest = [pair for pair in expected if pair[1] != reason]
        assert plain(verdict.judge(evidence), rest) == [other for _, other in rest]
    monkeypatch.setattr(verdict, "RULES", rules)


@pytest.mark.parametrize("name", CASES)
def test_fault(lab, judged, monkeypatch, name):
    case = CASES[name]
    top = lab.add(f"case_{name}", case.core, **case.bench)
    record = lab.run(top, "n4" if case.bench.get("CONFIGS") == DIGITS["CONFIGS"] else "w8", **case.run)
    check(record, judged[0], case.expected, monkeypatch)


def test_every_rule_has_its_fault():
    """A new rule needs a case; all but one can be the only reason of a failure."""
    shown = [[rule for rule, _ in case.expected] for case in CASES.values()]
    assert {rule for rules in shown for rule in rules} | {verdict.simulators_differ} == set(verdict.RULES)
    alone = {rules[0] for rules in shown if len(rules) == 1} | {verdict.simulators_differ}
    assert set(verdict.RULES) - alone == {verdict.missing}  # what is missing cannot be checked, and is waited for


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize(("core", "parts"), [(ECHO, STREAM), (DELAY, DIGITS)], ids=["streams", "digits"])
def test_a_sound_core_passes(lab, judged, monkeypatch, core, parts, mode):
    top = lab.add(f"sound_{'digits' if parts is DIGITS else 'streams'}", core, parts)
    record = lab.run(top, "n4" if parts is DIGITS else "w8", mode=mode)
    check(record, judged[0], [], monkeypatch)
    assert record.transactions > 0


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
    assert record.reasons == ("results file missing: RuntimeError: gone",)
    assert record.transactions == 0
    assert not (record.folder / "result.json").exists()


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
    assert lab.run(top, "w8").reasons == ("wrong value: 6 of 6 transactions",)
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
    assert lab.run(top).reasons == ("wrong value: 128 of 128 transactions",)


@pytest.mark.parametrize(
    ("sim", "said"),
    [
        ("icarus", "iverilog: rtl/lab/syntax_icarus.v:24: syntax error"),
        ("verilator", "verilator_bin: %Error: rtl/lab/syntax_verilator.v:24:5: syntax error, unexpected <="),
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
    ("text", "reason"),
    [
        ("return {'y': t['x'] + 1.5}", "tb._format.FormatError: golden y: expected integers, got float64"),
        ("return {'y': t['x'] + 256}", "tb._format.FormatError: golden y, row 0: 256 is out of range 0..255"),
        ("return {'y': t['x'][:5]}", "ValueError: golden y: 5 rows for 64 transactions"),
        ("return {'y': np.tile(t['x'] + 1, 2)}", "ValueError: golden y: 128 rows for 64 transactions"),
        ("return {'z': t['x'] + 1}", "KeyError: 'y'"),
    ],
)
def test_a_golden_model_that_gives_what_no_core_can(lab, text, reason):
    """Whatever a cast would make fit, or a comparison would leave out, fails."""
    top = lab.add(f"bad_golden_{zlib.crc32(text.encode())}", **golden(text))  # the lab serves several workers at once
    assert lab.run(top).reasons == (f"results file missing: {reason}",)
