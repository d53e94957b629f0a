// SPDX-License-Identifier: Apache-2.0
// A processing element around an engine: alignment in front of it, exact accumulation and packing behind. What bitlet_pe and
// its baselines share, so that they differ in the engine alone.
//
//   z = pack(sum over the groups of a frame of S_g 2^Emax_g)
//
// Formats:  see bitlet_pe.
// Latency:  from the last beat to the result 5 cycles and those of the engine.
// Period:   the engine's.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021, section 4.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_shell #(
    parameter ENGINE   = 0,                              // 0 distilling, 1 bit-parallel, 2 bit-serial (0..2)
    parameter N        = 64,                             // pairs of a group (1..128)
    parameter OUT      = 64,                             // bits of a fixed-point result (8..64)
    parameter SATURATE = 1                               // fixed-point results: 1 saturate, 0 wrap (0..1)
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [32*N-1:0] s_axis_w_tdata,               // weights of a group
    input  wire            s_axis_w_tvalid,
    output wire            s_axis_w_tready,
    input  wire            s_axis_w_tlast,               // as s_axis_a_tlast
    input  wire [32*N-1:0] s_axis_a_tdata,               // activations of a group
    input  wire [9:0]      s_axis_a_tuser,               // number format and lanes
    input  wire            s_axis_a_tvalid,
    output wire            s_axis_a_tready,
    input  wire            s_axis_a_tlast,
    output wire [95:0]     m_axis_z_tdata,               // result and cycles
    output wire            m_axis_z_tvalid,
    input  wire            m_axis_z_tready,
    output wire            m_axis_z_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 1 || N > 128) begin : guard_n
`ifdef __ICARUS__
        bitlet_shell_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: bitlet_shell parameter N must be 1 to 128 (instance %m)");
`endif
    end
    if (ENGINE < 0 || ENGINE > 2) begin : guard_engine
`ifdef __ICARUS__
        bitlet_shell_parameter_ENGINE_must_be_0_to_2 guard ();
`else
        $error("Error: bitlet_shell parameter ENGINE must be 0 to 2 (instance %m)");
`endif
    end
endgenerate

localparam GW = 49 * N + 18;
localparam SW = 49 + $clog2(N);

wire [GW-1:0]  group;
wire [SW+20:0] sum;
wire [611:0]   total;
wire           pair_ready, group_valid, group_ready, group_last, sum_valid, sum_ready, sum_last, total_valid, total_ready, total_last;
wire           unused_last = s_axis_w_tlast;

// weights and activations move together
assign s_axis_w_tready = pair_ready && s_axis_a_tvalid;
assign s_axis_a_tready = pair_ready && s_axis_w_tvalid;

bitlet_align #(
    .N(N)
) align (
    .clk(clk),
    .rst(rst),
    .s_axis_p_tdata({s_axis_a_tdata, s_axis_w_tdata}),
    .s_axis_p_tuser(s_axis_a_tuser),
    .s_axis_p_tvalid(s_axis_w_tvalid && s_axis_a_tvalid),
    .s_axis_p_tready(pair_ready),
    .s_axis_p_tlast(s_axis_a_tlast),
    .m_axis_g_tdata(group),
    .m_axis_g_tvalid(group_valid),
    .m_axis_g_tready(group_ready),
    .m_axis_g_tlast(group_last)
);

generate
    if (ENGINE == 0) begin : distilling
        bitlet_distil #(
            .N(N),
            .LOCKSTEP(1)
        ) engine (
            .clk(clk),
            .rst(rst),
            .s_axis_g_tdata(group),
            .s_axis_g_tvalid(group_valid),
            .s_axis_g_tready(group_ready),
            .s_axis_g_tlast(group_last),
            .m_axis_s_tdata(sum),
            .m_axis_s_tvalid(sum_valid),
            .m_axis_s_tready(sum_ready),
            .m_axis_s_tlast(sum_last)
        );
    end else if (ENGINE == 1) begin : parallel
        bitparallel_mac #(
            .N(N)
        ) engine (
            .clk(clk),
            .rst(rst),
            .s_axis_g_tdata(group),
            .s_axis_g_tvalid(group_valid),
            .s_axis_g_tready(group_ready),
            .s_axis_g_tlast(group_last),
            .m_axis_s_tdata(sum),
            .m_axis_s_tvalid(sum_valid),
            .m_axis_s_tready(sum_ready),
            .m_axis_s_tlast(sum_last)
        );
    end else begin : serial
        stripes_serial #(
            .N(N)
        ) engine (
            .clk(clk),
            .rst(rst),
            .s_axis_g_tdata(group),
            .s_axis_g_tvalid(group_valid),
            .s_axis_g_tready(group_ready),
            .s_axis_g_tlast(group_last),
            .m_axis_s_tdata(sum),
            .m_axis_s_tvalid(sum_valid),
            .m_axis_s_tready(sum_ready),
            .m_axis_s_tlast(sum_last)
        );
    end
endgenerate

bitlet_acc #(
    .SW(SW),
    .LOCKSTEP(1)
) accumulate (
    .clk(clk),
    .rst(rst),
    .s_axis_s_tdata(sum),
    .s_axis_s_tvalid(sum_valid),
    .s_axis_s_tready(sum_ready),
    .s_axis_s_tlast(sum_last),
    .m_axis_t_tdata(total),
    .m_axis_t_tvalid(total_valid),
    .m_axis_t_tready(total_ready),
    .m_axis_t_tlast(total_last)
);

bitlet_pack #(
    .OUT(OUT),
    .SATURATE(SATURATE)
) pack (
    .clk(clk),
    .rst(rst),
    .s_axis_t_tdata(total),
    .s_axis_t_tvalid(total_valid),
    .s_axis_t_tready(total_ready),
    .s_axis_t_tlast(total_last),
    .m_axis_z_tdata(m_axis_z_tdata),
    .m_axis_z_tvalid(m_axis_z_tvalid),
    .m_axis_z_tready(m_axis_z_tready),
    .m_axis_z_tlast(m_axis_z_tlast)
);

endmodule

`resetall
