// SPDX-License-Identifier: Apache-2.0
// File-backed AXI4-Stream sink: writes every accepted beat, checks the protocol, holds `tready` low at random where
// there is one.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_axis_sink #(
    parameter WIDTH = 8,             // bits of all that a beat carries
    parameter USER  = 0,             // of these, the upper ones, of tuser, tid and tdest, the same in all beats of a frame
    parameter KEEP  = 0,             // bits of tkeep, between tuser and a tdata of as many bytes; 0: there is none
    parameter BEATS = 1,             // beats of a frame
    parameter RAGGED = 0,            // frames may end early: zeros fill them up in the file
    parameter READY  = 1,            // 0: the core cannot wait, and whatever it offers is taken
    parameter NAME  = "out"          // of its files: .out and .when
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,   // opens the file, one cycle
    input  wire             finish,  // closes it, one cycle
    input  wire             busy,    // a burst is on
    input  wire [75:0]      setting, // of the stall generator
    input  wire [8:0]       most_pause,
    input  wire             quiet,   // nothing has moved for long
    input  wire [WIDTH-1:0] tdata,   // tdata, above it tkeep, tuser, tid and tdest
    input  wire             tvalid,
    input  wire             tlast,
    output reg              tready /*verilator public_flat_rw*/, // cocotb's driver writes it in beat mode
    output wire             moved,   // a beat is accepted in this cycle
    output reg  [31:0]      frames   // whole frames received
);

// what counts: zeros for the bytes that tkeep leaves out, whatever is on their pins
wire [WIDTH-1:0] seen;
genvar i;
generate
    if (KEEP != 0) begin : g_keep
        for (i = 0; i < KEEP; i = i + 1) begin : g_byte
            assign seen[8*i +: 8] = tdata[8*KEEP + i] ? tdata[8*i +: 8] : 8'd0;
        end
        assign seen[WIDTH-1:8*KEEP] = tdata[WIDTH-1:8*KEEP];
    end else begin : g_all
        assign seen = tdata;
    end
endgenerate

// what cocotb's monitor reads in beat mode
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = seen;
wire valid_pin /*verilator public_flat_rd*/ = tvalid;
wire last_pin  /*verilator public_flat_rd*/ = tlast;

reg [31:0] unknown  /*verilator public_flat_rd*/ = 0; // beats with an X or Z, and cycles with an unknown tvalid
reg [31:0] protocol /*verilator public_flat_rd*/ = 0; // tlast out of place, an offered beat changed or taken back, beats of no byte
reg [31:0] unsteady /*verilator public_flat_rd*/ = 0; // beats whose tuser, tid or tdest is not that of the first of their frame
reg silent /*verilator public_flat_rd*/ = 1'b1;       // tvalid has not been high since the last beat or the start

localparam UB = USER != 0 ? USER : 1;
localparam KB = KEEP != 0 ? KEEP : 1;
localparam REST = READY == 0; // tready while nothing is to come

reg [31:0] beat = 0, now;
reg [31:0] never = 32'hffffffff; // the time of beats that fill up a frame
reg [UB-1:0] user = {UB{1'b0}};
wire pause;
reg [WIDTH:0] offered = {WIDTH+1{1'b0}};
reg waiting = 1'b0;
reg [31:0] lost = 0;             // beats of a core that cannot wait for the next burst
reg [WIDTH-1:0] zeros = {WIDTH{1'b0}}; // Icarus 11 has no room for a wide constant in $fwrite
integer fd, fd_when;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(tvalid), .taken(moved), .last(tlast), .pause(pause)
);

assign moved = busy && tvalid && tready;

initial begin
    tready = REST;
    frames = 0;
    fd_when = 0;
end

always @(posedge clk) begin
    if (finish) begin
        $fclose(fd);
        if (fd_when != 0) $fclose(fd_when);
        fd_when = 0;
    end
    if (rst) begin
        tready  <= REST;
        waiting <= 1'b0;
        beat     = 0;
    end else if (start) begin
        fd       = $fopen({NAME, ".out"}, "wb");
        fd_when  = $fopen({NAME, ".when"}, "wb");
        frames   <= 0;
        beat      = 0;
        unknown  <= 0;
        protocol <= lost;
        unsteady <= 0;
        silent   <= 1'b1;
        tready   <= REST;
        waiting  <= 1'b0;
    end else if (finish) begin
        tready <= REST;
    end else if (busy) begin
        tready <= REST || !pause;
        silent <= tvalid === 1'b1 ? tready : silent;
        // a two-state simulator folds these comparisons away
        if (^tvalid === 1'bx) unknown <= unknown + 1;
        // AXI4-Stream: a beat once offered stays as it is until it is taken
        if (waiting && (!tvalid || {tlast, seen} !== offered)) protocol <= protocol + 1;
        waiting <= tvalid && !tready;
        offered <= {tlast, seen};
        if (tvalid && tready) begin
            if (^{tlast, seen} === 1'bx) unknown <= unknown + 1;
            $fwrite(fd, "%u", seen);
            now = $time;
            $fwrite(fd_when, "%u", now);
            if (beat == 0) user = seen[WIDTH-1 -: UB];
            else if (USER != 0 && user !== seen[WIDTH-1 -: UB]) unsteady <= unsteady + 1;
            if (KEEP != 0 && RAGGED != 0 && beat != 0 && !(|seen[WIDTH-USER-1 -: KB])) protocol <= protocol + 1;
            beat = beat + 1;
            if (RAGGED != 0 && tlast) begin
                while (beat != BEATS) begin
                    $fwrite(fd, "%u", zeros);
                    $fwrite(fd_when, "%u", never);
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
    if (start || rst) lost <= 0;
    else if (READY == 0 && !busy && tvalid !== 1'b0) lost <= lost + 1;
end

endmodule

`resetall
