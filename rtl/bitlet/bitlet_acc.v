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
    parameter SW       = 55,                             // bits of a group sum (49..56)
    parameter LOCKSTEP = 0                               // 1: works while m_axis_t_tready is high, whether or not it offers a beat (0..1)
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
    if (LOCKSTEP != 0 && LOCKSTEP != 1) begin : guard_lockstep
`ifdef __ICARUS__
        bitlet_acc_parameter_LOCKSTEP_must_be_0_or_1 guard ();
`else
        $error("Error: bitlet_acc parameter LOCKSTEP must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam WORDS = 9;                                    // of 64 bits; 4 T has two more bits, which lie in a word of their own
localparam STEP  = 16;                                    // bits that a carry into a word passes at once

reg  [64*WORDS-1:0] total_reg;
reg  [3:0]          flags_reg;
reg  [31:0]         cycles_reg;
reg                 valid_reg, fresh_reg;                // the next group starts from 0

wire [8:0]          place   = s_axis_s_tdata[SW +: 9];
wire [3:0]          flags   = s_axis_s_tdata[SW+9 +: 4];
wire [7:0]          cycles  = s_axis_s_tdata[SW+13 +: 8] & {8{s_axis_s_tvalid}};
wire                minus   = s_axis_s_tdata[SW-1];
wire [127:0]        whole   = {{128-SW{minus}}, s_axis_s_tdata[SW-1:0]};
wire [127:0]        fine    = place[1] ? (place[0] ? whole << 3 : whole << 2) : (place[0] ? whole << 1 : whole);
wire [127:0]        middle  = place[3] ? (place[2] ? fine << 12 : fine << 8) : (place[2] ? fine << 4 : fine);
wire [127:0]        shifted = place[5] ? (place[4] ? middle << 48 : middle << 32) : (place[4] ? middle << 16 : middle);
wire [64*WORDS+63:0] own    = {62'd0, total_reg, 2'd0};  // 4 T, from S 2^E, which has two zeros in front
wire [64*WORDS+63:0] next;
wire                move, last;

genvar k, i;

// A sum covers two words, the one at `place` and the next: an even one and an odd one. Only they are added to.
wire                back    = place[6];                  // the odd one is the lower one
wire [2:0]          even    = {1'b0, place[8:7]} + {2'd0, back};
wire [63:0]         held0   = even[2] ? own[512 +: 64] : even[1] ? (even[0] ? own[384 +: 64] : own[256 +: 64])
                                                                 : (even[0] ? own[128 +: 64] : own[0 +: 64]);
wire [63:0]         held1   = place[8] ? (place[7] ? own[448 +: 64] : own[320 +: 64]) : (place[7] ? own[192 +: 64] : own[64 +: 64]);
wire [127:0]        part    = {held1, held0} & {128{!fresh_reg}};
wire [127:0]        addend  = back ? {shifted[63:0], shifted[127:64]} : shifted;
wire [127:0]        sum;

// The adder: carries run through a byte bit by bit, past a byte at once. A byte or word makes a carry, or passes it.
wire [15:0]         into, make, pass;                    // of bytes
wire [1:0]          makes, passes;                       // of the words

generate
    for (k = 0; k < 16; k = k + 1) begin : octet
        wire [7:0] x = part[8*k +: 8], y = addend[8*k +: 8];
        wire [7:0] both = x & y, some = x | y;
        wire [7:0] carry;                                // into each bit
        wire [8:0] alone;                                // the same without what comes into the byte
        assign carry    = {both[6:0] | (some[6:0] & carry[6:0]), into[k]};
        assign alone    = {both | (some & alone[7:0]), 1'b0};
        assign make[k]  = alone[8];
        assign pass[k]  = &some;
        assign sum[8*k +: 8] = x ^ y ^ carry;
        if (k % 8 != 0) begin : next_byte
            assign into[k] = make[k-1] || (pass[k-1] && into[k-1]);
        end
    end
    for (k = 0; k < 2; k = k + 1) begin : past
        wire [7:0] g = make[8*k +: 8], p = pass[8*k +: 8];
        wire [7:0] sofar = g | (p & {sofar[6:0], 1'b0});
        assign makes[k]  = sofar[7];
        assign passes[k] = &p;
    end
endgenerate

assign into[0] = back && makes[1];
assign into[8] = !back && makes[0];

// Above them one is added when they overflow, or taken away when S is negative and they do not: bits change up to the first 0, or the first 1.
wire                over = back ? makes[0] || (passes[0] && makes[1]) : makes[1] || (passes[1] && makes[0]);
wire                go   = s_axis_s_tvalid && (over ^ minus);
wire [WORDS+1:0]    way;                                 // a word is the first above, or all between it and that one change
assign way[2:0] = {place[8:6] == 3'd0, 2'd0};
wire [1:0]          unused_way = {way[WORDS+1], way[0]};
wire [63:0]         unused_next = {next[64*WORDS+63:64*WORDS+2], next[1:0]};

generate
    for (k = 0; k < WORDS + 1; k = k + 1) begin : word
        localparam [3:0] K = k;
        wire [63:0] old    = own[64*k +: 64];
        wire        target = s_axis_s_tvalid && ({1'b0, place[8:6]} == K || {1'b0, place[8:6]} + 4'd1 == K);
        wire        keep   = !target && !(s_axis_s_tvalid && fresh_reg);
        wire        fill;
        wire [63:0] flip;
        if (k > 1) begin : upper
            wire [63:0]      same = old ^ {64{minus}};   // passes it on
            wire [64/STEP:0] far;                        // likewise, of parts of the word
            assign fill     = s_axis_s_tvalid && fresh_reg && minus && {1'b0, place[8:6]} + 4'd1 < K;
            assign far[0]   = way[k];
            assign way[k+1] = {1'b0, place[8:6]} + 4'd1 == K || far[64/STEP];
            for (i = 0; i < 64; i = i + STEP) begin : few
                assign far[i/STEP+1] = far[i/STEP] && &same[i +: STEP];
                assign flip[i +: STEP] = {flip[i +: STEP-1] & same[i +: STEP-1], go && far[i/STEP]};
            end
        end else begin : lower
            assign fill = 1'b0;
            assign flip = 64'd0;
        end
        assign next[64*k +: 64] = (sum[64*(k%2) +: 64] & {64{target}}) | ((old ^ flip) & {64{keep}}) | {64{fill}};
    end
endgenerate

assign move            = (LOCKSTEP == 0 && !valid_reg) || m_axis_t_tready;
assign last            = s_axis_s_tvalid && s_axis_s_tlast;
assign s_axis_s_tready = move;
assign m_axis_t_tdata  = {cycles_reg, flags_reg, total_reg};
assign m_axis_t_tvalid = valid_reg;
assign m_axis_t_tlast  = 1'b1;

// all with one enable and one reset: registers that differ there are islands to synthesis, and cost LUTs between them
always @(posedge clk) begin
    if (rst) begin
        valid_reg  <= 1'b0;
        fresh_reg  <= 1'b1;
        total_reg  <= {64*WORDS{1'b0}};
        flags_reg  <= 4'd0;
        cycles_reg <= 32'd0;
    end else if (move) begin
        valid_reg  <= last;
        fresh_reg  <= last || (fresh_reg && !s_axis_s_tvalid);
        total_reg  <= next[64*WORDS+1:2];
        flags_reg  <= (flags & {4{s_axis_s_tvalid}}) | (flags_reg & {4{!fresh_reg}});
        cycles_reg <= {24'd0, cycles} + (cycles_reg & {32{!fresh_reg}});
    end
end

endmodule

`resetall
