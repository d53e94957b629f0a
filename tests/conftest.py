"""Lets pytest collect the benches."""

from __future__ import annotations

pytest_plugins = ("ulpwise.cli.pytest_plugin",)
