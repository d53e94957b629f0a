"""Commands that write: init, new."""

from __future__ import annotations

from pathlib import Path

from ulpwise.cli import scaffold
from ulpwise.cli.app import app, examples, here, one_line_errors


@app.command(epilog=examples("ulpwise init", "ulpwise init accelerator --family fir"))
def init(folder: scaffold.Folder = Path(), family: scaffold.FirstFamily = "example") -> None:
    """Make a project in an empty folder: an example that passes, Makefile, tests, CI."""
    with one_line_errors():
        scaffold.init(folder, family)


@app.command(
    epilog=examples(
        "ulpwise new fir --family dsp",
        "ulpwise new fifo --family vendor --from ../vendor/fifo.v",
        "ulpwise new fifo --family vendor --from ../vendor/fifo.v --clock ck --reset nclr=0 --tie test_en=0",
    )
)
def new(
    module: scaffold.New,
    family: scaffold.Family = None,
    source: scaffold.From = None,
    clock: scaffold.Clock = "",
    reset: scaffold.Reset = "",
    tie: scaffold.Tie = None,
) -> None:
    """Write bench, golden model and core of a new module, or a bench around a core that exists."""
    with one_line_errors():
        scaffold.new(here(), module, family, source, (clock, reset, tie or []))
