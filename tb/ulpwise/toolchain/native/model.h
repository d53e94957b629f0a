// SPDX-License-Identifier: Apache-2.0
// What the main loop needs of a verilated design. The loop is compiled once per toolchain, the design once per build.
#ifndef ULPWISE_MODEL_H
#define ULPWISE_MODEL_H

#include <cstdint>

class VerilatedContext;

class Model {
public:
    virtual ~Model() = default;
    // A harness has a clock for the main loop to drive; a core alone has its tests.
    virtual bool clocked() const = 0;
    virtual void set_clk(bool level) = 0;
    virtual void eval() = 0;
    // A burst is on: nothing outside the simulation has to be asked until it ends.
    virtual bool busy() const = 0;
    // Runs whole clock cycles, from low to low, until the burst ends; `time` is moved along.
    virtual void run_burst(VerilatedContext& context, uint64_t& time, uint64_t half_period) = 0;
    virtual void open_waves(const char* path) = 0;
    virtual void dump_waves(uint64_t time) = 0;
    virtual void close_waves() = 0;
    virtual void write_coverage(VerilatedContext& context, const char* path) = 0;
    virtual void final() = 0;
};

// What a built design exports; whoever calls it owns what it returns.
extern "C" __attribute__((visibility("default"))) Model* make_model(VerilatedContext& context);

#endif
