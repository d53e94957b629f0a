"""Kinds of ports of a core, and the harness around it."""
