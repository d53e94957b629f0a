"""What a design costs: LUTs, registers, paths, switching."""
