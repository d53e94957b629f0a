"""The designs that ours is compared with compute what they should, and the comparison says what was measured."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.results.unrolled_study import compare, designs, frequency, matrices, network, plot, sizes
from ulpwise.cli import area_table, commands
from ulpwise.synthesis.area import Area
from ulpwise.toolchain import tools
from ulpwise.verilog import sources

ROOT = Path(__file__).parents[2]


def simulate(text: str, matrix: np.ndarray, bits: int, folder: Path) -> np.ndarray:
    """Run the module `product` under Icarus on extreme and random vectors; the differences from numpy's results."""
    rng = np.random.default_rng(1)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    x = np.concatenate([rng.integers(low, high + 1, (20, len(matrix))), rng.choice([low, high], (20, len(matrix)))])
    x[0], x[1] = low, high
    words = [sum((int(v) & ((1 << bits) - 1)) << (bits * i) for i, v in enumerate(row)) for row in x]
    size = bits * len(matrix)
    ports = re.findall(r"(?:input|output)\s+(?:wire\s+)?\[(\d+):0\]\s+(\w+)", text)
    width = int(ports[1][0]) + 1
    steps = "".join(f'x = {size}\'h{word:x}; #1 $display("%h", y);\n' for word in words)
    bench = (
        f"module bench;\nreg [{size - 1}:0] x;\nwire [{width - 1}:0] y;\n"
        f"product dut (.{ports[0][1]}(x[{ports[0][0]}:0]), .{ports[1][1]}(y));\n"
        f"initial begin\n{steps}end\nendmodule\n"
    )
    (folder / "bench.v").write_text(text + bench)
    program = str(folder / "bench.vvp")
    command = [str(tools.iverilog().path), "-g2012", "-s", "bench", "-o", program, str(folder / "bench.v")]
    subprocess.run(command, check=True)
    said = subprocess.run([str(tools.vvp().path), "-n", program], check=True, capture_output=True, text=True).stdout
    return x @ matrix, np.array([int(line, 16) for line in said.split()], object), width


def elements(words: np.ndarray, width: int, count: int) -> np.ndarray:
    """Cut words into signed elements of one width."""
    size = width // count
    values = np.array([[int(word) >> (size * j) & ((1 << size) - 1) for j in range(count)] for word in words])
    return values - ((values >> (size - 1)) << size)


@pytest.mark.parametrize("write", [designs.naive, designs.csd])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_the_designs_that_we_wrote_compute_the_product(tmp_path, write, bits):
    matrix = matrices.Kind("", bits, 0.5, (0, 0, (0, 0))).draw(bits, (7, 5))
    matrix[:, 2] = 0
    expected, words, width = simulate(write(matrix, bits), matrix, bits, tmp_path)
    assert np.array_equal(elements(words, width, 5), expected)


def test_luts_of_a_network_are_those_of_its_windows_times_their_positions(monkeypatch):
    """Each layer of each network is measured once, as the adder graph of its own weights; sums are of all copies."""
    asked = []

    def measured(requests, *_, **__):
        asked.extend(requests)
        return [SimpleNamespace(lut6=10 if i < 3 else 30) for i in range(len(requests))]

    monkeypatch.setattr(network, "measure", measured)
    costs = network.run(ROOT)
    assert [request.parameters["XW"] for request in asked] == 2 * [9 * 5, 72 * 4, 96 * 4]
    assert len({request.parameters["PROGRAM"] for request in asked}) == 6
    assert [(cost.layer, cost.copies, cost.total) for cost in costs["pruned"]] == [
        ("conv1", 16, 160),
        ("conv2", 4, 40),
        ("dense", 1, 10),
    ]
    assert costs["pruned"][1].zero_words > 0.8
    assert costs["dense"][1].zero_words < 0.2
    assert list(network.table(costs).columns[-1].cells) == ["3.00"] * 4


def test_signed_digits_are_canonic():
    for value in range(-300, 300):
        digits = designs.signed_digits(value)
        assert sum(sign << shift if sign > 0 else -(1 << shift) for shift, sign in digits) == value
        assert all(b - a > 1 for (a, _), (b, _) in pairwise(digits))


def test_da4ml_computes_the_product(tmp_path):
    pytest.importorskip("da4ml", reason=designs.REMEDY)
    matrix = matrices.KINDS[3].draw(3, (7, 5)) | 1  # neither an input nor the last bit of an output is left out
    text = designs.da4ml(matrix, 4)
    expected, words, _ = simulate(text, matrix, 4, tmp_path)
    places = re.findall(r"assign model_out\[(\d+):(\d+)\]", text)
    assert len(places) == 5
    for j, (top, low) in enumerate((int(top), int(low)) for top, low in places):
        column = np.array([int(word) >> low for word in words], object)
        size = top - low + 1
        assert np.array_equal(elements(column & ((1 << size) - 1), size, 1)[:, 0], expected[:, j])


@pytest.mark.parametrize("kind", matrices.KINDS, ids=lambda kind: kind.name)
def test_matrices_are_of_their_kind(kind):
    found = [kind.read(), *(kind.draw(seed) for seed in compare.SEEDS)]
    assert len({matrix.tobytes() for matrix in found}) == len(found)
    for matrix in found:
        assert matrix.shape == (16, 16)
        assert -(1 << (kind.bits - 1)) <= matrix.min() <= matrix.max() < 1 << (kind.bits - 1)
        zeros = (matrix == 0).mean()
        assert 0.01 < zeros < 0.15 if kind.sparsity is None else zeros == kind.sparsity


def row(kind: matrices.Kind, seed: int | None, ours: compare.Cost, **others: compare.Cost) -> compare.Row:
    """Make a row; LUT + CARRY4 is the last cost."""
    costs = {"ours": ours, **others}
    return compare.Row(kind, seed, costs, {name: cost[3] - cost[2] for name, cost in costs.items()})


def printed(*tables: object) -> str:
    """Print without a terminal, blanks and lines made one blank."""
    console = Console(width=150, highlight=False)
    with console.capture() as capture:
        console.print(*tables)
    return re.sub(r"[\s\u2500-\u257f]+", " ", capture.get())


def test_the_table_names_ours_over_da4ml(monkeypatch):
    monkeypatch.setattr(designs, "has_da4ml", lambda: True)
    kind = matrices.KINDS[0]
    text = printed(compare.table([row(kind, None, (960, 2506, 900, 1000), da4ml=(1200, 2506, 1500, 2000))]))
    assert "8 bits, 75% zeros LUT6 960 1200 0.800 1920 0.500 LUT4 2506 2506 1.000 2506 1.000" in text
    assert "xc7 LUT 900 1500 0.600 1346 0.669 xc7 + CARRY4 900+100 1500+500 0.500 1346+392 0.575" in text
    assert "not installed" not in text


def test_the_table_names_the_remedy_without_da4ml(monkeypatch):
    monkeypatch.setattr(designs, "has_da4ml", lambda: False)
    text = printed(compare.table([row(matrices.KINDS[0], None, (960, 2506, 900, 1000))]))
    assert "LUT6 960 not installed 1920 0.500" in text
    assert designs.REMEDY in text
    assert compare.drawn(Path()) == []
    assert designs.REMEDY in printed(compare.spread([]))


def test_the_spread_is_a_geometric_mean():
    rows = [row(matrices.KINDS[2], seed, (ours, 1, 9, 9), da4ml=(100, 1, 10, 10)) for seed, ours in ((1, 50), (2, 200))]
    text = printed(compare.spread(rows))
    assert "2 bits, 75% zeros LUT6 2 1.000 0.500 2.000 no LUT4 2 1.000 1.000 1.000 no xc7 LUT 2 0.900" in text


def area(luts: dict[int, int], **xc7: int) -> Area:
    """Make a result."""
    return Area("", {}, "", luts, dict.fromkeys(luts, 1), 0, xc7, 0.0)


def test_each_cost_is_of_the_design_that_was_optimised_for_it():
    carry = area({6: 7, 4: 8}, LUT5=20, INV=1, CARRY4=5)
    assert compare.cost(area({6: 10}), area({4: 15}), carry) == (10, 15, 21, 26)


def test_true_shares_of_zeros():
    words, bits = sizes.zero_shares(np.array([[0, -1], [1, 2]]), 2)
    assert words == 0.25
    assert bits == 1 - 4 / 8
    for share in sizes.SPARSITIES:
        assert abs(sizes.zero_shares(sizes.matrix(4, share), 4)[0] - share) <= 0.5 / np.prod(sizes.SHAPE)


POINTS = [
    sizes.Point(design, bits, share, share, share, luts, dict.fromkeys(sizes.SIZES, 2))
    for design in sizes.DESIGNS
    for bits in (1, 8)
    for share, luts in ((0.0, {6: 100, 5: 150, 4: 200, 3: 320}), (0.95, dict.fromkeys(sizes.SIZES, 0)))
]


def test_configuration_bits_are_counted_by_lut_size():
    dense, empty = POINTS[:2]
    assert [dense.relative(size) for size in sizes.SIZES] == [1, 0.75, 0.5, 0.4]
    assert [sizes.best(dense), sizes.best(empty)] == ["K=3", "-"]
    assert "naive: fewest LUTs with K=6 in 2 of 2 matrices; fewest configuration bits with K=3 in 2" in sizes.answer(
        POINTS
    )
    assert "K=3 0.40 (2.5x less)." in sizes.answer(POINTS)
    assert "0.0% 0.0% 100 150 200 320 0.75 0.50 0.40 K=3 2 2 2 2" in printed(sizes.table(POINTS, "ours"))


def test_plots_are_the_same_bytes_each_time(tmp_path):
    first, second = (plot.draw(POINTS, tmp_path / name) for name in "ab")
    assert [path.name for path in first] == ["luts.svg", "luts.png", "bits.svg", "bits.png"]
    assert [path.read_bytes() for path in first[::2]] == [path.read_bytes() for path in second[::2]]


@pytest.mark.parametrize(("design", "registers"), [("ours", 0), ("ours", 2), ("naive", 1)])
def test_the_harness_holds_the_core(tmp_path, design, registers):
    """A vector is shifted in, its product out."""
    kind = matrices.KINDS[1]
    matrix = kind.draw(1, (3, 2))
    request = frequency.core(kind, matrix, design, registers)
    size = request.parameters["YB"]
    x = np.array([-8, 7, 3])
    word = sum((int(v) & 15) << (4 * i) for i, v in enumerate(x))
    bench = (
        "module bench;\nreg clk = 0, in, load = 0;\nwire out;\ninteger i;\n"
        "harness dut (.clk(clk), .in(in), .load(load), .out(out));\nalways #5 clk = ~clk;\n"
        f"reg [11:0] word = 12'h{word:x};\ninitial begin\n"
        "for (i = 11; i >= 0; i = i - 1) begin in = word[i]; #10; end\n"
        "force dut.x = word; #200 load = 1; #10 load = 0; #10;\n"
        f'for (i = 0; i < {2 * size}; i = i + 1) begin $write("%b", out); #10; end\n$finish;\nend\nendmodule\n'
    )
    (tmp_path / "bench.v").write_text(bench + frequency.harness(request, 12, 2 * size))
    files = [str(path) for path in sources.closure(request.top, ROOT)]
    program = str(tmp_path / "bench.vvp")
    command = [str(tools.iverilog().path), "-g2012", "-s", "bench", "-o", program, str(tmp_path / "bench.v"), *files]
    subprocess.run(command, check=True)
    said = subprocess.run([str(tools.vvp().path), "-n", program], check=True, capture_output=True, text=True).stdout
    word = int(said.strip()[::-1], 2)
    assert np.array_equal(elements(np.array([word], object), 2 * size, 2)[0], x @ matrix)


def test_a_missing_nextpnr_names_the_remedy(monkeypatch):
    monkeypatch.setattr(frequency, "_program", lambda _: None)
    assert all(
        f"nextpnr-{device.tool} is missing; {designs.REMEDY}" in frequency.missing(device)
        for device in frequency.DEVICES
    )
    assert all(designs.REMEDY in printed(table) for table in frequency.tables(ROOT))


@pytest.mark.parametrize(
    ("options", "status"),
    [(["--family", "lab"], 7), (["--family", "other"], 0), (["--family", "lab", "--module", "m"], 0), ([], 0)],
)
def test_a_family_may_add_a_comparison_to_its_areas(tmp_path, monkeypatch, options, status):
    """`tests/results/area/<family>.py` runs when its whole family is asked for, and its status counts."""
    (tmp_path / "rtl").mkdir()
    script = tmp_path / "tests" / "results" / "area" / "lab.py"
    script.parent.mkdir(parents=True)
    script.write_text("def main(root):\n    return 7\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(area_table, "requests", lambda *_: [])
    monkeypatch.setattr(area_table, "report", lambda *_: 0)
    assert CliRunner().invoke(commands.app, ["area", *options]).exit_code == status
