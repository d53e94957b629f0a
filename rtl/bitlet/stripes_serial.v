// SPDX-License-Identifier: Apache-2.0
// Engine of the bit-serial baseline: one significance of all weights of a group a cycle, the highest first, zeros included.
//
//   S = sum_b 2^b sum_i (-1)^s_i M_i[b] MA_i of a group of N pairs, in as many cycles as the format has bits
//
// Formats:  as bitlet_distil.
// Latency:  from s_axis_g to m_axis_s the bits of the format + 1: 24 for float32, else its width.
// Period:   that many cycles a group.
// Source:   Judd et al., Stripes: Bit-Serial Deep Neural Network Computing, MICRO 2016, with weights as the serial operand.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module stripes_serial #(
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
        stripes_serial_parameter_N_must_be_1_to_128 guard ();
`else
        $error("Error: stripes_serial parameter N must be 1 to 128 (instance %m)");
`endif
    end
endgenerate

localparam PW = 25 + $clog2(N);                          // bits of one significance's sum

reg  [GW:0]     group_reg;                               // tlast, lanes, flags, exponent, values, bits
reg  [4:0]      lane_reg;
reg             busy_reg, valid_reg;
reg  [SW-2:0]   part_reg;                                // of the significances above, in units of the last one
reg  [SW-1:0]   sum_reg;
reg  [18:0]     info_reg;
wire            last, move, load;
wire [N-1:0]    bits;
reg  [PW-1:0]   part;
wire [SW-1:0]   sum;

assign bits = group_reg[lane_reg*N +: N];

// sum of the values whose bit is one: -m is ~m + 1; sums alone, so that synthesis makes one carry-save tree of it
integer i;

always @* begin
    part = {PW{1'b0}};
    for (i = 0; i < N; i = i + 1) begin
        part = part + ({{PW-24{1'b0}}, group_reg[24*N+25*i +: 24] & {24{bits[i]}}} ^ {PW{group_reg[24*N+25*i+24]}})
             + {{PW-1{1'b0}}, group_reg[24*N+25*i+24]};
    end
end

assign sum             = {part_reg, 1'b0} + {{SW-PW{part[PW-1]}}, part};
assign last            = lane_reg == 5'd0;
assign move            = !last || !valid_reg || m_axis_s_tready;
assign s_axis_g_tready = !busy_reg || (last && move);
assign load            = s_axis_g_tvalid && s_axis_g_tready;

always @(posedge clk) begin
    if (m_axis_s_tready) begin
        valid_reg <= 1'b0;
    end
    if (busy_reg && move) begin
        lane_reg <= lane_reg - 5'd1;
        part_reg <= last ? {SW-1{1'b0}} : sum[SW-2:0];
        if (last) begin
            busy_reg  <= 1'b0;
            valid_reg <= 1'b1;
            sum_reg   <= sum;
            info_reg  <= group_reg[GW -: 19];
        end
    end
    if (load) begin
        busy_reg  <= 1'b1;
        group_reg <= {s_axis_g_tlast, s_axis_g_tdata};
        lane_reg  <= s_axis_g_tdata[49*N+13 +: 5] - 5'd1;
    end

    if (rst) begin
        busy_reg  <= 1'b0;
        valid_reg <= 1'b0;
        part_reg  <= {SW-1{1'b0}};
    end
end

assign m_axis_s_tdata  = {3'd0, info_reg[17:0], sum_reg};
assign m_axis_s_tvalid = valid_reg;
assign m_axis_s_tlast  = info_reg[18];

endmodule

`resetall
