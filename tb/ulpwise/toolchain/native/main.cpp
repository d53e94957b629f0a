// SPDX-License-Identifier: Apache-2.0
// Main loop of a verilated simulation under cocotb. It owns the clock, so no Python runs to toggle it, and while a burst
// is on it looks at neither VPI nor the timing queue. Outside a burst it keeps the order of events that cocotb expects:
// callbacks of an edge see the values before it, writes land after it (cocotb's own loop for Verilator does the same).
//
// Arguments: the design, a shared library; --waves FILE (FST), --coverage FILE; Verilator's own +verilator+... as they
// are. More of them may stand in ULPWISE_ARGUMENTS, one a line: a fork server (system/forkserver.py) stops in the start
// of Python, from which each run returns with its own environment.
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

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

// The command line's arguments, then those of the environment.
std::vector<char*> arguments(int argc, char** argv) {
    std::vector<char*> all(argv, argv + argc);
    static std::string more;
    if (const char* said = std::getenv("ULPWISE_ARGUMENTS")) more = said;
    for (size_t begin = 0; begin < more.size();) {
        const size_t end = std::min(more.find('\n', begin), more.size());
        if (end < more.size()) more[end] = 0;
        all.push_back(&more[begin]);
        begin = end + 1;
    }
    return all;
}

std::unique_ptr<Model> load(const char* path, VerilatedContext& context) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void* make = library ? dlsym(library, "make_model") : nullptr;
    if (!make) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::exit(127);
    }
    return std::unique_ptr<Model>(reinterpret_cast<decltype(&make_model)>(make)(context));
}

}  // namespace

int main(int argc, char** argv) {
    vlog_startup_routines_bootstrap();
    std::vector<char*> args = arguments(argc, argv);
    if (args.size() < 2) {
        std::fprintf(stderr, "usage: %s DESIGN [ARGUMENTS]\n", argv[0]);
        return 2;
    }
    const char* waves = nullptr;
    const char* coverage = nullptr;
    for (size_t i = 2; i + 1 < args.size(); ++i) {
        if (!std::strcmp(args[i], "--waves")) waves = args[i + 1];
        if (!std::strcmp(args[i], "--coverage")) coverage = args[i + 1];
    }
    VerilatedContext* context = Verilated::threadContextp();
    context->commandArgs(static_cast<int>(args.size()), args.data());
    if (waves) context->traceEverOn(true);
    std::unique_ptr<Model> model = load(args[1], *context);
    context->fatalOnVpiError(false);  // cocotb probes for names that are not there
    if (waves) model->open_waves(waves);

    uint64_t time = 0;
    uint64_t next_edge = model->clocked() ? HALF_PERIOD : NEVER;
    bool clk = false;

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
