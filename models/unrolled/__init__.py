# SPDX-License-Identifier: Apache-2.0
"""Golden models of the sparse unrolled layers of rtl/unrolled, and the optimiser of their adder graphs."""
