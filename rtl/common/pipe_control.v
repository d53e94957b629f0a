// SPDX-License-Identifier: Apache-2.0
// Control of a pipeline between two AXI4-Streams, all of whose stages move together.
//
//   move = the last stage is empty, or what is in it is taken
//
// Formats:  every register of the pipeline takes its next value in the cycles in which `move` is high.
// Latency:  STAGES cycles; with STAGES 0 none, the streams are joined.
// Period:   1 cycle a beat. An empty stage is not filled by itself: beats behind a gap keep it.
// Source:   common practice.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module pipe_control #(
    parameter STAGES = 1                                 // registers in a row (0 or more)
) (
    input  wire clk,                                     // clock
    input  wire rst,                                     // synchronous reset
    input  wire s_tvalid,                                // what comes in
    output wire s_tready,
    input  wire s_tlast,
    output wire m_tvalid,                                // what goes out
    input  wire m_tready,
    output wire m_tlast,
    output wire move                                     // enable of the registers
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (STAGES < 0) begin : guard_stages
`ifdef __ICARUS__
        pipe_control_parameter_STAGES_must_be_0_or_more guard ();
`else
        $error("Error: pipe_control parameter STAGES must be 0 or more (instance %m)");
`endif
    end
endgenerate

generate
    if (STAGES == 0) begin : direct
        wire unused = clk && rst;
        assign move     = m_tready;
        assign s_tready = m_tready;
        assign m_tvalid = s_tvalid;
        assign m_tlast  = s_tlast;
    end else begin : stages
        reg  [STAGES-1:0] valid_reg, last_reg;
        wire [STAGES:0]   valid = {valid_reg, s_tvalid};
        wire [STAGES:0]   last  = {last_reg, s_tlast};

        assign move     = !valid[STAGES] || m_tready;
        assign s_tready = move;
        assign m_tvalid = valid[STAGES];
        assign m_tlast  = last[STAGES];

        always @(posedge clk) begin
            if (move) begin
                valid_reg <= valid[STAGES-1:0];
                last_reg  <= last[STAGES-1:0];
            end

            if (rst) begin
                valid_reg <= {STAGES{1'b0}};
            end
        end
    end
endgenerate

endmodule

`resetall
