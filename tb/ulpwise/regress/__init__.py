"""Regressions: which runs, on which machines, what came of them, and what came of them before."""
