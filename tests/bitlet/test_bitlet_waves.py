"""What no bench shows of bitlet_array: frames of weights of any number of groups, and weights that outlive a reset."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from models.bitlet.array import array, schedule
from tests.bitlet import _pe, _timing
from ulpwise import Array
from ulpwise.toolchain import tools
from ulpwise.verilog import sources

ROOT = Path(__file__).parents[2]

BENCH = """
`timescale 1ns / 1ps
module bench;
reg clk = 0, rst = 1, w_valid = 0, a_valid = 0;
reg [{BITS}-1:0] weights [0:{WEIGHTS}-1], activations [0:{ACTIVATIONS}-1], w, a;
wire w_ready, a_ready, z_valid, z_last;
wire [{ZBITS}-1:0] z;
integer cycle = 0, ws = 0, as = 0, zs = 0, i, j;
always #5 clk = ~clk;
always @(posedge clk) begin
    cycle <= cycle + 1;
    if (!rst && w_valid && w_ready) begin ws <= ws + 1; $display("w %0d %0d", cycle, ws); end
    if (!rst && a_valid && a_ready) begin as <= as + 1; $display("a %0d %0d", cycle, as); end
    if (!rst && z_valid) begin zs <= zs + 1; $display("z %0d %h", cycle, z); end
    if (!rst && (z_valid === 1'bx || (z_valid && (^z === 1'bx || !z_last)))) $display("x %0d 0", cycle);
    if (cycle > 100000) $finish;
end
{TOP} #({PARAMETERS}) dut (
    .clk(clk), .rst(rst), .s_axis_w_tdata(w[{DATA}-1:0]), .s_axis_w_tvalid(w_valid), .s_axis_w_tready(w_ready),
    .s_axis_w_tlast(w[{DATA}+10]), .s_axis_a_tdata(a[{DATA}-1:0]), .s_axis_a_tuser(a[{DATA} +: 10]),
    .s_axis_a_tvalid(a_valid), .s_axis_a_tready(a_ready), .s_axis_a_tlast(a[{DATA}+10]),
    .m_axis_z_tdata(z), .m_axis_z_tvalid(z_valid), .m_axis_z_tready(1'b1), .m_axis_z_tlast(z_last)
);
initial begin
    $readmemh("weights.hex", weights);
    for (i = 0; i < {WEIGHTS}; i = i + 1) begin
        while (rst || as < weights[i][{DATA}+32 +: 16]) @(posedge clk) #1;
        repeat (weights[i][{DATA}+16 +: 16]) @(posedge clk) #1;
        w = weights[i];
        w_valid = 1;
        @(posedge clk);
        while (!w_ready) @(posedge clk);
        #1 w_valid = 0;
    end
end
initial begin
    $readmemh("activations.hex", activations);
    repeat (3) @(posedge clk);
    #1 rst = 0;
    for (j = 0; j < {ACTIVATIONS}; j = j + 1) begin
        while (ws < activations[j][{DATA}+32 +: 16] || zs < activations[j][{DATA}+16 +: 16]) @(posedge clk) #1;
        a = activations[j];
        a_valid = 1;
        @(posedge clk);
        while (!a_ready) @(posedge clk);
        #1 a_valid = 0;
        if (a[{DATA}+11]) begin
            rst = 1;
            @(posedge clk) #1 rst = 0;
        end
    end
    repeat ({DATA} / 32 * 4 + 100) @(posedge clk);
    $finish;
end
endmodule
"""


@dataclass(frozen=True)
class Beat:
    """One beat of s_axis_w or s_axis_a, and when to offer it."""

    words: Array
    last: bool
    width: int = 0
    keep: int = 0
    reset: bool = False
    """Reset the core right behind it."""
    others: int = 0
    """As soon as so many beats of the other stream were taken."""
    results: int = 0
    """And so many results came out; of weights, so many cycles later."""

    def hex(self) -> str:
        """As a line of a memory file."""
        fields = [
            (self.width, 5),
            (self.keep, 5),
            (self.last, 1),
            (self.reset, 5),
            (self.results, 16),
            (self.others, 16),
        ]
        value, low = 0, 0
        for number, bits in [*((int(word), 32) for word in self.words), *fields]:
            value |= int(number) << low
            low += bits
        return f"{value:0{low // 4}x}\n"


def simulate(folder: Path, top: str, weights: list[Beat], activations: list[Beat], **parameters: int) -> list[tuple]:
    """Run beats through a core under Icarus; returns (pin, cycle, number), the number of a result in hexadecimal."""
    data = 32 * parameters["N"]
    text = BENCH.format(
        TOP=top,
        PARAMETERS=", ".join(f".{name}({value})" for name, value in parameters.items()),
        DATA=data,
        BITS=data + 48,
        ZBITS=96 * parameters.get("M", 1),
        WEIGHTS=len(weights),
        ACTIVATIONS=len(activations),
    )
    (folder / "bench.v").write_text(text)
    (folder / "weights.hex").write_text("".join(beat.hex() for beat in weights))
    (folder / "activations.hex").write_text("".join(beat.hex() for beat in activations))
    files = [str(path) for path in sources.closure(top, ROOT)]
    command = [str(tools.iverilog().path), "-g2012", "-s", "bench", "-o", "bench.vvp", "bench.v", *files]
    subprocess.run(command, cwd=folder, check=True)
    command = [str(tools.vvp().path), "bench.vvp"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    assert "ERROR" not in done.stdout
    said = re.findall(r"^([waxz]) (\d+) (\w+)$", done.stdout, re.MULTILINE)
    events = [(pin, int(cycle), number) for pin, cycle, number in said]
    assert not [event for event in events if event[0] == "x"]
    return events


def when(events: list[tuple], pin: str) -> Array:
    """Cycles in which something moved at a pin."""
    return np.array([cycle for name, cycle, _ in events if name == pin])


def shaped(m: int, n: int, groups: int, rows: int, loads: int = 1) -> dict[str, Array]:
    """Weights (loads, groups, M, N), activations (rows, groups, N) and modes for an array."""
    rng = np.random.default_rng(7)
    w, _ = _pe.sparse(rng, (loads, groups * m, n))
    _, a = _pe.gauss(rng, (rows, groups, n))
    w |= rng.integers(0, 1 << 23, w.shape) & rng.integers(0, 1 << 23, w.shape) * rng.integers(0, 2, w.shape)
    return {"w": w.reshape(loads, groups, m, n), "a": a}


def loaded(w: Array, others: int = 0, gaps: int = 1) -> list[Beat]:
    """Beats that load weights (groups, M, N), with up to so many cycles between them, less one."""
    beats = w.reshape(-1, w.shape[-1])
    return [Beat(x, at == len(beats) - 1, others=others, results=at % gaps) for at, x in enumerate(beats)]


def framed(a: Array, **wait: int) -> list[Beat]:
    """Beats of a frame (groups, N)."""
    return [Beat(words, at == len(a) - 1, **wait) for at, words in enumerate(a)]


def expected(w: Array, a: Array) -> list[str]:
    """What comes out of an array with weights (rows, groups, M, N) for frames (rows, groups, N)."""
    none = np.zeros(len(a), int)
    z, cycles = array(np.moveaxis(w, 1, 2), a, none, none)
    numbers = np.concatenate([z, cycles.sum(axis=2).astype(np.uint64)], axis=1)[:, ::-1]
    digits = [8] * z.shape[1] + [16] * z.shape[1]
    return ["".join(f"{int(x):0{size}x}" for x, size in zip(row, digits, strict=True)) for row in numbers]


def test_a_schedule_is_what_elements_do_when_no_result_waits():
    """The model that tells how well an array is loaded against the recurrence that the bench measures on the pins."""
    spent = np.random.default_rng(3).integers(1, 9, (6, 4, 40))
    line = np.moveaxis(spent, 1, 2).reshape(-1, 4)
    taken, entered = schedule(line)
    moves = _timing.elements(spent)
    assert moves["a"].ravel().tolist() == taken.tolist()
    assert moves["z"].tolist() == ((entered + line).max(axis=1)[39::40] + 6).tolist()
    assert taken[-1] < line.max(axis=1)[:-2].sum()  # in lockstep it would take longer


def test_weights_of_fewer_or_more_groups_follow_each_other(tmp_path):
    m, n, sizes = 3, 4, (2, 4, 1, 6, 3)  # of six groups two are too many
    parts = [shaped(m, n, groups, 2) for groups in sizes]
    weights, activations, results = [], [], []
    for t in parts:
        before = len(activations)
        weights += loaded(t["w"][0], before)
        activations += [beat for a in t["a"] for beat in framed(a[:4], others=len(weights))]
        results += expected(np.repeat(t["w"][:, :4], 2, axis=0), t["a"][:, :4])
    events = simulate(tmp_path, "bitlet_array", weights, activations, M=m, N=n, GROUPS=4)
    assert [number for pin, _, number in events if pin == "z"] == results
    # the first beat is taken two cycles behind the last of the weights
    assert when(events, "a")[0] - when(events, "w")[m * sizes[0] - 1] == 2


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_weights_survive_a_reset_in_the_middle_of_a_frame(tmp_path, cut):
    m, n, groups = 3, 4, 3
    t = shaped(m, n, groups, 2)
    start, end = (framed(a, others=m * groups) for a in t["a"])
    broken = [Beat(beat.words, beat.last, others=m * groups, reset=at == cut - 1) for at, beat in enumerate(end[:cut])]
    # the first result is out before the next frame begins
    wait = [Beat(beat.words, beat.last, others=m * groups, results=1) for beat in end]
    broken[0] = Beat(broken[0].words, broken[0].last, others=m * groups, reset=broken[0].reset, results=1)
    events = simulate(tmp_path, "bitlet_array", loaded(t["w"][0]), [*start, *broken, *wait], M=m, N=n, GROUPS=groups)
    assert [number for pin, _, number in events if pin == "z"] == expected(np.repeat(t["w"], 2, axis=0), t["a"])
