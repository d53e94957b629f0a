// SPDX-License-Identifier: Apache-2.0
// Keeps a set-up stream, such as weights, and a stream of frames apart: what changes the one never comes into the other.
//
//   a frame begins when no set-up is offered or under way; a set-up goes on when no frame is open and none is inside
//
// Formats:  a frame uses the last s_setup frame that was taken whole before its first beat; from the first beat of s_setup
//           to its last no frame begins, idle cycles between them included; a frame that has begun is taken to its end
//           first. Both streams end their frames with tlast. `occupied`: what was set up is still in use, for frames whose
//           beats have all come; cores that keep it with the frames tie it to 0. tdata and tuser go past this module.
// Liveness: a source that always has a set-up to offer starves the frames; one that always has a frame to offer does not
//           starve the set-up, which comes first between two frames. m_frame_tvalid may be taken back until the first
//           beat of a frame is taken, and m_setup_tvalid never is.
// Latency:  none.
// Period:   1 cycle a beat. The next frame may begin in the cycle after the last beat of a set-up.
// Reset:    ends what was under way on both sides: the next beats are first ones.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module setup_gate (
    input  wire clk,                                     // clock
    input  wire rst,                                     // synchronous reset
    input  wire occupied,                                // frames that came before are in the core
    input  wire s_setup_tvalid,                          // set-up
    output wire s_setup_tready,
    input  wire s_setup_tlast,
    output wire m_setup_tvalid,                          // to the core
    input  wire m_setup_tready,
    input  wire s_frame_tvalid,                          // frames
    output wire s_frame_tready,
    input  wire s_frame_tlast,
    output wire m_frame_tvalid,                          // to the core
    input  wire m_frame_tready
);

reg  open_reg;                                           // beats of a frame are to come
reg  loading_reg;                                        // beats of a set-up are to come
wire admit, quiet;

assign admit = open_reg || (!loading_reg && !s_setup_tvalid);
assign quiet = !open_reg && !occupied;

assign m_frame_tvalid = s_frame_tvalid && admit;
assign s_frame_tready = m_frame_tready && admit;
assign m_setup_tvalid = s_setup_tvalid && quiet;
assign s_setup_tready = m_setup_tready && quiet;

always @(posedge clk) begin
    if (s_frame_tvalid && s_frame_tready) begin
        open_reg <= !s_frame_tlast;
    end
    if (s_setup_tvalid && s_setup_tready) begin
        loading_reg <= !s_setup_tlast;
    end

    if (rst) begin
        open_reg    <= 1'b0;
        loading_reg <= 1'b0;
    end
end

endmodule

`resetall
