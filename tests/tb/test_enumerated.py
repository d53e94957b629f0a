"""Codes with names, and whole runs of a core that has such codes and fixed point."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise.bench.stimuli import directed, draw_for
from ulpwise.coverage.sampler import Coverage, CoverGroup, Point
from ulpwise.data import vectors
from ulpwise.data.formats import Enumerated, FormatError, Unsigned
from ulpwise.ports.axis import Axis, Streams
from ulpwise.run.report import failure

STATE = Enumerated({"RUN": 1, "IDLE": 0, "DONE": 5})
ALL = Enumerated({"RUN": 1, "IDLE": 0, "DONE": 5}, unnamed=True)
SPARSE = Enumerated({"A": 2, "B": 2**63 + 1}, 64, (2,))  # codes that floats do not hold


def test_bits_and_types():
    assert (STATE.bits, STATE.width, SPARSE.width, Enumerated({"ONLY": 0}).bits) == (3, 3, 128, 1)
    assert (STATE.dtype, SPARSE.dtype) == (np.int64, np.uint64)
    assert (STATE.to_bits(np.array([5, 1])) == Unsigned(3).to_bits(np.array([5, 1]))).all()
    assert Enumerated({"A": 0, "B": 1}) == Enumerated({"B": 1, "A": 0}) != Enumerated({"A": 1, "B": 0})
    assert len({STATE, ALL, Enumerated({"RUN": 1, "IDLE": 0, "DONE": 5})}) == 2


def test_a_dict_that_changes_later_changes_no_format():
    names = {"A": 0}
    fmt = Enumerated(names)
    names["B"] = 1
    assert fmt.names == {"A": 0}


def test_random_corners_and_all_have_names():
    rng = np.random.default_rng(0)
    assert set(STATE.random(rng, 200).tolist()) == {0, 1, 5}
    assert set(ALL.random(rng, 400).tolist()) == set(range(8))
    assert set(SPARSE.random(rng, 50).ravel().tolist()) == {2, 2**63 + 1}
    assert STATE.corners().tolist() == STATE.enumerate_all().tolist() == [0, 1, 5]
    assert ALL.corners().tolist() == [0, 1, 5, 7, 2, 4]
    assert (STATE.count, ALL.count, SPARSE.count) == (3, 8, 4)
    assert SPARSE.enumerate_all().tolist() == [[2, 2], [2**63 + 1, 2], [2, 2**63 + 1], [2**63 + 1, 2**63 + 1]]
    assert SPARSE.corners()[0].tolist() == [2, 2]


def test_codes_without_a_name_are_refused_and_flagged():
    STATE.validate(np.array([0, 1, 5]), "x")
    ALL.validate(np.arange(8), "x")
    bits = Unsigned(3).to_bits(np.arange(8))
    assert STATE.illegal(bits).tolist() == [code not in {0, 1, 5} for code in range(8)]
    assert not ALL.illegal(bits).any()
    assert SPARSE.illegal(Unsigned(64, (2,)).to_bits(np.array([[2, 2], [2, 3]]))).tolist() == [False, True]
    for fmt, values, message in (
        (STATE, [0, 6], "x, row 1: code 6 has no name; names are RUN, IDLE, DONE"),
        (STATE, [8], "x, row 0: 8 is out of range 0..7"),
        (SPARSE, [[2, 2**63]], "x[1], row 0: code 9223372036854775808 has no name; names are A, B"),
    ):
        with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
            fmt.validate(np.array(values, fmt.dtype), "x")
    with pytest.raises(FormatError, match="code 6 has no name"):
        STATE.to_bits(np.array([6]))
    assert STATE.from_bits(Unsigned(3).to_bits(np.array([6]))).tolist() == [6]


def test_show():
    assert STATE.show(np.int64(5)) == "DONE (0x5)"
    assert STATE.show(np.int64(6)) == "0x6 (no name)"
    assert SPARSE.show(np.array([2, 3])) == "[A (0x0000000000000002), 0x0000000000000003 (no name)] (2 elements)"
    assert STATE.differences(1, 6).shown == (("", "RUN (0x1)", "0x6 (no name)"),)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Enumerated({}), "Enumerated: names is a dict such as {'IDLE': 0, 'RUN': 1}, not {}"),
        (lambda: Enumerated(["A"]), "Enumerated: names is a dict such as {'IDLE': 0, 'RUN': 1}, not ['A']"),
        (lambda: Enumerated({"A": 0, "B": 0}), "Enumerated: A and B have the same code 0"),
        (lambda: Enumerated({"A": -1}), "Enumerated: the code of A is an integer of at least 0, not -1"),
        (lambda: Enumerated({"A": "1"}), "Enumerated: the code of A is an integer of at least 0, not '1'"),
        (lambda: Enumerated({"a b": 1}), "Enumerated: 'a b' is no name of letters, digits and _"),
        (lambda: Enumerated({"7": 1}), "Enumerated: '7' is no name of letters, digits and _"),
        (lambda: Enumerated({3: 1}), "Enumerated: 3 is no name of letters, digits and _"),
        (lambda: Enumerated({"A": 9, "B": 0}, 3), "Enumerated: A = 9 does not fit into 3 bits"),
        (lambda: Enumerated({"A": 2**64}), "Enumerated has 1 to 64 bits, not 65"),
        (lambda: Enumerated({"A": 0}, 2, 3), "shape must be a tuple of sizes of at least 1, got 3"),
    ],
)
def test_wrong_declarations_are_refused(declare, message):
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        declare()


def draw(fmt, x):
    return directed(x=x)(draw_for(Streams({"s": Axis({"x": fmt})}, {}), ("a",), 1, 1))["x"]


def test_directed_takes_names_and_codes():
    assert draw(STATE, ["RUN", "IDLE", " DONE"]).tolist() == [1, 0, 5]
    assert draw(STATE, [1, 0, 5]).tolist() == [1, 0, 5]
    assert draw(STATE, np.array(["RUN", 5, "0x0"], object)).tolist() == [1, 5, 0]
    assert draw(SPARSE, [["A", "B"]]).tolist() == [[2, 2**63 + 1]]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (["RUN", "RUM"], "row 1: 'RUM' is the name of no code; did you mean RUN?"),
        (["run"], "row 0: 'run' is the name of no code; did you mean RUN?"),
        (["XYZ"], "row 0: 'XYZ' is the name of no code; names are RUN, IDLE, DONE"),
        (["8"], "row 0: 8 is out of range 0..7"),
        ([1.5], "row 0: '1.5' is the name of no code; names are RUN, IDLE, DONE"),
    ],
)
def test_directed_refuses_what_is_no_name(x, message):
    with pytest.raises(FormatError, match=f"^directed x, {re.escape(message)}$"):
        draw(STATE, x)


def test_a_message_lists_few_names():
    with pytest.raises(FormatError, match=r"names are S0, S1, S2, S3, S4, S5, S6, S7, \.\.\.$"):
        draw(Enumerated({f"S{i}": i for i in range(20)}), ["nothing"])


def test_bins():
    assert STATE.bins() == {"RUN": 1, "IDLE": 0, "DONE": 5}
    assert STATE.illegal_bins() == {"2..4": (2, 4), "6..7": (6, 7)}
    assert Enumerated({"A": 1, "B": 3}).illegal_bins() == {"0": (0, 0), "2": (2, 2)}
    assert Enumerated({"A": 0, "B": 1}).illegal_bins() == {}
    point = Point("s", lambda t: t["s"], STATE.bins(), STATE.illegal_bins())
    coverage = Coverage([CoverGroup("g", [point])])
    coverage.sample({"s": np.array([1, 1, 5, 6])})
    found = coverage.to_json()["groups"]["g"]["points"]["s"]
    assert found["bins"] == {"RUN": 2, "IDLE": 0, "DONE": 1}
    assert found["illegal"] == {"2..4": 0, "6..7": 1}


@pytest.mark.parametrize("suffix", ["csv", "npz"])
@pytest.mark.parametrize("fmt", [STATE, ALL, SPARSE])
def test_files_read_back(fmt, suffix, tmp_path):
    path = tmp_path / f"v.{suffix}"
    vectors.save(path, {"x": fmt.enumerate_all()}, {"x": fmt})
    back = vectors.load(path, {"x": fmt})["x"]
    assert back.dtype == fmt.dtype
    assert back.tolist() == fmt.enumerate_all().tolist()


def test_files_hold_names(tmp_path):
    path = tmp_path / "v.csv"
    vectors.save(path, {"x": np.array([1, 5, 6])}, {"x": STATE})
    assert path.read_text() == "x\nRUN\nDONE\n0x6\n"
    assert vectors.load(path, {"x": ALL})["x"].tolist() == [1, 5, 6]
    assert vectors.load(path, {"x": STATE}, strict=False)["x"].tolist() == [1, 5, 6]
    np.savez(tmp_path / "v.npz", x=np.array(["RUN", "DONE"]))
    assert vectors.load(tmp_path / "v.npz", {"x": STATE})["x"].tolist() == [1, 5]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("RUM", "'RUM' is the name of no code; did you mean RUN?"),
        ("6", "code 6 has no name; names are RUN, IDLE, DONE"),
        ("99999999999999999999", "99999999999999999999 is out of range 0..7"),
        ("", "'' is the name of no code; names are RUN, IDLE, DONE"),
    ],
)
def test_cells_that_are_no_names(cell, message, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(f'x\nRUN\n"{cell}"\n')
    with pytest.raises(vectors.VectorsError, match=f"^{re.escape(f'{path}: column x, row 1: {message}')}$"):
        vectors.load(path, {"x": STATE})


# y = x in steps of 1/32, halves up, at most 31/32; next = the state after state
CORE = """\
module TOP (
    input  wire              clk,
    input  wire              rst,
    input  wire              in_valid,
    input  wire signed [7:0] x,
    input  wire [1:0]        state,
    output reg               out_valid,
    output reg  [5:0]        y,
    output reg  [1:0]        next
);

wire signed [8:0] sum = {x[7], x} + 9'sd2;

always @(posedge clk) begin
    out_valid <= in_valid;
    y         <= sum[8:7] == 2'b01 ? 6'd31 : sum[7:2];
    next      <= state == 2'd0 ? 2'd1 : state == 2'd1 ? 2'd3 : 2'd0;
    if (rst) out_valid <= 1'b0;
end

endmodule
"""
PARTS = STREAM | {
    "HEAD": "X, Y = Fixed(8, 1), Fixed(6, 1, rounding='nearest-up')\nS = Enumerated({'IDLE': 0, 'RUN': 1, 'DONE': 3})",
    "INTERFACE": "Pipeline({'x': X, 'state': S}, {'y': Y, 'next': S}, latency=1, valid=('in_valid', 'out_valid'))",
    "GOLDEN": "return {'y': Y.quantise(X.to_real(t['x'])), 'next': np.array([1, 3, -1, 0])[t['state']]}",
    "COVER": "[CoverGroup('io', [Point('next', lambda t: t['next'], S.bins(), S.illegal_bins())])]",
    "CONFIGS": "{'c': {}}",
    "PLAN": "plan={'states': ['io.next']},",
    "REST": "stimuli=lambda c: {'few': directed(x=[0.0078125, 0.015625, 0.9921875], state=['IDLE', 'RUN', 'DONE']),"
    " 'all': exhaustive, 'random': random()}, volume=lambda c: 60, watchdog=200,",
}


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_core_runs(lab, sim, mode):
    record = lab.run(lab.add("state_sound", CORE, PARTS), "c", sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["checked"] == record.result["sent"] > 60
    assert min(record.result["coverage"]["groups"]["io"]["points"]["next"]["bins"].values()) > 0


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_core_that_truncates_fails_in_numbers(lab, sim, mode):
    core = fault(CORE, (" + 9'sd2", " + 9'sd0"))
    told = failure(lab.run(lab.add("state_truncates", core, PARTS), "c", sim=sim, mode=mode))
    lines = ["input    x = 0x02 (0.015625)", "input    state = RUN (0x1)"]
    lines += ["expected y = 0x01 (0.03125)", "actual   y = 0x00 (0)", "expected next = DONE (0x3)"]
    if mode == "burst":
        for line in lines:
            assert f"    {line}\n" in told
    assert re.search(r"    input    x = 0x.. \(-?\d[.\d]*\)\n    input    state = [A-Z]+ \(0x\d\)\n", told)
    assert re.search(r"    expected y = 0x.. \(-?\d[.\d]*\)\n    actual   y = 0x.. \(-?\d[.\d]*\)\n", told)


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_a_code_without_a_name_is_shown_as_a_number(lab, sim, mode, tmp_path):
    top = lab.add("state_lost", fault(CORE, ("2'd1 ? 2'd3", "2'd1 ? 2'd2")), PARTS)
    record = lab.run(top, "c", sim=sim, mode=mode, out=tmp_path / "out.csv")
    assert "    expected next = DONE (0x3)\n    actual   next = 0x2 (no name)\n" in failure(record)
    assert any("io.next.2" in reason for reason in record.reasons), record.reasons
    table = (tmp_path / "out.csv").read_text().split("\n")
    assert table[0] == "y,next"
    assert {line.split(",")[1] for line in table[1:-1]} == {"IDLE", "RUN", "0x2"}


def test_names_and_numbers_from_a_table(lab, tmp_path):
    top = lab.add("state_vectors", CORE, PARTS)
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("state,x\nIDLE,0.5\nRUN,-1\nDONE,0.9921875\n")
    assert (
        lab.cli(
            "sim", "--module", top, "--sim", "icarus", "--mode", "burst", "--vectors", table, "--out", out
        ).returncode
        == 0
    )
    assert out.read_text() == "y,next\n0.5,RUN\n-1,DONE\n0.96875,IDLE\n"
    table.write_text("state,x\nIDEL,0.5\n")
    told = lab.cli("sim", "--module", top, "--sim", "icarus", "--mode", "burst", "--vectors", table)
    assert told.returncode == 2
    assert "column state, row 0: 'IDEL' is the name of no code; did you mean IDLE?" in told.stderr + told.stdout


def test_a_code_that_the_stimuli_must_not_send_is_one_line(lab):
    rest = PARTS["REST"].replace("'DONE'])", "2])").replace("'IDLE', 'RUN',", "0, 1,")
    record = lab.run(lab.add("state_refused", CORE, PARTS, REST=rest), "c")
    assert "state, row 2: code 2 has no name; names are IDLE, RUN, DONE" in " ".join(record.reasons)
