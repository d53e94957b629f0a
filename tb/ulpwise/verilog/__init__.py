"""What is read of Verilog sources, designs and dumps of waves."""
