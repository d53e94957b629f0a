// SPDX-License-Identifier: Apache-2.0
// Packs the bytes of a frame: what tkeep leaves out, anywhere, goes, and what is behind it moves up.
//
//   bytes of m = the bytes of s with tkeep set, in their order
//
// Formats:  byte i of a beat is tdata[8*i +: 8], and counts if tkeep[i] is set. All beats of m but the last are full; the last
//           one has its bytes lowest, and at least one, unless the whole frame has none. tid and tdest are those of the frame.
// Latency:  1 cycle from the last beat of s to the first of m that has all of its bytes; the others come as soon as it is
//           known that more bytes follow.
// Period:   1 cycle a beat; one more a frame when its last beat of s completes a beat of m and has bytes left.
// Reset:    forgets the frame that is inside.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module byte_pack #(
    parameter LANES = 4,                                 // bytes of a beat (1..16)
    parameter IW    = 4,                                 // bits of tid (1..32)
    parameter DW    = 4                                  // bits of tdest (1..32)
) (
    input  wire               clk,                       // clock
    input  wire               rst,                       // synchronous reset
    input  wire [8*LANES-1:0] s_axis_x_tdata,            // bytes, of which some count
    input  wire [LANES-1:0]   s_axis_x_tkeep,
    input  wire [IW-1:0]      s_axis_x_tid,
    input  wire [DW-1:0]      s_axis_x_tdest,
    input  wire               s_axis_x_tvalid,
    output wire               s_axis_x_tready,
    input  wire               s_axis_x_tlast,
    output wire [8*LANES-1:0] m_axis_y_tdata,            // those that do
    output wire [LANES-1:0]   m_axis_y_tkeep,
    output wire [IW-1:0]      m_axis_y_tid,
    output wire [DW-1:0]      m_axis_y_tdest,
    output wire               m_axis_y_tvalid,
    input  wire               m_axis_y_tready,
    output wire               m_axis_y_tlast
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (LANES < 1 || LANES > 16) begin : guard_lanes
`ifdef __ICARUS__
        byte_pack_parameter_LANES_must_be_1_to_16 guard ();
`else
        $error("Error: byte_pack parameter LANES must be 1 to 16 (instance %m)");
`endif
    end
    if (IW < 1 || IW > 32) begin : guard_iw
`ifdef __ICARUS__
        byte_pack_parameter_IW_must_be_1_to_32 guard ();
`else
        $error("Error: byte_pack parameter IW must be 1 to 32 (instance %m)");
`endif
    end
    if (DW < 1 || DW > 32) begin : guard_dw
`ifdef __ICARUS__
        byte_pack_parameter_DW_must_be_1_to_32 guard ();
`else
        $error("Error: byte_pack parameter DW must be 1 to 32 (instance %m)");
`endif
    end
endgenerate

localparam BITS = 8 * LANES;
localparam CB   = $clog2(2 * LANES + 1);                 // bits of a number of bytes

reg  [BITS-1:0]  held_reg;                               // bytes that wait for more, of which there are count_reg
reg  [CB-1:0]    count_reg;
reg              ended_reg;                              // no more come: they are the end of a frame
reg  [BITS-1:0]  tdata_reg;
reg  [LANES-1:0] tkeep_reg;
reg  [IW-1:0]    tid_reg;
reg  [DW-1:0]    tdest_reg;
reg              tvalid_reg;
reg              tlast_reg;

reg  [2*BITS-1:0] bytes;                                 // those held, above them those that come
reg  [CB-1:0]     total;
wire              room, take;
integer           i;

assign room            = !tvalid_reg || m_axis_y_tready;
assign s_axis_x_tready = room && !ended_reg;
assign take            = s_axis_x_tvalid && s_axis_x_tready;

assign m_axis_y_tdata  = tdata_reg;
assign m_axis_y_tkeep  = tkeep_reg;
assign m_axis_y_tid    = tid_reg;
assign m_axis_y_tdest  = tdest_reg;
assign m_axis_y_tvalid = tvalid_reg;
assign m_axis_y_tlast  = tlast_reg;

always @* begin
    bytes = {{BITS{1'b0}}, held_reg};
    total = count_reg;
    for (i = 0; i < LANES; i = i + 1) begin
        if (s_axis_x_tkeep[i]) begin
            bytes[8*total +: 8] = s_axis_x_tdata[8*i +: 8];
            total = total + 1'b1;
        end
    end
end

// a full beat goes when there are bytes behind it, since it might be the last one
wire            full  = total > LANES;
wire            close = ended_reg || (s_axis_x_tlast && !full);
wire [CB-1:0]   last  = ended_reg ? count_reg : total;

always @(posedge clk) begin
    if (room) begin
        tvalid_reg <= ended_reg || (take && (full || s_axis_x_tlast));
        tdata_reg  <= bytes[BITS-1:0];
        tkeep_reg  <= close ? ~({LANES{1'b1}} << last) : {LANES{1'b1}};
        tlast_reg  <= close;
        ended_reg  <= take && full && s_axis_x_tlast;
        if (ended_reg) begin
            count_reg <= {CB{1'b0}};
        end
    end
    if (take) begin
        held_reg  <= full ? bytes[2*BITS-1:BITS] : bytes[BITS-1:0];
        count_reg <= full ? total - LANES[CB-1:0] : s_axis_x_tlast ? {CB{1'b0}} : total;
        tid_reg   <= s_axis_x_tid;
        tdest_reg <= s_axis_x_tdest;
    end

    if (rst) begin
        tvalid_reg <= 1'b0;
        ended_reg  <= 1'b0;
        count_reg  <= {CB{1'b0}};
    end
end

endmodule

`resetall
