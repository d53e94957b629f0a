"""Functional and code coverage as data."""
