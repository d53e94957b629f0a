"""Faults of the bitlet family."""

from __future__ import annotations

from tests.results.planted._fault import Fault

FAULTS: list[Fault] = []
