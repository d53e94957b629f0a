"""Where the framework keeps what it generates and no project owns: never beside an installed package."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
"""Top of the repository, where the framework runs in place."""


def cache() -> Path:
    """Return the folder: `build/` of the repository where the framework runs in place, else one in the user's cache."""
    if (CHECKOUT / "tb" / "bootstrap.py").is_file():
        return CHECKOUT / "build"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ulpwise"
