#!/usr/bin/env python3
"""Fits the polynomials of ExactMath (src/SpikeSR.Reference/Tensors/ExactMath.Fits.cs) and prints them with their errors.

Each minimises the squares of the relative error at Chebyshev points, which comes within a factor of about two of the smallest maximum, in 200-bit
arithmetic. The coefficients are then rounded to the target format one after the other, from the constant term up, the rest being fitted
again each time. The error printed is the largest of the rounded polynomial, the arithmetic of its evaluation apart. Needs python3-mpmath.
"""
from mpmath import cos, erf, erfc, exp, expm1, lu_solve, log, matrix, mp, mpf, nstr, pi, sqrt

mp.prec = 200


def to_bits(value, bits):
    with mp.workprec(bits):
        return +mpf(value)


def fit(name, target, weight, low, high, degree, bits, unit=None):
    """With a unit, the constant term is a multiple of it, and a second number holds what that leaves."""
    low, high = mpf(low), mpf(high)
    count = 4 * degree + 21
    points = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(0.5)) / count) for i in range(count)]
    rows = [[weight(x) * x ** p for p in range(degree + 1)] for x in points]
    rest = [weight(x) * target(x) for x in points]
    rounded, extra = [], mpf(0)
    for power in range(degree + 1):
        unknown = range(power, degree + 1)
        normal = matrix([[mp.fdot((row[p], row[q]) for row in rows) for q in unknown] for p in unknown])
        found = lu_solve(normal, matrix([mp.fdot((row[p], r) for row, r in zip(rows, rest)) for p in unknown]))[0]
        value = to_bits(found, bits)
        if power == 0 and unit is not None:
            value = mp.nint(found / unit) * unit
            extra = to_bits(found - value, bits)
            rest = [r - extra * row[0] for row, r in zip(rows, rest)]
        rounded.append(value)
        rest = [r - value * row[power] for row, r in zip(rows, rest)]
    checks = [low + (high - low) * (i + mpf(0.5)) / 5000 for i in range(5000)]
    worst = max(abs(weight(x) * (extra + mp.polyval(rounded[::-1], x) - target(x))) for x in checks)
    print(f'{name}: degree {degree} on [{nstr(low, 6)}, {nstr(high, 6)}], error 2^{float(log(worst, 2)):.1f}')
    for c in rounded:
        print('   ', repr(float(c)))
    if unit is not None:
        print('    and', repr(float(extra)))


def exp_rest(r):
    """(exp(r) - 1 - r) / r^2"""
    return (expm1(r) - r) / r ** 2


def tail(a):
    """exp(a^2/2) Phi(-a)"""
    return exp(a * a / 2) * erfc(a / sqrt(2)) / 2


def tail_over_v(k):
    """R(a) / v as a function of v - 1/2, v = 1 / (1 + k a)"""
    return lambda w: tail((1 / (w + 0.5) - 1) / k) / (w + 0.5)


def erf_rest(y):
    """erf(x) / x - 1 as a function of y = x^2"""
    return erf(sqrt(y)) / sqrt(y) - 1


def main():
    # Not quite symmetric, so that no point is 0, where exp_rest would divide by it.
    half_ln2 = log(2) / 2 * (1 + mpf(2) ** -12)
    for bits, degree in ((24, 4), (53, 9)):
        fit(f'exp, {bits} bits', exp_rest, lambda r: r * r / exp(r), -half_ln2, half_ln2 * (1 + mpf(2) ** -40), degree, bits)
    for bits, degree, k, largest in ((24, 9, to_bits('0.3', 24), '14.6'), (53, 22, mpf('0.1875'), '38.7')):
        ratio = tail_over_v(k)
        fit(f'tail, {bits} bits, k = {k}', ratio, lambda w: 1 / ratio(w), 1 / (1 + k * mpf(largest)) - 0.5, 0.5, degree, bits, mpf(2) ** (-1 - bits))
    for bits, degree in ((24, 4), (53, 8)):
        fit(f'erf, {bits} bits', erf_rest, lambda y: 1 / (1 + erf_rest(y)), 0, '0.25', degree, bits)
    for bits, short in ((24, 16), (53, 41)):
        high = to_bits(log(2), short)
        print(f'ln 2, {bits} bits:', repr(float(high)), repr(float(to_bits(log(2) - high, bits))))


if __name__ == '__main__':
    main()
