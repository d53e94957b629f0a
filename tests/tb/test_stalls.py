"""The patterns that count, in both modes: beats that a sink takes when it wakes, frames that a set-up lets go first."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from ulpwise.ports import activity
from ulpwise.ports.harness import HDL
from ulpwise.ports.stalls import Pattern, Pause, Stall
from ulpwise.toolchain import tools

LIMIT = 5  # cycles without movement that make it quiet
CYCLES = 6000
DRAWS = {Pattern.ASLEEP: set(range(1, 17)), Pattern.DROWSY: {1, 2, 3, 4}}

# a sink before which a beat always waits, or a source whose frames of one beat are taken at once, beside another stream
BENCH = """
module bench;
reg clk = 0, ready = 0;
integer idle = 0, beats = 0, n = 0;
wire pause;
wire quiet = idle > LIMIT;
wire moved = ready;                  // tready of the sink, tvalid of the source
reg ahead = 0;                       // a frame of the other stream ends in this cycle
tb_stall stall (
    .clk(clk), .start(n == 0), .busy(n > 0), .setting({64'd88172645463325252, 8'd0, 4'dPATTERN}), .most(9'd63),
    .quiet(SOURCE ? 1'b0 : quiet), .passed(ahead), .offered(1'b1), .taken(moved), .last(1'b1), .pause(pause)
);
always @(posedge clk) begin
    n <= n + 1;
    if (n > 0) begin
        ready <= !pause;
        idle  <= moved ? 0 : idle + 1;
        ahead <= SOURCE && !moved && pause && !ahead;
        if (SOURCE ? ahead : moved) beats <= beats + 1;
        if (SOURCE ? moved : !moved && beats != 0) begin
            $display("%0d", beats);
            beats <= 0;
        end
    end
    if (n == CYCLES) $finish;
end
always #5 clk = ~clk;
endmodule
"""


def burst(pattern, folder, source):
    """Return the counts that tb_stall.v makes."""
    text = BENCH.replace("PATTERN", str(int(pattern))).replace("SOURCE", str(int(source)))
    (folder / "bench.v").write_text(text.replace("LIMIT", str(LIMIT)).replace("CYCLES", str(CYCLES)))
    line = [str(tools.iverilog().path), "-g2012", "-o", "bench.vvp", "bench.v", str(HDL / "tb_stall.v")]
    subprocess.run(line, cwd=folder, check=True)
    said = subprocess.run([str(tools.vvp().path), "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    return [int(word) for word in said.stdout.split() if word.isdigit()]


@pytest.fixture
def seen(monkeypatch):
    """Activity of a beat-mode run without a simulator."""
    monkeypatch.setattr(activity, "now", lambda: 0)
    return activity.Activity(np.random.default_rng(1), LIMIT)


def beats_when_awake(seen, pattern, *, late):
    """Return how many beats a sink takes each time it wakes; `late`: idle cycles are counted behind the drivers."""
    stall = Stall(np.random.default_rng(2), seen, 63)
    stall.use(Pause(pattern))
    ready, beats, counts = False, 0, []
    for _ in range(CYCLES):
        taken = ready
        if taken:
            beats += 1
        elif beats:
            counts.append(beats)
            beats = 0
        if not late:
            seen.idle = 0 if taken else seen.idle + 1
        ready = not stall(offered=True, taken=taken, last=True)
        if late:
            seen.idle = 0 if taken and seen.idle <= LIMIT else seen.idle + 1
    return counts


@pytest.mark.parametrize("pattern", DRAWS)
def test_a_sink_that_wakes_takes_any_number_that_it_says_and_no_other(pattern, seen, tmp_path):
    assert set(burst(pattern, tmp_path, source=False)) == DRAWS[pattern]
    for late in (False, True):
        assert set(beats_when_awake(seen, pattern, late=late)) == DRAWS[pattern]


def test_a_set_up_lets_one_to_eight_frames_go_first(seen, tmp_path):
    counts = burst(Pattern.BEHIND, tmp_path, source=True)
    assert counts[0] == 0  # all others wait for the first
    assert set(counts[1:]) == set(range(1, 9))
    stall = Stall(np.random.default_rng(2), seen, 63)
    stall.use(Pause(Pattern.BEHIND))
    assert not stall(first=True)
    found = set()
    for _ in range(200):
        assert not stall(first=False)  # a frame that has begun comes without a pause
        seen.passed += 1  # while it comes
        stall.ended()
        before = seen.passed
        while stall(first=True):
            seen.passed += 1
        found.add(seen.passed - before)
    assert found == set(range(1, 9))
    seen.idle = LIMIT + 1
    assert not stall(first=True)  # no more can come
