"""Coverage in the formats of other tools."""
