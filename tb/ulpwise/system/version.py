"""Which Ulpwise this is."""

from __future__ import annotations

VERSION = "0.1.0"
"""As pyproject.toml says, and the output of `ulpwise --version`."""
