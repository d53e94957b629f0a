// SPDX-License-Identifier: Apache-2.0
// A network of convolutions and dense layers, fully unrolled: an image in, all results out, every cycle.
//
//   Y_l[p,q,o] = sum_{f,g,c} A_(l-1)[p STRIDE + f - PAD, q STRIDE + g - PAD, c] W_l[f,g,c,o],   A_0 = image,
//   A_l = Y_l + BIAS_l over 2^SHIFT_l, rounded, saturated and, in all layers but the last, with ReLU (requantise)
//
// A dense layer is a convolution whose filter is as large as its image.
//
// Formats:  s_axis_x: a beat is an image, IH rows of IW pixels of IC channels of XB bits. m_axis_y: a beat is A of the
//           last layer, rows of pixels of channels of AB bits, two's complement; A of other layers is unsigned. FH, FW,
//           STRIDE, PAD, O, WB, YB and AB: 32 bits a layer, first layer lowest. BIAS and SHIFT: of channel o of layer l
//           (from 0) the element l*CM+o, of BB and of 6 bits. WEIGHTSl and PROGRAMl: the matrix of a window, FH FW C x O,
//           as in unrolled_matrix; every position has its own copy, less what padding and synthesis take away.
//           tlast goes along.
// Latency:  a cycle a layer and what the matrices take, each as in unrolled_matrix: LAYERS cycles without registers
//           inside of them.
// Period:   1 cycle an image.
// Source:   unrolled layers: Kratos, FPL 2024; integers all the way: Jacob et al., CVPR 2018.

`resetall

`ifdef VERILATOR
// the graphs of all positions in one piece would be twice the C++
`verilator_config
no_inline -module "adder_graph"
`verilog
`endif

`timescale 1ns / 1ps
`default_nettype none

module unrolled_network #(
    parameter LAYERS    = 2,                             // layers (1..4)
    parameter IMPL      = 0,                             // 1 adder graphs, 0 plain (0..1)
    parameter IH        = 4,                             // rows of the image (1 or more)
    parameter IW        = 4,                             // its columns (1 or more)
    parameter IC        = 1,                             // its channels (1 or more)
    parameter XB        = 4,                             // bits of a pixel (1..16)
    parameter SIGNED    = 0,                             // pixels: 1 two's complement, 0 unsigned (0..1)
    parameter [32*LAYERS-1:0] FH     = {32'd2, 32'd3},   // rows of the filter (1..rows of its image + 2 PAD)
    parameter [32*LAYERS-1:0] FW     = {32'd2, 32'd3},   // its columns (1..columns + 2 PAD)
    parameter [32*LAYERS-1:0] STRIDE = {32'd1, 32'd2},   // from window to window, both ways (1 or more)
    parameter [32*LAYERS-1:0] PAD    = {32'd0, 32'd1},   // zeros on each side of the layer's image (0 or more)
    parameter [32*LAYERS-1:0] O      = {32'd3, 32'd2},   // channels of the results (1..CM)
    parameter [32*LAYERS-1:0] WB     = {32'd4, 32'd4},   // bits of a weight (1..32)
    parameter [32*LAYERS-1:0] YB     = {32'd12, 32'd12}, // bits of a sum Y (2..48)
    parameter [32*LAYERS-1:0] AB     = {32'd13, 32'd4},  // bits of a result A (1..16; of the last layer 1..32)
    parameter RESULTS   = 3,                             // elements of m_axis_y, all positions and channels (1 or more: as many as there are)
    parameter CM        = 3,                             // most channels of a layer's results (1 or more)
    parameter BB        = 8,                             // bits of a bias (1..48)
    parameter [LAYERS*CM*BB-1:0] BIAS  = 0,              // in units of Y
    parameter [LAYERS*CM*6-1:0]  SHIFT = 0,              // places (0..47)
    parameter REGISTERS = 0,                             // plain: 1 matrices are pipelined, 0 they are combinational (0..1, ignored by graphs)
    parameter MB        = 96,                            // bits of the largest matrix (1 or more)
    parameter [MB-1:0] WEIGHTS1 = 0,                     // plain: matrix of layer 1; in lower bits if it is smaller
    parameter [MB-1:0] WEIGHTS2 = 0,
    parameter [MB-1:0] WEIGHTS3 = 0,
    parameter [MB-1:0] WEIGHTS4 = 0,
    parameter PB        = 32,                            // bits of the longest program (1 or more)
    parameter [PB-1:0] PROGRAM1 = 0,                     // adder graph of the same matrix
    parameter [PB-1:0] PROGRAM2 = 0,
    parameter [PB-1:0] PROGRAM3 = 0,
    parameter [PB-1:0] PROGRAM4 = 0
) (
    input  wire                   clk,                   // clock
    input  wire                   rst,                   // synchronous reset
    input  wire [IH*IW*IC*XB-1:0] s_axis_x_tdata,        // image
    input  wire                   s_axis_x_tvalid,
    output wire                   s_axis_x_tready,
    input  wire                   s_axis_x_tlast,
    output wire [RESULTS*AB[32*(LAYERS-1) +: 32]-1:0] m_axis_y_tdata, // results of the last layer
    output wire                   m_axis_y_tvalid,
    input  wire                   m_axis_y_tready,
    output wire                   m_axis_y_tlast
);

// rows or columns of what so many layers leave of the image
function integer extent(input integer layers, input integer columns);
    integer i;
    begin
        extent = columns != 0 ? (IW < 1 ? 1 : IW) : (IH < 1 ? 1 : IH);
        for (i = 0; i < layers; i = i + 1) begin
            // a filter that does not fit is refused below
            if (extent + 2 * PAD[32*i +: 32] < (columns != 0 ? FW[32*i +: 32] : FH[32*i +: 32])) extent = 1;
            else extent = (extent + 2 * PAD[32*i +: 32] - (columns != 0 ? FW[32*i +: 32] : FH[32*i +: 32]))
                / (STRIDE[32*i +: 32] == 0 ? 1 : STRIDE[32*i +: 32]) + 1;
        end
    end
endfunction

// whether all layers have filters that fit their images, and as many results as there is room for
function integer fits(input integer layers);
    integer i;
    begin
        fits = 1;
        for (i = 0; i < layers; i = i + 1) begin
            if (FH[32*i +: 32] == 0 || FH[32*i +: 32] > extent(i, 0) + 2 * PAD[32*i +: 32]) fits = 0;
            if (FW[32*i +: 32] == 0 || FW[32*i +: 32] > extent(i, 1) + 2 * PAD[32*i +: 32]) fits = 0;
            if (STRIDE[32*i +: 32] == 0) fits = 0;
        end
    end
endfunction

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (LAYERS < 1 || LAYERS > 4) begin : guard_layers
`ifdef __ICARUS__
        unrolled_network_parameter_LAYERS_must_be_1_to_4 guard ();
`else
        $error("Error: unrolled_network parameter LAYERS must be 1 to 4 (instance %m)");
`endif
    end
    if (RESULTS != extent(LAYERS, 0) * extent(LAYERS, 1) * O[32*(LAYERS-1) +: 32]) begin : guard_results
`ifdef __ICARUS__
        unrolled_network_parameter_RESULTS_must_be_those_of_the_last_layer guard ();
`else
        $error("Error: unrolled_network parameter RESULTS must be those of the last layer (instance %m)");
`endif
    end
    if (IMPL != 0 && IMPL != 1) begin : guard_impl
`ifdef __ICARUS__
        unrolled_network_parameter_IMPL_must_be_0_or_1 guard ();
`else
        $error("Error: unrolled_network parameter IMPL must be 0 or 1 (instance %m)");
`endif
    end
    if (SIGNED != 0 && SIGNED != 1) begin : guard_signed
`ifdef __ICARUS__
        unrolled_network_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: unrolled_network parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
    if (IH < 1 || IW < 1 || IC < 1) begin : guard_image
`ifdef __ICARUS__
        unrolled_network_parameters_IH_IW_and_IC_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_network parameters IH, IW and IC must be 1 or more (instance %m)");
`endif
    end
    if (fits(LAYERS) == 0) begin : guard_filters
`ifdef __ICARUS__
        unrolled_network_parameters_FH_FW_and_STRIDE_must_be_1_or_more_and_filters_fit_their_images guard ();
`else
        $error("Error: unrolled_network parameters FH, FW and STRIDE must be 1 or more, and filters fit their images (instance %m)");
`endif
    end
    if (MB < 1) begin : guard_mb
`ifdef __ICARUS__
        unrolled_network_parameter_MB_must_be_1_or_more guard ();
`else
        $error("Error: unrolled_network parameter MB must be 1 or more (instance %m)");
`endif
    end
endgenerate

wire [LAYERS:0] valid, ready, last;                      // streams behind each layer; 0: the image

assign valid[0]        = s_axis_x_tvalid;
assign last[0]         = s_axis_x_tlast;
assign s_axis_x_tready = ready[0];
assign m_axis_y_tvalid = valid[LAYERS];
assign m_axis_y_tlast  = last[LAYERS];
assign ready[LAYERS]   = m_axis_y_tready;

genvar l, p, q, f, g;

generate
    for (l = 0; l <= LAYERS; l = l + 1) begin : layer
        localparam H = extent(l, 0);
        localparam W = extent(l, 1);
        localparam C = l == 0 ? IC : O[32*(l > 0 ? l-1 : 0) +: 32];
        localparam B = l == 0 ? XB : AB[32*(l > 0 ? l-1 : 0) +: 32];
        wire [H*W*C*B-1:0] data;

        if (l == 0) begin : image
            assign data = s_axis_x_tdata;
        end else begin : neurons
            localparam RH  = extent(l-1, 0);             // its image: rows, columns, channels, bits
            localparam RW  = extent(l-1, 1);
            localparam RC  = l == 1 ? IC : O[32*(l > 1 ? l-2 : 0) +: 32];
            localparam RB  = l == 1 ? XB : AB[32*(l > 1 ? l-2 : 0) +: 32];
            localparam LH  = FH[32*(l-1) +: 32];         // its filter
            localparam LW  = FW[32*(l-1) +: 32];
            localparam LS  = STRIDE[32*(l-1) +: 32];
            localparam LP  = PAD[32*(l-1) +: 32];
            localparam LWB = WB[32*(l-1) +: 32];
            localparam LYB = YB[32*(l-1) +: 32];
            localparam N   = LH * LW * RC;               // inputs of a window
            localparam [MB-1:0] MATRIX  = l == 1 ? WEIGHTS1 : l == 2 ? WEIGHTS2 : l == 3 ? WEIGHTS3 : WEIGHTS4;
            localparam [PB-1:0] PROGRAM = l == 1 ? PROGRAM1 : l == 2 ? PROGRAM2 : l == 3 ? PROGRAM3 : PROGRAM4;
            wire [H*W*N*RB-1:0]  windows;
            wire [H*W*C*LYB-1:0] sums;
            wire                 sums_valid, sums_ready, sums_last;

            if (C < 1 || C > CM) begin : guard_cm
`ifdef __ICARUS__
                unrolled_network_parameter_O_must_be_1_to_CM guard ();
`else
                $error("Error: unrolled_network parameter O must be 1 to CM (instance %m)");
`endif
            end
            if (N * C * LWB > MB) begin : guard_matrix
`ifdef __ICARUS__
                unrolled_network_parameter_MB_must_hold_the_matrix_of_each_layer guard ();
`else
                $error("Error: unrolled_network parameter MB must hold the matrix of each layer (instance %m)");
`endif
            end

            for (p = 0; p < H; p = p + 1) begin : down
                for (q = 0; q < W; q = q + 1) begin : across
                    for (f = 0; f < LH; f = f + 1) begin : row
                        for (g = 0; g < LW; g = g + 1) begin : column
                            localparam AT = ((p*W+q)*LH+f)*LW+g;
                            localparam I  = p*LS+f;      // of the image with its zeros
                            localparam J  = q*LS+g;
                            if (I >= LP && I < LP + RH && J >= LP && J < LP + RW) begin : inside_image
                                assign windows[AT*RC*RB +: RC*RB] = layer[l-1].data[((I-LP)*RW+J-LP)*RC*RB +: RC*RB];
                            end else begin : zeros
                                assign windows[AT*RC*RB +: RC*RB] = {RC*RB{1'b0}};
                            end
                        end
                    end
                end
            end

            gemmt_fu #(
                .IMPL(IMPL),
                .M(H * W),
                .I(N),
                .O(C),
                .XB(RB),
                .SIGNED(l == 1 ? SIGNED : 0),
                .WB(LWB),
                .YB(LYB),
                .REGISTERS(REGISTERS),
                .WEIGHTS(MATRIX[N*C*LWB-1:0]),
                .PB(PB),
                .PROGRAM(PROGRAM)
            ) matrix (
                .clk(clk),
                .rst(rst),
                .s_axis_x_tdata(windows),
                .s_axis_x_tvalid(valid[l-1]),
                .s_axis_x_tready(ready[l-1]),
                .s_axis_x_tlast(last[l-1]),
                .m_axis_y_tdata(sums),
                .m_axis_y_tvalid(sums_valid),
                .m_axis_y_tready(sums_ready),
                .m_axis_y_tlast(sums_last)
            );

            requantise #(
                .N(H * W * C),
                .XB(LYB),
                .YB(B),
                .BB(BB),
                .MULTIPLIER(1),
                .SHIFT(0),
                .RELU(l < LAYERS ? 1 : 0),
                .REGISTERS(1),
                .BIAS({H*W{BIAS[(l-1)*CM*BB +: C*BB]}}),
                .SHIFTS({H*W{SHIFT[(l-1)*CM*6 +: C*6]}})
            ) activation (
                .clk(clk),
                .rst(rst),
                .s_axis_x_tdata(sums),
                .s_axis_x_tvalid(sums_valid),
                .s_axis_x_tready(sums_ready),
                .s_axis_x_tlast(sums_last),
                .m_axis_y_tdata(data),
                .m_axis_y_tvalid(valid[l]),
                .m_axis_y_tready(ready[l]),
                .m_axis_y_tlast(last[l])
            );
        end
    end
endgenerate

assign m_axis_y_tdata = layer[LAYERS].data;

endmodule

`resetall
