"""What a viewer is to show of a run's waves: all ports of the core, and a marker at the first wrong beat.

The names come from the dump itself (its hierarchy, in the FST format), so that both simulators' ways to write them
are right, and nothing is named that is not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ulpwise.verilog.fst import DumpError, Variable, read

WAVES = "waves.fst"
GTKWAVE = "waves.gtkw"
SURFER = "waves.sucl"
CORE = "harness.dut"
ZOOM_NS = 400  # what is to be seen at first on each side of the marker

_COLUMNS = 800  # pixels of a window, of which GTKWave's zoom is counted


def write(folder: Path, first: dict[str, Any] | None, ports: list[str], core: str = CORE) -> None:
    """Write the save files beside the waves of a run; without waves, or of a dump that is not whole, none.

    Args:
        folder: Folder of the run.
        first: The first wrong transaction as in the results file, which may have a `time` in ns.
        ports: Names of the core's ports, in the order in which they are to be shown.
        core: The scope of the core.
    """
    for name in (GTKWAVE, SURFER):
        (folder / name).unlink(missing_ok=True)
    try:
        variables, exponent = read(folder / WAVES)
    except (OSError, DumpError):
        return
    by_name = {item.name.partition("[")[0]: item for item in variables if _is(core, item.scope)}
    shown = [by_name[name] for name in ports if name in by_name]
    time = (first or {}).get("time")
    marker = None if time is None else round(time * 10 ** (-9 - exponent))
    (folder / GTKWAVE).write_text(_gtkwave(shown, core, marker, round(ZOOM_NS * 10 ** (-9 - exponent))))
    (folder / SURFER).write_text(_surfer(shown, marker))


def _is(core: str, scope: str) -> bool:
    """Tell whether a scope is the core; Verilator may put one of its own above it or the harness."""
    return scope == core or scope.endswith(f".{core}")


def _gtkwave(shown: list[Variable], core: str, marker: int | None, around: int) -> str:
    """Write GTKWave's save file: ports in hex, or binary when they have one bit."""
    scope = shown[0].scope if shown else core
    parts = scope.split(".")
    # the zoom is minus the binary logarithm of the time steps a pixel
    zoom = -max(0, (2 * around // _COLUMNS).bit_length() - 1)
    marks = " ".join(["-1"] * 26)
    lines = [
        f'[dumpfile] "{WAVES}"',
        f"[timestart] {max(0, (marker or 0) - around)}",
        f"*{zoom:.6f} {-1 if marker is None else marker} {marks}",
        *(f"[treeopen] {'.'.join(parts[:i])}." for i in range(1, len(parts) + 1)),
    ]
    for item in shown:
        lines += ["@28" if item.width == 1 else "@22", f"{item.scope}.{item.name}"]
    return "\n".join(lines) + "\n"


def _surfer(shown: list[Variable], marker: int | None) -> str:
    """Write a command file of Surfer: `surfer --command-file waves.sucl waves.fst`."""
    lines = [f"variable_add {item.scope}.{item.name.partition('[')[0]}" for item in shown]
    lines += ["zoom_fit"] if marker is None else [f"cursor_set {marker}", "marker_set wrong", "goto_cursor"]
    return "\n".join(lines) + "\n"
