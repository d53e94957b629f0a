// Operands from a file, one an edge of `req`.
module two_phase_source #(
    parameter WIDTH = 8
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire        busy,
    input  wire        waiting,
    input  wire [31:0] frames,
    input  wire [75:0] setting,
    input  wire [8:0]  most_pause,
    input  wire        ack,
    output reg         req  /*verilator public_flat_rw*/,
    output reg  [WIDTH-1:0] data /*verilator public_flat_rw*/,
    output wire        drained,
    output wire        moved
);

wire ack_pin  /*verilator public_flat_rd*/ = ack;
reg  was = 1'b0;                        // what `req` was in the cycle before
wire sent_pin /*verilator public_flat_rd*/ = req != was;
reg [8*((WIDTH+7)/8)-1:0] word;
reg [31:0] left = 0;
integer fd = 0, got;
wire pause;

tb_stall stall (
    .clk(clk), .start(start), .busy(busy), .setting(setting), .most(most_pause), .quiet(1'b0), .passed(1'b0),
    .offered(1'b0), .taken(1'b0), .last(1'b0), .pause(pause)
);

assign drained = left == 0 && req === ack;
assign moved   = busy && sent_pin;

initial req = 1'b0;

always @(posedge clk) begin
    was <= !rst && req;
    if (rst) begin
        req <= 1'b0;
    end else if (start) begin
        if (fd != 0) $fclose(fd);
        fd    = $fopen("calls.in", "rb");
        left <= frames;
    end else if (busy && left != 0 && req === ack && !pause && !waiting) begin
        got   = $fread(word, fd);
        data <= word[WIDTH-1:0];
        req  <= !req;
        left <= left - 1;
    end
end

endmodule
