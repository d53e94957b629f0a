"""One run, from the user's wish to its record."""
