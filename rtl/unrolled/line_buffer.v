// SPDX-License-Identifier: Apache-2.0
// Line buffer: turns an image, pixel by pixel, into columns of TAPS pixels, with vertical stride and zero padding.
//
//   column (p, x) = pixels (p STRIDE - PAD, x) to (p STRIDE - PAD + TAPS - 1, x); pixels outside of the image are 0
//
// Formats:  s_axis_x: a beat is a pixel of B bits, a frame an image of HEIGHT rows of WIDTH pixels. m_axis_c: a beat is
//           a column, its highest pixel lowest, a frame (HEIGHT + 2 PAD - TAPS) / STRIDE + 1 rows of WIDTH columns,
//           rounded down.
//           A frame is what ends with tlast, and gives one whole frame: what is missing is zeros, what is beyond the
//           last pixel is ignored up to tlast.
// Latency:  none: a column leaves with its last pixel, in the cycle of its acceptance.
// Period:   cycles from image to image, unstalled: WIDTH HEIGHT, and WIDTH more for each row of padding below it that a
//           column needs: WIDTH max(HEIGHT, (P - 1) STRIDE + TAPS - PAD), with P rows of columns.
// Source:   the line buffer of Kratos' conv2d pixelwise kernel, FPL 2024.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module line_buffer #(
    parameter B      = 8,                                // bits of a pixel (1 or more)
    parameter WIDTH  = 6,                                // pixels of a row (1 or more)
    parameter HEIGHT = 6,                                // rows of an image (1 or more)
    parameter TAPS   = 3,                                // pixels of a column (1..HEIGHT + 2 PAD)
    parameter STRIDE = 1,                                // rows from one column to the next (1 or more)
    parameter PAD    = 0                                 // rows of zeros above and below (0..TAPS - 1)
) (
    input  wire              clk,                        // clock
    input  wire              rst,                        // synchronous reset
    input  wire [B-1:0]      s_axis_x_tdata,             // pixel
    input  wire              s_axis_x_tvalid,
    output wire              s_axis_x_tready,
    input  wire              s_axis_x_tlast,
    output wire [TAPS*B-1:0] m_axis_c_tdata,             // column
    output wire              m_axis_c_tvalid,
    input  wire              m_axis_c_tready,
    output wire              m_axis_c_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (TAPS < 1 || TAPS > HEIGHT + 2 * PAD) begin : guard_taps
`ifdef __ICARUS__
        line_buffer_parameter_TAPS_must_be_1_to_HEIGHT_plus_2_PAD guard ();
`else
        $error("Error: line_buffer parameter TAPS must be 1 to HEIGHT plus 2 PAD (instance %m)");
`endif
    end
    if (STRIDE < 1) begin : guard_stride
`ifdef __ICARUS__
        line_buffer_parameter_STRIDE_must_be_1_or_more guard ();
`else
        $error("Error: line_buffer parameter STRIDE must be 1 or more (instance %m)");
`endif
    end
    if (PAD < 0 || PAD >= TAPS) begin : guard_pad
`ifdef __ICARUS__
        line_buffer_parameter_PAD_must_be_0_to_TAPS_minus_1 guard ();
`else
        $error("Error: line_buffer parameter PAD must be 0 to TAPS - 1 (instance %m)");
`endif
    end
    if (B < 1) begin : guard_b
`ifdef __ICARUS__
        line_buffer_parameter_B_must_be_1_or_more guard ();
`else
        $error("Error: line_buffer parameter B must be 1 or more (instance %m)");
`endif
    end
    if (WIDTH < 1) begin : guard_width
`ifdef __ICARUS__
        line_buffer_parameter_WIDTH_must_be_1_or_more guard ();
`else
        $error("Error: line_buffer parameter WIDTH must be 1 or more (instance %m)");
`endif
    end
    if (HEIGHT < 1) begin : guard_height
`ifdef __ICARUS__
        line_buffer_parameter_HEIGHT_must_be_1_or_more guard ();
`else
        $error("Error: line_buffer parameter HEIGHT must be 1 or more (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam COLUMNS = (HEIGHT + 2 * PAD - TAPS) / (STRIDE < 1 ? 1 : STRIDE) + 1;
localparam NEED    = (COLUMNS - 1) * STRIDE + TAPS - PAD; // rows up to the end of the last column
localparam STEPS   = NEED > HEIGHT ? NEED : HEIGHT;      // rows of an image, with the padding below that columns need
localparam FIRST   = TAPS - 1 - PAD;                     // rows to pass before the first column ends
localparam GAP     = STRIDE - 1;                         // and before each other one
localparam FINAL   = STEPS - 1;
localparam CLOSING = NEED - 1;
localparam EDGE    = WIDTH - 1;
localparam BOTTOM  = HEIGHT - 1;
localparam MOST    = STEPS > TAPS ? STEPS : TAPS;
localparam CB      = MOST > 1 ? $clog2(MOST) : 1;
localparam XB      = WIDTH > 1 ? $clog2(WIDTH) : 1;
localparam WB      = FIRST > 1 || GAP > 1 ? $clog2((FIRST > GAP ? FIRST : GAP) + 1) : 1;

reg  [CB-1:0] place_reg;                                 // of the row that comes now
reg  [XB-1:0] x_reg;
reg  [WB-1:0] wait_reg;                                  // rows to pass before columns end
wire [B-1:0]  pixel;
wire          present, fill, valid, ready, offers, move, last_row, last_x;

assign offers          = wait_reg == {WB{1'b0}};
assign last_row        = place_reg == FINAL[CB-1:0];
assign last_x          = x_reg == EDGE[XB-1:0];
assign pixel           = present && !fill ? s_axis_x_tdata : {B{1'b0}};
assign move            = (!present || valid) && (!offers || m_axis_c_tready);
assign ready           = present && (!offers || m_axis_c_tready);
assign m_axis_c_tvalid = offers && (!present || valid);
assign m_axis_c_tlast  = last_x && place_reg == CLOSING[CB-1:0];

// an image that ends early goes on with zeros
frame_gate whole (
    .clk(clk),
    .rst(rst),
    .s_tvalid(s_axis_x_tvalid),
    .s_tready(s_axis_x_tready),
    .s_tlast(s_axis_x_tlast),
    .m_tvalid(valid),
    .m_tready(ready),
    .m_final(last_x && place_reg == BOTTOM[CB-1:0]),
    .fill(fill)
);

// padding below the image comes as rows of zeros
generate
    if (STEPS > HEIGHT) begin : below
        assign present = place_reg < HEIGHT[CB-1:0];
    end else begin : none_below
        assign present = 1'b1;
    end
endgenerate

always @(posedge clk) begin
    if (move) begin
        x_reg <= last_x ? {XB{1'b0}} : x_reg + {{XB-1{1'b0}}, 1'b1};
        if (last_x) begin
            place_reg <= last_row ? {CB{1'b0}} : place_reg + {{CB-1{1'b0}}, 1'b1};
            wait_reg  <= last_row ? FIRST[WB-1:0] : offers ? GAP[WB-1:0] : wait_reg - {{WB-1{1'b0}}, 1'b1};
        end
    end

    if (rst) begin
        place_reg <= {CB{1'b0}};
        x_reg     <= {XB{1'b0}};
        wait_reg  <= FIRST[WB-1:0];
    end
end

genvar t;

// a line holds a row of those that went before; what it holds of another image reads as zeros
generate
    for (t = 0; t < TAPS; t = t + 1) begin : tap
        localparam ABOVE = TAPS - 1 - t;                 // rows above the one that comes now
        wire [B-1:0] from;
        if (ABOVE == 0) begin : newest
            assign from = pixel;
        end else begin : line
            reg  [B-1:0] line_reg [0:WIDTH-1];
            wire [B-1:0] held = line_reg[x_reg];
            always @(posedge clk) begin
                if (move) begin
                    line_reg[x_reg] <= tap[t+1].from;
                end
            end
            if (ABOVE > FIRST) begin : padded
                assign from = place_reg >= ABOVE[CB-1:0] ? held : {B{1'b0}};
            end else begin : plain
                assign from = held;
            end
        end
        assign m_axis_c_tdata[t*B +: B] = from;
    end
endgenerate

endmodule

`resetall
