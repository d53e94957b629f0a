# SPDX-License-Identifier: Apache-2.0
"""Cores whose clock, reset and pins are not called, or not made, as the convention has it."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from tests.tb._project import DELAY, DIGITS, ECHO, STREAM, fault
from ulpwise.bench.declare import BenchError
from ulpwise.mutate import command
from ulpwise.run.agree import AgreeError, agree
from ulpwise.run.execute import attempt
from ulpwise.run.record import RunSpec
from ulpwise.synthesis.area import AreaRequest, measure
from ulpwise.synthesis.switching import activity, gates

REST = STREAM["REST"]
TIMING = "timing=lambda c, t: timing.steady(timing.rows(t), {'x': 1}, {'y': 1}, latency=1, period=1), "
RESET = ("    if (rst) m_axis_y_tvalid <= 1'b0;\n", "    if (!aresetn) m_axis_y_tvalid <= 1'b0;\n")


def renamed(core: str, **names: str) -> str:
    """Give pins other names."""
    for old, new in names.items():
        core, count = re.subn(rf"\b{old}\b", new, core)
        assert count, old
    return core


def wired(text: str, rest: str = TIMING + REST) -> str:
    """Write the rest of a bench, with a wiring."""
    return f"wiring=Wiring({text}), {rest}"


LOW = renamed(fault(ECHO, RESET), clk="aclk", rst="aresetn")
ASYNCHRONOUS = renamed(
    fault(
        ECHO,
        ("always @(posedge clk)", "always @(posedge clk or negedge rst)"),
        (
            "    if (s_axis_x_tready)",
            "    if (!rst) begin\n        m_axis_y_tvalid <= 1'b0;\n    end else if (s_axis_x_tready)",
        ),
        ("    if (rst) m_axis_y_tvalid <= 1'b0;\n", ""),
    ),
    clk="clock",
    rst="rst_n",
)
NO_RESET = fault(
    ECHO,
    ("    input  wire             rst,\n", ""),
    ("    if (rst) m_axis_y_tvalid <= 1'b0;\n", ""),
    ("// declarations", "initial m_axis_y_tvalid = 1'b0;"),
)
NAMES = {
    "s_axis_x_tdata": "in_data",
    "s_axis_x_tvalid": "in_valid",
    "m_axis_y_tdata": "out_data",
    "m_axis_y_tvalid": "out_valid",
    "m_axis_y_tready": "taken",
}
SHORT = renamed(ECHO, **NAMES)

# what the core is like: its source, and its wiring
CORES = {
    "low": (LOW, "'aclk', 'aresetn', active_low=True"),
    "late": (ASYNCHRONOUS, "'clock', 'rst_n', active_low=True, asynchronous=True"),
    "sync": (ASYNCHRONOUS, "'clock', 'rst_n', active_low=True"),
    "bare": (NO_RESET, "reset=''"),
    "short": (SHORT, f"pins={NAMES}"),
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("name", CORES)
def test_a_core_runs(lab, name, sim, mode):
    core, text = CORES[name]
    top = lab.add(f"wired_{name}", core, REST=wired(text))
    record = lab.run(top, sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["timed"] > 0
    # the ramp, twice timing, and what stalls and resets are there: none without a reset
    assert record.result["checked"] == record.result["sent"] > 40


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_a_digit_serial_core_runs(lab, mode):
    names = {"x_p": "x_plus", "z_first": "begins", "ce": "enable"}
    core = renamed(fault(DELAY, ("if (rst)", "if (!rst)")), **names, clk="ck", rst="nr")
    top = lab.add(f"wired_digits_{mode}", core, DIGITS, REST=wired(f"'ck', 'nr', True, pins={names}", DIGITS["REST"]))
    record = lab.run(top, "n4", mode=mode)
    assert record.passed, record.reasons


@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize(
    ("name", "core", "text"),
    [("low", LOW, "'aclk', 'aresetn'"), ("high", ECHO, "active_low=True")],
    ids=["said to be high", "said to be low"],
)
def test_a_core_that_is_held_in_its_reset_hangs(lab, name, core, text, sim, mode):
    top = lab.add(f"polarity_{name}", core, REST=wired(text))
    reasons = lab.run(top, sim=sim, mode=mode).reasons
    rows = {"burst": 64, "beat": 40}[mode]
    assert reasons == (
        "hung: nothing moved on the pins before all results were in (ramp; m_axis_y offered nothing)",
        f"missing output: {rows} of {rows} transactions",
        "nothing was checked",
    )


def test_without_a_reset_nothing_is_cut(lab):
    plain = lab.add("with_reset")
    bare = lab.add("without_reset", NO_RESET, REST=wired("reset=''", REST))
    sent = {top: lab.run(top).result["sent"] for top in (plain, bare)}
    assert sent[bare] < sent[plain]


# the core, what its bench says, and what is said of that before anything is built
REFUSED = {
    "another clock": (
        LOW,
        "'aclkk', 'aresetn', True",
        "has an input aclkk, the core (rtl/lab/core.v:1) none; did you mean aclk? (and 1 more)",
    ),
    "another pin": (
        SHORT,
        f"pins={NAMES | {'s_axis_x_tdata': 'in_dat'}}",
        "has an input in_dat, the core (rtl/lab/core.v:1) none; did you mean in_data? (and 1 more)",
    ),
    "no reset where there is one": (
        ECHO,
        "reset=''",
        "the core's input rst (rtl/lab/core.v:3) is not in the interface of",
    ),
    "a reset where there is none": (NO_RESET, "", "has an input rst, the core (rtl/lab/core.v:1) none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_names_are_compared_with_the_core(own_lab, name):
    core, text, said = REFUSED[name]
    own_lab.add("core", core, REST=wired(text))
    bench = own_lab.project.bench("core")
    with pytest.raises(AgreeError) as refused:
        agree(own_lab.project, bench, bench.config("w8"))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


WRONG = {
    "clock=''": "clock is empty: name the pin; only cores that are all logic have none, and their interface says so",
    "reset='', active_low=True": "active_low=True speaks of a reset, and reset='' says that there is none",
    "reset='', asynchronous=True": "asynchronous=True speaks of a reset, and reset='' says that there is none",
    "'a clock'": "'a clock' for clock is no name of a pin",
    "pins={'s_axis_x_tdata': '8bits'}": "'8bits' for s_axis_x_tdata is no name of a pin",
    "pins={'m_axis_y_tlast': ''}": (
        "the name for m_axis_y_tlast is empty; pins that nobody looks at belong to tie or ignore"
    ),
    "pins={'clk': 'aclk'}": "pins names clk: say clock='aclk'",
    "pins={'rst': 'aclk'}": "pins names rst: say reset='aclk'",
    "pins={'s_axis_x_tdat': 'd'}": "s_axis_x_tdat is no pin of the interface; did you mean s_axis_x_tdata?",
    "pins={'q': 'd'}": "q is no pin of the interface",
    "pins={'s_axis_x_tdata': 'd', 'm_axis_y_tdata': 'd'}": "s_axis_x_tdata and m_axis_y_tdata are both d",
    "pins={'s_axis_x_tdata': 'm_axis_y_tdata'}": "s_axis_x_tdata and m_axis_y_tdata are both m_axis_y_tdata",
    "reset='clk'": "clk and rst are both clk",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wiring_that_contradicts_itself_is_refused(own_lab, text):
    own_lab.add("core", REST=wired(text))
    with pytest.raises(BenchError) as refused:
        own_lab.project.bench("core")
    assert str(refused.value) == f"tests/lab/test_core.py:24: core: wiring: {WRONG[text]}"


def test_a_core_with_a_memory_of_its_own_needs_a_reset(own_lab):
    own_lab.add("core", NO_RESET, REST=wired("reset=''", "sequential=True, " + REST))
    with pytest.raises(BenchError, match=r"core: wiring: reset='' with sequential=True: a core that keeps state"):
        own_lab.project.bench("core")


def test_messages_name_the_pins_of_the_core(lab):
    late = "timing=lambda c, t: timing.steady(timing.rows(t), {'x': 1}, {'y': 1}, latency=2, period=1), "
    top = lab.add("says_late", SHORT, REST=wired(f"pins={NAMES}", late + REST))
    (reason,) = lab.run(top).reasons
    assert reason == "timing: out_valid: beat 0 of transaction 0 moved in cycle 1 of an unstalled sequence, not in 2"
    mute = fault(SHORT, ("out_valid <= in_valid", "out_valid <= 1'b0"))
    top = lab.add("says_mute", mute, REST=wired(f"pins={NAMES}"))
    assert "(ramp; out_valid offered nothing)" in lab.run(top).reasons[0]


def test_the_late_result_of_a_digit_serial_core_is_called_by_its_pin(lab):
    interface = "DigitSerial({'x': SignedDigits(4)}, {'z': SignedDigits(4)}, cycles=5, latency={'z': 3})"
    core = renamed(DELAY, z_first="begins")
    rest = wired("pins={'z_first': 'begins'}", DIGITS["REST"])
    top = lab.add("says_digits", core, DIGITS, INTERFACE=interface, REST=rest)
    assert lab.run(top, "n4").reasons == ("latency: begins after 1 enabled cycles, not 3",)


def test_the_waves_show_the_pins_of_the_core(lab):
    top = lab.add("waved", renamed(SHORT, clk="aclk"), REST=wired(f"'aclk', pins={NAMES}"))
    record = lab.run(top, waves=True)
    shown = (record.folder / "waves.gtkw").read_text()
    found = re.findall(r"^harness\.dut\.(\w+)", shown, re.MULTILINE)
    assert found[:3] == ["aclk", "rst", "in_data"]
    assert len(found) == 10


@pytest.mark.parametrize("name", ["low", "late", "bare"])
def test_seeded_faults_are_found_or_proved(lab, name):
    core, text = CORES[name]
    # what is masked is there anyway: its faults change nothing
    core = fault(core, ("s_axis_x_tdata + 1'b1", "(s_axis_x_tdata & (s_axis_x_tdata | m_axis_y_tdata)) + 1'b1"))
    top = lab.add(f"mutated_{name}", core, REST=wired(text, "stimuli=lambda c: {'all': exhaustive}, watchdog=200,"))
    sink = io.StringIO()
    wish = command.Wish(module=top, sim="icarus", jobs=2, mutants=12, seed=3)
    assert command.mutate(lab.project, wish, Console(file=sink, width=200)) == 0
    score = json.loads((lab.root / "build" / "mutation" / f"{top}.json").read_text())
    assert score["mutants"] == 12
    # all frames have one beat, so tlast is always 1
    assert [each for each in score["survivors"] if not re.search(r"tlast\) const1", each)] == []
    assert score["killed"] >= 6
    assert score["equivalent"] >= 1


@pytest.mark.parametrize("name", ["low", "late"])
def test_area_and_switching_are_counted(lab, name):
    core, text = CORES[name]
    top = lab.add(f"counted_{name}", core, REST=wired(text))
    (area,) = measure([AreaRequest(top, {"WIDTH": 8})], lab.root, (6,), xc7=False)
    assert area.ff == 10
    found = activity(attempt(gates(lab.project, top, "w8"), RunSpec(top, "w8", "verilator", "burst", n=20)))
    assert len(found.ffs) == 10
    assert found.ff_toggles.sum() > 100
