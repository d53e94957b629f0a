"""Collects benches: each configuration, simulator and mode of a module-level `bench` is one test.

The cocotb tests beside a bench are one more mode.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ulpwise.bench.by_hand import COCOTB, file_of, strays
from ulpwise.bench.declare import Bench, BenchError
from ulpwise.bench.project import Project
from ulpwise.run import trials
from ulpwise.run.execute import MODES, RunSpec, execute
from ulpwise.run.report import failure
from ulpwise.system import interrupts
from ulpwise.toolchain.simulators import SIMULATORS


class RunFailedError(Exception):
    """A run broke a rule; the message is its report."""


class BenchItem(pytest.Item):
    """One run.

    Args:
        spec: What to run.
        size: The place of its configuration among those of the bench, which grow: above 0, at most 1.
        rest: Pytest's own arguments.
    """

    def __init__(self, spec: RunSpec, size: float = 1.0, **rest: Any) -> None:  # noqa: ANN401
        super().__init__(**rest)
        self.spec = spec
        self.size = size

    def runtest(self) -> None:
        """Run it; a broken rule fails the test."""
        record = execute(Project(Path(self.config.rootpath)), self.spec)
        if not record.passed:
            raise RunFailedError(failure(record))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Show the report alone, without a traceback through the framework."""
        if isinstance(excinfo.value, RunFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the run in reports."""
        return self.path, None, self.name


class BenchCollector(pytest.Collector):
    """Yields the runs of one bench."""

    def __init__(self, bench: Bench, **rest: Any) -> None:  # noqa: ANN401
        super().__init__(**rest)
        self.bench = bench

    def collect(self) -> Iterator[BenchItem]:
        """Yield one item a quick configuration, simulator and mode; the main job's bursts under Verilator only."""
        try:
            self.bench.check()
        except BenchError as fault:
            raise self.CollectError(str(fault)) from None
        project = Project(Path(self.config.rootpath))
        every = self.config.getoption("every_config") or not self.bench.quick
        places = {config: place for place, config in enumerate(self.bench.configs, 1)}
        modes = MODES if file_of(project, self.bench.top) is None else (*MODES, COCOTB)
        for config in self.bench.configs if every else self.bench.quick:
            for sim in self.bench.on(SIMULATORS):
                for mode in modes:
                    if (config, sim, mode) == (self.bench.headline, "icarus", "burst"):
                        continue
                    spec = RunSpec(self.bench.top, config, sim, mode)
                    name = f"{self.bench.top}[{config}-{sim}-{mode}]"
                    yield BenchItem.from_parent(self, name=name, spec=spec, size=places[config] / len(places))
        for spec in trials.runs(project, self.bench, SIMULATORS):
            name = f"{spec.module}[{spec.config}-{spec.sim}-{spec.mode}]"
            yield BenchItem.from_parent(self, name=name, spec=spec)


class StrayFile(pytest.File):
    """Cocotb tests that no bench runs."""

    def collect(self) -> list[pytest.Item]:
        """Refuse the file, so that nobody takes its tests for run."""
        raise self.CollectError(strays(Project(Path(self.config.rootpath)))[self.path])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> StrayFile | None:
    """Collect a file of cocotb tests that stands beside no bench; those of the others are the benches'."""
    project = Project(Path(parent.config.rootpath))
    if file_path.match("tests/*/cocotb_*.py") and file_path in strays(project):
        node: StrayFile = StrayFile.from_parent(parent, path=file_path)
        return node
    return None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--every-config`."""
    text = "run every configuration of every bench, not the quick ones alone"
    parser.addoption("--every-config", action="store_true", help=text)


_ended: list[int] = []  # the signal that ends this process


def pytest_configure(config: pytest.Config) -> None:
    """Take a polite end or a closed terminal as Ctrl-C, which lists the failures; end with the make that started it."""
    if hasattr(config, "workerinput"):
        return  # a worker of pytest-xdist, which ends with the process that started it
    config.pluginmanager.register(Failures(config))
    if threading.current_thread() is not threading.main_thread():
        return
    interrupts.follow_make()

    def end(number: int, _: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        _ended.append(number)
        raise interrupts.Interrupted(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, end)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Return the status of the signal that ended it; pytest's own would be 2."""
    if _ended:
        session.exitstatus = 128 + _ended[0]


class Failures:
    """Names failures at once, since a session that is stopped from outside may not come to its summary.

    Args:
        config: Of the session.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a line; -v does already."""
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if report.failed and reporter is not None and reporter.verbosity <= 0:
            reporter.ensure_newline() if reporter.currentfspath else reporter.write_line("")  # behind its letter
            reporter.write_line(f"{'FAILED' if report.when == 'call' else 'ERROR'} {report.nodeid}", red=True)
            reporter.flush()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers that share the tests begin with the largest configuration of each bench: what is short comes last.

    The runs of one configuration stay together, since they share a build.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -item.size if isinstance(item, BenchItem) else 0)


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> BenchCollector | None:
    """Collect a module-level Bench; anything else is pytest's own business."""
    if isinstance(obj, Bench):
        node: BenchCollector = BenchCollector.from_parent(collector, name=name, bench=obj)
        return node
    return None
