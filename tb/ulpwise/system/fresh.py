"""Imports benches and golden models from their sources.

Python's bytecode is kept for a size and a time of the source, and may be that of another text.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.abc import PathEntryFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import Any

_folders: set[str] = set()


class Fresh(SourceFileLoader):
    """Compiles a source at each import, and keeps no bytecode."""

    def path_stats(self, path: str) -> dict[str, Any]:
        """Say that nothing is known of the source's age, so that no bytecode can stand for it."""
        raise OSError(f"{path}: its contents decide")


_finder: Callable[[str], PathEntryFinder] = FileFinder.path_hook((Fresh, SOURCE_SUFFIXES))


def fresh(*folders: Path) -> None:
    """Import everything below these folders from sources, from now on.

    Args:
        folders: Absolute or relative; those that are not there do no harm.
    """
    added = {str(folder.resolve()) for folder in folders} - _folders
    if not added:
        return
    _folders.update(added)
    if _hook not in sys.path_hooks:
        sys.path_hooks.insert(0, _hook)
    for known in list(sys.path_importer_cache):  # found in another way before
        if _ours(known):
            del sys.path_importer_cache[known]


def _hook(path: str) -> PathEntryFinder:
    """Find modules in one folder; ImportError hands it on to Python's own finder."""
    if not _ours(path):
        raise ImportError(path)
    return _finder(path)


def _ours(path: str) -> bool:
    place = os.path.realpath(path) + os.sep
    return any(place.startswith(folder + os.sep) for folder in _folders)
