"""What a bench says, and where it is found."""
