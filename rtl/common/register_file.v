// SPDX-License-Identifier: Apache-2.0
// Control registers behind AXI4-Lite.
//
//   a write:  byte i of register addr / bytes = byte i of wdata, for every i with wstrb[i]
//   a read:   rdata = register addr / bytes
//
// Formats:  a register has DATA bits, DATA / 8 bytes; the bits of an address that lie below a register are ignored.
//           registers: all of them side by side, register 0 lowest. Where there is no register, a write changes nothing,
//           a read gives zeros, and both answer SLVERR.
// Latency:  2 cycles from the later of address and data of a write to its response, 1 from the address of a read.
// Period:   2 cycles a write, 2 cycles a read; both may go on at once, and a read sees what was written before it came.
// Reset:    all registers are RESET.
// Source:   Arm IHI 0022, AMBA AXI and ACE protocol specification, issue H, chapter B1.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module register_file #(
    parameter DATA      = 32,                            // bits of a register (32 or 64)
    parameter ADDR      = 8,                             // bits of an address (4..32)
    parameter REGISTERS = 8,                             // how many (1..256, as many as there are addresses)
    parameter RESET     = 0                              // what they hold behind a reset, in 32 bits without a sign
) (
    input  wire                      clk,                // clock
    input  wire                      rst,                // synchronous reset
    /* verilator lint_off UNUSEDSIGNAL */               // bits within a register choose nothing (AXI4-Lite)
    input  wire [ADDR-1:0]           s_axil_awaddr,      // write address
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire                      s_axil_awvalid,
    output wire                      s_axil_awready,
    input  wire [DATA-1:0]           s_axil_wdata,       // write data
    input  wire [DATA/8-1:0]         s_axil_wstrb,
    input  wire                      s_axil_wvalid,
    output wire                      s_axil_wready,
    output wire [1:0]                s_axil_bresp,       // write response
    output wire                      s_axil_bvalid,
    input  wire                      s_axil_bready,
    /* verilator lint_off UNUSEDSIGNAL */               // bits within a register choose nothing (AXI4-Lite)
    input  wire [ADDR-1:0]           s_axil_araddr,      // read address
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire                      s_axil_arvalid,
    output wire                      s_axil_arready,
    output wire [DATA-1:0]           s_axil_rdata,       // read data
    output wire [1:0]                s_axil_rresp,
    output wire                      s_axil_rvalid,
    input  wire                      s_axil_rready,
    output wire [REGISTERS*DATA-1:0] registers           // what they hold; reads come from here
);

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (DATA != 32 && DATA != 64) begin : guard_data
`ifdef __ICARUS__
        register_file_parameter_DATA_must_be_32_or_64 guard ();
`else
        $error("Error: register_file parameter DATA must be 32 or 64 (instance %m)");
`endif
    end
    if (ADDR < 4 || ADDR > 32) begin : guard_addr
`ifdef __ICARUS__
        register_file_parameter_ADDR_must_be_4_to_32 guard ();
`else
        $error("Error: register_file parameter ADDR must be 4 to 32 (instance %m)");
`endif
    end
    if (REGISTERS < 1 || REGISTERS > 256 || (ADDR < 12 && REGISTERS > (1 << ADDR) / (DATA / 8))) begin : guard_registers
`ifdef __ICARUS__
        register_file_parameter_REGISTERS_must_be_1_to_256_and_fit_ADDR guard ();
`else
        $error("Error: register_file parameter REGISTERS must be 1 to 256 and fit ADDR (instance %m)");
`endif
    end
endgenerate

localparam LOW   = DATA == 64 ? 3 : 2;                   // bits of an address below a register
localparam INDEX = ADDR - LOW;
localparam [1:0] OKAY = 2'd0, SLVERR = 2'd2;
localparam [31:0] COUNT = REGISTERS;                     // as wide as what it is compared with
localparam [63:0] WIDE  = {32'd0, RESET[31:0]};

reg [REGISTERS*DATA-1:0] registers_reg;
reg                      aw_reg, w_reg;                  // address or data of a write wait for the other
reg [INDEX-1:0]          awindex_reg;
reg [DATA-1:0]           wdata_reg;
reg [DATA/8-1:0]         wstrb_reg;
reg                      bvalid_reg, rvalid_reg;
reg [1:0]                bresp_reg, rresp_reg;
reg [DATA-1:0]           rdata_reg;
integer i, j;

wire [INDEX-1:0] arindex = s_axil_araddr[ADDR-1:LOW];
wire [31:0]      windex  = {{32-INDEX{1'b0}}, awindex_reg};
wire [31:0]      rindex  = {{32-INDEX{1'b0}}, arindex};
wire             write   = aw_reg && w_reg && !bvalid_reg;
wire             read    = s_axil_arvalid && s_axil_arready;

assign s_axil_awready = !aw_reg;
assign s_axil_wready  = !w_reg;
assign s_axil_bresp   = bresp_reg;
assign s_axil_bvalid  = bvalid_reg;
assign s_axil_arready = !rvalid_reg;
assign s_axil_rdata   = rdata_reg;
assign s_axil_rresp   = rresp_reg;
assign s_axil_rvalid  = rvalid_reg;
assign registers      = registers_reg;

always @(posedge clk) begin
    if (s_axil_awvalid && s_axil_awready) begin
        aw_reg      <= 1'b1;
        awindex_reg <= s_axil_awaddr[ADDR-1:LOW];
    end
    if (s_axil_wvalid && s_axil_wready) begin
        w_reg     <= 1'b1;
        wdata_reg <= s_axil_wdata;
        wstrb_reg <= s_axil_wstrb;
    end
    if (s_axil_bready) bvalid_reg <= 1'b0;
    if (write) begin
        aw_reg     <= 1'b0;
        w_reg      <= 1'b0;
        bvalid_reg <= 1'b1;
        bresp_reg  <= windex < COUNT ? OKAY : SLVERR;
        for (i = 0; i < REGISTERS; i = i + 1) begin
            for (j = 0; j < DATA / 8; j = j + 1) begin
                if (windex == i && wstrb_reg[j]) registers_reg[i*DATA+8*j +: 8] <= wdata_reg[8*j +: 8];
            end
        end
    end
    if (s_axil_rready) rvalid_reg <= 1'b0;
    if (read) begin
        rvalid_reg <= 1'b1;
        rresp_reg  <= rindex < COUNT ? OKAY : SLVERR;
        rdata_reg  <= rindex < COUNT ? registers[rindex*DATA +: DATA] : {DATA{1'b0}};
    end

    if (rst) begin
        registers_reg <= {REGISTERS{WIDE[DATA-1:0]}};
        aw_reg        <= 1'b0;
        w_reg         <= 1'b0;
        bvalid_reg    <= 1'b0;
        rvalid_reg    <= 1'b0;
    end
end

endmodule

`resetall
