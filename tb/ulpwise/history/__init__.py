"""What came of runs, kept."""
