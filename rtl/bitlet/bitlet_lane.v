// SPDX-License-Identifier: Apache-2.0
// Bitlet distiller: one lane, which owns one significance of a group of N pairs.
//
//   every cycle it takes one pair whose weight bit is 1, the lowest first, and hands its value on, until none is left
//
// Formats:  s_axis_g: a beat is a group, {values, bits}: bits[i] is the weight bit of pair i at this significance, values
//           [i*W +: W] what that pair contributes (any W bits; in bitlet_pe {sign, significand of the activation}).
//           m_axis_v: a frame is a group, a beat the value of one pair; a group without ones is one beat of zeros.
//           With LOCKSTEP the lane works while m_axis_v_tready is high, whether or not it offers a beat; it offers zeros when it
//           has nothing; and values have to stay on s_axis_g from one working cycle after their beat to one after the next:
//           so lanes that share the values finish a group together, and can be added up without a look at tvalid. Then
//           tvalid says, when all lanes are ready, that bits are taken, and tlast that they are a new group; without tlast tvalid
//           may be high at any time if the bits are still those of the last group.
// Latency:  from the beat of s_axis_g to the first of m_axis_v 3 cycles.
// Period:   max(1, ones) cycles a group: the next group is taken while the last value leaves.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021, section 4 (bit distilling); the tree
//           below is ours. A node of radix 4 is one six-input LUT a bit: four data, two select bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_lane #(
    parameter N        = 64,                             // pairs of a group (1..128)
    parameter W        = 25,                             // bits of a value (1..64)
    parameter LOCKSTEP = 0                               // 1: one of several lanes, see below (0..1)
) (
    input  wire             clk,                         // clock
    input  wire             rst,                         // synchronous reset
    input  wire [N*W+N-1:0] s_axis_g_tdata,              // a group
    input  wire             s_axis_g_tvalid,
    output wire             s_axis_g_tready,
    input  wire             s_axis_g_tlast,              // ignored but with LOCKSTEP: each beat is a frame
    output wire [W-1:0]     m_axis_v_tdata,              // the value of one pair
    output wire             m_axis_v_tvalid,
    input  wire             m_axis_v_tready,
    output wire             m_axis_v_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 1 || N > 128) begin : guard_n
`ifdef __ICARUS__
        bitlet_lane_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitlet_lane parameter N must be 1 to 128 (instance %m)");
`endif
    end
    if (W < 1 || W > 64) begin : guard_w
`ifdef __ICARUS__
        bitlet_lane_parameter_W_must_be_1_to_64 guard ();
`else
        $error("Error: bitlet_lane parameter W must be 1 to 64 (instance %m)");
`endif
    end
    if (LOCKSTEP != 0 && LOCKSTEP != 1) begin : guard_lockstep
`ifdef __ICARUS__
        bitlet_lane_parameter_LOCKSTEP_must_be_0_or_1 guard ();
`else
        $error("Error: bitlet_lane parameter LOCKSTEP must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam LEVELS = N <= 1 ? 1 : ($clog2(N) + 1) / 2;    // of the tree
localparam LEAVES = 1 << (2 * LEVELS);                   // N, filled up with pairs that never take part
localparam NODES  = (4 * LEAVES - 1) / 3;                // of all levels
localparam IB     = 2 * LEVELS;                          // bits of a pair's number

wire unused_last = s_axis_g_tlast;

reg  [LEAVES-1:0]   bits_reg;                            // of the group; they stay as they are
reg                 fresh_reg;                           // this is the group's first cycle
wire [LEAVES-1:0]   bits = {{LEAVES-N{1'b0}}, s_axis_g_tdata[N-1:0]};
wire                move, take, none_after;
wire [N*W-1:0]      values;

assign move            = (LOCKSTEP == 0 && !m_axis_v_tvalid) || m_axis_v_tready;
assign s_axis_g_tready = move && none_after;
assign take            = s_axis_g_tvalid && (LOCKSTEP != 0 || s_axis_g_tready);

genvar l, m, i;

generate
    if (LOCKSTEP != 0) begin : shared
        assign values = s_axis_g_tdata[N +: N*W];
    end else begin : owned
        reg [N*W-1:0] entered_reg, values_reg;           // values go one cycle behind the bits
        always @(posedge clk) begin
            if (take) begin
                entered_reg <= s_axis_g_tdata[N +: N*W];
            end
            if (rst) begin
                values_reg <= {N*W{1'b0}};
            end else if (move) begin
                values_reg <= entered_reg;
            end
        end
        assign values = values_reg;
    end
endgenerate

// A tree of radix 4 over the bits. Each level has one open node and knows which of its children are still to go; when there is
// none, it opens the node that the level above takes. The lowest level takes a pair every cycle. So no bit of the group
// is ever cleared, and the state is three bits a level: a node's first child, if it takes part, goes at once.
reg  [3*LEVELS-1:0] open_reg;                            // children 1 to 3 of the open nodes
reg  [IB-1:0]       index_reg;                           // path to the pair taken last
reg                 taken_reg, taken2_reg;               // there was one
wire [3*LEVELS-1:0] open;                                // after this cycle
wire [IB-1:0]       index;                               // of the pair
wire [LEVELS-1:0]   step;                                // nothing is open below this level: it takes a child
wire [LEVELS:0]     some;                                // this level has a child to take
wire [NODES-2:0]    any;                                 // there is a one at or below this node; nodes level by level

assign step[0]         = 1'b1;
assign some[LEVELS]    = fresh_reg;                      // the top level opens its only node once
assign none_after      = ~|open;

// of four bits at a time it is known as they enter
assign any[LEAVES-1:0] = bits_reg;

always @(posedge clk) begin
    if (take) begin
        bits_reg <= bits;
    end
end

generate
    for (i = 0; i < LEAVES / 4 && LEVELS > 1; i = i + 1) begin : four
        reg any_reg;
        always @(posedge clk) begin
            if (take) begin
                any_reg <= |bits[4*i +: 4];
            end
        end
        assign any[LEAVES+i] = any_reg;
    end
    for (l = 0; l < LEVELS; l = l + 1) begin : level
        localparam HERE  = (LEAVES * 4 - (LEAVES * 4 >> (2 * l))) / 3;             // first node of this level
        localparam ABOVE = (LEAVES * 4 - (LEAVES * 4 >> (2 * l + 2))) / 3;         // and of the next
        localparam COUNT = LEAVES >> (2 * l + 2);                                  // nodes of the next
        wire [2:0] rest  = open_reg[3*l +: 3];
        wire       empty = ~|rest;
        wire [(16*COUNT-4)/3-1:0] family;                // children of the nodes that the levels above may take, chosen among
        wire [3:0] entry = family[(16*COUNT-4)/3-1 -: 4];
        wire [3:0] child = {rest, 1'b0} | (entry & {4{empty && some[l+1]}});

        assign family[4*COUNT-1:0] = any[HERE +: 4*COUNT];
        for (m = l + 1; m < LEVELS; m = m + 1) begin : descent
            localparam FROM = (COUNT * 4 - (COUNT * 4 >> (2 * (m - l - 1)))) / 3;
            localparam TO   = (COUNT * 4 - (COUNT * 4 >> (2 * (m - l)))) / 3;
            wire [1:0] pick = index[2*m +: 2];
            for (i = 0; i < (LEAVES >> (2 * m + 2)); i = i + 1) begin : node
                wire [15:0] from = family[4*(FROM+4*i) +: 16];
                assign family[4*(TO+i) +: 4] = pick == 2'd3 ? from[15:12] : pick == 2'd2 ? from[11:8] : pick == 2'd1 ? from[7:4] : from[3:0];
            end
        end
        if (l > 0 && l < LEVELS - 1) begin : inner
            for (i = 0; i < COUNT; i = i + 1) begin : node
                assign any[ABOVE+i] = |any[HERE+4*i +: 4];
            end
        end

        assign some[l]          = |child;
        if (l < LEVELS - 1) begin : above
            assign step[l+1]    = step[l] && empty;
        end
        assign index[2*l +: 2]  = step[l] ? {~|child[1:0], !child[0] && (child[1] || !child[2])} : index_reg[2*l +: 2];
        assign open[3*l +: 3]   = step[l] ? child[3:1] & {|child[2:0], |child[1:0], child[0]} : rest;
    end
endgenerate

// its value, one cycle later
reg  [W-1:0]      value_reg;
reg               inside_reg, valid_reg, final_reg, last_reg;

// a multiplexer of radix 4: each bit of a node is one LUT. A wire a node: Icarus is slow on one wire of all nodes
generate
    for (l = 0; l < LEVELS; l = l + 1) begin : choice
        localparam COUNT = LEAVES >> (2 * l + 2);
        wire [1:0] pick = index_reg[2*l +: 2];
        for (i = 0; i < COUNT; i = i + 1) begin : node
            wire [4*W-1:0] from;
            wire [W-1:0]   value;
            if (l > 0) begin : inner
                assign from = {choice[l-1].node[4*i+3].value, choice[l-1].node[4*i+2].value,
                               choice[l-1].node[4*i+1].value, choice[l-1].node[4*i].value};
            end else if (4 * i + 4 <= N) begin : whole
                assign from = values[4*i*W +: 4*W];
            end else if (4 * i < N) begin : part
                assign from = {{(4*i+4-N)*W{1'b0}}, values[N*W-1:4*i*W]};
            end else begin : filled
                assign from = {4*W{1'b0}};
            end
            assign value = (from[0*W +: W] & {W{pick == 2'd0}}) | (from[1*W +: W] & {W{pick == 2'd1}})
                         | (from[2*W +: W] & {W{pick == 2'd2}}) | (from[3*W +: W] & {W{pick == 2'd3}});
        end
    end
endgenerate

// what takes the value may have room for this gate in its own LUTs
assign m_axis_v_tdata  = value_reg & {W{taken2_reg}};
assign m_axis_v_tvalid = valid_reg;
assign m_axis_v_tlast  = last_reg;

// all with one enable and one reset: registers that differ there are islands to synthesis, and cost LUTs between them
always @(posedge clk) begin
    if (rst) begin
        fresh_reg  <= 1'b0;
        open_reg   <= {3*LEVELS{1'b0}};
        index_reg  <= {IB{1'b0}};
        taken_reg  <= 1'b0;
        inside_reg <= 1'b0;
        final_reg  <= 1'b0;
        value_reg  <= {W{1'b0}};
        taken2_reg <= 1'b0;
        valid_reg  <= 1'b0;
        last_reg   <= 1'b0;
    end else if (move) begin
        fresh_reg  <= LOCKSTEP != 0 ? s_axis_g_tlast : take;
        open_reg   <= open;
        index_reg  <= index;
        taken_reg  <= some[0];
        inside_reg <= fresh_reg || some[0];
        final_reg  <= none_after;

        value_reg  <= choice[LEVELS-1].node[0].value;
        taken2_reg <= taken_reg;
        valid_reg  <= inside_reg;
        last_reg   <= final_reg;
    end
end

endmodule

`resetall
