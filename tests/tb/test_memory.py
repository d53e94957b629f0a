# SPDX-License-Identifier: Apache-2.0
"""Memories with a fixed latency and with a handshake; and what is wrong with broken ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tb._project import STREAM, fault
from ulpwise.bench.declare import BenchError
from ulpwise.data.formats import Unsigned
from ulpwise.ports.base import InterfaceError
from ulpwise.ports.memory import Memory

# eight words of two parts; a word comes one to four cycles after it was taken
ASKED = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire       en,
    input  wire       we,
    input  wire [1:0] mask,
    input  wire [2:0] addr,
    input  wire [7:0] din,
    output wire       ready,
    output reg        valid,
    output reg  [7:0] dout
);

reg [7:0] words [0:7];
reg [7:0] word;
reg [1:0] left;
reg       waits = 0;
// declarations
assign ready = !waits;

always @(posedge clk) begin
    valid <= 1'b0;
    if (en && ready) begin
        if (we) begin
            if (mask[0]) words[addr][3:0] <= din[3:0];
            if (mask[1]) words[addr][7:4] <= din[7:4];
        end else begin
            waits <= 1'b1;
            word  <= words[addr];
            left  <= addr[1:0];
        end
    end
    if (waits) begin
        left <= left - 1'b1;
        if (left == 2'd0) begin
            valid <= 1'b1;
            dout  <= word;
            waits <= 1'b0;
        end
    end
    if (rst) begin
        valid <= 1'b0;
        waits <= 1'b0;
    end
end

endmodule
"""
# the same, and every word a cycle later
SAID = """\
module TOP (
    input  wire       clk,
    input  wire       rst,
    input  wire       en,
    input  wire       we,
    input  wire [1:0] mask,
    input  wire [2:0] addr,
    input  wire [7:0] din,
    output reg        valid,
    output reg  [7:0] dout
);

reg [7:0] words [0:7];
// declarations
always @(posedge clk) begin
    if (en && we && mask[0]) words[addr][3:0] <= din[3:0];
    if (en && we && mask[1]) words[addr][7:4] <= din[7:4];
    if (en && !we) dout <= words[addr];
    valid <= en && !we;
    if (rst) valid <= 1'b0;
end

endmodule
"""
BARE = fault(
    SAID,
    ("    output reg        valid,\n", ""),
    ("    valid <= en && !we;\n    if (rst) valid <= 1'b0;\n", ""),
    ("    input  wire       rst,\n", ""),
)
# registers, of which a reset makes 0 to 7
KNOWN = fault(
    SAID,
    ("// declarations", "integer i;"),
    (
        "(rst) valid <= 1'b0;",
        "(rst) begin\n        valid <= 1'b0;\n        for (i = 0; i < 8; i = i + 1) words[i] <= i;\n    end",
    ),
)
HEAD = """\
def run(t, first):
    memory, found = np.tile(first, (len(t['en']), 1, 1)), np.zeros_like(t['din'])
    for row, at in np.ndindex(t['en'].shape):
        word = memory[row, t['addr'][row, at]]
        if t['en'][row, at] and not t['we'][row, at]:
            found[row, at] = word
        elif t['en'][row, at]:
            word[:] = np.where(t['mask'][row, at], t['din'][row, at], word)
    return {'dout': found}
"""
PARTS = STREAM | {
    "HEAD": HEAD,
    "GOLDEN": "return run(t, np.zeros((8, 2), int))",
    "COVER": "[CoverGroup('io', [Point('we', lambda t: t['we'], values(0, 1))])]",
    "CONFIGS": "{'c': {}}",
    "PLAN": "plan={'both': ['io.we']},",
    # programs on four words, so that most of what is read has been written
    "REST": "stimuli=lambda c: {'few': random(addr=lambda rng, n: rng.integers(2, 6, (n, 20)))}, watchdog=200,",
}
WORD = "Memory(Unsigned(4, (2,)), 8, length=20, mask=2"
CLEARED = {"GOLDEN": "return run(t, np.stack([np.arange(8), np.zeros(8, int)], 1))"}
# the kinds of memory: core, interface, and what else differs
KINDS = {
    "asked": (ASKED, f"{WORD}, handshake=True)", {}),
    "said": (SAID, f"{WORD}, valid=True)", {}),
    "bare": (BARE, f"{WORD})", {"REST": "wiring=Wiring(reset='')," + PARTS["REST"]}),
    "known": (KNOWN, f"{WORD}, valid=True, fresh=True)", CLEARED),
}


def add(lab, name, kind, *changes, **parts):
    """Add a core of a kind, with changes."""
    core, interface, rest = KINDS[kind]
    return lab.add(name, fault(core, *changes), PARTS, **{"INTERFACE": interface} | rest | parts)


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_core_runs(lab, kind, sim, mode):
    record = lab.run(add(lab, f"memory_{kind}", kind), "c", sim=sim, mode=mode)
    assert record.passed, record.reasons
    assert record.result["checked"] == record.result["sent"] > 40


PROTOCOL, WRONG, UNKNOWN, HUNG = "stream protocol broken", "wrong value", "X or Z on a valid output", "hung"
LATE = "// declarations"
IDLE = "    valid <= 1'b0;\n    if (en"
# what is wrong with the core: its kind, its changes, and a reason
BROKEN = {
    "a word comes twice": (
        "asked", [(LATE, "reg was;"), (IDLE, "    valid <= valid && !was;\n    was <= valid;\n    if (en")], PROTOCOL
    ),
    "a write is answered": ("asked", [("if (we) begin\n", "if (we) begin\n            valid <= 1'b1;\n")], PROTOCOL),
    "a word comes in the cycle of its read": (
        "asked",
        [("output reg        valid", "output wire       valid"), ("output reg  [7:0] dout", "output wire [7:0] dout"),
         (LATE, "assign valid = en && !we;\nassign dout = words[addr];"), (IDLE, "    if (en"),
         ("            waits <= 1'b1;\n", ""), ("            valid <= 1'b1;\n            dout  <= word;\n", ""),
         ("        valid <= 1'b0;\n        waits", "        waits")],
        PROTOCOL,
    ),
    "a word never comes": ("asked", [("waits <= 1'b1;", "waits <= addr != 3'd5;")], HUNG),
    "a command is never taken": ("asked", [("assign ready = !waits;", "assign ready = !waits && addr != 3'd5;")], HUNG),
    "ready says too much": ("asked", [("assign ready = !waits;", "assign ready = 1'b1;")], HUNG),
    "ready is unknown": ("asked", [("= !waits;", "= waits ? 1'b0 : en && addr == 3'd3 && we ? 1'bx : 1'b1;")], UNKNOWN),
    "valid is unknown": ("asked", [("valid <= 1'b1;", "valid <= word[0] ? 1'bx : 1'b1;")], UNKNOWN),
    "a word is unknown": ("asked", [("dout  <= word;", "dout  <= word[7] ? 8'bx : word;")], UNKNOWN),
    "a mask is ignored": ("asked", [("if (mask[1]) ", "")], WRONG),
    "a word is said too late": (
        "said", [("valid <= en && !we;", "late <= en && !we;\n    valid <= late;"), (LATE, "reg late = 0;")], PROTOCOL
    ),
    "a word is said too often": ("said", [("valid <= en && !we;", "valid <= en;")], PROTOCOL),
    "a word is said too seldom": ("said", [("en && !we;", "en && !we && addr != 3'd5;")], PROTOCOL),
    "what is not enabled is written": ("said", [("if (en && we && mask[0])", "if (we && mask[0])")], WRONG),
    "a word comes too late": ("bare", [("dout <= words[addr];", "late <= words[addr];\n    dout <= late;"),
                                       (LATE, "reg [7:0] late;")], WRONG),
    "a read sees no write right before it": (
        "bare", [("dout <= words[addr];", "dout <= was && last == addr ? 8'd0 : words[addr];"),
                 (LATE, "reg was;\nreg [2:0] last;\nalways @(posedge clk) {was, last} <= {en && we, addr};")], WRONG
    ),
    "two words are one": ("bare", [("en && !we) dout <= words[addr]", "en && !we) dout <= words[addr & 3'd6]")], WRONG),
    "a reset does not reach a word": ("known", [("i = 0; i < 8", "i = 0; i < 5")], WRONG),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["burst", "beat"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_core_is_found(lab, name, mode):
    kind, changes, said = BROKEN[name]
    top = add(lab, f"memory_broken_{list(BROKEN).index(name)}", kind, *changes)
    assert said in " | ".join(lab.run(top, "c", mode=mode).reasons)


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_a_reset_that_leaves_a_word_inside_is_found(lab, mode):
    top = add(lab, "memory_haunted", "asked", ("        valid <= 1'b0;\n        waits <= 1'b0;\n", ""))
    # a beat run has two resets only
    runs = (lab.run(top, "c", mode=mode, seed=seed) for seed in range(1, 16))
    assert PROTOCOL in next(record for record in runs if not record.passed).reasons[0]


TIMING = """
def when(c, t):
    reads = (t['en'] == 1) & (t['we'] == 0)
    # two cycles lie between programs, and one more behind a read
    taken = timing.begins(len(reads), 22 + reads[:, -1])[:, None] + np.arange(20)
    return {'program': taken, 'responses': np.where(reads, taken + LATENCY, -1)}
"""


@pytest.mark.parametrize("mode", ["burst", "beat"])
def test_timing_is_measured(lab, mode):
    for latency in (1, 2):
        head, rest = HEAD + TIMING.replace("LATENCY", str(latency)), "timing=when," + PARTS["REST"]
        record = lab.run(add(lab, f"memory_timed_{latency}", "said", HEAD=head, REST=rest), "c", mode=mode)
        assert record.passed == (latency == 1), record.reasons
        assert latency == 1 or record.reasons[0].startswith("timing: responses: beat ")


def test_a_failure_shrinks_to_one_program(lab):
    top = add(lab, "memory_shrunk", "said", ("if (en && we && mask[1])", "if (en && we && mask[1] && addr != 3'd3)"))
    done = lab.cli("sim", "--module", top, "--sim", "icarus", "--mode", "burst")
    assert done.returncode == 1
    assert "1 transaction" in done.stdout
    assert "depends on" not in done.stdout


def test_reads_of_what_was_not_written_are_not_sent():
    memory = Memory(Unsigned(4, (2,)), 6, length=5, mask=2)
    fields = {"en": [1, 1, 1, 1, 1], "we": [1, 0, 1, 0, 1], "addr": [2, 2, 2, 2, 7], "din": [[1, 2]] * 5}
    masks = [[1, 0], [0, 0], [0, 1], [0, 0], [1, 1]]
    batch = {name: np.array([values]) for name, values in (fields | {"mask": masks}).items()}
    (source,) = memory.sources
    back = memory.unpack_input(source, *memory.pack(source, batch))
    assert back.pop("en").tolist() == [[1, 0, 1, 1, 0]]  # neither is a write beyond the memory
    assert all((back[name] == batch[name]).all() for name in back)
    known = Memory(Unsigned(4, (2,)), 6, length=5, mask=2, fresh=True)
    assert known.unpack_input(source, *known.pack(source, batch))["en"].tolist() == [[1, 1, 1, 1, 0]]


def test_words_may_be_wide():
    memory = Memory(Unsigned(64, (5,)), 256)
    pins = {pin.name: pin.width for pin in memory.pins()}
    assert pins == {"clk": 1, "rst": 1, "en": 1, "we": 1, "addr": 8, "din": 320, "dout": 320}
    batch = {name: fmt.random(np.random.default_rng(1), 3) for name, fmt in memory.input_fields.items()}
    beats, _ = memory.pack(memory.sources[0], batch)
    assert beats.shape == (3 * 16, 330)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"length": 0}, "length=0: a program has one command or more"),
        ({"words": 1}, "words=1: a memory has two or more"),
        ({"latency": 0}, "latency=0: a word comes a cycle after it was asked for, or later"),
        ({"mask": 3}, "mask=3: a word of 8 bits has no such equal parts"),
    ],
)
def test_what_no_core_can_be_is_refused(rest, said):
    with pytest.raises(InterfaceError) as refused:
        Memory(**{"word": Unsigned(8), "words": 8} | rest)
    assert str(refused.value) == said


def test_a_core_without_a_reset_is_never_fresh(lab):
    top = add(lab, "memory_never", "known", REST="wiring=Wiring(reset='')," + PARTS["REST"])
    with pytest.raises(BenchError, match=r"reset='' of a core that is reset in front of each transaction$"):
        lab.project.bench(top)
