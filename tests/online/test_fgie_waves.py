"""What only waveforms show of the FGIE: a stopped neuron stands still, latencies, and layers that overlap."""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_left
from pathlib import Path

import pytest

from models.online.dot import levels
from tb import sources, tools

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
    if (z_first) $display("z_first %0d", cycle + 1);
    if (saved_valid) $display("last %0d", cycle + 1);
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
integer cycle = 0, i;
always #5 clk = ~clk;
initial #200000 $finish; // none takes as long as that
always @(posedge clk) begin
    cycle <= cycle + 1;
    if (x_valid && x_ready) $display("x %0d", cycle);
    if (dut.valid[1] && dut.ready[1]) $display("hidden %0d", cycle);
    if (dut.valid[2] && dut.ready[2]) $display("result %0d", cycle);
    if (y_valid) $display("y %0d", cycle);
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

RELOAD = """
`timescale 1ns / 1ps
module bench;
reg clk = 0, rst = 1, w_valid = 0, x_valid = 0, w_last = 0, x_last = 0;
reg [31:0] rnd = 5, rnd_x = 7;
reg [103:0] w;
reg [23:0] x;
wire w_ready, x_ready, valid, last;
wire [50:0] data;
wire stat_valid;
wire [63:0] stat;
reg [30:0] counts = 0;
reg stat_ready = {EAGER} != 2;
reg [63:0] word = 0;
integer i, j, stats = 0;
always #5 clk = ~clk;
initial #200000 $finish; // none takes as long as that
always @(posedge clk) if (valid) begin
    word = word * 131 + data + 1; // a sum of all that came out
    if (last) $display("words %0d", word & 64'h7fffffff);
    if (last) word = 0;
end
always @(posedge clk) if (stat_valid && stat_ready) begin
    stats = stats + 1;
    counts = counts * 31 + stat[{STAT}-1:0];
end
{DUT} (
    .clk(clk), .rst(rst), .s_axis_w_tdata(w), .s_axis_w_tvalid(w_valid), .s_axis_w_tready(w_ready),
    .s_axis_w_tlast(w_last), .s_axis_x_tdata(x), .s_axis_x_tuser({{6'd12, 6'd12, 6'd8}}), .s_axis_x_tvalid(x_valid),
    .s_axis_x_tready(x_ready), .s_axis_x_tlast(x_last),
    .m_axis_stat_tdata(stat[{STAT}-1:0]), .m_axis_stat_tvalid(stat_valid), .m_axis_stat_tready(stat_ready), {OUT}
);
task load;
    for (i = 0; i < {BEATS}; i = i + 1) begin
        w = {{$random(rnd), $random(rnd), $random(rnd), $random(rnd)}};
        w_valid = 1;
        w_last = i == {BEATS} - 1;
        @(posedge clk);
        while (!w_ready) @(posedge clk);
        #1 w_valid = 0;
        repeat (2) @(posedge clk);
        #1;
    end
endtask
task frame;
    for (j = 0; j < 8; j = j + 1) begin
        x = $random(rnd_x) & 12'hfff;
        x_valid = 1;
        x_last = j == 7;
        @(posedge clk);
        while (!x_ready) @(posedge clk);
        #1 x_valid = 0;
    end
endtask
initial begin
    repeat (3) @(posedge clk);
    #1 rst = 0;
    if ({EAGER} == 2) begin
        // nobody takes m_axis_stat for a long time
        load;
        fork
            repeat (24) frame;
            begin repeat ({HOLD}) @(posedge clk); #1 stat_ready = 1; end
        join
    end else if ({EAGER} == 1) begin
        // activations are offered all the time, new weights while a frame is inside
        fork
            begin load; repeat (3) @(posedge clk); #1 load; end
            begin frame; #20 frame; end
        join
    end else begin
        repeat (2) begin
            load;
            frame;
            repeat (60) @(posedge clk);
            #1;
        end
    end
    repeat (60) @(posedge clk);
    $display("stats %0d", stats);
    $display("counts %0d", counts);
    $finish;
end
endmodule
"""

DUTS = {
    "fgie_layer": {
        "DUT": "assign data[50:8] = 0; fgie_layer #(.K(12), .M(4), .GROWTH(4), .UW(18)) dut",
        "OUT": ".m_axis_z_tdata(data[7:0]), .m_axis_z_tvalid(valid), .m_axis_z_tlast(last), .m_axis_z_tready(1'b1)",
        "BEATS": 4,
        "STAT": 32,
    },
    "fgie_conv": {
        "DUT": "assign data[50:34] = 0; fgie_conv #(.F(2), .R(2), .S(2), .H(2), .W(4), .PAD(0), .GROWTH(2)) dut",
        "OUT": ".m_axis_y_tdata(data[33:0]), .m_axis_y_tvalid(valid), .m_axis_y_tlast(last), .m_axis_y_tready(1'b1)",
        "BEATS": 2,
        "STAT": 64,
    },
    "fgie_network": {
        "DUT": "fgie_network #(.K(12), .M1(6), .M2(3), .G1(4), .G2(3), .N(8), .DY(16)) dut",
        "OUT": ".m_axis_y_tdata(data), .m_axis_y_tvalid(valid), .m_axis_y_tlast(last), .m_axis_y_tready(1'b1)",
        "BEATS": 9,
        "STAT": 64,
    },
}


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
@pytest.mark.parametrize(("k", "growth", "merged"), [(5, 3, 0), (64, 7, 0), (5, 3, 1), (64, 7, 1), (64, 4, 1)])
def test_latency_of_a_neuron(tmp_path, k, growth, merged):
    digits = 8
    period = _period(k, digits, merged)
    said = _neuron(tmp_path, K=k, GROWTH=growth, MERGED=merged, DIGITS=digits, PERIOD=period, SEED=1, FRAMES=4, DUMP=0)
    times = {word: [time for other, time in said if other == word] for word in ("first", "z_first", "last")}
    delay = 3 + levels(k + 1) if merged else 4 + 2 * levels(k + 1)
    assert [z - x for x, z in zip(times["first"], times["z_first"], strict=True)] == [delay] * 4
    assert [z - x for x, z in zip(times["first"], times["last"], strict=True)] == [delay + digits - 1] * 4


@pytest.mark.parametrize("merged", [0, 1])
def test_a_layer_works_before_the_one_in_front_has_finished(tmp_path, merged):
    said = _run(NETWORK.format(MERGED=merged, RESET=0), "fgie_network", tmp_path)
    times = {word: [time for other, time in said if other == word] for word in ("x", "hidden", "result", "y")}
    delays = [3 + levels(k + 1) if merged else 4 + 2 * levels(k + 1) for k in (12, 6)]
    assert times["hidden"] == list(range(times["x"][0] + delays[0], times["x"][0] + delays[0] + 12))
    assert times["result"] == list(range(times["hidden"][0] + delays[1], times["hidden"][0] + delays[1] + 12))
    assert times["result"][0] < times["hidden"][-1]  # its first result is out before it has its last operand
    assert times["y"] == [times["result"][-1] + 1]


@pytest.mark.parametrize("beats", [1, 5, 8])
@pytest.mark.parametrize("merged", [0, 1])
def test_weights_survive_a_reset_in_the_middle_of_a_frame(tmp_path, merged, beats):
    said = _run(NETWORK.format(MERGED=merged, RESET=beats), "fgie_network", tmp_path)
    words = [number for word, number in said if word == "words"]
    assert len(words) == 2  # none of the frame that was cut
    assert words[0] == words[1] != 0


@pytest.mark.parametrize("top", DUTS)
def test_weights_change_between_frames_only(tmp_path, top):
    """Frames wait for weights that are on their way, and these for the frames inside."""
    parts = DUTS[top]
    patient, eager = (_run(RELOAD.format(**parts, EAGER=eager, HOLD=1), top, tmp_path) for eager in (0, 1))
    assert patient == eager
    assert [word for word, _ in patient] == ["words", "words", "stats", "counts"]
    assert patient[0] != patient[1]


@pytest.mark.parametrize("top", DUTS)
def test_counts_that_nobody_takes_stall_everything_and_lose_nothing(tmp_path, top):
    free, held = (_run(RELOAD.format(**DUTS[top], EAGER=2, HOLD=hold), top, tmp_path) for hold in (1, 1000))
    assert [word for word, _ in free].count("words") == 24
    assert free[-2] == ("stats", 24)
    assert free == held
