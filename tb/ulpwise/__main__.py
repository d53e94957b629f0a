"""`python -m ulpwise`: the command line."""

from __future__ import annotations

from ulpwise.cli.commands import main

if __name__ == "__main__":
    main()
