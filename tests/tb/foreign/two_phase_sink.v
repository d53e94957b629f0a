// Results to a file, one an edge of `strobe`; in between they stay as they are.
module two_phase_sink #(
    parameter WIDTH = 8
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire        finish,
    input  wire        busy,
    input  wire        strobe,
    input  wire [WIDTH-1:0] data,
    output wire        moved,
    output reg  [31:0] frames
);

reg was = 1'b0;                         // what `strobe` was in the cycle before
reg [WIDTH-1:0] last;                   // and `data`
reg begun = 1'b0;                       // there was a result since the reset
wire came_pin  /*verilator public_flat_rd*/ = !rst && strobe != was;
wire moved_pin /*verilator public_flat_rd*/ = !rst && begun && strobe == was && data != last;
wire [WIDTH-1:0] data_pin /*verilator public_flat_rd*/ = data;
reg [31:0] unknown  /*verilator public_flat_rd*/ = 0;
reg [31:0] protocol /*verilator public_flat_rd*/ = 0;
reg [31:0] now;
integer fd, fd_when = 0;

assign moved = busy && came_pin;

always @(posedge clk) begin
    was   <= !rst && strobe;
    last  <= data;
    begun <= !rst && (begun || came_pin);
    if (finish) begin
        $fclose(fd);
        $fclose(fd_when);
    end
    if (start) begin
        fd      = $fopen("events.out", "wb");
        fd_when = $fopen("events.when", "wb");
        frames   <= 0;
        unknown  <= 0;
        protocol <= 0;
    end else if (busy) begin
        if (^{strobe, data} === 1'bx && begun) unknown <= unknown + 1;
        if (moved_pin) protocol <= protocol + 1;
        if (came_pin) begin
            now = $time;
            $fwrite(fd, "%u", data);
            $fwrite(fd_when, "%u", now);
            frames <= frames + 1;
        end
    end
end

endmodule
