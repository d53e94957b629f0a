// SPDX-License-Identifier: Apache-2.0
// AXI4-Lite manager: turns the commands of a program into the five channels, holds the core to the rules, and collects the
// responses.
//
// Address and data of a write go in either order. Commands of one kind follow each other without waiting; a read waits
// for the responses of all writes before it, and a write for those of all reads: what they would give is not defined.
// When not in a burst, cocotb writes `<channel>_go` cycle by cycle.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_axil_sink #(
    parameter DATA  = 32,            // bits of a register
    parameter BEATS = 1,             // commands of a program
    parameter NAME  = "out"          // of its files: .out and .when
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            start,    // opens the files, one cycle
    input  wire            finish,   // closes them, one cycle
    input  wire            busy,     // a burst is on
    input  wire [75:0]     setting_aw, // of the stall generators
    input  wire [75:0]     setting_w,
    input  wire [75:0]     setting_ar,
    input  wire [75:0]     setting_b,
    input  wire [75:0]     setting_r,
    input  wire [8:0]      most_pause,
    input  wire            quiet,    // nothing has moved for long
    input  wire            live,     // a command is on the pins
    input  wire            en,       // it asks for something
    input  wire            we,       // for a write
    input  wire [31:0]     index,    // its place in the program
    input  wire            closed,   // all commands of this program are in
    output wire            taken,    // the command is in
    output wire            close,    // all responses of this program are in
    output wire            awvalid,
    input  wire            awready,
    output wire            wvalid,
    input  wire            wready,
    output wire            arvalid,
    input  wire            arready,
    input  wire            bvalid,
    output wire            bready,
    input  wire [1:0]      bresp,
    input  wire            rvalid,
    output wire            rready,
    input  wire [1:0]      rresp,
    input  wire [DATA-1:0] rdata,
    output wire            moved,    // a response came in this cycle
    output wire [31:0]     frames    // programs that are over
);

localparam [1:0] EXOKAY = 2'd1;      // of exclusive accesses, which AXI4-Lite has not

reg  aw_done = 1'b0, w_done = 1'b0;  // this part of the write is in
reg  reading = 1'b0;                 // what is due are reads
reg  b_waits = 1'b0, r_waits = 1'b0; // on offer in the cycle before, and not taken
reg  [1:0]      b_was;
reg  [DATA+1:0] r_was;
wire [31:0] due;
wire aw_pause, w_pause, ar_pause, b_pause, r_pause;

// each channel as cocotb sees it in beat mode: free to go, with something to go, which is on offer and must stay, taken
reg  aw_go /*verilator public_flat_rw*/ = 1'b0;
reg  w_go  /*verilator public_flat_rw*/ = 1'b0;
reg  ar_go /*verilator public_flat_rw*/ = 1'b0;
reg  b_go  /*verilator public_flat_rw*/ = 1'b0;
reg  r_go  /*verilator public_flat_rw*/ = 1'b0;
wire asks = live && en && (due == 0 || reading != we);
wire aw_wants /*verilator public_flat_rd*/ = asks && we && !aw_done;
wire w_wants  /*verilator public_flat_rd*/ = asks && we && !w_done;
wire ar_wants /*verilator public_flat_rd*/ = asks && !we;
wire b_wants  /*verilator public_flat_rd*/ = bvalid === 1'b1;
wire r_wants  /*verilator public_flat_rd*/ = rvalid === 1'b1;
wire aw_taken /*verilator public_flat_rd*/ = awvalid && awready === 1'b1;
wire w_taken  /*verilator public_flat_rd*/ = wvalid && wready === 1'b1;
wire ar_taken /*verilator public_flat_rd*/ = arvalid && arready === 1'b1;
wire b_taken  /*verilator public_flat_rd*/ = b_wants && bready;
wire r_taken  /*verilator public_flat_rd*/ = r_wants && rready;
wire aw_held  /*verilator public_flat_rd*/ = awvalid && !aw_taken;
wire w_held   /*verilator public_flat_rd*/ = wvalid && !w_taken;
wire ar_held  /*verilator public_flat_rd*/ = arvalid && !ar_taken;
wire b_held   /*verilator public_flat_rd*/ = 1'b0; // ready may be taken back
wire r_held   /*verilator public_flat_rd*/ = 1'b0;

assign awvalid = aw_wants && aw_go;
assign wvalid  = w_wants && w_go;
assign arvalid = ar_wants && ar_go;
assign bready  = b_go;
assign rready  = r_go;

wire aw_in = aw_done || aw_taken;
wire w_in  = w_done || w_taken;
wire asked = asks && (we ? aw_in && w_in : ar_taken);
assign taken = live && (!en || asked);

// a response that is due, and one that is not
wire b_due = due != 0 && !reading;
wire r_due = due != 0 && reading;
wire broken = (b_wants && (!b_due || bresp === EXOKAY)) || (r_wants && (!r_due || rresp === EXOKAY))
    || (b_waits && (bvalid !== 1'b1 || bresp !== b_was)) || (r_waits && (rvalid !== 1'b1 || {rresp, rdata} !== r_was));
wire vague  = ^{awready, wready, arready, bvalid, rvalid} === 1'bx;
wire came   = (b_taken && b_due) || (r_taken && r_due);
// what comes with an error does not count
wire [DATA+1:0] data = reading ? {rresp, rresp[1] ? {DATA{1'b0}} : rdata} : {bresp, {DATA{1'b0}}};

// what cocotb's monitor reads in beat mode
wire moved_pin /*verilator public_flat_rd*/ = moved;
wire close_pin /*verilator public_flat_rd*/ = close;
wire fault_pin /*verilator public_flat_rd*/;
wire doubt_pin /*verilator public_flat_rd*/;
wire [31:0] place_pin /*verilator public_flat_rd*/;
wire [DATA+1:0] data_pin /*verilator public_flat_rd*/ = data;

// and what is read behind a burst
wire [31:0] unknown  /*verilator public_flat_rd*/;
wire [31:0] protocol /*verilator public_flat_rd*/;
reg silent /*verilator public_flat_rd*/ = 1'b1; // nothing has been on offer since the last response or the start

tb_program_sink #(.WIDTH(DATA + 2), .BEATS(BEATS), .NAME(NAME)) answers (
    .clk(clk), .rst(rst), .start(start), .finish(finish), .busy(busy), .asked(asked), .index(index), .closed(closed),
    .came(came), .data(data), .broken(broken), .vague(vague), .due(due), .close(close), .moved(moved), .place(place_pin),
    .fault(fault_pin), .doubt(doubt_pin), .frames(frames), .unknown(unknown), .protocol(protocol)
);

tb_stall stall_aw (
    .clk(clk), .start(start), .busy(busy), .setting(setting_aw), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(aw_wants), .taken(aw_taken), .last(1'b1), .pause(aw_pause)
);

tb_stall stall_w (
    .clk(clk), .start(start), .busy(busy), .setting(setting_w), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(w_wants), .taken(w_taken), .last(1'b1), .pause(w_pause)
);

tb_stall stall_ar (
    .clk(clk), .start(start), .busy(busy), .setting(setting_ar), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(ar_wants), .taken(ar_taken), .last(1'b1), .pause(ar_pause)
);

tb_stall stall_b (
    .clk(clk), .start(start), .busy(busy), .setting(setting_b), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(b_wants), .taken(b_taken), .last(1'b1), .pause(b_pause)
);

tb_stall stall_r (
    .clk(clk), .start(start), .busy(busy), .setting(setting_r), .most(most_pause), .quiet(quiet), .passed(1'b0),
    .offered(r_wants), .taken(r_taken), .last(1'b1), .pause(r_pause)
);

always @(posedge clk) begin
    aw_done <= !rst && !asked && aw_in;
    w_done  <= !rst && !asked && w_in;
    b_waits <= !rst && b_wants && !b_taken;
    r_waits <= !rst && r_wants && !r_taken;
    b_was   <= bresp;
    r_was   <= {rresp, rdata};
    silent  <= rst || start || b_taken || r_taken || (silent && !b_wants && !r_wants);
    if (asked) reading <= !we;
    if (rst || finish) begin
        aw_go <= 1'b0;
        w_go  <= 1'b0;
        ar_go <= 1'b0;
        b_go  <= 1'b0;
        r_go  <= 1'b0;
    end else if (busy) begin
        // an offer stays until it is taken
        aw_go <= aw_held || !aw_pause;
        w_go  <= w_held || !w_pause;
        ar_go <= ar_held || !ar_pause;
        b_go  <= !b_pause;
        r_go  <= !r_pause;
    end
end

endmodule

`resetall
