// SPDX-License-Identifier: Apache-2.0
// Makes every frame of a stream as long as the core behind it wants it: a frame is what ends with tlast.
//
//   beats of m = those of s up to the one that the core calls the last; `fill` beats, of zeros, when tlast came before it
//
// Formats:  m_final: the beat that m takes now, or next, is the last of a frame; the core knows it from its own counters,
//           without a look at m_tvalid. fill: this beat is not on s; its data are zeros, and what else the frame has, such as
//           its tuser, is that of the beats before. What s has behind the last beat is taken and ignored up to tlast.
//           So each frame of s, short or long, is one whole frame of m, and the next one is right again.
// Latency:  none.
// Period:   1 cycle a beat; frames of the right length lose no cycle.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module frame_gate (
    input  wire clk,                                     // clock
    input  wire rst,                                     // synchronous reset
    input  wire s_tvalid,                                // what comes in
    output wire s_tready,
    input  wire s_tlast,
    output wire m_tvalid,                                // what the core gets
    input  wire m_tready,
    input  wire m_final,                                 // its last beat
    output wire fill                                     // a beat of zeros
);

reg  fill_reg;                                           // tlast has come, the core wants more
reg  drop_reg;                                           // the core has all, tlast is to come
wire take, give;

assign fill     = fill_reg;
assign m_tvalid = fill_reg || (s_tvalid && !drop_reg);
assign s_tready = drop_reg || (m_tready && !fill_reg);
assign take     = s_tvalid && s_tready;
assign give     = m_tvalid && m_tready;

always @(posedge clk) begin
    fill_reg <= fill_reg ? !(give && m_final) : take && s_tlast && !drop_reg && !m_final;
    drop_reg <= drop_reg ? !(take && s_tlast) : take && !s_tlast && m_final;

    if (rst) begin
        fill_reg <= 1'b0;
        drop_reg <= 1'b0;
    end
end

endmodule

`resetall
