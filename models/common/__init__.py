"""Golden models of the cores of rtl/common that stand alone, one module a core."""
