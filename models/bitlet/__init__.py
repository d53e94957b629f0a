"""Golden models of the Bitlet cores of rtl/bitlet and cycle models of the accelerators it is compared with."""
