"""`python -m tb`: the command line."""

from __future__ import annotations

from tb.cli import main

if __name__ == "__main__":
    main()
