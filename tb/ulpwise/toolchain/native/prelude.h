// SPDX-License-Identifier: Apache-2.0
// What every verilated design includes, compiled once: nine tenths of a small design's C++ are headers.
#ifndef ULPWISE_PRELUDE_H
#define ULPWISE_PRELUDE_H

#include "model.h"
#include "verilated.h"
#include "verilated_vpi.h"
#include "vltstd/vpi_user.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

#endif
