"""Golden models: numpy only, vectorised over a batch, no cocotb, no simulator."""
