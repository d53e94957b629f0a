// SPDX-License-Identifier: Apache-2.0
// FGIE convolution layer: F filters as FGIE neurons, all on one window of the image, digit by digit.
//
//   Z_f(i,j) = max(0, sum_crs X_c(i*STRIDE + r - PAD, j*STRIDE + s - PAD) Y_f,crs + B_f / 2), X = 0 outside the image
//
// Formats:  s_axis_x: a beat a pixel, row by row, H*W a frame, channel c at [c*WX +: WX]: X = x / 2^WX, x two's complement
//           or unsigned. The bits of equal significance of a window are one beat of digits, the most significant first.
//           tuser, constant over a frame, is as in fgie_layer: {result digits wanted [11:6], bits of x that count [5:0]}.
//           A frame is what ends with tlast, and gives one whole frame of results: pixels that are missing are zeros, what
//           comes behind the last one is ignored up to tlast.
//           m_axis_y: a beat a position, row by row, tlast with the last one; result f at [f*(DY+1) +: DY+1], of D result
//           digits (1 to DY) word / 2^(D - GROWTH), two's complement; with more digits (up to 63) only the low DY + 1 bits.
//           s_axis_w: F beats {bias, weights} as in fgie_layer, weight (c,r,s) is number (c*R + r)*S + s.
//           m_axis_stat: a beat an image, {digit cycles of all neurons [31:0], those of them saved by stopping [31:0]}.
// Weights:  a frame uses the last s_axis_w frame that was taken whole before its first beat; from the first beat of s_axis_w
//           to its last no frame begins; new weights wait until all results of the images before have been taken.
//           Short and long s_axis_w frames, and resets, as in fgie_layer.
// Latency:  cycles from the acceptance of the last pixel of a window, or from its last step in the padding, to its beat of
//           m_axis_y, unstalled: D + 1 and the latency of fgie_layer; m_axis_stat comes 1 cycle after the last of them.
// Period:   cycles from a position to the next, unstalled: max(steps, WX, D + 1), of the tree max(steps, WX, D + L + 2), L =
//           ceil(log2(C R S + 1)); a step is a pixel, or a position of the padding, and takes a cycle. A step that
//           ends a window waits until the last digit of the window before goes, in the same cycle or before.
// Source:   Abdelhadi and Shannon, Fine-Grained Inference Engine Utilizing Online Arithmetic, ICFPT 2019.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module fgie_conv #(
    parameter C      = 1,                  // channels (1 or more; C R S is 1..1023)
    parameter F      = 4,                  // filters (1..1024)
    parameter R      = 3,                  // rows of a filter (1..H + 2 PAD)
    parameter S      = 3,                  // columns of a filter (1..W + 2 PAD)
    parameter H      = 8,                  // rows of an image (1..65536 - 2 PAD)
    parameter W      = 8,                  // columns of an image (1..65536 - 2 PAD)
    parameter STRIDE = 1,                  // pixels from window to window, both ways (1..65536)
    parameter PAD    = 1,                  // zeros on each side of the image (0..min(R, S) - 1)
    parameter WX     = 4,                  // bits of a channel (1..63)
    parameter SIGNED = 0,                  // 1: pixels are two's complement, 0: unsigned (0..1)
    parameter WB     = 8,                  // bits of a weight and of the bias (2..32)
    parameter GROWTH = $clog2(C*R*S + 1),  // as in fgie_neuron (0..ceil(log2(C R S + 1)); of the tree, the latter)
    parameter DY     = 16,                 // most result digits (2..63)
    parameter MERGED = 1,                  // as in fgie_neuron (0..1)
    parameter PIPE   = 1,                  // as in fgie_neuron (0 or more)
    parameter RELU   = 1                   // as in fgie_neuron (0..1)
) (
    input  wire                      clk,             // clock
    input  wire                      rst,             // synchronous reset
    input  wire [(C*R*S+1)*WB-1:0]   s_axis_w_tdata,  // weights and bias of a filter
    input  wire                      s_axis_w_tvalid,
    output wire                      s_axis_w_tready,
    input  wire                      s_axis_w_tlast,
    input  wire [C*WX-1:0]           s_axis_x_tdata,  // a pixel
    input  wire [11:0]               s_axis_x_tuser,  // precision
    input  wire                      s_axis_x_tvalid,
    output wire                      s_axis_x_tready,
    input  wire                      s_axis_x_tlast,
    output wire [F*(DY+1)-1:0]       m_axis_y_tdata,  // results of a position
    output wire                      m_axis_y_tvalid,
    input  wire                      m_axis_y_tready,
    output wire                      m_axis_y_tlast,
    output wire [63:0]               m_axis_stat_tdata, // digit cycles
    output wire                      m_axis_stat_tvalid,
    input  wire                      m_axis_stat_tready,
    output wire                      m_axis_stat_tlast
);

// derived, do not change
localparam K  = C * R * S;                 // synapses of a filter
localparam BH = H + 2 * PAD;               // image and padding
localparam BW = W + 2 * PAD;
localparam AB = BW > 1 ? $clog2(BW) : 1;   // bits of a column's number
localparam PX = C * WX;                    // bits of a pixel
localparam OH = (BH - R) / (STRIDE < 1 ? 1 : STRIDE) + 1; // positions
localparam OW = (BW - S) / (STRIDE < 1 ? 1 : STRIDE) + 1;

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (R < 1 || S < 1 || R > BH || S > BW || PAD < 0 || PAD >= R || PAD >= S) begin : guard_window
`ifdef __ICARUS__
        fgie_conv_parameters_R_S_PAD_must_give_a_window_that_fits_and_is_larger_than_the_padding guard ();
`else
        $error("Error: fgie_conv parameters R and S must be more than PAD and fit in the padded image (instance %m)");
`endif
    end
    if (STRIDE < 1 || C < 1 || WX < 1 || WX > 63) begin : guard_pixels
`ifdef __ICARUS__
        fgie_conv_parameters_STRIDE_and_C_must_be_1_or_more_and_WX_1_to_63 guard ();
`else
        $error("Error: fgie_conv parameters STRIDE and C must be 1 or more, and WX 1 to 63 (instance %m)");
`endif
    end
    if (DY < 2 || DY > 63) begin : guard_dy
`ifdef __ICARUS__
        fgie_conv_parameter_DY_must_be_2_to_63 guard ();
`else
        $error("Error: fgie_conv parameter DY must be 2 to 63 (instance %m)");
`endif
    end
    if (H < 1 || W < 1 || BH > 65536 || BW > 65536) begin : guard_image
`ifdef __ICARUS__
        fgie_conv_parameters_H_and_W_must_be_1_or_more_and_at_most_65536_with_the_padding guard ();
`else
        $error("Error: fgie_conv parameters H and W must be 1 or more, and at most 65536 with the padding (instance %m)");
`endif
    end
    if (R >= 1 && S >= 1 && STRIDE >= 1 && OH >= 1 && OW > 2147483647 / (OH < 1 ? 1 : OH)) begin : guard_positions
`ifdef __ICARUS__
        fgie_conv_parameters_H_and_W_must_give_at_most_2147483647_positions guard ();
`else
        $error("Error: fgie_conv parameters H and W must give at most 2147483647 positions (instance %m)");
`endif
    end
    if (STRIDE > 65536) begin : guard_stride
`ifdef __ICARUS__
        fgie_conv_parameter_STRIDE_must_be_1_to_65536 guard ();
`else
        $error("Error: fgie_conv parameter STRIDE must be 1 to 65536 (instance %m)");
`endif
    end
    if (SIGNED != 0 && SIGNED != 1) begin : guard_signed
`ifdef __ICARUS__
        fgie_conv_parameter_SIGNED_must_be_0_or_1 guard ();
`else
        $error("Error: fgie_conv parameter SIGNED must be 0 or 1 (instance %m)");
`endif
    end
endgenerate

// scan of the padded image; every STRIDE-th row and column, from the first whole window on, ends a window
reg  [15:0] row_reg, column_reg;           // position of the next pixel
reg  [15:0] skip_rows_reg, skip_columns_reg; // rows and columns until one that ends a window
reg         open_reg;                      // pixels of an image are in, and more are to come
reg  [6:0]  inside_reg;                    // images whose results have not gone
reg  [11:0] user_reg;                      // of the image

wire          outside;                     // the next pixel is padding
wire          i_valid, i_ready, p_valid, p_ready, fill; // images, then whole images
wire          load, w_ready;
wire          admit, step, takes;
wire          closes;                      // the next pixel is the last one of the image
wire          ends;                        // the next pixel ends a window
wire          room;                        // and it can go
wire          y_taken;
wire [PX-1:0] pixel;
wire [11:0]   user;

generate
    if (PAD > 0) begin : padded
        assign outside = {16'd0, row_reg} < PAD || {16'd0, row_reg} >= PAD + H || {16'd0, column_reg} < PAD
            || {16'd0, column_reg} >= PAD + W;
    end else begin : bare
        assign outside = 1'b0;
    end
endgenerate

assign ends    = skip_rows_reg == 16'd0 && skip_columns_reg == 16'd0;
assign closes  = {16'd0, row_reg} == PAD + H - 1 && {16'd0, column_reg} == PAD + W - 1;
assign admit   = open_reg || !inside_reg[6];
assign pixel   = outside || fill ? {PX{1'b0}} : s_axis_x_tdata;
assign user    = fill ? user_reg : s_axis_x_tuser;
assign step    = (!ends || room) && (outside || (p_valid && admit));
assign takes   = step && !outside;
assign p_ready = !outside && admit && (!ends || room);

setup_gate gate (
    .clk(clk),
    .rst(rst),
    .occupied(inside_reg != 7'd0),
    .s_setup_tvalid(s_axis_w_tvalid),
    .s_setup_tready(s_axis_w_tready),
    .s_setup_tlast(s_axis_w_tlast),
    .m_setup_tvalid(load),
    .m_setup_tready(w_ready),
    .s_frame_tvalid(s_axis_x_tvalid),
    .s_frame_tready(s_axis_x_tready),
    .s_frame_tlast(s_axis_x_tlast),
    .m_frame_tvalid(i_valid),
    .m_frame_tready(i_ready)
);

// an image that ends early goes on with zeros
frame_gate whole (
    .clk(clk),
    .rst(rst),
    .s_tvalid(i_valid),
    .s_tready(i_ready),
    .s_tlast(s_axis_x_tlast),
    .m_tvalid(p_valid),
    .m_tready(p_ready),
    .m_final(closes),
    .fill(fill)
);

always @(posedge clk) begin
    if (step) begin
        column_reg       <= column_reg + 16'd1;
        skip_columns_reg <= skip_columns_reg == 16'd0 ? STRIDE[15:0] - 16'd1 : skip_columns_reg - 16'd1;
        if ({16'd0, column_reg} == BW - 1) begin
            column_reg       <= 16'd0;
            skip_columns_reg <= S[15:0] - 16'd1;
            row_reg          <= row_reg + 16'd1;
            skip_rows_reg    <= skip_rows_reg == 16'd0 ? STRIDE[15:0] - 16'd1 : skip_rows_reg - 16'd1;
            if ({16'd0, row_reg} == BH - 1) begin
                row_reg       <= 16'd0;
                skip_rows_reg <= R[15:0] - 16'd1;
            end
        end
    end
    if (takes) begin
        open_reg <= !closes;
        user_reg <= user;
    end
    inside_reg <= inside_reg + {6'd0, takes && !open_reg} - {6'd0, y_taken && m_axis_y_tlast};

    if (rst) begin
        row_reg          <= 16'd0;
        column_reg       <= 16'd0;
        skip_rows_reg    <= R[15:0] - 16'd1;
        skip_columns_reg <= S[15:0] - 16'd1;
        open_reg         <= 1'b0;
        inside_reg       <= 7'd0;
    end
end

// window: its newest column, from the lines above and the pixel, and the columns before
wire [R*PX-1:0]   newest;
wire [S*R*PX-1:0] window;                  // column s at [s*R*PX +: R*PX], row r of it at [r*PX +: PX]

generate
    if (R > 1) begin : lines
        reg  [(R-1)*PX-1:0] line_reg [0:BW-1];
        wire [AB-1:0]       at    = column_reg[AB-1:0];
        wire [(R-1)*PX-1:0] above = line_reg[at];

        assign newest = {pixel, above};

        always @(posedge clk) begin
            if (step) begin
                line_reg[at] <= newest[R*PX-1:PX];
            end
        end
    end else begin : no_lines
        assign newest = pixel;
    end

    if (S > 1) begin : columns
        reg [(S-1)*R*PX-1:0] column_regs;

        assign window = {newest, column_regs};

        always @(posedge clk) begin
            if (step) begin
                column_regs <= window[S*R*PX-1:R*PX];
            end
        end
    end else begin : no_columns
        assign window = newest;
    end
endgenerate

// digits: a whole window, shifted out bit by bit, all synapses at once
reg  [K*WX-1:0] bits_reg;
reg  [5:0]      left_reg;                  // digits to come
reg             top_reg;                   // the next digit is the first one
reg  [11:0]     window_user_reg;           // precision, which the next image may change before the digits go
wire            x_ready, x_last, moves;
wire [K-1:0]    tops;
wire [2*K-1:0]  x_data;

assign moves  = left_reg != 6'd0 && x_ready;
assign x_last = left_reg == 6'd1;
assign room   = left_reg == 6'd0 || (moves && x_last);
assign x_data = SIGNED != 0 && top_reg ? {tops, {K{1'b0}}} : {{K{1'b0}}, tops};

genvar c, r, s, f;

generate
    for (c = 0; c < C; c = c + 1) begin : channel
        for (r = 0; r < R; r = r + 1) begin : line
            for (s = 0; s < S; s = s + 1) begin : element
                localparam AT = (c * R + r) * S + s;

                assign tops[AT] = bits_reg[AT*WX+WX-1];

                always @(posedge clk) begin
                    if (step && ends) begin
                        bits_reg[AT*WX +: WX] <= window[(s*R+r)*PX + c*WX +: WX];
                    end else if (moves) begin
                        bits_reg[AT*WX +: WX] <= bits_reg[AT*WX +: WX] << 1;
                    end
                end
            end
        end
    end
endgenerate

always @(posedge clk) begin
    if (step && ends) begin
        left_reg        <= WX[5:0];
        top_reg         <= 1'b1;
        window_user_reg <= takes ? user : user_reg;
    end else if (moves) begin
        left_reg <= left_reg - 6'd1;
        top_reg  <= 1'b0;
    end

    if (rst) begin
        left_reg <= 6'd0;
    end
end

// neurons
wire          z_valid, z_ready, z_last, stat_valid, stat_ready, unused_stat_last;
wire [2*F-1:0] z;
wire [5:0]    unused_user;
wire [31:0]   stat;

fgie_layer #(
    .K(K),
    .M(F),
    .WB(WB),
    .N(WX),
    .GROWTH(GROWTH),
    .MERGED(MERGED),
    .PIPE(PIPE),
    .RELU(RELU)
) neurons (
    .clk(clk),
    .rst(rst),
    .s_axis_w_tdata(s_axis_w_tdata),
    .s_axis_w_tvalid(load),
    .s_axis_w_tready(w_ready),
    .s_axis_w_tlast(s_axis_w_tlast),
    .s_axis_x_tdata(x_data),
    .s_axis_x_tuser(window_user_reg),
    .s_axis_x_tvalid(left_reg != 6'd0),
    .s_axis_x_tready(x_ready),
    .s_axis_x_tlast(x_last),
    .m_axis_z_tdata(z),
    .m_axis_z_tuser(unused_user),
    .m_axis_z_tvalid(z_valid),
    .m_axis_z_tready(z_ready),
    .m_axis_z_tlast(z_last),
    .m_axis_stat_tdata(stat),
    .m_axis_stat_tvalid(stat_valid),
    .m_axis_stat_tready(stat_ready),
    .m_axis_stat_tlast(unused_stat_last)
);

// results: digits to words, which stay until they are taken, as the converters move with the digits
reg         begun_reg;                     // digits of this position have come
reg         y_valid_reg;
reg  [31:0] position_reg;                  // position whose results are on the pins
wire        digit;                         // one comes

assign z_ready         = !y_valid_reg || m_axis_y_tready;
assign digit           = z_valid && z_ready;
assign y_taken         = y_valid_reg && m_axis_y_tready;
assign m_axis_y_tvalid = y_valid_reg;
assign m_axis_y_tlast  = position_reg == OH * OW - 1;

always @(posedge clk) begin
    if (digit) begin
        begun_reg <= !z_last;
    end
    y_valid_reg <= (digit && z_last) || (y_valid_reg && !m_axis_y_tready);
    if (y_taken) begin
        position_reg <= m_axis_y_tlast ? 32'd0 : position_reg + 32'd1;
    end

    if (rst) begin
        begun_reg    <= 1'b0;
        y_valid_reg  <= 1'b0;
        position_reg <= 32'd0;
    end
end

generate
    for (f = 0; f < F; f = f + 1) begin : result
        localparam          CB   = $clog2(DY + 1);
        localparam [CB-1:0] MOST = DY;
        wire unused_valid;                 // tlast says the same, and for frames of any length

        online_otfc #(
            .N(DY)
        ) convert (
            .clk(clk),
            .rst(rst),
            .ce(digit),
            .first(!begun_reg),
            .x_p(z[f]),
            .x_n(z[F+f]),
            .digits(MOST),
            .q_valid(unused_valid),
            .q(m_axis_y_tdata[f*(DY+1) +: DY+1])
        );
    end
endgenerate

// digit cycles of an image
reg  [31:0] counted_reg;                   // positions so far
reg  [31:0] total_reg, saved_reg;
reg         whole_reg;                     // all positions are in

assign stat_ready         = !whole_reg;
assign m_axis_stat_tvalid = whole_reg;
assign m_axis_stat_tdata  = {total_reg, saved_reg};
assign m_axis_stat_tlast  = 1'b1;

always @(posedge clk) begin
    if (stat_valid && stat_ready) begin
        counted_reg <= counted_reg + 32'd1;
        whole_reg   <= counted_reg == OH * OW - 1;
        total_reg   <= total_reg + {16'd0, stat[31:16]};
        saved_reg   <= saved_reg + {16'd0, stat[15:0]};
    end

    if (rst || (whole_reg && m_axis_stat_tready)) begin
        counted_reg <= 32'd0;
        whole_reg   <= 1'b0;
        total_reg   <= 32'd0;
        saved_reg   <= 32'd0;
    end
end

endmodule

`resetall
