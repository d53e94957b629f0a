"""The framework's cocotb test with a stop-watch; a simulation takes it in place of `ulpwise.uvm.entry`.

Leaves `times.json`: seconds of each stage, summed over the run. `drive` takes a batch from numpy to its last result,
`burst` is the part of it that the simulator runs alone, `collect` brings the results back to numpy, `golden` checks
them and samples coverage. With STALLS=0 in the environment, beat mode does not stall, as burst mode never does for the
same vectors.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from ulpwise.uvm import beat, burst, entry, items, scoreboard
from ulpwise.uvm.harness import Harness

run = entry.run
times: dict[str, float] = defaultdict(float)


def _watch(owner: Any, name: str, stage: str) -> None:
    """Time a method."""
    method = getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return method(*args, **kwargs)
        finally:
            times[stage] += time.perf_counter() - start

    setattr(owner, name, timed)


def _watch_async(owner: Any, name: str, stage: str) -> None:
    """Time a coroutine from its start to its end."""
    method = getattr(owner, name)

    async def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return await method(*args, **kwargs)
        finally:
            times[stage] += time.perf_counter() - start

    setattr(owner, name, timed)


def _keep() -> None:
    """Keep what the first batch has left: the cycles at rest behind all others leave empty files."""
    for path in Path().glob("*.out"):
        if not Path(f"{path}.first").exists():
            shutil.copyfile(path, f"{path}.first")


def _keep_after(owner: Any, name: str) -> None:
    """Keep them when a coroutine has ended."""
    method = getattr(owner, name)

    async def kept(*args: Any, **kwargs: Any) -> Any:
        outcome = await method(*args, **kwargs)
        _keep()
        return outcome

    setattr(owner, name, kept)


for driver in (beat.BeatDriver, burst.BurstDriver):
    _watch_async(driver, "drive", "drive")
_watch_async(Harness, "burst", "burst")
for monitor in (beat.BeatInputMonitor, beat.BeatOutputMonitor, burst.BurstInputMonitor, burst.BurstOutputMonitor):
    _watch(monitor, "collect", "collect")
_watch(scoreboard.Scoreboard, "_check", "golden")
_keep_after(burst.BurstDriver, "drive")
if os.environ.get("STALLS") == "0":
    items.STALLED = items.FLOWING
atexit.register(lambda: Path("times.json").write_text(json.dumps(times)))
