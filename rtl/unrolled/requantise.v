// SPDX-License-Identifier: Apache-2.0
// Requantising stage between two layers: bias, scale, round, saturate, ReLU.
//
//   y = min(max(floor(((x + BIAS) MULTIPLIER + 2^(SHIFT-1)) / 2^SHIFT), LOW), HIGH); with SHIFT 0 nothing is rounded
//
// Formats:  s_axis_x: a beat is a vector of N elements of XB bits, two's complement. BIAS: element i is bits [i*BB +:
//           BB], two's complement. m_axis_y: N elements of YB bits: with RELU unsigned, LOW = 0, HIGH = 2^YB - 1; else
//           two's complement, saturated. Halves are rounded up. tlast goes along.
// Latency:  1 cycle, with REGISTERS 0 none.
// Period:   1 cycle a vector.
// Source:   Jacob et al., Quantization and Training of Neural Networks, CVPR 2018, section 2.4 (fixed-point
//           multiplier).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module requantise #(
    parameter N          = 4,                            // elements
    parameter XB         = 18,                           // bits of an element of x (2..48)
    parameter YB         = 8,                            // bits of an element of y (1..32)
    parameter BB         = 16,                           // bits of a bias (1..48)
    parameter MULTIPLIER = 1,                            // of the scale (1..65535)
    parameter SHIFT      = 4,                            // of the scale (0..47)
    parameter RELU       = 1,                            // 1: negative results become 0
    parameter REGISTERS  = 1,                            // 1: a register behind it
    parameter [N*BB-1:0] BIAS = 0                        // one an element
) (
    input  wire            clk,                          // clock
    input  wire            rst,                          // synchronous reset
    input  wire [N*XB-1:0] s_axis_x_tdata,               // vector
    input  wire            s_axis_x_tvalid,
    output wire            s_axis_x_tready,
    input  wire            s_axis_x_tlast,
    output wire [N*YB-1:0] m_axis_y_tdata,               // requantised vector
    output wire            m_axis_y_tvalid,
    input  wire            m_axis_y_tready,
    output wire            m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (XB < 2 || XB > 48) begin : guard_xb
`ifdef __ICARUS__
        requantise_parameter_XB_must_be_2_to_48 guard ();
`else
        $error("Error: requantise parameter XB must be 2 to 48 (instance %m)");
`endif
    end
    if (YB < 1 || YB > 32) begin : guard_yb
`ifdef __ICARUS__
        requantise_parameter_YB_must_be_1_to_32 guard ();
`else
        $error("Error: requantise parameter YB must be 1 to 32 (instance %m)");
`endif
    end
    if (BB < 1 || BB > 48) begin : guard_bb
`ifdef __ICARUS__
        requantise_parameter_BB_must_be_1_to_48 guard ();
`else
        $error("Error: requantise parameter BB must be 1 to 48 (instance %m)");
`endif
    end
    if (MULTIPLIER < 1 || MULTIPLIER > 65535) begin : guard_multiplier
`ifdef __ICARUS__
        requantise_parameter_MULTIPLIER_must_be_1_to_65535 guard ();
`else
        $error("Error: requantise parameter MULTIPLIER must be 1 to 65535 (instance %m)");
`endif
    end
    if (SHIFT < 0 || SHIFT > 47) begin : guard_shift
`ifdef __ICARUS__
        requantise_parameter_SHIFT_must_be_0_to_47 guard ();
`else
        $error("Error: requantise parameter SHIFT must be 0 to 47 (instance %m)");
`endif
    end
endgenerate

localparam STAGES = REGISTERS != 0 ? 1 : 0;
localparam SB     = (XB > BB ? XB : BB) + 1;             // bits of x + BIAS
localparam MB     = $clog2(MULTIPLIER + 1);
localparam PB     = (SB + MB > SHIFT ? SB + MB : SHIFT) + 1; // bits of its product, and of what is rounded
localparam TB     = (PB > YB ? PB : YB) + 1;             // bits of what saturates

localparam signed [PB:0] HALF = SHIFT > 0 ? {{PB{1'b0}}, 1'b1} << (SHIFT > 0 ? SHIFT - 1 : 0) : {PB+1{1'b0}};
localparam signed [MB:0] SCALE = {1'b0, MULTIPLIER[MB-1:0]};
localparam signed [TB-1:0] HIGH = RELU != 0 ? ({{TB-1{1'b0}}, 1'b1} << YB) - 1 : ({{TB-1{1'b0}}, 1'b1} << (YB - 1)) - 1;
localparam signed [TB-1:0] LOW  = RELU != 0 ? {TB{1'b0}} : ~HIGH;

wire move;
wire unused_move = move;                                 // without registers nothing moves

genvar i;

generate
    for (i = 0; i < N; i = i + 1) begin : element
        localparam signed [SB-1:0] OFFSET = {{SB-BB{BIAS[i*BB+BB-1]}}, BIAS[i*BB +: BB]};
        wire signed [SB-1:0] x       = {{SB-XB{s_axis_x_tdata[i*XB+XB-1]}}, s_axis_x_tdata[i*XB +: XB]};
        wire signed [SB-1:0] sum     = x + OFFSET;
        wire signed [PB:0]   scaled  = sum * SCALE + HALF;
        wire signed [TB-1:0] rounded = $signed({{TB-PB-1{scaled[PB]}}, scaled}) >>> SHIFT;
        wire [YB-1:0]        y       = rounded > HIGH ? HIGH[YB-1:0] : rounded < LOW ? LOW[YB-1:0] : rounded[YB-1:0];
        if (REGISTERS != 0) begin : kept
            reg [YB-1:0] y_reg;
            always @(posedge clk) begin
                if (move) begin
                    y_reg <= y;
                end
            end
            assign m_axis_y_tdata[i*YB +: YB] = y_reg;
        end else begin : direct_out
            assign m_axis_y_tdata[i*YB +: YB] = y;
        end
    end
endgenerate

// all stages move together
pipe_control #(
    .STAGES(STAGES)
) control (
    .clk(clk),
    .rst(rst),
    .s_tvalid(s_axis_x_tvalid),
    .s_tready(s_axis_x_tready),
    .s_tlast(s_axis_x_tlast),
    .m_tvalid(m_axis_y_tvalid),
    .m_tready(m_axis_y_tready),
    .m_tlast(m_axis_y_tlast),
    .move(move)
);

endmodule

`resetall
