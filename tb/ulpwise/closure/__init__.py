"""Coverage of a whole regression: merged over its runs, held against targets, exported, and its runs ranked."""
