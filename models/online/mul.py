"""Golden model of rtl/online/online_mul.v, and the residual that the multipliers share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.online.digits import Digits, Integers, check_digits, integer_type

DELTA = 3  # digits that come in before the first one goes out


def select(v: Integers, fraction_bits: int) -> Integers:
    """Choose a product digit from v, rounded down to quarters: 1 from 1/2 up, -1 from -3/4 down, else 0.

    Args:
        v: integers (rows,), v times 2**fraction_bits.
        fraction_bits: at least 2.

    Returns:
        Integers (rows,) of v's type: -1, 0 or 1.
    """
    quarters = v >> (fraction_bits - 2)
    digit: Integers = (quarters >= 2).astype(v.dtype) - (quarters <= -3).astype(v.dtype)
    return digit


def compress(
    a: Integers, b: Integers, c: Integers, carry: npt.NDArray[np.bool_] | bool = False
) -> tuple[Integers, Integers]:
    """Compress three numbers to two, bit by bit: a + b + c + carry = sum + carries; the carry enters at weight 1."""
    return a ^ b ^ c, ((a & b | a & c | b & c) << 1) | carry


def retire(s: Integers, c: Integers, fraction_bits: int, live: bool) -> tuple[Integers, Integers, Integers]:
    """Choose a digit from v = s + c and take it away.

    The estimate is the sum of both words, each rounded down to quarters; it replaces the bits that it came from, so
    that what is left of c lies below 1/4. Without a second word, c = 0, the estimate is v rounded down.

    Args:
        s: integers (rows,), times 2**fraction_bits.
        c: integers (rows,), likewise.
        fraction_bits: at least 2.
        live: False while the first operand digits come in: the digit is 0.

    Returns:
        The digits and both words of the residual w = v - digit.
    """
    quarter = fraction_bits - 2
    estimate = (s >> quarter) + (c >> quarter)
    digit = select(estimate, 2) if live else 0 * estimate
    low = (1 << quarter) - 1
    return digit, ((estimate - 4 * digit) << quarter) + (s & low), c & low


def mul(
    x: Digits, y: Digits, digits: int, *, delta: int = DELTA, carry_save: bool = False, fraction: int = 0
) -> Digits:
    """Multiply two frames digit by digit, as the radix-2 online multiplier does.

        v[j] = 2 w[j] + (X[j] y_{j+d+1} + Y[j+1] x_{j+d+1}) 2^-d,   X[j] = x_1 2^-1 + ... + x_{j+d} 2^-(j+d)
        w[j+1] = v[j] - p_{j+1},   j = -d, -d + 1, ...;   p_{j+1} = 0 for j < 0, select(v[j]) from j = 0 on
    on exact integers. In carry-save, w is a pair of words, and v comes out of two 3:2 compressors, the term of X first.
    Ercegovac and Lang, Digital Arithmetic, 2004, ch. 9.

    Args:
        x: int8 (rows, n), digit i = 1..n of weight 2**-i.
        y: int8 (rows, n).
        digits: number of product digits, at least 1.
        delta: online delay d: 3, or without carry-save 2.
        carry_save: whether the digits are those of a residual in carry-save.
        fraction: fractional bits of the residual, to which both terms are rounded down; 0 is all, n + d.

    Returns:
        int8 (rows, digits): p_1, p_2, ... of weights 2**-1, 2**-2, ...: |XY - P| <= 1/2 ulp after n digits, in
        carry-save 3/4, and P = XY from 2n digits on. With `fraction` >= n / 2 + d + 1, 2**(n - 2 fraction + 2 d) <= 1/4
        ulp more after n digits, and never exact.

    Raises:
        ValueError: the shapes differ or are not (rows, n), a digit is not -1, 0 or 1, or a number is out of range.
    """
    rows, n = _check(x, y, digits)
    check_delta(delta, (2, 3), carry_save)
    if fraction and 2 * fraction < n + 2 * delta + 2:
        raise ValueError(f"fraction must be 0 or at least n / 2 + delta + 1, not {fraction}")
    cut = max(0, n + delta - fraction) if fraction else 0  # bits that the terms lose
    fraction_bits = n + delta - cut  # of w and v; X and Y have n
    dtype = integer_type(n + delta + 2)  # |v| < 2, and each word within 4
    x_value, y_value, s, c = (np.zeros(rows, dtype=dtype) for _ in range(4))
    p = np.zeros((rows, digits), dtype=np.int8)
    for k in range(1, delta + digits + 1):
        s, c = 2 * s, 2 * c
        x_k, y_k = (operand[:, k - 1].astype(dtype) if k <= n else 0 * s for operand in (x, y))
        y_value = y_value + (y_k << max(0, n - k))
        for term in (x_value * y_k >> cut, y_value * x_k >> cut):
            s, c = compress(s, c, term) if carry_save else (s + term, c)
        x_value = x_value + (x_k << max(0, n - k))
        digit, s, c = retire(s, c, fraction_bits, live=k > delta)
        if k > delta:
            p[:, k - delta - 1] = digit
    return p


def check_delta(delta: int, allowed: tuple[int, int], carry_save: bool) -> None:
    """Raise ValueError unless `delta` is one of the two, and with a carry-save residual the greater one."""
    if delta not in allowed[carry_save:]:
        raise ValueError(f"delta must be {allowed[1]}, or without carry-save {allowed[0]}, not {delta}")


def _check(x: Digits, y: Digits, digits: int) -> tuple[int, ...]:
    check_digits(x, "x", 2)
    check_digits(y, "y", 2)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have one shape, not {x.shape} and {y.shape}")
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    return x.shape
