// SPDX-License-Identifier: Apache-2.0
// Bitlet's engine: 24 lanes that distil an aligned group, and the tree that adds what they deliver.
//
//   S = sum_i (-1)^s_i M_i MA_i of a group of N pairs, in as many cycles as the fullest significance has ones
//
// Formats:  s_axis_g: a beat is a group, as bitlet_align sends it. m_axis_s: a beat is a group, as bitlet_acc takes it: S,
//           the exponent and the flags of the group, and the cycles that it took in the lanes. tlast goes along.
//           With LOCKSTEP s_axis_g has to keep a beat on tdata, taken or not, until it offers the next: then what the lanes
//           hold may be loaded again at any time, with the enable of the registers in front.
// Latency:  from s_axis_g to m_axis_s the cycles of the group + 3.
// Period:   max(1, ones of the fullest significance) cycles a group, with no gap between groups.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021, section 4.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_distil #(
    parameter N  = 64,                                   // pairs of a group (1..128)
    parameter LOCKSTEP = 0,                              // 1: as in bitlet_tree; and s_axis_g keeps its last beat until the next (0..1)
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
        bitlet_distil_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitlet_distil parameter N must be 1 to 128 (instance %m)");
`endif
    end
    if (LOCKSTEP != 0 && LOCKSTEP != 1) begin : guard_lockstep
`ifdef __ICARUS__
        bitlet_distil_parameter_LOCKSTEP_must_be_0_or_1 guard ();
`else
        $error("Error: bitlet_distil parameter LOCKSTEP must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// what all lanes share: the values of the pairs, one cycle behind their bits, and what is known of the group
reg  [25*N-1:0] entered_reg, values_reg;
reg  [13:0]     group0_reg, group1_reg, group2_reg, group3_reg; // tlast, flags, exponent
reg  [7:0]      count_reg, cycles_reg;
reg             busy0_reg, busy1_reg, busy2_reg, final1_reg, final2_reg;
wire [23:0]     ready, unused_valid, unused_last;
wire [599:0]    picked;
wire            load, take, move, done, unused_sum_last;
wire [4:0]      unused_lanes = s_axis_g_tdata[49*N+13 +: 5];

assign done            = &ready;                         // no lane has more than one pair to go
assign load            = s_axis_g_tvalid && done;
assign take            = LOCKSTEP != 0 ? !s_axis_g_tvalid || done : load;
assign s_axis_g_tready = done;

genvar b;

generate
    for (b = 0; b < 24; b = b + 1) begin : lane
        bitlet_lane #(
            .N(N),
            .W(25),
            .LOCKSTEP(1)
        ) distiller (
            .clk(clk),
            .rst(rst),
            .s_axis_g_tdata({values_reg, s_axis_g_tdata[b*N +: N]}),
            .s_axis_g_tvalid(take),
            .s_axis_g_tready(ready[b]),
            .s_axis_g_tlast(load),
            .m_axis_v_tdata(picked[25*b +: 25]),
            .m_axis_v_tvalid(unused_valid[b]),
            .m_axis_v_tready(move),
            .m_axis_v_tlast(unused_last[b])
        );
    end
endgenerate

bitlet_tree #(
    .N(N),
    .LOCKSTEP(LOCKSTEP)
) tree (
    .clk(clk),
    .rst(rst),
    .s_axis_v_tdata(picked),
    .s_axis_v_tvalid(busy2_reg),
    .s_axis_v_tready(move),
    .s_axis_v_tlast(final2_reg),
    .m_axis_s_tdata(m_axis_s_tdata[SW-1:0]),
    .m_axis_s_tvalid(m_axis_s_tvalid),
    .m_axis_s_tready(m_axis_s_tready),
    .m_axis_s_tlast(unused_sum_last)
);

always @(posedge clk) begin
    if (take) begin
        entered_reg <= s_axis_g_tdata[24*N +: 25*N];
        group0_reg  <= {s_axis_g_tlast, s_axis_g_tdata[49*N +: 13]};
    end
    // all with one enable and one reset, like the lanes: see there
    if (rst) begin
        values_reg <= {25*N{1'b0}};
        group1_reg <= 14'd0;
        group2_reg <= 14'd0;
        group3_reg <= 14'd0;
        busy0_reg  <= 1'b0;
        busy1_reg  <= 1'b0;
        busy2_reg  <= 1'b0;
        final1_reg <= 1'b0;
        final2_reg <= 1'b0;
        count_reg  <= 8'd1;
        cycles_reg <= 8'd0;
    end else if (move) begin
        values_reg <= entered_reg;
        group1_reg <= group0_reg;
        group2_reg <= group1_reg;
        group3_reg <= group2_reg;
        busy0_reg  <= load || (busy0_reg && !done);
        busy1_reg  <= busy0_reg;
        busy2_reg  <= busy1_reg;
        final1_reg <= done;
        final2_reg <= final1_reg;
        count_reg  <= busy2_reg && !final2_reg ? count_reg + 8'd1 : 8'd1;
        cycles_reg <= count_reg;
    end
end

assign m_axis_s_tdata[SW +: 21] = {cycles_reg, group3_reg[12:0]};
assign m_axis_s_tlast           = group3_reg[13];

`ifndef SYNTHESIS
// every group: exactly as many cycles as its fullest significance has ones, and the next one follows at once
function [7:0] fullest;
    input [24*N-1:0] bits;
    integer l, p;
    reg [7:0] ones;
    begin
        fullest = 8'd1;
        for (l = 0; l < 24; l = l + 1) begin
            ones = 8'd0;
            for (p = 0; p < N; p = p + 1) ones = ones + {7'd0, bits[l*N+p]};
            if (ones > fullest) fullest = ones;
        end
    end
endfunction

reg [7:0] left_reg;                                      // cycles of the group that is in the lanes

always @(posedge clk) begin
    if (!rst && move && busy0_reg) begin
        if ((left_reg == 8'd1) != done) $error("bitlet_distil: a group did not take as many cycles as it has ones");
        left_reg <= left_reg - 8'd1;
    end
    if (load) left_reg <= fullest(s_axis_g_tdata[24*N-1:0]);
end
`endif

endmodule

`resetall
