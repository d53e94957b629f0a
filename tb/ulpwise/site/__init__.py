"""The report: a static site of one regression and of the history, written from files alone, read from disk."""
