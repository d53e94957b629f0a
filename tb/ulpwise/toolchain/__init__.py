"""The tools that are called: finders, simulators, Yosys."""
