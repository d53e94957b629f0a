"""Faults planted in the cores by hand, by family: what `make sim MODULE=` must find with its default options."""
