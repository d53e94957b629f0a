"""What the framework needs of the operating system: whole files, locks, processes, interrupts; names and faults."""
