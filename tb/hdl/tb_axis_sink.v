// SPDX-License-Identifier: Apache-2.0
// File-backed AXI4-Stream sink: writes every accepted beat, checks the protocol, holds `tready` low at random.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_axis_sink #(
    parameter WIDTH = 8,             // bits of tdata
    parameter BEATS = 1,             // beats of a frame
    parameter RAGGED = 0,            // frames may end early: zeros fill them up in the file
    parameter FILE  = "out.bin"
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the file, one cycle
    input  wire             finish,  // closes it, one cycle
    input  wire             busy,    // a burst is on
    input  wire [7:0]       rnd,     // random bits, new every cycle
    input  wire [7:0]       stall,   // out of 256 cycles, how many hold `tready` low
    input  wire [WIDTH-1:0] tdata,
    input  wire             tvalid,
    input  wire             tlast,
    output reg              tready /*verilator public_flat_rw*/, // cocotb's driver writes it in beat mode
    output wire             moved,   // a beat is accepted in this cycle
    output reg  [31:0]      frames   // whole frames received
);

// what cocotb's monitor reads in beat mode
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = tdata;
wire valid_pin /*verilator public_flat_rd*/ = tvalid;
wire last_pin  /*verilator public_flat_rd*/ = tlast;

reg [31:0] unknown  /*verilator public_flat_rd*/ = 0; // beats with an X or Z, and cycles with an unknown tvalid
reg [31:0] protocol /*verilator public_flat_rd*/ = 0; // tlast out of place, or an offered beat changed or taken back

reg [31:0] beat = 0;
reg [WIDTH:0] offered = {WIDTH+1{1'b0}};
reg waiting = 1'b0;
reg [WIDTH-1:0] zeros = {WIDTH{1'b0}}; // Icarus 11 has no room for a wide constant in $fwrite
integer fd;

assign moved = busy && tvalid && tready;

initial begin
    tready = 1'b0;
    frames = 0;
end

always @(posedge clk) begin
    if (finish) $fclose(fd);
    if (rst) begin
        tready  <= 1'b0;
        waiting <= 1'b0;
        beat     = 0;
    end else if (start) begin
        fd       = $fopen(FILE, "wb");
        frames   <= 0;
        beat      = 0;
        unknown  <= 0;
        protocol <= 0;
        tready   <= 1'b0;
        waiting  <= 1'b0;
    end else if (finish) begin
        tready <= 1'b0;
    end else if (busy) begin
        tready <= rnd >= stall;
        // a two-state simulator folds these comparisons away
        if (^tvalid === 1'bx) unknown <= unknown + 1;
        // AXI4-Stream: a beat once offered stays as it is until it is taken
        if (waiting && (!tvalid || {tlast, tdata} !== offered)) protocol <= protocol + 1;
        waiting <= tvalid && !tready;
        offered <= {tlast, tdata};
        if (tvalid && tready) begin
            if (^{tlast, tdata} === 1'bx) unknown <= unknown + 1;
            $fwrite(fd, "%u", tdata);
            beat = beat + 1;
            if (RAGGED != 0 && tlast) begin
                while (beat != BEATS) begin
                    $fwrite(fd, "%u", zeros);
                    beat = beat + 1;
                end
            end
            if (tlast !== (beat == BEATS)) protocol <= protocol + 1;
            if (beat == BEATS) begin
                beat = 0;
                frames <= frames + 1;
            end
        end
    end
end

endmodule

`resetall
