"""Faults of the digit-serial operators of the online family."""

from __future__ import annotations

from tests.results.planted._fault import Fault

OPERATORS: list[Fault] = []
