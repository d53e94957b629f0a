// SPDX-License-Identifier: Apache-2.0
// Requantising stage between two layers: bias, scale, round, saturate, ReLU.
//
//   y_i = min(max(floor(((x_i + BIAS_i) MULTIPLIER + 2^(S_i-1)) / 2^S_i), LOW), HIGH),   S_i = SHIFT + SHIFTS_i;
//   with S_i = 0 nothing is rounded
//
// Formats:  s_axis_x: a beat is a vector of N elements of XB bits, two's complement. BIAS: element i is bits [i*BB +:
//           BB], two's complement. SHIFTS: element i is bits [i*6 +: 6]. m_axis_y: N elements of YB bits: with RELU
//           unsigned, LOW = 0, HIGH = 2^YB - 1; else two's complement, saturated. Halves are rounded up. tlast goes
//           along.
// Latency:  1 cycle, with REGISTERS 0 none.
// Period:   1 cycle a vector.
// Source:   Jacob et al., Quantization and Training of Neural Networks, CVPR 2018, section 2.4 (fixed-point
//           multiplier).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module requantise #(
    parameter N          = 4,                            // elements (1 or more)
    parameter XB         = 18,                           // bits of an element of x (2..48)
    parameter YB         = 8,                            // bits of an element of y (1..32)
    parameter BB         = 16,                           // bits of a bias (1..48)
    parameter MULTIPLIER = 1,                            // of the scale (1..65535)
    parameter SHIFT      = 4,                            // of the scale, for all elements (0..47)
    parameter RELU       = 1,                            // 1: negative results become 0 (0..1)
    parameter REGISTERS  = 1,                            // 1: a register behind it (0..1)
    parameter [N*BB-1:0] BIAS = 0,                       // one an element
    parameter [N*6-1:0] SHIFTS = 0                       // places more, one an element (with SHIFT 0..47)
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
    if (N < 1) begin : guard_n
`ifdef __ICARUS__
        requantise_parameter_N_must_be_1_or_more guard ();
`else
        $error("Error: requantise parameter N must be 1 or more (instance %m)");
`endif
    end
    if (RELU != 0 && RELU != 1) begin : guard_relu
`ifdef __ICARUS__
        requantise_parameter_RELU_must_be_0_or_1 guard ();
`else
        $error("Error: requantise parameter RELU must be 0 or 1 (instance %m)");
`endif
    end
    if (REGISTERS != 0 && REGISTERS != 1) begin : guard_registers
`ifdef __ICARUS__
        requantise_parameter_REGISTERS_must_be_0_or_1 guard ();
`else
        $error("Error: requantise parameter REGISTERS must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

localparam STAGES = REGISTERS != 0 ? 1 : 0;
localparam MB     = $clog2(MULTIPLIER + 1);
localparam GROWTH = MULTIPLIER == 1 ? 0 : MB;            // bits that the product has more
localparam MAG    = RELU != 0 ? YB : YB - 1;             // bits of a result without its sign

localparam [YB-1:0] HIGH = {YB{1'b1}} >> (RELU != 0 ? 0 : 1);
localparam [YB-1:0] LOW  = RELU != 0 ? {YB{1'b0}} : ~HIGH;

wire move;
wire unused_move = move;                                 // without registers nothing moves

genvar i;

generate
    for (i = 0; i < N; i = i + 1) begin : element
        localparam PLACES = SHIFT + {26'd0, SHIFTS[i*6 +: 6]};
        // bits of the one constant that is added, of the sum, and of what saturates
        localparam CB = PLACES == 0 ? BB + GROWTH : (BB + GROWTH > PLACES ? BB + GROWTH : PLACES) + 1;
        localparam SB = (XB + GROWTH > CB ? XB + GROWTH : CB) + 1;
        localparam TB = (SB > YB ? SB : YB) + 1;
        localparam signed [SB-1:0] OFFSET = {{SB-BB{BIAS[i*BB+BB-1]}}, BIAS[i*BB +: BB]};
        localparam signed [SB-1:0] SCALE  = {{SB-MB{1'b0}}, MULTIPLIER[MB-1:0]};
        localparam signed [SB-1:0] HALF   = PLACES > 0 ? {{SB-1{1'b0}}, 1'b1} << (PLACES - 1) : {SB{1'b0}};
        localparam signed [SB-1:0] ADDED  = OFFSET * SCALE + HALF;
        if (PLACES > 47) begin : guard_shifts
`ifdef __ICARUS__
            requantise_parameters_SHIFT_plus_SHIFTS_must_be_0_to_47 guard ();
`else
            $error("Error: requantise parameters SHIFT plus SHIFTS must be 0 to 47 (instance %m)");
`endif
        end
        wire signed [SB-1:0] x       = {{SB-XB{s_axis_x_tdata[i*XB+XB-1]}}, s_axis_x_tdata[i*XB +: XB]};
        wire signed [SB-1:0] sum     = x * SCALE + ADDED;
        wire signed [TB-1:0] rounded = $signed({{TB-SB{sum[SB-1]}}, sum}) >>> PLACES;
        wire                 minus   = rounded[TB-1];
        wire                 over    = !minus && |rounded[TB-1:MAG];
        wire                 under   = minus && (RELU != 0 || !(&rounded[TB-1:MAG]));
        wire [YB-1:0]        y       = over ? HIGH : under ? LOW : rounded[YB-1:0];
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
