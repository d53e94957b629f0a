# SPDX-License-Identifier: Apache-2.0
"""Seeded faults: which a bench finds, which are proved to change nothing, and what is refused."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from tests.tb._project import ECHO, fault
from ulpwise.closure.measure import mutation
from ulpwise.mutate import command
from ulpwise.mutate.netlist import MutateError, elaborate, seed_faults
from ulpwise.mutate.place import place
from ulpwise.mutate.prove import equivalent

WIDTH = {"WIDTH": 8}
SUM = "        m_axis_y_tdata  <= s_axis_x_tdata + 1'b1;"
EVERY_X = "stimuli=lambda c: {'random': random()}, volume=lambda c: 1000, watchdog=200,"
LOW_X = EVERY_X.replace("random()", "random(x=lambda rng, rows: rng.integers(0, 8, rows))")

# a count of 0, 1, 2, which never is 3; y[0] is wrong when it is
COUNT = fault(
    ECHO,
    ("// declarations\n", "reg [1:0] count;\nwire never = count == 2'd3;\n"),
    ("s_axis_x_tdata + 1'b1;", "s_axis_x_tdata + 1'b1 + never;"),
    (
        "    if (rst) m",
        "    count <= count == 2'd2 ? 2'd0 : count + 2'd1;\n    if (rst) count <= 2'd0;\n    if (rst) m",
    ),
)

UNREADABLE = fault(ECHO, ("// declarations\n", "`ifdef YOSYS\nmissing guard ();\n`endif\n"))


def wish(**changed):
    return command.Wish(**{"sim": "icarus", "jobs": 2} | changed)


def faults(lab, top, parameters=WIDTH):
    """Elaborate a core; return its netlist and every fault that it can have."""
    work = lab.root / "build" / "mutation" / top
    work.mkdir(parents=True)
    found = elaborate(top, parameters, lab.root, work)
    return found, seed_faults(found, 10_000, 1)


def only(monkeypatch, keep):
    """Let the command try only some of the faults."""

    def chosen(core, count, seed):
        del count
        found = [mutant for mutant in seed_faults(core, 10_000, seed) if keep(mutant)]
        return [replace(mutant, number=number) for number, mutant in enumerate(found, 1)]

    monkeypatch.setattr(command, "seed_faults", chosen)


def run(lab, top, **changed):
    """Run the command on one core; return its status, what it printed, and the file that it wrote."""
    sink = io.StringIO()
    status = command.mutate(lab.project, wish(module=top, **changed), Console(file=sink, width=200))
    return status, sink.getvalue(), lab.root / "build" / "mutation" / f"{top}.json"


def test_a_strong_bench_finds_every_fault(lab):
    top = lab.add("mutated", REST=EVERY_X)
    status, printed, path = run(lab, top, mutants=8)
    score = json.loads(path.read_text())
    assert status == 0
    assert (score["mutants"], score["survivors"], score["holes"]) == (8, [], [])
    assert score["killed"] + score["equivalent"] == 8
    assert score["killed"] == sum(score["killed_by"].values()) >= 6
    assert score["killed_by"]["wrong value"] >= 2
    assert (score["config"], score["sim"], score["seed"], score["runs"]) == ("w8", "icarus", 1, {"w8": 1000})
    assert mutation(path)["percent"] == 100.0
    assert f"{top}  w8            8" in printed
    assert "100 %" in printed
    assert "survived" not in printed


def test_what_the_bench_never_tries_survives_with_its_place(lab, monkeypatch):
    top = lab.add("unseen", REST=LOW_X)  # bits 3 to 7 of x are always 0
    only(monkeypatch, lambda m: m.kind == "$add" and m.port == "A" and m.bit in {1, 5} and m.mode in {"const0", "inv"})
    status, printed, path = run(lab, top)
    score = json.loads(path.read_text())
    line = ECHO.splitlines().index(SUM) + 1
    assert status == 0
    assert (score["mutants"], score["killed"], score["equivalent"]) == (4, 3, 0)
    assert score["survivors"] == [f"rtl/lab/unseen.v:{line}: $add A[5] (s_axis_x_tdata[5]) const0: {SUM.strip()}"]
    (hole,) = score["holes"]
    assert (hole["file"], hole["line"], hole["text"]) == ("rtl/lab/unseen.v", line, SUM.strip())
    assert (hole["type"], hole["port"], hole["bit"], hole["mode"]) == ("$add", "A", 5, "const0")
    assert hole["why"] == "other contents or outputs"
    assert mutation(path)["percent"] == 75.0
    assert f"survived in unseen w8: {score['survivors'][0]}\n" in printed


def test_what_one_configuration_misses_another_with_the_same_parameters_finds(lab, monkeypatch):
    configs = "{'low': {'WIDTH': 8, 'most': 8}, 'w7': {'WIDTH': 7, 'most': 8}, 'high': {'WIDTH': 8, 'most': 256}}"
    top = lab.add("twice", CONFIGS=configs, REST=LOW_X.replace("0, 8,", "0, c.most,"))
    only(monkeypatch, lambda m: m.kind == "$add" and m.port == "A" and m.bit == 5 and m.mode == "const0")
    _, _, path = run(lab, top, n=50)
    score = json.loads(path.read_text())
    assert (score["mutants"], score["killed"], score["survivors"]) == (1, 1, [])
    assert score["runs"] == {"low": 50, "high": 50}


def test_a_mutant_that_hangs_is_found_and_a_redundant_one_is_equivalent(lab, monkeypatch):
    core = fault(ECHO, ("s_axis_x_tdata + 1'b1", "(s_axis_x_tdata & (s_axis_x_tdata | m_axis_y_tdata)) + 1'b1"))
    top = lab.add("redundant", core, REST=EVERY_X)
    # no ready: nothing ever moves
    hangs = {"$or": ("B", "inv"), "$logic_or": ("Y", "const0")}
    only(monkeypatch, lambda m: hangs.get(m.kind) == (m.port, m.mode) and m.bit == 0)
    _, printed, path = run(lab, top)
    score = json.loads(path.read_text())
    assert (score["mutants"], score["killed"], score["equivalent"], score["survivors"]) == (2, 1, 1, [])
    assert score["killed_by"] == {"hung": 1}
    assert mutation(path)["percent"] == 100.0
    assert "survived" not in printed


def test_the_same_seed_chooses_the_same_faults(lab):
    lab.add("chosen")
    core, every = faults(lab, "chosen")
    first, again, other = (seed_faults(core, 20, seed) for seed in (3, 3, 4))
    assert first == again != other
    assert [mutant.number for mutant in first] == list(range(1, 21))
    assert len(every) > 100
    assert not any("CLK" in mutant.port for mutant in every)


def test_proofs_hold_and_are_not_given_away(lab):
    lab.add("counted", COUNT)
    core, every = faults(lab, "counted")

    def pick(kind, port, bit, mode, text):
        for mutant in every:
            found = (mutant.kind, mutant.port, mutant.bit, mutant.mode)
            if found == (kind, port, bit, mode) and text in place(mutant, lab.root).text:
                return mutant
        raise AssertionError(text)

    unreachable = pick("$eq", "Y", 0, "const0", "never =")  # holds because the count never is 3
    visible = pick("$eq", "Y", 0, "inv", "never =")
    sooner = pick("$eq", "B", 0, "const0", "never =")  # at 2 instead of 3
    no_reset = pick("$mux", "S", 0, "const0", "if (rst) count")  # leaves the count as it was, perhaps at 3
    assert no_reset.wire == "rst for count[0]"
    stuck = pick("$dff", "Q", 1, "const0", "count")
    wrong = pick("$add", "A", 7, "inv", "s_axis_x_tdata")
    why = equivalent(core, [unreachable, visible, sooner, no_reset, stuck, wrong], 20.0, 2)
    assert why.pop(unreachable.number) == ""
    assert why.pop(no_reset.number) == "another value after a reset"
    assert set(why.values()) == {"other contents or outputs"}
    assert len(why) == 4


def test_unknown_bits_and_memories_prove_nothing_that_they_should_not(lab):
    body = """reg [7:0] store [0:3];
wire [7:0] other = 8'bxxxxxxxx;
wire [7:0] kept = store[s_axis_x_tdata[1:0]];
always @(posedge clk) if (s_axis_x_tvalid) store[s_axis_x_tdata[3:2]] <= s_axis_x_tdata;
"""
    value = "s_axis_x_tdata[7] ? other : (kept & (kept | s_axis_x_tdata));"
    lab.add("stored", fault(ECHO, ("// declarations\n", body), ("s_axis_x_tdata + 1'b1;", value)))
    core, every = faults(lab, "stored")
    memory = [mutant for mutant in every if mutant.kind == "$mem_v2" and mutant.mode == "inv"]
    assert {mutant.port for mutant in memory} == {"RD_ADDR", "RD_DATA", "WR_ADDR", "WR_DATA", "WR_EN"}
    ports = {mutant.port: mutant for mutant in memory}
    redundant = next(mutant for mutant in every if (mutant.kind, mutant.port, mutant.bit) == ("$or", "B", 0))
    select = next(
        mutant
        for mutant in every
        if (mutant.kind, mutant.port, mutant.mode) == ("$mux", "S", "const0")
        and "other" in place(mutant, lab.root).text
    )
    why = equivalent(core, [redundant, select, *ports.values()], 20.0, 2)
    assert why.pop(redundant.number) == ""
    assert set(why.values()) == {"other contents or outputs"}
    assert len(why) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"module": "ecko"}, "unknown module 'ecko': did you mean echo?"),
        ({"module": "echo", "config": "w9"}, "unknown configuration 'w9': there are: w8"),
        ({"family": "lap"}, "unknown family 'lap': did you mean lab?"),
        ({"module": "echo", "family": "lap"}, "unknown family 'lap': did you mean lab?"),
        ({"config": "w8"}, "CONFIG belongs to a core: name it with MODULE"),
        ({"module": "echo", "sim": "both"}, "unknown simulator 'both': there are: verilator, icarus"),
        ({"module": "echo", "mutants": 0}, "MUTANTS=0: at least one mutant is needed"),
        ({"module": "echo", "seed": -1}, "SEED=-1: a seed is 0 to 2147483647"),
        ({"module": "echo", "proof": 0.0}, "a limit of 0 s ends every proof at once"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_built(own_lab, options, message):
    own_lab.add("echo")
    with pytest.raises((LookupError, MutateError)) as raised:
        command.mutate(own_lab.project, wish(**options), Console(file=io.StringIO()))
    assert str(raised.value) == message
    assert not (own_lab.root / "build").exists()


def test_the_command_line_refuses_in_one_line(own_lab):
    own_lab.add("echo", GOLDEN="return {'y': t['x']}")
    own_lab.add("loose", UNREADABLE)
    cases = {
        ("echo", "--mutants", "0"): "error: MUTANTS=0: at least one mutant is needed\n",
        ("loose",): "error: loose: yosys ended with status 1 before the end of its script: ",
        ("echo", "--mutants", "3"): "error: echo w8: the netlist without a fault does not pass: wrong value: ",
    }
    for words, message in cases.items():
        done = own_lab.cli("mutate", "--sim", "icarus", "--module", *words)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert done.stderr.startswith(message), done.stderr
        assert done.stderr.count("\n") == 1
    assert not list((own_lab.root / "build" / "mutation").glob("*.json"))


def test_of_several_cores_those_that_can_be_are_measured(own_lab):
    own_lab.add("echo", REST=EVERY_X)
    own_lab.add("loose", UNREADABLE)
    sink = io.StringIO()
    status = command.mutate(own_lab.project, wish(family="lab", mutants=1), Console(file=sink, width=200))
    assert status == 2
    assert [path.name for path in (own_lab.root / "build" / "mutation").glob("*.json")] == ["echo.json"]
    assert "error: loose: yosys" in sink.getvalue()


def test_a_core_without_cells_has_nothing_to_mutate(own_lab):
    wire = "module TOP (input wire clk, input wire a, output wire b);\nassign b = a;\nendmodule\n"
    own_lab.add("through", wire)
    with pytest.raises(MutateError, match=r"^through: there is no cell to mutate$"):
        faults(own_lab, "through", {})
