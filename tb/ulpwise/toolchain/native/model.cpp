// SPDX-License-Identifier: Apache-2.0
// Binds one verilated design to the main loop; compiled in one unit with what Verilator generated.
#include <memory>

#include "Vtop__ALL.cpp"

#include "Vtop.h"
#include "model.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace {

class TopModel final : public Model {
public:
    explicit TopModel(VerilatedContext& context) : top_{&context, ""} {}
    void eval() override { top_.eval(); }
#if ULPWISE_ALONE
    bool clocked() const override { return false; }
    void set_clk(bool) override {}
    bool busy() const override { return false; }
    void run_burst(VerilatedContext&, uint64_t&, uint64_t) override {}
#else
    bool clocked() const override { return true; }
    void set_clk(bool level) override { top_.clk = level; }
    bool busy() const override { return top_.busy; }
    void run_burst(VerilatedContext& context, uint64_t& time, uint64_t half_period) override {
        // the clock is high on entry, since `busy` rises with it, and on exit, since it falls with it
        do {
            context.time(time += half_period);
            top_.clk = 0;
            top_.eval();
            dump_waves(time);
            context.time(time += half_period);
            top_.clk = 1;
            top_.eval();
            if (!top_.busy || context.gotFinish()) break;
            dump_waves(time);
        } while (true);
    }
#endif
#if VM_TRACE
    void open_waves(const char* path) override {
        waves_ = std::make_unique<VerilatedFstC>();
        top_.trace(waves_.get(), 99);
        waves_->open(path);
    }
    void dump_waves(uint64_t time) override {
        if (waves_) waves_->dump(time);
    }
    void close_waves() override {
        if (waves_) waves_->close();
        waves_.reset();
    }
#else
    void open_waves(const char*) override {}
    void dump_waves(uint64_t) override {}
    void close_waves() override {}
#endif
    void write_coverage(VerilatedContext& context, const char* path) override {
#if VM_COVERAGE
        context.coveragep()->write(path);
#else
        (void)context;
        (void)path;
#endif
    }
    void final() override { top_.final(); }

private:
    Vtop top_;
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> waves_;
#endif
};

}  // namespace

Model* make_model(VerilatedContext& context) { return new TopModel(context); }
