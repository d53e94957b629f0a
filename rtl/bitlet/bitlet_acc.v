// SPDX-License-Identifier: Apache-2.0
// Exact accumulator of group sums over the groups of a dot product, whatever their exponents (a Kulisch accumulator).
//
//   T = sum over the beats of a frame of S 2^(E - 2)
//
// Formats:  s_axis_s: a beat is a group, from the lowest bit: S, SW bits, two's complement; E, 9 bits, 2 to 508; {fixed, NaN, -inf,
//           +inf} as in bitlet_align; the cycles that the group took, 8 bits. m_axis_t: one beat a frame, from the lowest
//           bit: T, 576 bits, two's complement; the flags of all groups, joined; the sum of the cycles, 32 bits.
//           In float32 the unit of T is 2^-298, the lowest bit that a product of two significands can have: nothing is ever rounded. T
//           holds 2^(22 - log2 N) groups of N pairs, that is 2^21 pairs at least.
// Latency:  from the last beat of s_axis_s to m_axis_t 1 cycle.
// Period:   1 cycle a beat.
// Source:   Kulisch, Computer Arithmetic and Validity, 2013, ch. 8 (exact dot product); not in the Bitlet papers.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_acc #(
    parameter SW = 55                                    // bits of a group sum (49..56)
) (
    input  wire          clk,                            // clock
    input  wire          rst,                            // synchronous reset
    input  wire [SW+20:0] s_axis_s_tdata,                // sum, exponent, flags and cycles of a group
    input  wire          s_axis_s_tvalid,
    output wire          s_axis_s_tready,
    input  wire          s_axis_s_tlast,
    output wire [611:0]  m_axis_t_tdata,                 // total, flags and cycles
    output wire          m_axis_t_tvalid,
    input  wire          m_axis_t_tready,
    output wire          m_axis_t_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (SW < 49 || SW > 56) begin : guard_sw
`ifdef __ICARUS__
        bitlet_acc_parameter_SW_must_be_49_to_56 guard ();
`else
        $error("Error: bitlet_acc parameter SW must be 49 to 56 (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam WORDS = 9;                                    // of 64 bits
localparam BYTES = 8 * WORDS;

reg  [64*WORDS-1:0] total_reg;
reg  [3:0]          flags_reg;
reg  [31:0]         cycles_reg;
reg                 valid_reg, fresh_reg;                // the next group starts from 0

wire [8:0]          place   = s_axis_s_tdata[SW +: 9] - 9'd2;
wire [3:0]          flags   = s_axis_s_tdata[SW+9 +: 4];
wire [7:0]          cycles  = s_axis_s_tdata[SW+13 +: 8];
wire                minus   = s_axis_s_tdata[SW-1];
wire [127:0]        shifted = {{128-SW{minus}}, s_axis_s_tdata[SW-1:0]} << place[5:0];
wire [64*WORDS-1:0] part    = total_reg & {64*WORDS{!fresh_reg}};
wire [64*WORDS-1:0] addend, sum;
wire                move, last;

genvar k;

// a sum covers two words; above them its sign goes on
generate
    for (k = 0; k < WORDS; k = k + 1) begin : word
        wire is_low  = k < 8 && {1'b0, place[8:6]} == k;
        wire is_high = k > 0 && {1'b0, place[8:6]} + 4'd1 == k;
        wire fill    = minus && k > 1 && {1'b0, place[8:6]} + 4'd1 < k;
        assign addend[64*k +: 64] = (shifted[63:0] & {64{is_low}}) | (shifted[127:64] & {64{is_high}}) | {64{fill}};
    end
endgenerate

// The adder: carries run through a byte bit by bit, past a byte and past a word at once. A byte or word makes a carry, or passes it.
wire [BYTES-1:0] into;                                   // carry into a byte
wire [BYTES-1:0] make, pass;                             // of bytes
wire [1:0]       unused_top = {make[BYTES-1], pass[BYTES-1]};
wire [WORDS-1:0] enter;                                  // carry into a word

assign enter[0] = 1'b0;

generate
    for (k = 0; k < BYTES; k = k + 1) begin : octet
        wire [7:0] x = part[8*k +: 8], y = addend[8*k +: 8];
        wire [7:0] both = x & y, some = x | y;
        wire [7:0] carry;                                // into each bit
        wire [8:0] alone;                                // the same without what comes into the byte
        assign carry    = {both[6:0] | (some[6:0] & carry[6:0]), into[k]};
        assign alone    = {both | (some & alone[7:0]), 1'b0};
        assign make[k]  = alone[8];
        assign pass[k]  = &some;
        assign sum[8*k +: 8] = x ^ y ^ carry;
        if (k % 8 == 0) begin : first
            assign into[k] = enter[k/8];
        end else begin : next
            assign into[k] = make[k-1] || (pass[k-1] && into[k-1]);
        end
    end
    for (k = 0; k < WORDS - 1; k = k + 1) begin : past
        wire [7:0] g = make[8*k +: 8], p = pass[8*k +: 8];
        wire [7:0] sofar = g | (p & {sofar[6:0], 1'b0});
        assign enter[k+1] = sofar[7] || (&p && enter[k]);
    end
endgenerate

assign move            = !valid_reg || m_axis_t_tready;
assign last            = s_axis_s_tvalid && s_axis_s_tlast;
assign s_axis_s_tready = move;
assign m_axis_t_tdata  = {cycles_reg, flags_reg, total_reg};
assign m_axis_t_tvalid = valid_reg;
assign m_axis_t_tlast  = 1'b1;

// total and flags with one enable and one reset: registers that differ there are islands to synthesis, and cost LUTs between them
always @(posedge clk) begin
    if (rst) begin
        valid_reg <= 1'b0;
    end else if (move) begin
        valid_reg <= last;
    end
    if (rst) begin
        fresh_reg  <= 1'b1;
        total_reg  <= {64*WORDS{1'b0}};
        flags_reg  <= 4'd0;
        cycles_reg <= 32'd0;
    end else if (move && s_axis_s_tvalid) begin
        fresh_reg  <= s_axis_s_tlast;
        total_reg  <= sum;
        flags_reg  <= flags | (flags_reg & {4{!fresh_reg}});
        cycles_reg <= {24'd0, cycles} + (cycles_reg & {32{!fresh_reg}});
    end
end

endmodule

`resetall
