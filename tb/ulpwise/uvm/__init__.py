"""The part of the framework that runs inside the simulator: one pyuvm environment that serves every bench."""
