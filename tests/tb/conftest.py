"""The project that tests of whole runs share, so that Verilator's runtime is compiled once a session."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tb._project import REPO, Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Lab:
    """One project for a session and all workers of xdist: locks keep them apart, as do the names of their cores."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lab"
    (root / "rtl").mkdir(parents=True, exist_ok=True)
    share_runtime(root)
    return Lab(root)


def share_runtime(root: Path) -> None:
    """Let a project use what the repository's own builds have compiled of Verilator's runtime, if they have."""
    cache = root / "build" / "sim"
    cache.mkdir(parents=True, exist_ok=True)
    for runtime in (REPO / "build" / "sim").glob("runtime-*"):
        with suppress(FileExistsError):
            (cache / runtime.name).symlink_to(runtime)


@pytest.fixture
def own_lab(tmp_path) -> Lab:
    """A project of a test's own, for what concerns a project as a whole."""
    (tmp_path / "rtl").mkdir()
    return Lab(tmp_path)


@pytest.fixture(autouse=True)
def _import_path(monkeypatch):
    """Loading a bench puts its project on the import path; a test leaves none behind."""
    monkeypatch.setattr(sys, "path", list(sys.path))
