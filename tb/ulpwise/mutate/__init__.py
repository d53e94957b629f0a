# SPDX-License-Identifier: Apache-2.0
"""Mutation score: the share of seeded faults in a core that its bench finds.

`netlist` seeds the faults with Yosys, `trial` runs the bench on each, `prove` shows which of the rest change nothing,
`score` is what came of it, `command` is `make mutate`.
"""
