"""Latencies and periods that the headers of the unrolled cores state, cycle by cycle on the pins under Icarus."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tb import Config, sources, tools
from tb._synthesis import literal

ROOT = Path(__file__).parents[2]

BENCH = """
`timescale 1ns / 1ps
module bench;
reg clk = 0, rst = 1;
reg [{IN}-1:0] x = 0;
reg [31:0] rnd = 1;
reg y_ready = {FREE};
wire x_ready, y_valid, y_last;
integer cycle = 0, beat = 0;
always #5 clk = ~clk;
initial begin
    #30 rst = 0;
    #{TIME} $finish;
end
// beats are offered without a gap
{TOP} #({PARAMETERS}) dut (
    .clk(clk), .rst(rst),
    .{S}_tdata(x), .{S}_tvalid(!rst), .{S}_tready(x_ready), .{S}_tlast(beat % {BEATS} == {BEATS} - 1),
    .{M}_tvalid(y_valid), .{M}_tready(y_ready), .{M}_tlast(y_last)
);
always @(posedge clk) begin
    cycle <= cycle + 1;
    if (!rst && x_ready) $display("x %0d", cycle);
    if (!rst && x_ready) beat <= beat + 1;
    if (!rst && y_valid && y_ready) $display("y%0d %0d", y_last, cycle);
    if (!{FREE}) y_ready <= $random(rnd);
    {CHECK}
end
endmodule
"""


def run(top: str, config: str, folder: Path, cycles: int = 400, free: int = 1, check: str = "") -> dict[str, list[int]]:
    """Offer beats all the time and return the cycles, from the first beat on, of what happens on the pins."""
    bench = import_module(f"tests.unrolled.test_{top}").bench
    c: Config = bench.config(config)
    interface = bench.interface(c)
    (source,), (sink,) = interface.sources, interface.sinks
    known = [name for name in c.parameters if name in (ROOT / "rtl" / "unrolled" / f"{top}.v").read_text()]
    parts = {"IN": source.width, "S": source.name, "M": sink.name, "BEATS": source.beats, "TOP": top}
    parts |= {"PARAMETERS": ", ".join(f".{name}({literal(c[name])})" for name in known)}
    text = BENCH.format(**parts, TIME=10 * cycles, FREE=free, CHECK=check)
    (folder / "bench.v").write_text(text)
    files = [str(path) for path in sources.closure(top, ROOT)]
    program = str(folder / "bench.vvp")
    build = [str(tools.iverilog().path), "-g2012", "-s", "bench", "-o", program, str(folder / "bench.v"), *files]
    subprocess.run(build, check=True)
    done = subprocess.run([str(tools.vvp().path), program], check=True, capture_output=True, text=True, timeout=100)
    said: dict[str, list[int]] = {"x": [], "y0": [], "y1": []}
    for word, number in re.findall(r"^(\w+) (\d+)$", done.stdout, re.MULTILINE):
        said.setdefault(word, []).append(int(number))
    begin = said["x"][0]
    return {word: [number - begin for number in numbers] for word, numbers in said.items()}


def flows(said: dict[str, list[int]], latency: int) -> bool:
    """Tell whether a beat goes in every cycle, and each comes out after that latency."""
    out = sorted(said["y0"] + said["y1"])
    return said["x"] == list(range(len(said["x"]))) and out == [x + latency for x in said["x"]][: len(out)]


def tree(c: Config, inputs: int) -> int:
    """Latency of a matrix."""
    if "latency" in c:
        return c.latency
    return 1 + int(np.ceil(np.log2(inputs))) if c.REGISTERS else 0


def configs(*tops: str) -> list[tuple[str, str]]:
    """List the configurations of some cores."""
    return [(top, name) for top in tops for name in import_module(f"tests.unrolled.test_{top}").bench.configs]


@pytest.mark.parametrize(
    ("top", "config"), configs("plain_matrix", "unrolled_matrix", "gemmt_fu", "gemmt_rp", "conv1d_fu", "conv2d_fu")
)
def test_matrices_take_a_beat_a_cycle(tmp_path, top, config):
    c = import_module(f"tests.unrolled.test_{top}").bench.config(config)
    inputs = {"conv1d_fu": "L C", "conv2d_fu": "IH IW C"}.get(top, "I")
    latency = tree(c, int(np.prod([c[name] for name in inputs.split()]))) + (top == "gemmt_rp")
    said = run(top, config, tmp_path)
    if top == "gemmt_rp" and c.M == 1:
        # the only place of the memory is free again one cycle after its row left
        assert said["x"] == list(range(0, 2 * len(said["x"]), 2))
        assert said["y1"] == [x + latency for x in said["x"]][: len(said["y1"])]
        return
    assert len(said["y1"]) > 10
    assert flows(said, latency)


@pytest.mark.parametrize("config", [config for _, config in configs("gemms_rp")])
def test_a_systolic_array_is_as_deep_as_its_fullest_column(tmp_path, config):
    module = import_module("tests.unrolled.test_gemms_rp")
    c = module.bench.config(config)
    weights = module.linear.weights(c, c.I, c.O)
    cells = np.count_nonzero(weights, axis=0).max() if c.IMPL else c.I
    assert flows(run("gemms_rp", config, tmp_path), max(1, cells))


@pytest.mark.parametrize("config", [config for _, config in configs("adder_graph")])
def test_an_adder_graph_takes_as_long_as_its_program_says(tmp_path, config):
    module = import_module("tests.unrolled.test_adder_graph")
    c = module.bench.config(config)
    graph = module.graph(c, registers=False)
    latency = graph.pipelined(c.registers).latency if c.registers else 0
    assert latency <= max(1, graph.depth)
    assert (latency > 0) == (c.registers > 0 and module.parts(c)[0].any())
    assert flows(run("adder_graph", config, tmp_path, cycles=100), latency)


@pytest.mark.parametrize("config", [config for _, config in configs("requantise")])
def test_requantising_takes_a_cycle_or_none(tmp_path, config):
    c = import_module("tests.unrolled.test_requantise").bench.config(config)
    assert flows(run("requantise", config, tmp_path), c.REGISTERS)


def schedule(length: int, taps: int, stride: int, pad: int, width: int = 1) -> list[tuple[bool, bool]]:
    """Say of each step of a row, or of an image of rows of `width`, whether an element goes in and a window comes out.

    There is a step for each element, and for each element of padding behind them that a window needs.
    """
    windows = (length + 2 * pad - taps) // stride + 1
    lasts = {p * stride + taps - 1 - pad for p in range(windows)}
    return [(place < length, place in lasts) for place in range(max(length, max(lasts) + 1)) for _ in range(width)]


Steps = list[tuple[bool, bool]]
DIRECT: Steps = [(True, True)]


def steps_of(top: str, c: Config) -> tuple[Steps, Steps, int]:
    """Return the steps of a frame in a line buffer, in the shift register behind it, and the inputs of the matrix."""
    if top == "window_shift":
        return DIRECT, schedule(c.LENGTH, c.TAPS, c.STRIDE, c.PAD), 0
    if top == "line_buffer":
        return schedule(c.HEIGHT, c.TAPS, c.STRIDE, c.PAD, c.WIDTH), DIRECT, 0
    if top == "conv1d_pw":
        return DIRECT, schedule(c.L, c.F, c.STRIDE, c.PAD), c.F * c.C
    if top == "conv2d_rp":
        return DIRECT, schedule(c.IH, c.F, c.STRIDE, c.PAD), c.F * c.IW * c.C
    rows = schedule(c.IH, c.FH, c.STRIDE, c.PAD, c.IW)
    return rows, schedule(c.IW, c.FW, c.STRIDE, c.PAD), c.FH * c.FW * c.C


def walk(lines: Steps, cut: Steps, cycles: int) -> tuple[list[int], list[int]]:
    """Return the cycles in which beats go into a line buffer and windows come out of the shift register behind it.

    Each takes a step a cycle, but a line buffer with a column to give waits while padding is shifted in.
    """
    taken, given = [], []
    line = place = 0
    for cycle in range(cycles):
        (goes_in, offered), (wanted, comes_out) = lines[line], cut[place]
        if offered <= wanted:
            taken += [cycle] if goes_in else []
            line = (line + 1) % len(lines)
        if wanted <= offered:
            given += [cycle] if comes_out else []
            place = (place + 1) % len(cut)
    return taken, given


@pytest.mark.parametrize(
    ("top", "config"), configs("window_shift", "line_buffer", "conv1d_pw", "conv2d_rp", "conv2d_pw")
)
def test_windows_leave_with_their_last_element(tmp_path, top, config):
    bench = import_module(f"tests.unrolled.test_{top}").bench
    c = bench.config(config)
    lines, cut, inputs = steps_of(top, c)
    latency = tree(c, inputs) if inputs else 0
    said = run(top, config, tmp_path)
    out = sorted(said["y0"] + said["y1"])
    taken, given = walk(lines, cut, said["x"][-1] + 1)
    per_frame = bench.interface(c).sinks[0].beats
    assert said["x"] == taken
    assert out[: len(given)] == [cycle + latency for cycle in given][: len(out)]
    assert said["y1"] == out[per_frame - 1 :: per_frame]
    assert len(said["y1"]) > 5


@pytest.mark.parametrize("config", [config for _, config in configs("gemmt_fu")])
def test_rows_stay_in_step_under_back_pressure(tmp_path, config):
    c = import_module("tests.unrolled.test_gemmt_fu").bench.config(config)
    equal = [f"dut.row[{m}].{pin} !== dut.row[0].{pin}" for m in range(1, c.M) for pin in ("ready", "valid", "last")]
    check = f'if (!rst && ({" || ".join(equal)})) $display("apart %0d", cycle);' if equal else ""
    said = run("gemmt_fu", config, tmp_path, free=0, check=check)
    assert 100 < len(said["x"]) < 300  # it was stalled
    assert "apart" not in said
