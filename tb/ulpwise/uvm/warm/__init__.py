"""What Python imports as it starts in a fork server; its folder is on the path there, and holds nothing else."""
