# SPDX-License-Identifier: Apache-2.0
"""Parameters that are strings, and wide ones, are the core's under every tool; their types are compared."""

import pytest

from tests.tb._project import ECHO, STREAM, fault
from tests.tb.conftest import share_runtime
from ulpwise.bench.declare import BenchError
from ulpwise.mutate.netlist import elaborate, seed_faults, write
from ulpwise.run.agree import AgreeError, agree
from ulpwise.synthesis.area import AreaRequest, measure
from ulpwise.toolchain.simulators import SIMULATORS

# adds 1 where MODE is fast and the highest bit of TABLE is set
MODAL = fault(
    ECHO,
    ("parameter WIDTH = 8", 'parameter WIDTH = 8, parameter MODE = "slow", parameter [200:0] TABLE = 0'),
    ("1'b1", '((MODE == "fast") && TABLE[200])'),
)
PLACE = "the core's MODE (rtl/lab/modal.v:1)"


def add(lab, mode, core=MODAL):
    return lab.add("modal", core, CONFIGS=f"{{'w8': {{'WIDTH': 8, 'MODE': {mode}, 'TABLE': 1 << 200}}}}")


@pytest.mark.parametrize("sim", SIMULATORS)
def test_a_string_is_the_cores_and_a_wrong_one_is_found(own_lab, sim):
    share_runtime(own_lab.root)
    record = own_lab.run(add(own_lab, "'fast'"), sim=sim)
    assert record.passed, record.reasons
    assert not own_lab.run(add(own_lab, "'slow'"), sim=sim).passed


def test_yosys_and_a_netlist_of_mutants_take_it(own_lab):
    parameters = own_lab.project.bench(add(own_lab, "'fast'")).config("w8").parameters
    assert parameters["MODE"] == '"fast"'
    (area,) = measure([AreaRequest("modal", parameters)], own_lab.root, (6,), xc7=False)
    assert area.lut6 > 5
    work = own_lab.root / "build" / "own"
    work.mkdir(parents=True)
    netlist = elaborate("modal", parameters, own_lab.root, work)
    write(netlist, seed_faults(netlist, 3, 1), parameters, own_lab.root / "rtl/lab/modal.v")
    record = own_lab.run("modal")
    assert record.passed, record.reasons


FAULTS = {
    "a number for a string": ("5", MODAL, f"the bench's MODE = 5 is a number, {PLACE} a string"),
    "a string for a number": (
        "'fast'",
        fault(MODAL, ('parameter MODE = "slow"', "parameter MODE = 0")),
        f'the bench\'s MODE = "fast" is a string, {PLACE} a number',
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_the_type_is_compared(own_lab, what):
    mode, core, said = FAULTS[what]
    bench = own_lab.project.bench(add(own_lab, mode, core))
    with pytest.raises(AgreeError) as refused:
        agree(own_lab.project, bench, bench.config("w8"))
    assert str(refused.value) == f"modal w8: {said}"


@pytest.mark.parametrize("mode", [r"'a\\b'", "'\"'", r"'\u00e9'"])
def test_a_string_that_verilog_would_read_otherwise_is_refused(own_lab, mode):
    with pytest.raises(BenchError, match="a string parameter is printable ASCII without quotes and backslashes"):
        own_lab.project.bench(add(own_lab, mode))


def test_a_setting_of_the_bench_is_no_string(own_lab):
    own_lab.add("modal", MODAL, CONFIGS="{'w8': {'WIDTH': 8, 'mode': 'fast'}}", REST=STREAM["REST"])
    with pytest.raises(BenchError, match="mode is 'fast', which is no integer"):
        own_lab.project.bench("modal")
