"""Golden models of the online (most significant digit first) cores of rtl/online, one module a core."""
