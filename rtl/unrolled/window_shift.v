// SPDX-License-Identifier: Apache-2.0
// Shift register that cuts windows out of a row of slices, with stride and zero padding.
//
//   window p = slices p STRIDE - PAD to p STRIDE - PAD + TAPS - 1; slices outside of the row are 0
//
// Formats:  s_axis_x: a beat is a slice of B bits, a frame ROWS rows of LENGTH slices. m_axis_w: a beat is a window,
//           its first slice lowest, a frame ROWS rows of (LENGTH + 2 PAD - TAPS) / STRIDE + 1 windows, rounded down.
//           A frame is what ends with tlast, and gives one whole frame: what is missing is zeros, what is beyond the
//           last slice is ignored up to tlast.
// Latency:  none: a window leaves with its last slice, in the cycle of its acceptance.
// Period:   cycles from row to row, unstalled: LENGTH, and one more for each slice of padding behind it that a window
//           needs: max(LENGTH, (P - 1) STRIDE + TAPS - PAD), with P windows a row; padding in front of it costs nothing,
//           since the register is cleared at the end of a row.
// Source:   the shift registers of Kratos' conv kernels, FPL 2024.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module window_shift #(
    parameter B      = 8,                                // bits of a slice (1 or more)
    parameter LENGTH = 6,                                // slices of a row (1 or more)
    parameter ROWS   = 1,                                // rows of a frame (1 or more)
    parameter TAPS   = 3,                                // slices of a window (1..LENGTH + 2 PAD)
    parameter STRIDE = 1,                                // slices from one window to the next (1 or more)
    parameter PAD    = 0,                                // slices of zeros on either side (0..TAPS - 1)
    parameter WHOLE  = 0                                 // 1: frames are known to be whole, and tlast is ignored (0..1)
) (
    input  wire              clk,                        // clock
    input  wire              rst,                        // synchronous reset
    input  wire [B-1:0]      s_axis_x_tdata,             // slice
    input  wire              s_axis_x_tvalid,
    output wire              s_axis_x_tready,
    input  wire              s_axis_x_tlast,
    output wire [TAPS*B-1:0] m_axis_w_tdata,             // window
    output wire              m_axis_w_tvalid,
    input  wire              m_axis_w_tready,
    output wire              m_axis_w_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (TAPS < 1 || TAPS > LENGTH + 2 * PAD) begin : guard_taps
`ifdef __ICARUS__
        window_shift_parameter_TAPS_must_be_1_to_LENGTH_plus_2_PAD guard ();
`else
        $error("Error: window_shift parameter TAPS must be 1 to LENGTH plus 2 PAD (instance %m)");
`endif
    end
    if (STRIDE < 1) begin : guard_stride
`ifdef __ICARUS__
        window_shift_parameter_STRIDE_must_be_1_or_more guard ();
`else
        $error("Error: window_shift parameter STRIDE must be 1 or more (instance %m)");
`endif
    end
    if (PAD < 0 || PAD >= TAPS) begin : guard_pad
`ifdef __ICARUS__
        window_shift_parameter_PAD_must_be_0_to_TAPS_minus_1 guard ();
`else
        $error("Error: window_shift parameter PAD must be 0 to TAPS - 1 (instance %m)");
`endif
    end
    if (WHOLE != 0 && WHOLE != 1) begin : guard_whole
`ifdef __ICARUS__
        window_shift_parameter_WHOLE_must_be_0_or_1 guard ();
`else
        $error("Error: window_shift parameter WHOLE must be 0 or 1 (instance %m)");
`endif
    end
    if (B < 1) begin : guard_b
`ifdef __ICARUS__
        window_shift_parameter_B_must_be_1_or_more guard ();
`else
        $error("Error: window_shift parameter B must be 1 or more (instance %m)");
`endif
    end
    if (LENGTH < 1) begin : guard_length
`ifdef __ICARUS__
        window_shift_parameter_LENGTH_must_be_1_or_more guard ();
`else
        $error("Error: window_shift parameter LENGTH must be 1 or more (instance %m)");
`endif
    end
    if (ROWS < 1) begin : guard_rows
`ifdef __ICARUS__
        window_shift_parameter_ROWS_must_be_1_or_more guard ();
`else
        $error("Error: window_shift parameter ROWS must be 1 or more (instance %m)");
`endif
    end
endgenerate

// derived, do not change
localparam WINDOWS = (LENGTH + 2 * PAD - TAPS) / (STRIDE < 1 ? 1 : STRIDE) + 1;
localparam NEED    = (WINDOWS - 1) * STRIDE + TAPS - PAD; // slices up to the end of the last window
localparam STEPS   = NEED > LENGTH ? NEED : LENGTH;      // slices of a row, with the padding that windows need
localparam FIRST   = TAPS - 1 - PAD;                     // slices to pass before the first window ends
localparam GAP     = STRIDE - 1;                         // and before each other one
localparam FINAL   = STEPS - 1;
localparam CLOSING = NEED - 1;
localparam BOTTOM  = ROWS - 1;
localparam EDGE    = LENGTH - 1;
localparam CB      = STEPS > 1 ? $clog2(STEPS) : 1;
localparam RB      = ROWS > 1 ? $clog2(ROWS) : 1;
localparam WB      = FIRST > 1 || GAP > 1 ? $clog2((FIRST > GAP ? FIRST : GAP) + 1) : 1;

reg  [CB-1:0] place_reg;                                 // of the slice that comes now
reg  [WB-1:0] wait_reg;                                  // slices to pass before a window ends
reg  [RB-1:0] row_reg;
wire [B-1:0]  slice;
wire          present, fill, valid, ready, offers, move, last_slice;

assign offers          = wait_reg == {WB{1'b0}};
assign last_slice      = place_reg == FINAL[CB-1:0];
assign slice           = present && !fill ? s_axis_x_tdata : {B{1'b0}};
assign move            = (!present || valid) && (!offers || m_axis_w_tready);
assign ready           = present && (!offers || m_axis_w_tready);
assign m_axis_w_tvalid = offers && (!present || valid);
assign m_axis_w_tlast  = place_reg == CLOSING[CB-1:0] && row_reg == BOTTOM[RB-1:0];

// a frame that ends early goes on with zeros
generate
    if (WHOLE != 0) begin : trusted
        wire unused_last = s_axis_x_tlast;
        assign valid           = s_axis_x_tvalid;
        assign s_axis_x_tready = ready;
        assign fill            = 1'b0;
    end else begin : checked
        frame_gate whole (
            .clk(clk),
            .rst(rst),
            .s_tvalid(s_axis_x_tvalid),
            .s_tready(s_axis_x_tready),
            .s_tlast(s_axis_x_tlast),
            .m_tvalid(valid),
            .m_tready(ready),
            .m_final(place_reg == EDGE[CB-1:0] && row_reg == BOTTOM[RB-1:0]),
            .fill(fill)
        );
    end
endgenerate

// padding in front of a row is what the register holds when it is clear, padding behind it is shifted in
generate
    if (STEPS > LENGTH) begin : behind
        assign present = place_reg < LENGTH[CB-1:0];
    end else begin : none_behind
        assign present = 1'b1;
    end
endgenerate

always @(posedge clk) begin
    if (move) begin
        place_reg <= place_reg + {{CB-1{1'b0}}, 1'b1};
        wait_reg  <= offers ? GAP[WB-1:0] : wait_reg - {{WB-1{1'b0}}, 1'b1};
        if (last_slice) begin
            place_reg <= {CB{1'b0}};
            wait_reg  <= FIRST[WB-1:0];
            row_reg   <= row_reg == BOTTOM[RB-1:0] ? {RB{1'b0}} : row_reg + {{RB-1{1'b0}}, 1'b1};
        end
    end

    if (rst) begin
        place_reg <= {CB{1'b0}};
        wait_reg  <= FIRST[WB-1:0];
        row_reg   <= {RB{1'b0}};
    end
end

generate
    if (TAPS > 1) begin : history
        reg  [(TAPS-1)*B-1:0] slices_reg;
        wire [TAPS*B-1:0]     window = {slice, slices_reg};
        assign m_axis_w_tdata = window;
        always @(posedge clk) begin
            if (move) begin
                slices_reg <= window[TAPS*B-1:B];
            end
            if (PAD != 0 && (rst || (move && last_slice))) begin
                slices_reg <= {(TAPS-1)*B{1'b0}};
            end
        end
    end else begin : single
        assign m_axis_w_tdata = slice;
    end
endgenerate

endmodule

`resetall
