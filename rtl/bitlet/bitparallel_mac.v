// SPDX-License-Identifier: Apache-2.0
// Engine of the bit-parallel baseline: one multiplication and addition a cycle.
//
//   S = sum_i (-1)^s_i M_i MA_i of a group of N pairs, in N cycles
//
// Formats:  as bitlet_distil.
// Latency:  from s_axis_g to m_axis_s N + 1 cycles.
// Period:   N cycles a group.
// Source:   the multiply-accumulate unit of any bit-parallel accelerator, such as Chen et al., Eyeriss, ISSCC 2016.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitparallel_mac #(
    parameter N  = 64,                                   // pairs of a group (1..128)
    // derived, do not change
    parameter GW = 49 * N + 18,                          // bits of s_axis_g
    parameter SW = 49 + $clog2(N)                        // bits of S
) (
    input  wire             clk,                         // clock
    input  wire             rst,                         // synchronous reset
    input  wire [GW-1:0]    s_axis_g_tdata,              // aligned group
    input  wire             s_axis_g_tvalid,
    output wire             s_axis_g_tready,
    input  wire             s_axis_g_tlast,
    output wire [SW+20:0]   m_axis_s_tdata,              // sum, exponent, flags and cycles of the group
    output wire             m_axis_s_tvalid,
    input  wire             m_axis_s_tready,
    output wire             m_axis_s_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 1 || N > 128) begin : guard_n
`ifdef __ICARUS__
        bitparallel_mac_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitparallel_mac parameter N must be 1 to 128 (instance %m)");
`endif
    end
endgenerate

localparam IB = N > 1 ? $clog2(N) : 1;
localparam [IB-1:0] LAST = N[IB-1:0] - {{IB-1{1'b0}}, 1'b1};

reg  [GW:0]     group_reg;                               // tlast, flags, exponent, values, bits
reg  [IB-1:0]   pair_reg;
reg             busy_reg, valid_reg;
reg  [SW-1:0]   part_reg, sum_reg;
reg  [13:0]     info_reg;
wire            last, move, load;
wire [24*N-1:0] weights;
wire [23:0]     weight, activation;
wire            minus;
wire [47:0]     product;
wire [SW-1:0]   sum;

genvar i, b;

// back from significances to weights: wires
generate
    for (i = 0; i < N; i = i + 1) begin : pair
        for (b = 0; b < 24; b = b + 1) begin : bits
            assign weights[24*i+b] = group_reg[b*N+i];
        end
    end
endgenerate

assign weight              = weights[24*pair_reg +: 24];
assign {minus, activation} = group_reg[24*N+25*pair_reg +: 25];
assign product             = weight * activation;
assign sum                 = minus ? part_reg - {{SW-48{1'b0}}, product} : part_reg + {{SW-48{1'b0}}, product};
assign last                = pair_reg == LAST;
assign move                = !last || !valid_reg || m_axis_s_tready;
assign s_axis_g_tready     = !busy_reg || (last && move);
assign load                = s_axis_g_tvalid && s_axis_g_tready;

always @(posedge clk) begin
    if (m_axis_s_tready) begin
        valid_reg <= 1'b0;
    end
    if (busy_reg && move) begin
        pair_reg <= last ? {IB{1'b0}} : pair_reg + {{IB-1{1'b0}}, 1'b1};
        part_reg <= last ? {SW{1'b0}} : sum;
        if (last) begin
            busy_reg  <= 1'b0;
            valid_reg <= 1'b1;
            sum_reg   <= sum;
            info_reg  <= {group_reg[GW], group_reg[49*N +: 13]};
        end
    end
    if (load) begin
        busy_reg  <= 1'b1;
        group_reg <= {s_axis_g_tlast, s_axis_g_tdata};
    end

    if (rst) begin
        busy_reg  <= 1'b0;
        valid_reg <= 1'b0;
        pair_reg  <= {IB{1'b0}};
        part_reg  <= {SW{1'b0}};
    end
end

localparam [7:0] CYCLES = N;

assign m_axis_s_tdata  = {CYCLES, info_reg[12:0], sum_reg};
assign m_axis_s_tvalid = valid_reg;
assign m_axis_s_tlast  = info_reg[13];

endmodule

`resetall
