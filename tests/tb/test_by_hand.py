"""Cocotb tests that stand beside a bench: run against the core alone, judged and kept as every other run."""

from __future__ import annotations

import json
import shutil
from xml.etree import ElementTree as ET

import pytest

from tests.tb._project import ECHO, REPO, STREAM, fault
from tests.tb.test_json import checked
from ulpwise.bench.declare import BenchError
from ulpwise.history.database import History
from ulpwise.history.levels import Wish
from ulpwise.history.levels import plan as levels
from ulpwise.run.plan import Request, RequestError, plan
from ulpwise.toolchain.simulators.alone import verilator
from ulpwise.toolchain.simulators.base import Sources

SIMS = ["icarus", "verilator"]
HEAD = """\
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from ulpwise import running


async def answer(dut, x):
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.s_axis_x_tvalid.value, dut.m_axis_y_tready.value, dut.rst.value = 0, 1, 1
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value, dut.s_axis_x_tvalid.value, dut.s_axis_x_tdata.value = 0, 1, x
    await FallingEdge(dut.clk)
    return dut.m_axis_y_tdata.value.to_unsigned()


"""
ADDS = """\
@cocotb.test()
async def adds_one(dut):
    bench, config = running()
    x = random.randrange(1, 2**config.WIDTH)
    assert len(dut.s_axis_x_tdata) == config.WIDTH == int(dut.WIDTH.value)
    assert await answer(dut, x) == int(bench.golden(config, {"x": x})["y"])
    dut._log.info("x is %d with seed %d", x, cocotb.RANDOM_SEED % 2**32)
"""
IDLE = "@cocotb.test()\nasync def waits(dut):\n    await Timer(1, 'us')\n"
TWO = {"CONFIGS": "{'w8': {'WIDTH': 8}, 'w16': {'WIDTH': 16}}", "GOLDEN": "return {'y': (t['x'] + 1) % 2**c.WIDTH}"}
FIVE = "reg [3:0] n = 0;\nalways @(posedge clk) begin n <= n + 1; if (n == 5) WHAT; end\nendmodule"


def add(lab, top, tests, core=ECHO, **changed):
    """Add a core, its bench and cocotb tests."""
    lab.add(top, core, **changed)
    lab._write(f"tests/lab/cocotb_{top}.py", tests)
    return top


@pytest.mark.parametrize("sim", SIMS)
def test_a_test_sees_the_core_alone_with_its_configuration_and_the_seed(lab, sim):
    top = add(lab, f"hand_{sim}", HEAD + ADDS, CONFIGS=TWO["CONFIGS"])
    said = set()
    for config, seed in (("w8", 1), ("w8", 1), ("w8", 2), ("w16", 1)):
        record = lab.run(top, config, sim, "cocotb", seed=seed)
        assert record.passed, record.reasons
        said.add((record.folder / "sim.log").read_text().partition("x is ")[2].splitlines()[0])
        assert (record.transactions, record.result["figures"]) == (1, {"tests": "1 passed"})
    assert len(said) == 3


@pytest.mark.parametrize("sim", SIMS)
def test_a_failure_names_test_assertion_file_and_line(lab, sim):
    wrong = '@cocotb.test()\nasync def of_two(dut):\n    assert await answer(dut, 2) == 4, "two"\n'
    record = lab.run(add(lab, "hand_wrong", f"{HEAD}{ADDS}\n\n{wrong}"), sim=sim, mode="cocotb")
    line = (HEAD + ADDS).count("\n") + 5
    place = f"tests/lab/cocotb_hand_wrong.py:{line}"
    assert record.reasons == (f"cocotb test of_two failed: AssertionError: two; assert 3 == 4 ({place})",)
    assert record.result["figures"] == {"tests": "1 passed, 1 failed"}
    assert record.replay == f"make sim MODULE=hand_wrong CONFIG=w8 SIM={sim} MODE=cocotb SEED=1 WAVES=1"


@pytest.mark.parametrize(
    ("top", "tests", "said"),
    [
        ("hand_name", "import cocotb\n\nx = foo\n", ":3: NameError: name 'foo' is not defined"),
        ("hand_import", "import cocotb\nimport no_such\n", ":2: ModuleNotFoundError: No module named 'no_such'"),
        ("hand_none", "import cocotb\n", ":1: holds no tests: write some, async functions with @cocotb.test() above"),
        (
            "hand_of_none",
            f"{HEAD}@cocotb.test()\n@cocotb.parametrize(x=[])\nasync def t(dut, x): ...\n",
            ":1: holds no",
        ),
    ],
)
def test_a_file_that_is_broken_or_holds_no_tests_is_one_line(lab, top, tests, said):
    (reason,) = lab.run(add(lab, top, tests), mode="cocotb").reasons
    assert reason.startswith(f"tests/lab/cocotb_{top}.py{said}")


def test_a_file_that_is_no_python_is_refused_before_anything_runs(own_lab):
    add(own_lab, "hand", "import cocotb\n\n@cocotb.test(\n")
    with pytest.raises(BenchError, match=r"^tests/lab/cocotb_hand\.py:3: SyntaxError: "):
        plan(own_lab.project, Request("hand"))


@pytest.mark.parametrize(
    ("top", "tests", "said"),
    [
        ("hand_skip", "@cocotb.test(skip=True)\nasync def t(dut): ...\n", "no cocotb test ran: all 1 are skipped"),
        ("hand_late", "@cocotb.test(timeout_time=9)\n" + IDLE.partition("\n")[2], "SimTimeoutError (tests/lab/"),
        ("hand_idle", "@cocotb.test()\nasync def t(dut):\n    await RisingEdge(dut.clk)\n", "(does its clock run?)"),
    ],
)
@pytest.mark.parametrize("sim", SIMS)
def test_what_does_not_come_to_its_end_fails(lab, sim, top, tests, said):
    (reason,) = lab.run(add(lab, top, HEAD + tests), sim=sim, mode="cocotb", limit=60).reasons
    assert said in reason


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            "$finish",
            {"icarus": "the simulation ended in cocotb test adds_one", "verilator": "$finish or $stop at rtl/"},
        ),
        ('$error("five")', {"icarus": "assertion or $error: ERROR: rtl/", "verilator": "assertion or $error: ["}),
    ],
)
@pytest.mark.parametrize("sim", SIMS)
def test_a_core_that_complains_or_ends_the_simulation_fails(lab, sim, what, said):
    top = "hand_ends" if what == "$finish" else "hand_errs"
    core = fault(ECHO, ("endmodule", FIVE.replace("WHAT", what)))
    tests = HEAD + ADDS + "    await Timer(1, 'us')\n"
    reasons = lab.run(add(lab, top, tests, core), sim=sim, mode="cocotb").reasons
    assert any(said[sim] in reason for reason in reasons), reasons


@pytest.mark.parametrize("sim", SIMS)
def test_parameters_of_any_size_and_sign_arrive(lab, sim):
    top = f"hand_wide_{sim}"
    core = fault(
        ECHO, ("parameter WIDTH = 8", 'parameter WIDTH = 8, parameter signed [69:0] LOW = 1, parameter T = "z"')
    )
    values = {"LOW": -(2**40) - 3, "T": "ab"}
    text = "[int(dut.low.value.to_signed()), dut.t.value.to_unsigned()]"
    wires = "wire signed [69:0] low = LOW;\nwire [15:0] t = T;\nendmodule"
    tests = (
        f"{HEAD}@cocotb.test()\nasync def t(dut):\n    await Timer(1)\n    assert {text} == [{values['LOW']}, 0x6162]\n"
    )
    configs = f"{{'w8': {{'WIDTH': 8, **{values}}}}}"
    record = lab.run(add(lab, top, tests, fault(core, ("endmodule", wires)), CONFIGS=configs), sim=sim, mode="cocotb")
    assert record.passed, record.reasons


@pytest.mark.parametrize("sim", SIMS)
def test_waves_show_the_ports_of_the_core(lab, sim):
    folder = lab.run(add(lab, f"hand_waves_{sim}", HEAD + ADDS), sim=sim, mode="cocotb", waves=True).folder
    (clock,) = [line for line in (folder / "waves.gtkw").read_text().splitlines() if line.endswith(".clk")]
    assert clock.split(".")[-2] == f"hand_waves_{sim}"
    assert (folder / "waves.fst").stat().st_size > 0


def test_verilator_gets_no_sign_in_front_of_a_size(tmp_path):
    given = verilator(Sources(tmp_path, "", [], (), "core", {"A": -(2**40), "B": 2**40, "C": -5, "D": '"x"'}))
    assert given[3:] == ["-GA=42'sh30000000000", "-GB=41'h10000000000", "-GC=-5", '-GD="x"']
    assert verilator(Sources(tmp_path, "", [])) == []


@pytest.fixture
def beside(own_lab):
    """A project with two benches, one of which has cocotb tests beside it."""
    add(own_lab, "hand", HEAD + ADDS, CONFIGS=TWO["CONFIGS"])
    own_lab.add("echo")
    return own_lab


def test_the_runs_of_a_core_include_its_tests(beside):
    def modes(module, **rest):
        return [
            (spec.config, spec.sim, spec.n)
            for spec in plan(beside.project, Request(module, **rest))
            if spec.mode == "cocotb"
        ]

    both = [("w8", "verilator", None), ("w8", "icarus", None), ("w16", "verilator", None), ("w16", "icarus", None)]
    assert modes("hand") == modes("hand,echo", n=7) == modes(None, family="lab", mode="cocotb") == both
    assert modes("hand", config="w8", sim="icarus", mode="cocotb") == [("w8", "icarus", None)]
    assert modes("echo") == modes("hand", mode="both") == modes("hand", mode="beat") == []


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"module": "echo"}, "there is no tests/lab/cocotb_echo.py"),
        ({}, "name MODULE or FAMILY"),
        ({"module": "hand", "out": "y.npz"}, "leave VECTORS and OUT out"),
    ],
)
def test_tests_that_cannot_run_are_refused(beside, rest, said):
    with pytest.raises(RequestError, match=said):
        plan(beside.project, Request(mode="cocotb", **rest))


def test_simulators_of_the_bench_hold_for_its_tests(own_lab):
    rest = STREAM["REST"] + " simulators=['icarus'], simulators_reason='slow',"
    add(own_lab, "hand", HEAD + ADDS, REST=rest)
    assert {spec.sim for spec in plan(own_lab.project, Request("hand"))} == {"icarus"}


def test_a_regression_has_a_run_a_configuration_simulator_and_seed(beside):
    def runs(level, **rest):
        return [spec.name for spec in levels(beside.project, Wish(level, **rest)) if spec.mode == "cocotb"]

    assert runs("smoke") == ["hand-w8-verilator-cocotb-1", "hand-w8-icarus-cocotb-1"]
    assert len(runs("full")) == 4
    assert len(runs("nightly", sim="icarus")) == 10
    coverage = [spec.coverage for spec in levels(beside.project, Wish("full")) if spec.mode == "cocotb"]
    assert coverage == [True, False, True, False]


def test_make_sim_keeps_the_run_in_every_place(beside):
    beside._write(
        "tests/lab/cocotb_hand.py", HEAD + ADDS.replace("['y'])", "['y']) + 1").replace('["y"])', '["y"]) + 1')
    )
    words = ("--module", "hand", "--config", "w8", "--sim", "icarus", "--json", "-")
    done = beside.cli("sim", *words)
    assert done.returncode == 1, done.stderr
    run = next(run for run in checked("sim", done.stdout) if run["mode"] == "cocotb")
    assert run["verdict"] == "fail"
    assert run["reasons"][0].startswith("cocotb test adds_one failed: AssertionError: assert ")
    case = ET.parse(beside.project.build / "junit.xml").getroot().find(".//testcase[@name='w8-icarus-cocotb-1']")
    assert "cocotb test adds_one failed" in case.find("failure").attrib["message"]
    kept = [row for row in History(beside.project.build / "history.sqlite").runs() if row["mode"] == "cocotb"]
    assert [(row["verdict"], row["transactions"]) for row in kept] == [("fail", 1)]
    record = json.loads((beside.project.build / "runs/hand-w8-icarus-cocotb-1/record.json").read_text())
    assert record["reasons"] == run["reasons"]


def test_list_shows_the_file_and_names_one_that_nothing_runs(beside):
    done = beside.cli("list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{'echo':20} lab        w8",
        f"{'hand':20} lab        w8 w16  + cocotb_hand.py",
    ]
    beside._write("tests/lab/cocotb_gone.py", HEAD + ADDS)
    done = beside.cli("list", "--json", "-")
    line = "tests/lab/cocotb_gone.py:1: there is no bench beside it that would run it: tests/lab/test_gone.py"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"error: {line}")
    told = {each["module"]: (each["cocotb"], each["error"]) for each in checked("list", done.stdout)}
    assert told == {"echo": (None, ""), "hand": ("tests/lab/cocotb_hand.py", ""), "gone": (None, line)}


def test_pytest_collects_them(beside):
    beside._write("tests/lab/cocotb_gone.py", HEAD + ADDS)
    for name in ("tests/conftest.py", "pyproject.toml"):
        shutil.copy(REPO / name, beside.root / name)
    done = beside.python("-m", "pytest", "tests", "-q", "--collect-only", "-k", "cocotb")
    names = [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert names == [f"hand[{config}-{sim}-cocotb]" for config in ("w8", "w16") for sim in ("verilator", "icarus")]
    assert "cocotb_gone.py:1: there is no bench beside it" in done.stdout
    done = beside.python("-m", "pytest", "tests/lab/test_hand.py", "-q", "-n0", "-k", "w8-icarus-cocotb")
    assert "1 passed" in done.stdout, done.stdout
