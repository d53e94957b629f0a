# SPDX-License-Identifier: Apache-2.0
"""A project brings a kind of ports of its own, `foreign/`, which nothing of the framework knows by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tb._project import STREAM, fault

CORE = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire       req,
    output reg        ack,
    input  wire [7:0] x,
    output reg        strobe,
    output reg  [8:0] y
);

// declarations
always @(posedge clk) begin
    if (req != ack) begin
        ack    <= req;
        strobe <= !strobe;
        y      <= x + 9'd1;
    end
    if (rst) begin
        ack    <= 1'b0;
        strobe <= 1'b0;
    end
end

endmodule
"""
PARTS = STREAM | {
    "HEAD": "from tests.lab._two_phase import TwoPhase",
    "INTERFACE": "TwoPhase(Unsigned(8), Unsigned(9))",
    "GOLDEN": "return {'y': t['x'] + 1}",
    "CONFIGS": "{'c': {}}",
    "REST": "watchdog=200,",
}
Y = "        y      <= x + 9'd1;\n"
BROKEN = {
    "a result is wrong": ((Y, "        y      <= x == 8'd77 ? 9'd0 : x + 9'd1;\n"), "wrong value"),
    "a result does not stay": ((Y, Y.replace("\n", "\n    end else if (ack) begin\n        y <= 9'd0;\n")), "protocol"),
    "a result never comes": (("!strobe;", "strobe ^ (x != 8'd5);"), "hung"),
    "an operand is never taken": (("req != ack)", "req != ack && x != 8'd5)"), "hung"),
    "a result is unknown": ((Y, "        y      <= x == 8'd7 ? 9'dx : x + 9'd1;\n"), "X or Z"),
}


@pytest.fixture(scope="module")
def kind(lab):
    """The kind, where benches of the project import it from."""
    shutil.copytree(Path(__file__).parent / "foreign", lab.root / "tests" / "lab" / "_two_phase", dirs_exist_ok=True)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_core_with_ports_of_a_foreign_kind_runs(lab, sim, mode):
    record = lab.run(lab.add("foreign", CORE, PARTS), "c", sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["checked"] == record.result["sent"] > 40


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_core_is_found(lab, name, mode):
    change, said = BROKEN[name]
    top = lab.add(f"foreign_broken_{list(BROKEN).index(name)}", fault(CORE, change), PARTS)
    assert said in " | ".join(lab.run(top, "c", mode=mode, n=2000 if mode == "beat" else None).reasons)


@pytest.mark.usefixtures("kind")
def test_its_transactors_are_part_of_a_build(lab):
    top = lab.add("foreign_changed", CORE, PARTS)
    lab.run(top, "c")
    path = lab.root / "tests" / "lab" / "_two_phase" / "two_phase_sink.v"
    path.write_text(path.read_text() + "// changed\n")
    lab.run(top, "c")
    assert len(lab.builds(top)) == 2
