"""A small project to try the framework on: cores of both kinds of interface, sound or with a single fault."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ulpwise.bench.project import Project
from ulpwise.run.execute import attempt
from ulpwise.run.record import Record, RunSpec

REPO = Path(__file__).parents[2]
PATH = f"{REPO / 'tb'}{os.pathsep}{REPO}"  # where Python finds the framework, and the tests

# y = x + 1, one register stage
ECHO = """\
module TOP #(parameter WIDTH = 8) (
    input  wire             clk,
    input  wire             rst,
    input  wire [WIDTH-1:0] s_axis_x_tdata,
    input  wire             s_axis_x_tvalid,
    input  wire             s_axis_x_tlast,
    output wire             s_axis_x_tready,
    output reg  [WIDTH-1:0] m_axis_y_tdata,
    output reg              m_axis_y_tvalid,
    output reg              m_axis_y_tlast,
    input  wire             m_axis_y_tready
);

// declarations
assign s_axis_x_tready = !m_axis_y_tvalid || m_axis_y_tready;

always @(posedge clk) begin
    if (s_axis_x_tready) begin
        m_axis_y_tvalid <= s_axis_x_tvalid;
        m_axis_y_tdata  <= s_axis_x_tdata + 1'b1;
        m_axis_y_tlast  <= s_axis_x_tlast;
    end
    if (rst) m_axis_y_tvalid <= 1'b0;
end

endmodule
"""

# z = x, one cycle later
DELAY = """\
module TOP (
    input  wire clk,
    input  wire rst,
    input  wire ce,
    input  wire first,
    input  wire x_p,
    input  wire x_n,
    output reg  z_first,
    output reg  z_p,
    output reg  z_n
);

// declarations
always @(posedge clk) begin
    if (ce) begin
        z_first <= first;
        z_p     <= x_p;
        z_n     <= x_n;
    end
    if (rst) z_first <= 1'b0;
end

endmodule
"""

BENCH = """\
import os
from pathlib import Path

import numpy as np

from ulpwise import *
from ulpwise.bench.stimuli import corners, directed, exhaustive, random

HEAD


def interface(c):
    return INTERFACE


def golden(c, t):
    GOLDEN


def cover(c):
    return COVER


bench = Bench(
    top="TOP",
    configs=CONFIGS,
    interface=interface,
    golden=golden,
    cover=cover,
    PLAN
    REST
)
"""

# what the parts of a bench are unless a test says otherwise: the bench of ECHO, all x from 0 to 63 in order
STREAM = {
    "HEAD": "",
    "INTERFACE": "Streams({'x': Axis({'x': Unsigned(c.WIDTH)})}, {'y': Axis({'y': Unsigned(c.WIDTH)})})",
    "GOLDEN": "return {'y': (t['x'] + 1) % 2**c.WIDTH}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'], ranges((0, 15), (16, 63)))])]",
    "CONFIGS": "{'w8': {'WIDTH': 8}}",
    "PLAN": "plan={'operands': ['io.x']},",
    "REST": "stimuli=lambda c: {'ramp': directed(x=np.arange(64))}, volume=lambda c: 100, watchdog=200,",
}

# the bench of DELAY, all 81 frames of four digits
DIGITS = STREAM | {
    "INTERFACE": "DigitSerial({'x': SignedDigits(4)}, {'z': SignedDigits(4)}, cycles=5)",
    "GOLDEN": "return {'z': t['x']}",
    "COVER": "[CoverGroup('io', [Point('x', lambda t: t['x'][:, 0], values(-1, 0, 1))])]",
    "CONFIGS": "{'n4': {'n': 4}}",
    "REST": "volume=lambda c: 100, watchdog=200,",
}


def fault(core: str, *changes: tuple[str, str]) -> str:
    """Change a core; each text to be replaced must be there once."""
    for old, new in changes:
        assert core.count(old) == 1, old
        core = core.replace(old, new)
    return core


@dataclass(frozen=True)
class Lab:
    """A project to which tests add cores with benches."""

    root: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    def add(self, top: str, core: str = ECHO, parts: dict[str, str] = STREAM, **changed: str) -> str:
        """Write `rtl/lab/<top>.v` and its bench; returns the module's name."""
        text = BENCH
        for name, part in (parts | changed).items():
            text = text.replace(name, part)
        self._write(f"rtl/lab/{top}.v", core.replace("TOP", top))
        self._write(f"tests/lab/test_{top}.py", text.replace("TOP", top))
        return top

    def run(self, top: str, config: str = "w8", sim: str = "icarus", mode: str = "burst", **rest) -> Record:
        """Build, simulate and judge, without shrinking."""
        return attempt(self.project, RunSpec(top, config, sim, mode, **rest))

    def cli(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in the project."""
        return self.python("-m", "ulpwise", *words, **env)

    def python(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the project."""
        line = [sys.executable, *map(str, words)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEBUG", "TB_", "FORCE_"))}
        return subprocess.run(
            line, cwd=self.root, env=kept | {"PYTHONPATH": PATH} | env, capture_output=True, text=True, check=False
        )

    def builds(self, top: str) -> list[Path]:
        """Build directories of a core."""
        found = (self.root / "build" / "sim").glob(f"*-{top}-*")
        return sorted(path for path in found if path.is_dir() and path.suffix != ".part")

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
