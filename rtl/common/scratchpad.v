// SPDX-License-Identifier: Apache-2.0
// Memory of words behind one port, which are written in parts and read as a whole.
//
//   a write:  part i of word addr = part i of din, for every i with mask[i]
//   a read:   dout = word addr
//
// Formats:  a word is LANES parts of BITS / LANES bits, the first one lowest. en: there is an access; we: it is a write.
//           valid says that dout is a word that was asked for. Words from WORDS on do not exist.
// Latency:  LATENCY cycles from a read to its word.
// Period:   1 cycle an access; a read behind a write sees what was written.
// Reset:    reads on their way are forgotten, words keep what they hold.
// Source:   common practice; one block memory of an FPGA, and with LATENCY 2 its output register.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module scratchpad #(
    parameter BITS    = 32,                              // bits of a word (1..4096), a multiple of LANES
    parameter WORDS   = 64,                              // words (2..65536)
    parameter LANES   = 4,                               // parts of a word that are written each by itself (1..BITS)
    parameter LATENCY = 1                                // cycles to a word (1..8)
) (
    input  wire                     clk,                 // clock
    input  wire                     rst,                 // synchronous reset
    input  wire                     en,                  // access
    input  wire                     we,                  // it is a write
    input  wire [LANES-1:0]         mask,                // parts to be written
    input  wire [$clog2(WORDS)-1:0] addr,                // word
    input  wire [BITS-1:0]          din,                 // to be written
    output wire                     valid,               // a word is on dout
    output wire [BITS-1:0]          dout                 // word
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (BITS < 1 || BITS > 4096) begin : guard_bits
`ifdef __ICARUS__
        scratchpad_parameter_BITS_must_be_1_to_4096 guard ();
`else
        $error("Error: scratchpad parameter BITS must be 1 to 4096 (instance %m)");
`endif
    end
    if (WORDS < 2 || WORDS > 65536) begin : guard_words
`ifdef __ICARUS__
        scratchpad_parameter_WORDS_must_be_2_to_65536 guard ();
`else
        $error("Error: scratchpad parameter WORDS must be 2 to 65536 (instance %m)");
`endif
    end
    if (LANES < 1 || (BITS / LANES) * LANES != BITS) begin : guard_lanes
`ifdef __ICARUS__
        scratchpad_parameter_LANES_must_divide_BITS guard ();
`else
        $error("Error: scratchpad parameter LANES must divide BITS (instance %m)");
`endif
    end
    if (LATENCY < 1 || LATENCY > 8) begin : guard_latency
`ifdef __ICARUS__
        scratchpad_parameter_LATENCY_must_be_1_to_8 guard ();
`else
        $error("Error: scratchpad parameter LATENCY must be 1 to 8 (instance %m)");
`endif
    end
endgenerate

localparam PART = LANES > 0 ? BITS / LANES : BITS;

reg [BITS-1:0]         words [0:WORDS-1];
reg [LATENCY*BITS-1:0] dout_reg;                         // the last word read, above it those before
reg [LATENCY-1:0]      valid_reg;
integer i;

assign dout  = dout_reg[(LATENCY-1)*BITS +: BITS];
assign valid = valid_reg[LATENCY-1];

always @(posedge clk) begin
    for (i = 0; i < LANES; i = i + 1) begin
        if (en && we && mask[i]) words[addr][i*PART +: PART] <= din[i*PART +: PART];
    end
    if (en && !we) dout_reg[0 +: BITS] <= words[addr];
end

generate
    if (LATENCY > 1) begin : g_later
        always @(posedge clk) begin
            dout_reg[LATENCY*BITS-1:BITS] <= dout_reg[(LATENCY-1)*BITS-1:0];
            valid_reg                     <= {valid_reg[LATENCY-2:0], en && !we};

            if (rst) begin
                valid_reg <= {LATENCY{1'b0}};
            end
        end
    end else begin : g_next
        always @(posedge clk) begin
            valid_reg <= en && !we;

            if (rst) begin
                valid_reg <= 1'b0;
            end
        end
    end
endgenerate

endmodule

`resetall
