"""Measures what the project promises about speed: `make bench`. Both sides of a ratio come from one round."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import builds  # noqa: E402  # the folder of a script is not always on the path
import coverage_speed  # noqa: E402
import start_up  # noqa: E402
from figure import Figure, ratios, show, write  # noqa: E402
from runs import Core  # noqa: E402

from ulpwise.bench.project import Project  # noqa: E402

ROUNDS = 5
BURST, BEAT = 100_000, 600  # transactions of a run; the mode's start costs little beside them
SIMULATOR = ("pytest", "numpy", "cocotb.regression", "pyuvm", "cocotb_bus.drivers", "ulpwise.uvm.items")


def moves(core: Core) -> dict[str, Figure]:
    """Compare burst mode with beat mode and with the C++ bench."""
    for rows in (BURST, BEAT):
        core.vectors(rows)
    core.run("burst", BURST)  # builds
    core.cpp(BURST)
    rounds = [
        (core.run("burst", BURST), core.cpp(BURST), core.run("beat", BEAT), core.run("beat", BEAT, stalls=True))
        for _ in range(ROUNDS)
    ]
    burst, cpp, beat, stalled = zip(*rounds, strict=True)
    there = [BURST / (run["drive"] + run["collect"]) for run in burst]
    inside = [BURST / run["burst"] for run in burst]
    beats = [BEAT / (run["drive"] + run["collect"]) for run in beat]
    stalls = [BEAT / (run["drive"] + run["collect"]) for run in stalled]
    whole = [BURST / files for files, _ in cpp]
    share = {name: median(run[name] / run["wall"] for run in burst) for name in ("burst", "drive", "collect", "golden")}
    core_only = median(bare / run["burst"] for (_, bare), run in zip(cpp, burst, strict=True))
    files = median(1 - bare / full for full, bare in cpp)
    profile = (
        f"of a burst run's wall-clock {share['burst']:.0%} simulate, {share['drive'] - share['burst']:.0%} pack, "
        f"{share['collect']:.0%} unpack, {share['golden']:.0%} are golden model, comparison and coverage, "
        f"{1 - share['drive'] - share['collect'] - share['golden']:.0%} start-up and loading; beat mode spends "
        f"{median(1e6 / each for each in beats):.0f} us of Python a transaction"
    )
    inner = (
        f"of the burst's time {core_only:.0%} are what the C++ bench needs for the core and its pins without files, "
        f"the rest transactors and counters of the harness; files take {files:.1%} of the C++ bench's time"
    )
    cell = f"{core.module} {core.config}"
    return {
        "burst_over_beat": Figure("burst / beat, batch in to batch out", ratios(there, beats), "x", ">= 60", profile),
        "burst_over_stalled_beat": Figure("burst / beat with random stalls", ratios(there, stalls), "x"),
        "burst_over_beat_simulated": Figure("burst / beat, first beat to last result", ratios(inside, beats), "x"),
        "burst_over_cpp": Figure("burst / C++ bench, file in to file out", ratios(inside, whole), "x", ">= 0.4", inner),
        "burst_per_second": Figure(f"burst, {cell}", inside, "1/s"),
        "burst_batch_per_second": Figure(f"burst with packing, {cell}", there, "1/s"),
        "cpp_per_second": Figure(f"C++ bench, {cell}", whole, "1/s"),
        "beat_per_second": Figure(f"beat, {cell}", beats, "1/s"),
        "burst_run_per_second": Figure(f"burst, whole run, {cell}", [BURST / run["wall"] for run in burst], "1/s"),
    }


def building(core: Core) -> dict[str, Figure]:
    """Compare a build of one more configuration with the stock runner's, and time one that changes nothing."""
    ours, stock = [], []
    for number in range(ROUNDS):
        ours.append(builds.another(core, number))
        stock.append(builds.stock(core))
    seconds = [built.seconds for built, _ in ours]
    stages = [each for _, each in ours]
    text = ", ".join(f"{stage} {median(each[stage] for each in stages):.2f} s" for stage in stages[0])
    again = [builds.unchanged(core) for _ in range(ROUNDS)]
    return {
        "build_over_stock": Figure("stock runner's build / ours", ratios(stock, seconds), "x", ">= 5", text),
        "build_seconds": Figure("build of one more configuration", seconds, "s"),
        "stock_seconds": Figure("build by the stock runner", stock, "s"),
        "rebuild_seconds": Figure(
            "unchanged rebuild", again, "s", "<= 0.3", "asking the tools for their versions, hashing the sources"
        ),
    }


def command(root: Path) -> dict[str, Figure]:
    """Time `make sim MODULE=online_add SIM=icarus` from warm."""
    start_up.make_sim(root, "online_add", "icarus")
    rounds = [start_up.make_sim(root, "online_add", "icarus") for _ in range(ROUNDS)]
    cpu = median(each.cpu for each in rounds)
    runs = {
        mode: [median(each.runs[mode][i] for each in rounds) for i in range(len(rounds[0].runs[mode]))]
        for mode in rounds[0].runs
    }
    modes = "; ".join(f"{mode} " + " ".join(f"{value:.2f}" for value in values) for mode, values in runs.items())
    inside, heavy = start_up.imports(root, SIMULATOR)
    outside, light = start_up.imports(root, ["ulpwise.cli.commands"])
    text = (
        f"{cpu:.1f} s of processor; simulator processes, s: {modes}; imports in each of them {inside:.2f} s ({heavy}), "
        f"in the command {outside:.2f} s ({light})"
    )
    walls = [each.wall for each in rounds]
    return {"warm_icarus_seconds": Figure("make sim MODULE=online_add SIM=icarus", walls, "s", "<= 3", text)}


def main(root: Path) -> int:
    """Measure everything, print it, and write `build/bench.json`.

    Args:
        root: Top of the project.

    Returns:
        0: a figure that misses its target is printed as such, and is no failure.
    """
    core = Core(Project(root), "online_dot", "n8")
    figures = {**moves(core), **building(core), **command(root), **coverage_speed.sampling(root)}
    show(figures)
    write(figures, root / "build" / "bench.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(HERE.parents[1]))
