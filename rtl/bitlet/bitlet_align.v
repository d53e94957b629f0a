// SPDX-License-Identifier: Apache-2.0
// Bitlet pre-processing: splits a group of N pairs, matches exponents, and lays the weights out by significance.
//
//   float32:  E_i = EW_i + EA_i,  Emax = max E_i,  M_i = MW_i >> (Emax - E_i), truncated to 24 bits
//   fixed:    M_i = the magnitude of weight i; nothing is matched, Emax = 2
//
// Formats:  s_axis_p: a beat is a group, {activations, weights}, 32 bits each, pair 0 lowest. tuser = {keep, width}, 5 bits each:
//           width 0 is float32, 1 to 24 fixed point of so many bits; keep says how many significances from the top one
//           down take part, 1 to 24 (0 all). A fixed-point word is {sign, 7 zeros, magnitude}: a weight's magnitude
//           has `width` bits, bits above are ignored; an activation's has 24 bits. Subnormal numbers have no hidden
//           one and exponent 1.
//           m_axis_g: a beat is a group, from the lowest bit: bits, significance by significance (bit i of slice b is bit b of
//           M_i); values, pair by pair, {sW xor sA, MA}; Emax, 9 bits, 2 to 508, biased by 254; {fixed, NaN, -inf, +inf}: what
//           products of infinities and NaN make of the sum (inf * 0 is NaN, and the sum of +inf and -inf); the lanes of this
//           format, 5 bits: 24 for float32, else `width`. A beat stays on tdata, taken or not, until the next one is offered.
// Latency:  from s_axis_p to m_axis_g 2 cycles; the shifters lie behind the last register.
// Period:   1 cycle a group.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021, section 4 (pre-process, dynamic exponent
//           matching, wire orchestrator); lane pruning: the follow-up in TCAD 2024.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_align #(
    parameter N  = 64,                                   // pairs of a group (1..128)
    // derived, do not change
    parameter GW = 49 * N + 18                           // bits of m_axis_g
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [64*N-1:0] s_axis_p_tdata,               // pairs
    input  wire [9:0]      s_axis_p_tuser,               // number format and lanes
    input  wire            s_axis_p_tvalid,
    output wire            s_axis_p_tready,
    input  wire            s_axis_p_tlast,
    output wire [GW-1:0]   m_axis_g_tdata,               // aligned group
    output wire            m_axis_g_tvalid,
    input  wire            m_axis_g_tready,
    output wire            m_axis_g_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 1 || N > 128) begin : guard_n
`ifdef __ICARUS__
        bitlet_align_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitlet_align parameter N must be 1 to 128 (instance %m)");
`endif
    end
endgenerate

// of pairs, whose infinities and NaN are joined first
localparam GROUPS = (N + 7) / 8;
localparam LEAVES = N / 2 * 2 + 1;
localparam NODES = LEAVES + LEAVES / 2;

reg         valid1_reg, last1_reg, valid2_reg, last2_reg;
wire        move1, move2, accept;

assign move2           = !valid2_reg || m_axis_g_tready;
assign move1           = !valid1_reg || move2;
assign s_axis_p_tready = move1;
assign accept          = s_axis_p_tvalid && move1;

// the lanes that take part: `keep` from the top one down
wire        float = s_axis_p_tuser[4:0] == 5'd0;
wire [4:0]  top   = float ? 5'd24 : s_axis_p_tuser[4:0]; // lanes of this format
wire [4:0]  keep  = s_axis_p_tuser[9:5];
wire [4:0]  low   = keep == 5'd0 || keep > top ? 5'd0 : top - keep;
wire [23:0] lanes;
reg  [23:0] lanes1_reg, lanes2_reg;
reg         float1_reg, float2_reg;
reg  [4:0]  top1_reg, top2_reg;

genvar i, b, k;

generate
    for (b = 0; b < 24; b = b + 1) begin : lane_mask
        localparam [4:0] NUMBER = b;
        assign lanes[b] = NUMBER < top && NUMBER >= low;
    end
endgenerate

// Of exponents, the carry bit by bit: the tools' own adders are fast, and twice as large. Verilator would write these out,
// megabytes of C++, and gets the same in one operator each; Icarus simulates what is synthesised.
`ifdef VERILATOR

function [8:0] total;
    input [7:0] x, y;
    total = {1'b0, x} + {1'b0, y};
endfunction

function [8:0] greatest;
    input [8:0] x, y, z;
    greatest = x > y ? (x > z ? x : z) : (y > z ? y : z);
endfunction

function [8:0] difference;
    input [8:0] x, y;
    difference = x - y;
endfunction

`else

function [8:0] total;
    input [7:0] x, y;
    reg carry;
    integer j;
    begin
        carry = 1'b0;
        for (j = 0; j < 8; j = j + 1) begin
            total[j] = x[j] ^ y[j] ^ carry;
            carry    = (x[j] && y[j]) || ((x[j] || y[j]) && carry);
        end
        total[8] = carry;
    end
endfunction

function more;
    input [8:0] x, y;
    integer j;
    begin
        more = 1'b0;
        for (j = 0; j < 9; j = j + 1) begin
            more = x[j] == y[j] ? more : x[j];
        end
    end
endfunction

function [8:0] greatest;
    input [8:0] x, y, z;
    reg [1:0] pick;
    begin
        pick     = more(x, y) ? {1'b0, !more(x, z)} : {1'b1, !more(y, z)};
        greatest = pick[0] ? z : pick[1] ? y : x;
    end
endfunction

function [8:0] difference;
    input [8:0] x, y;
    reg borrow;
    integer j;
    begin
        borrow = 1'b0;
        for (j = 0; j < 9; j = j + 1) begin
            difference[j] = x[j] ^ y[j] ^ borrow;
            borrow        = (y[j] && !x[j]) || ((y[j] || !x[j]) && borrow);
        end
    end
endfunction

`endif

// first stage: split, add exponents
wire [9*N-1:0]      exponent;
reg  [9*N-1:0]      exponent1_reg, exponent2_reg;
reg  [24*N-1:0]     weight1_reg, weight2_reg, activation1_reg, activation2_reg;
reg  [N-1:0]        sign1_reg, sign2_reg;
reg  [2:0]          special2_reg;
wire [2:0]          special1;
wire [24*N-1:0]     weight, activation;
wire [N-1:0]        sign, nan, minus, plus;              // signs; products that are NaN, -inf, +inf
wire [3*GROUPS-1:0] special;                             // some of eight are
reg  [3*GROUPS-1:0] special1_reg;
reg  [8:0]          maximum1_reg, maximum2_reg;

generate
    for (i = 0; i < N; i = i + 1) begin : pair
        wire [31:0] w = s_axis_p_tdata[32*i +: 32];
        wire [31:0] a = s_axis_p_tdata[32*(N+i) +: 32];
        wire        w_some = |w[30:23], a_some = |a[30:23]; // normal, or special
        wire        w_full = &w[30:23], a_full = &a[30:23]; // infinity or NaN
        wire        w_rest = |w[22:0],  a_rest = |a[22:0];

        assign weight[24*i +: 24]     = {float ? w_some : w[23], w[22:0]};
        assign activation[24*i +: 24] = {float ? a_some : a[23], a[22:0]};
        assign exponent[9*i +: 9]     = total({w[30:24], w[23] || !w_some}, {a[30:24], a[23] || !a_some});
        assign sign[i]                = w[31] ^ a[31];
        assign nan[i]                 = (w_full && (w_rest || !(a_some || a_rest))) || (a_full && (a_rest || !(w_some || w_rest)));
        assign minus[i]               = (w_full || a_full) && sign[i];
        assign plus[i]                = (w_full || a_full) && !sign[i];
    end
endgenerate

// greatest exponent: a tree, leaves first, the root last
generate
    for (k = 0; k < NODES; k = k + 1) begin : node
        wire [8:0] most;
        if (k < N) begin : leaf
            assign most = exponent[9*k +: 9];
        end else if (k < LEAVES) begin : none
            assign most = 9'd0;
        end else begin : inner
            assign most = greatest(node[3*(k-LEAVES)].most, node[3*(k-LEAVES)+1].most, node[3*(k-LEAVES)+2].most);
        end
    end
    for (k = 0; k < GROUPS; k = k + 1) begin : eight
        localparam COUNT = k == GROUPS - 1 ? N - 8 * k : 8;
        assign special[3*k +: 3] = {|nan[8*k +: COUNT], |minus[8*k +: COUNT], |plus[8*k +: COUNT]};
    end
endgenerate

// in the second stage, of all
wire [GROUPS-1:0] nans, minuses, pluses;

generate
    for (k = 0; k < GROUPS; k = k + 1) begin : all
        assign {nans[k], minuses[k], pluses[k]} = special1_reg[3*k +: 3];
    end
endgenerate

assign special1 = {|nans, |minuses, |pluses};

always @(posedge clk) begin
    if (move1) begin
        valid1_reg      <= s_axis_p_tvalid;
    end
    if (accept) begin                                    // no more: so registers that hold no group hold the last one
        last1_reg       <= s_axis_p_tlast;
        lanes1_reg      <= lanes;
        float1_reg      <= float;
        top1_reg        <= top;
        exponent1_reg   <= exponent;
        maximum1_reg    <= node[NODES-1].most;
        weight1_reg     <= weight;
        activation1_reg <= activation;
        sign1_reg       <= sign;
        special1_reg    <= special;
    end
    if (move2) begin
        valid2_reg      <= valid1_reg;
        last2_reg       <= last1_reg;
        lanes2_reg      <= lanes1_reg;
        float2_reg      <= float1_reg;
        top2_reg        <= top1_reg;
        exponent2_reg   <= exponent1_reg;
        maximum2_reg    <= maximum1_reg;
        weight2_reg     <= weight1_reg;
        activation2_reg <= activation1_reg;
        sign2_reg       <= sign1_reg;
        special2_reg    <= special1;
    end

    if (rst) begin
        valid1_reg <= 1'b0;
        valid2_reg <= 1'b0;
    end
end

// Behind the last register: distance to the maximum, shift, transpose. A shift goes by 0 to 3, then by 4, 8, 12; one by 16 or 20 only
// matters to bits 0 to 7, and one by 24 or more to none. So each bit of each step has at most six inputs, the lane's mask among them.
generate
    for (i = 0; i < N; i = i + 1) begin : shifter
        wire [8:0]  distance = difference(maximum2_reg, exponent2_reg[9*i +: 9]) & {9{float2_reg}};
        wire        far      = |distance[8:4];           // by 16 at least
        wire        gone     = !far || |distance[8:5] || distance[3];
        wire [26:0] whole    = {3'd0, weight2_reg[24*i +: 24]};
        wire [23:0] fine     = distance[1] ? (distance[0] ? whole[26:3] : whole[25:2])
                                           : (distance[0] ? whole[24:1] : whole[23:0]);
        wire [23:0] near     = distance[3] ? (distance[2] ? {12'd0, fine[23:12]} : {8'd0, fine[23:8]})
                                           : (distance[2] ? {4'd0, fine[23:4]} : fine);
        wire [7:0]  rest     = distance[2] ? {4'd0, fine[23:20]} : fine[23:16];
        wire [23:0] shifted  = ((near & {24{!far}}) | ({16'd0, rest} & {24{!gone}})) & lanes2_reg;
        for (b = 0; b < 24; b = b + 1) begin : bits
            assign m_axis_g_tdata[b*N+i] = shifted[b];
        end
        assign m_axis_g_tdata[24*N+25*i +: 25] = {sign2_reg[i], activation2_reg[24*i +: 24]};
    end
endgenerate

assign m_axis_g_tdata[49*N +: 9]   = float2_reg ? maximum2_reg : 9'd2;
assign m_axis_g_tdata[49*N+9 +: 4] = {!float2_reg, special2_reg[2] || (special2_reg[1] && special2_reg[0]), special2_reg[1:0]} & {1'b1, {3{float2_reg}}};
assign m_axis_g_tdata[49*N+13 +: 5] = top2_reg;
assign m_axis_g_tvalid             = valid2_reg;
assign m_axis_g_tlast              = last2_reg;

endmodule

`resetall
