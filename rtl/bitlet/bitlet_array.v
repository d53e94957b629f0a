// SPDX-License-Identifier: Apache-2.0
// Bitlet array: M processing elements with weights in place, on one broadcast stream of activations.
//
//   z_m = sum over groups of sum_i W_mi A_i, as bitlet_pe computes it
//
// Formats:  s_axis_w: a beat is a group of N weights of one PE, a frame what all PEs need for a dot product: group 0 of PE 0, 1, to
//           M - 1, then group 1 of each, and so on. What a short frame does not reach keeps its weights; beats behind
//           group GROUPS - 1 are ignored up to tlast.
//           s_axis_a: a frame is a dot product of as many groups as the last s_axis_w frame had, or of fewer, when tlast
//           comes sooner; groups behind them are ignored up to tlast. So each frame has one result. Else as in bitlet_pe.
//           m_axis_z: a beat a frame, {cycles, z}: from the lowest bit z_0 to z_(M-1), 64 bits each, then the cycles that the groups
//           of the frame spent in the lanes of PE 0 to M - 1, 32 bits each.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights wait until the frame of s_axis_a that has begun is in, and those
//           inside keep the weights they met. Weights survive a reset, but not one in the middle of s_axis_w: the next
//           beat is group 0 of PE 0.
// Latency:  from the last beat of s_axis_a to the result that of bitlet_pe with the slowest PE; from the last beat of
//           s_axis_w to the first of s_axis_a 2 cycles.
// Period:   a beat of s_axis_a is taken when every PE has room for it. A PE holds the group in its lanes and two more: so while
//           the slowest PE works on group k, the others may be at k + 2 at most, in this frame or the next, and wait then.
//           A PE also waits when the results in its pipeline have to wait for those of a slower one.
// Source:   Lu et al., Distilling Bit-level Sparsity Parallelism, MICRO 2021, section 5 (weight-stationary, 32 PEs).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module bitlet_array #(
    parameter M        = 4,                              // processing elements (1..64)
    parameter N        = 16,                             // pairs of a group (1..128)
    parameter GROUPS   = 8,                              // most groups of a dot product (1..1024)
    parameter OUT      = 64,                             // bits of a fixed-point result (8..64)
    parameter SATURATE = 1                               // fixed-point results: 1 saturate, 0 wrap (0..1)
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [32*N-1:0] s_axis_w_tdata,               // weights of a group of one PE
    input  wire            s_axis_w_tvalid,
    output wire            s_axis_w_tready,
    input  wire            s_axis_w_tlast,
    input  wire [32*N-1:0] s_axis_a_tdata,               // activations of a group
    input  wire [9:0]      s_axis_a_tuser,               // number format and lanes
    input  wire            s_axis_a_tvalid,
    output wire            s_axis_a_tready,
    input  wire            s_axis_a_tlast,
    output wire [96*M-1:0] m_axis_z_tdata,               // results and cycles
    output wire            m_axis_z_tvalid,
    input  wire            m_axis_z_tready,
    output wire            m_axis_z_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (M < 1 || M > 64) begin : guard_m
`ifdef __ICARUS__
        bitlet_array_parameter_M_must_be_1_to_64 guard ();
`else
        $error("Error: bitlet_array parameter M must be 1 to 64 (instance %m)");
`endif
    end
    if (GROUPS < 1 || GROUPS > 1024) begin : guard_groups
`ifdef __ICARUS__
        bitlet_array_parameter_GROUPS_must_be_1_to_1024 guard ();
`else
        $error("Error: bitlet_array parameter GROUPS must be 1 to 1024 (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam MB = M > 1 ? $clog2(M) : 1;
localparam GB = GROUPS > 1 ? $clog2(GROUPS) : 1;
localparam RB = $clog2(GROUPS + 1);
localparam [GB-1:0] FULL = GROUPS[GB-1:0] - {{GB-1{1'b0}}, 1'b1};
localparam [MB-1:0] LAST = M[MB-1:0] - {{MB-1{1'b0}}, 1'b1};

reg  [MB-1:0] pe_reg;                                    // PE whose weights come next
reg  [RB-1:0] row_reg;                                   // group whose weights come next, GROUPS behind the last one
reg  [GB-1:0] bottom_reg;                                // last group that the weights have
reg           stale_reg;                                 // what was read from the memories is not what they hold
reg  [GB-1:0] group_reg;                                 // group of activations that comes next
reg           drop_reg;                                  // all groups that the weights have are in, tlast is to come
wire [GB-1:0] group;                                     // group after this cycle
wire          a_valid, a_ready;                          // activations, when no weights are on their way
wire          beyond, store, closes, take, offer;
wire [M-1:0]  room, done, unused_ready, unused_last;

assign beyond          = row_reg == GROUPS[RB-1:0];
assign a_ready         = drop_reg || (&room && !stale_reg);
assign closes          = s_axis_a_tlast || group_reg == bottom_reg;
assign take            = a_valid && a_ready && !drop_reg;
assign group           = !take ? group_reg : closes ? {GB{1'b0}} : group_reg + {{GB-1{1'b0}}, 1'b1};
assign offer           = m_axis_z_tvalid && m_axis_z_tready;
assign m_axis_z_tvalid = &done;
assign m_axis_z_tlast  = 1'b1;

// frames that are inside have their weights with them
setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(1'b0),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(store),
    .m_setup_tready(1'b1),
    .s_frame_tvalid(s_axis_a_tvalid),
    .s_frame_tready(s_axis_a_tready),
    .s_frame_tlast(s_axis_a_tlast),
    .m_frame_tvalid(a_valid),
    .m_frame_tready(a_ready)
);

always @(posedge clk) begin
    group_reg <= group;
    stale_reg <= store;
    drop_reg  <= drop_reg ? !(a_valid && s_axis_a_tlast) : take && closes && !s_axis_a_tlast;
    if (store) begin
        pe_reg <= s_axis_w_tlast || pe_reg == LAST ? {MB{1'b0}} : pe_reg + {{MB-1{1'b0}}, 1'b1};
        if (s_axis_w_tlast) begin
            row_reg    <= {RB{1'b0}};
            bottom_reg <= beyond ? FULL : row_reg[GB-1:0];
        end else if (pe_reg == LAST && !beyond) begin
            row_reg <= row_reg + {{RB-1{1'b0}}, 1'b1};
        end
    end

    if (rst) begin
        group_reg  <= {GB{1'b0}};
        stale_reg  <= 1'b1;
        drop_reg   <= 1'b0;
        pe_reg     <= {MB{1'b0}};
        row_reg    <= {RB{1'b0}};
    end
end

genvar m;

generate
    for (m = 0; m < M; m = m + 1) begin : element
        localparam [MB-1:0] NUMBER = m;
        reg [32*N-1:0] memory [0:GROUPS-1];
        reg [32*N-1:0] weights_reg;                      // of the group that comes next

        always @(posedge clk) begin
            if (store && !beyond && pe_reg == NUMBER) begin
                memory[row_reg[GB-1:0]] <= s_axis_w_tdata;
            end
            weights_reg <= memory[group];
        end

        bitlet_pe #(
            .N(N),
            .OUT(OUT),
            .SATURATE(SATURATE)
        ) pe (
            .clk(clk),
            .rst(rst),
            .s_axis_w_tdata(weights_reg),
            .s_axis_w_tvalid(1'b1),
            .s_axis_w_tready(unused_ready[m]),
            .s_axis_w_tlast(closes),
            .s_axis_a_tdata(s_axis_a_tdata),
            .s_axis_a_tuser(s_axis_a_tuser),
            .s_axis_a_tvalid(take),
            .s_axis_a_tready(room[m]),
            .s_axis_a_tlast(closes),
            .m_axis_z_tdata({m_axis_z_tdata[64*M+32*m +: 32], m_axis_z_tdata[64*m +: 64]}),
            .m_axis_z_tvalid(done[m]),
            .m_axis_z_tready(offer),
            .m_axis_z_tlast(unused_last[m])
        );
    end
endgenerate

endmodule

`resetall
