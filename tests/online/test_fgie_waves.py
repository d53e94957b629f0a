"""What no run of a bench sees of the FGIE: a stopped neuron stands still, weights survive a reset, when counts come."""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_left
from pathlib import Path

import pytest

from models.online.dot import levels
from ulpwise.toolchain import tools
from ulpwise.verilog import sources

ROOT = Path(__file__).parents[2]

NEURON = """
`timescale 1ns / 1ps
module bench;
reg clk = 0, rst = 1, ce = 1, first = 0;
reg [{K}-1:0] x_p = 0, x_n = 0;
reg [{K}*8-1:0] y;
reg [31:0] rnd = {SEED};
reg [5:0] digits = {DIGITS};
wire z_first, z_p, z_n, stop, saved_valid;
wire [5:0] saved;
integer i, cycle = 0, frame;
always #5 clk = ~clk;
initial #200000 $finish; // none takes as long as that
always @(posedge clk) begin
    cycle = cycle + 1;
    if (first) $display("first %0d", cycle);
    #1; // the pins behind the edge are those of the next cycle
    if (saved_valid) $display("last %0d", cycle + 1);
    $display("pins %0d", {{z_first, stop, saved_valid, saved}});
end
always @(posedge stop) $display("stop %0t", $time);
always @(negedge stop) $display("go %0t", $time);
fgie_neuron #(.K({K}), .WB(8), .GROWTH({GROWTH}), .MERGED({MERGED})) dut (
    .clk(clk), .rst(rst), .ce(ce), .first(first), .x_p(x_p), .x_n(x_n), .y(y), .bias(8'd0), .digits(digits),
    .z_first(z_first), .z_p(z_p), .z_n(z_n), .stop(stop), .saved_valid(saved_valid), .saved(saved)
);
task digit(input starts);
    begin
        @(negedge clk);
        if (starts) begin
            $display("begin %0t", $time);
            for (i = 0; i < {K}; i = i + 1) y[8*i +: 8] = $random(rnd);
        end
        first = starts;
        x_p = $random(rnd);
        x_n = $random(rnd);
        x_n = x_n & ~x_p;
    end
endtask
initial begin
    if ({DUMP}) $dumpfile("waves.vcd");
    if ({DUMP}) $dumpvars(0, dut);
    repeat (3) @(negedge clk);
    rst = 0;
    for (frame = 0; frame < {FRAMES}; frame = frame + 1) begin
        digit(1);
        // noise on the operands does not end with the frame
        repeat ({PERIOD} - 1 + frame % 3) digit(0);
    end
    repeat (60) digit(0);
    $finish;
end
endmodule
"""

NETWORK = """
`timescale 1ns / 1ps
module bench;
reg clk = 0, rst = 1, w_valid = 0, x_valid = 0;
reg [31:0] rnd = 5;
reg [103:0] w;
reg [23:0] x;
wire w_ready, x_ready, y_valid;
wire [50:0] words;
integer i;
always #5 clk = ~clk;
initial #200000 $finish; // none takes as long as that
always @(posedge clk) begin
    if (y_valid) $display("words %0d", words);
end
fgie_network #(.K(12), .M1(6), .M2(3), .G1(4), .G2(3), .N(8), .DY(16), .MERGED({MERGED})) dut (
    .clk(clk), .rst(rst), .s_axis_w_tdata(w), .s_axis_w_tvalid(w_valid), .s_axis_w_tready(w_ready),
    .s_axis_w_tlast(i == 8), .s_axis_x_tdata(x), .s_axis_x_tuser({{6'd12, 6'd12, 6'd8}}), .s_axis_x_tvalid(x_valid),
    .s_axis_x_tready(x_ready), .s_axis_x_tlast(i == 7), .m_axis_y_tdata(words), .m_axis_y_tvalid(y_valid),
    .m_axis_y_tready(1'b1), .m_axis_stat_tready(1'b1)
);
task frame(input integer beats);
    begin
        x_valid = 1;
        rnd = 7;
        for (i = 0; i < beats; i = i + 1) begin
            x = $random(rnd) & 12'hfff;
            @(negedge clk);
        end
        x_valid = 0;
    end
endtask
initial begin
    repeat (3) @(negedge clk);
    rst = 0;
    w_valid = 1;
    for (i = 0; i < 9; i = i + 1) begin
        w = {{$random(rnd), $random(rnd), $random(rnd), $random(rnd)}};
        @(negedge clk);
    end
    w_valid = 0;
    frame(8);
    repeat (60) @(negedge clk);
    if ({RESET}) begin
        frame({RESET});
        rst = 1;
        @(negedge clk);
        rst = 0;
        frame(8);
        repeat (60) @(negedge clk);
    end
    $finish;
end
endmodule
"""


def _run(text: str, top: str, folder: Path) -> list[tuple[str, int]]:
    """Simulate a bench under Icarus and return what it said: words and numbers."""
    bench = folder / "bench.v"
    bench.write_text(text)
    files = [str(path) for path in sources.closure(top, ROOT)]
    program = str(folder / "bench.vvp")
    subprocess.run([str(tools.iverilog().path), "-g2012", "-s", "bench", "-o", program, str(bench), *files], check=True)
    done = subprocess.run(
        [str(tools.vvp().path), program], cwd=folder, check=True, capture_output=True, text=True, timeout=100
    )
    return [(word, int(number)) for word, number in re.findall(r"^(\w+) (\d+)$", done.stdout, re.MULTILINE)]


def _neuron(folder: Path, **parts: int) -> list[tuple[str, int]]:
    return _run(NEURON.format(**parts), "fgie_neuron", folder)


def _check_stop(pins: list[int], digits: int) -> None:
    """Check in every cycle that `stop` is high from a digit of the frame on to the next one, as `saved` says."""
    begins = [cycle for cycle, word in enumerate(pins) if word >> 8]
    stop = [word >> 7 & 1 for word in pins]
    assert not any(stop[: begins[0]])
    for begin, end in zip(begins, [*begins[1:], len(pins)], strict=True):
        assert pins[begin + digits - 1] >> 6 & 1
        saved, high = pins[begin + digits - 1] & 63, sum(stop[begin : begin + digits])
        # the digit that stops a neuron has been computed
        assert high == saved + 1 if saved else high <= 1
        assert stop[begin:end] == [0] * (digits - high) + [1 if high else 0] * (end - begin - digits + high)


def _period(k: int, digits: int, merged: int) -> int:
    return digits + (1 if merged else levels(k + 1) + 2)


def _changes(vcd: Path, scope: str) -> list[int]:
    """Return the times at which a signal of a scope, or of one within, changes; clock and reset do not count."""
    inside, clocks, found, depth, time = set(), set(), [], 0, 0
    for line in vcd.read_text().splitlines():
        parts = line.split()
        if line.startswith("$scope"):
            depth += bool(depth) or parts[2] == scope
        elif line.startswith("$upscope"):
            depth -= bool(depth)
        elif line.startswith("$var"):
            # a net has one code in all the scopes that it passes
            if depth:
                (clocks if parts[4] in {"clk", "rst"} else inside).add(parts[3])
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in "01xzb" and (parts[1] if line[0] == "b" else line[1:]) in inside - clocks:
            found.append(time)
    return found


@pytest.mark.parametrize("merged", [0, 1])
def test_a_stopped_neuron_does_not_toggle(tmp_path, merged):
    k, digits = 5, 12
    said = _neuron(
        tmp_path,
        K=k,
        GROWTH=3,
        MERGED=merged,
        DIGITS=digits,
        PERIOD=_period(k, digits, merged),
        SEED=3,
        FRAMES=60,
        DUMP=1,
    )
    changes = _changes(tmp_path / "waves.vcd", "reduction")
    _check_stop([number for word, number in said if word == "pins"], digits)
    begins = [time for word, time in said if word == "begin"]
    stops = [time for word, time in said if word == "stop"]
    still = 0
    for stop in stops:
        following = bisect_left(begins, stop)
        until = begins[following] if following < len(begins) else stop + 100
        # the edge that raises `stop` isolates the operands, too; behind it nothing moves
        assert bisect_left(changes, until) == bisect_left(changes, stop + 1)
        still += until - stop - 1 > 0
    assert still > 10
    assert len(changes) > 1000  # and it does move otherwise


# the growth of a tree is given by its operands
@pytest.mark.parametrize(("k", "growth", "merged"), [(5, 3, 0), (64, 4, 1)])
def test_the_count_of_a_neuron_comes_with_its_last_digit(tmp_path, k, growth, merged):
    digits = 8
    period = _period(k, digits, merged)
    said = _neuron(tmp_path, K=k, GROWTH=growth, MERGED=merged, DIGITS=digits, PERIOD=period, SEED=1, FRAMES=4, DUMP=0)
    times = {word: [time for other, time in said if other == word] for word in ("first", "last")}
    delay = 3 + levels(k + 1) if merged else 4 + 2 * levels(k + 1)
    assert [z - x for x, z in zip(times["first"], times["last"], strict=True)] == [delay + digits - 1] * 4


@pytest.mark.parametrize(("merged", "beats"), [(0, 1), (1, 5), (1, 8)])
def test_weights_survive_a_reset_in_the_middle_of_a_frame(tmp_path, merged, beats):
    said = _run(NETWORK.format(MERGED=merged, RESET=beats), "fgie_network", tmp_path)
    words = [number for word, number in said if word == "words"]
    assert len(words) == 2  # none of the frame that was cut
    assert words[0] == words[1] != 0
