// SPDX-License-Identifier: Apache-2.0
// On-the-fly converter: turns a signed-digit stream into two's complement without a carry.
//
//   Q = x_1 2^(n-1) + ... + x_n,   QM = Q - 1,   each digit shifted in:  1: Q = {Q,1},  QM = {Q,0}
//                                                                       0: Q = {Q,0},  QM = {QM,1}
//                                                                      -1: Q = {QM,1}, QM = {QM,0}
//
// Formats:  x is a frame of n = digits <= N digits x_1..x_n, most significant first, on two rails, x = x_p - x_n, the code
//           (1,1) never sent; what follows x_n is ignored. digits is 1 to N (the caller's duty), read with first, so that
//           every frame may have its own. q is two's complement, the last digit of weight 1: for digits of weights
//           2^-1..2^-n, X = q / 2^n.
// Latency:  q_valid is high, for one enabled cycle, n enabled cycles after first; q is on its pins in that cycle only.
// Period:   a frame every n enabled cycles or more; of a frame that is cut short there is no result.
// Source:   Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9 (on-the-fly conversion).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module online_otfc #(
    parameter N = 16                           // most digits of a frame (2..64)
) (
    input  wire                     clk,       // clock
    input  wire                     rst,       // synchronous reset
    input  wire                     ce,        // clock enable: everything holds when low
    input  wire                     first,     // x_1 is on the pins
    input  wire                     x_p,       // digits
    input  wire                     x_n,
    input  wire [$clog2(N + 1)-1:0] digits,    // how many digits the frame has
    output wire                     q_valid,   // q is on the pins
    output wire [N:0]               q          // word
);

// derived, do not change
localparam CB = $clog2(N + 1);                 // bits of a count of digits

// illegal parameters stop elaboration; Icarus 11 has no elaboration $error, so there a missing module says it
generate
    if (N < 2 || N > 64) begin : guard_n
`ifdef __ICARUS__
        online_otfc_parameter_N_must_be_2_to_64 guard ();
`else
        $error("Error: online_otfc parameter N must be 2 to 64 (instance %m)");
`endif
    end
endgenerate

reg [N:0]    q_reg;
reg [N-1:0]  qm_reg;                           // one bit less: of QM, the top bit would be shifted out unused
reg [CB-1:0] left_reg;                         // digits to come
reg          q_valid_reg;

wire [N-1:0]  q_old, qm_old;                   // before this digit
wire [CB-1:0] left;                            // digits to come, this one included

assign q       = q_reg;
assign q_valid = q_valid_reg;

// a new frame starts from Q = 0, QM = -1
assign q_old  = first ? {N{1'b0}} : q_reg[N-1:0];
assign qm_old = first ? {N{1'b1}} : qm_reg;
assign left   = first ? digits : left_reg;

always @(posedge clk) begin
    if (ce) begin
        q_reg  <= {x_n ? qm_old : q_old, x_p || x_n};
        qm_reg <= {x_p ? q_old[N-2:0] : qm_old[N-2:0], !x_p && !x_n};

        // counts down to 0 and stays there
        left_reg    <= left - {{CB-1{1'b0}}, left != {CB{1'b0}}};
        q_valid_reg <= left == {{CB-1{1'b0}}, 1'b1};
    end

    if (rst) begin
        q_reg       <= {N+1{1'b0}};
        qm_reg      <= {N{1'b1}};
        left_reg    <= {CB{1'b0}};
        q_valid_reg <= 1'b0;
    end
end

endmodule

`resetall
