// SPDX-License-Identifier: Apache-2.0
// Main loop of a verilated simulation under cocotb. It owns the clock, so no Python runs to toggle it, and while a burst
// is on it looks at neither VPI nor the timing queue. Outside a burst it keeps the order of events that cocotb expects:
// callbacks of an edge see the values before it, writes land after it (cocotb's own loop for Verilator does the same).
//
// Arguments: --waves FILE (FST), --coverage FILE; Verilator's own +verilator+... as they are.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#include "model.h"
#include "verilated.h"
#include "verilated_vpi.h"

extern "C" void vlog_startup_routines_bootstrap(void);

namespace {

constexpr uint64_t HALF_PERIOD = 5000;  // 5 ns in units of the time precision, 1 ps
constexpr uint64_t NEVER = ~uint64_t{0};  // what VPI calls the deadline of nothing

// Value callbacks may change values that other callbacks watch.
void settle() {
    while (VerilatedVpi::callValueCbs()) {
    }
}

void eval_with_vpi(Model& model) {
    do {
        do {
            model.eval();
            VerilatedVpi::clearEvalNeeded();
            VerilatedVpi::doInertialPuts();
            settle();
        } while (VerilatedVpi::evalNeeded());
        VerilatedVpi::callCbs(cbReadWriteSynch);
        VerilatedVpi::doInertialPuts();
        settle();
    } while (VerilatedVpi::evalNeeded());
    VerilatedVpi::callCbs(cbReadOnlySynch);
}

}  // namespace

int main(int argc, char** argv) {
    const char* waves = nullptr;
    const char* coverage = nullptr;
    for (int i = 1; i + 1 < argc; ++i) {
        if (!std::strcmp(argv[i], "--waves")) waves = argv[i + 1];
        if (!std::strcmp(argv[i], "--coverage")) coverage = argv[i + 1];
    }
    VerilatedContext* context = Verilated::threadContextp();
    context->commandArgs(argc, argv);
    if (waves) context->traceEverOn(true);
    std::unique_ptr<Model> model = make_model(*context);
    context->fatalOnVpiError(false);  // cocotb probes for names that are not there
    if (waves) model->open_waves(waves);

    uint64_t time = 0;
    uint64_t next_edge = model->clocked() ? HALF_PERIOD : NEVER;
    bool clk = false;

    vlog_startup_routines_bootstrap();
    VerilatedVpi::callCbs(cbStartOfSimulation);
    settle();
    eval_with_vpi(*model);
    while (!context->gotFinish()) {
        const uint64_t deadline = VerilatedVpi::cbNextDeadline();
        time = std::min(deadline, next_edge);
        if (time == NEVER) break;  // nothing is left to happen
        context->time(time);
        VerilatedVpi::callCbs(cbNextSimTime);
        settle();
        VerilatedVpi::callTimedCbs();
        settle();
        if (time == next_edge) {
            next_edge += HALF_PERIOD;
            clk = !clk;
            model->set_clk(clk);
            settle();
        }
        eval_with_vpi(*model);
        model->dump_waves(time);
        if (model->busy() && clk) {
            model->run_burst(*context, time, HALF_PERIOD);
            // `busy` fell with a rising edge, whose own callbacks are due now
            next_edge = time + HALF_PERIOD;
            eval_with_vpi(*model);
            model->dump_waves(time);
        }
    }
    model->final();
    VerilatedVpi::callCbs(cbEndOfSimulation);
    model->close_waves();
    if (coverage) model->write_coverage(*context, coverage);
    // an assertion or $error fired
    return context->errorCount() > 0 ? 1 : 0;
}
