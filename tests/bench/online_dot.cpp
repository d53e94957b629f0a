// SPDX-License-Identifier: Apache-2.0
// Hand-written Verilator bench of online_dot, the yardstick of burst mode: no Python, no VPI, no harness. It reads the
// stimulus files of a burst, drives the pins every cycle, and writes the results in the layout of the burst's sink.
//
// Arguments: cycles of a frame, digits of a result, rounds. In the working directory: operands.in and operands.held as
// $fread reads them. Leaves z.cpp.out; prints a line a round: frames, seconds, seconds of the same without files.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

namespace {

constexpr size_t BLOCK = 1024;

// Big-endian bytes, as $fread fills words, to a port of up to 64 bits or of 32-bit words.
template <typename Port> void load(Port& port, const uint8_t* bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
    port = static_cast<Port>(value);
}
template <std::size_t N> void load(VlWide<N>& port, const uint8_t* bytes, size_t size) {
    for (size_t i = 0; i < N; ++i) port[i] = 0;
    for (size_t i = 0; i < size; ++i) port[i / 4] |= static_cast<uint32_t>(bytes[size - 1 - i]) << 8 * (i % 4);
}

// Words of a file, read in blocks; or, after `keep`, of memory.
class Words {
public:
    Words(const char* path, size_t size) : file_{std::fopen(path, "rb")}, size_{size}, block_(size * BLOCK) {
        if (!file_) std::perror(path), std::exit(2);
    }
    ~Words() { std::fclose(file_); }
    void keep() {
        std::fseek(file_, 0, SEEK_END);
        have_ = std::ftell(file_) / size_;
        block_.resize(have_ * size_);
        std::rewind(file_);
        if (std::fread(block_.data(), size_, have_, file_) != have_) std::exit(2);
    }
    // the next word; null at the end of the file
    const uint8_t* next() {
        if (at_ == have_) {
            at_ = 0;
            have_ = std::fread(block_.data(), size_, BLOCK, file_);
            if (have_ == 0) return nullptr;
        }
        return &block_[size_ * at_++];
    }

private:
    std::FILE* file_;
    size_t size_, at_ = 0, have_ = 0;
    std::vector<uint8_t> block_;
};

// Runs all frames of the files and returns how many results came out.
size_t run(size_t cycles, size_t digits, bool files) {
    constexpr size_t LANES = (OPERANDS + 7) / 8, RAILS = (2 * OPERANDS + 7) / 8, HELD = (OPERANDS * WEIGHT + 7) / 8;
    static_assert(OPERANDS % 8 == 0, "the rails of an operand are whole bytes");
    VerilatedContext context;
    Vtop top{&context};
    top.rst = 1;
    top.ce = 1;
    for (int i = 0; i < 8; ++i) top.clk = i & 1, top.eval();
    top.rst = 0;

    Words beats{"operands.in", RAILS}, held{"operands.held", HELD};
    if (!files) beats.keep(), held.keep();
    std::FILE* out = files ? std::fopen("z.cpp.out", "wb") : nullptr;
    std::vector<uint32_t> word((2 * digits + 31) / 32);
    size_t beat = 0, seen = 0, results = 0, sent = 0;
    bool open = false, more = true;
    while (more || results < sent) {
        const uint8_t* bytes = more ? beats.next() : nullptr;
        more = bytes != nullptr;
        top.first = more && beat == 0;
        if (more) {
            load(top.x_n, bytes, LANES);
            load(top.x_p, bytes + LANES, LANES);
            if (beat == 0) load(top.y, held.next(), HELD), ++sent;
            beat = beat + 1 == cycles ? 0 : beat + 1;
        } else {
            top.x_p = top.x_n = 0;
        }
        top.clk = 0;
        top.eval();
        if (top.z_first) open = true, seen = 0;
        if (open) {
            if (seen % 16 == 0) word[seen / 16] = 0;
            word[seen / 16] |= (top.z_p | top.z_n << 1) << 2 * (seen % 16);
            if (++seen == digits) {
                open = false;
                ++results;
                if (out) std::fwrite(word.data(), 4, word.size(), out);
            }
        }
        top.clk = 1;
        top.eval();
    }
    if (out) std::fclose(out);
    return results;
}

double seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const size_t cycles = std::strtoul(argv[1], nullptr, 10), digits = std::strtoul(argv[2], nullptr, 10);
    for (long round = std::strtol(argv[3], nullptr, 10); round > 0; --round) {
        auto start = std::chrono::steady_clock::now();
        const size_t frames = run(cycles, digits, true);
        const double whole = seconds(start);
        start = std::chrono::steady_clock::now();
        run(cycles, digits, false);
        std::printf("%zu %.6f %.6f\n", frames, whole, seconds(start));
    }
    return 0;
}
