/* exp, sigmoid and tanh in float32, the formula of qframe/numerics/transcendental.py: the same bits there and here.
 *
 * Every operation rounds on its own (-ffp-contract=off), and there is neither a branch nor a table: inlined
 * into a loop in a target region, the functions become vector code for that instruction set.
 *
 *     exp(x) = 2^n (1 + q),  n = rint(x / ln 2),  r = x - n ln 2,  q = r + r^2 P(r)
 */
#ifndef QFRAME_TRANSCENDENTAL_H
#define QFRAME_TRANSCENDENTAL_H

#include "requant.h"

/* Adding 1.5 * 2**23 leaves the whole part in the lowest bits of the sum. */
#define QF_EXP_SHIFT 12582912.0f
#define QF_EXP_SHIFT_BITS 0x4B400000u

typedef struct qf_reduced {
    float q;
    uint32_t n; /* two's complement; meaningless for NaN */
} qf_reduced;

QF_INLINE uint32_t qf_bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

QF_INLINE float qf_float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* 2**n for -126 <= n <= 127. */
QF_INLINE float qf_power_of_two(uint32_t n) { return qf_float_of((n + 127u) << 23); }

/* x with its magnitude limited to `most`; NaN passes.  Masks instead of choices, since compilers leave loops with
 * comparisons of floats, which may trap, as they are. */
QF_INLINE float qf_limit(float x, float most) {
    const int32_t limit = (int32_t)qf_bits_of(most), infinity = 0x7F800000;
    uint32_t bits = qf_bits_of(x), sign = bits & 0x80000000u;
    int32_t magnitude = (int32_t)(bits ^ sign);
    uint32_t far = (uint32_t)-((magnitude > limit) & (magnitude <= infinity));
    return qf_float_of((bits & ~far) | ((sign | (uint32_t)limit) & far));
}

/* For |x| <= 104 or NaN. */
QF_INLINE qf_reduced qf_reduce(float x) {
    float shifted = x * 1.44269504f + QF_EXP_SHIFT;
    float n = shifted - QF_EXP_SHIFT;
    float r = (x - n * 0.693359375f) - n * -2.1219444e-4f; /* ln 2 in two parts, the first product exact */
    float p = 1.386998e-3f;
    p = p * r + 8.366252e-3f;
    p = p * r + 4.1667443e-2f;
    p = p * r + 1.6666546e-1f;
    p = p * r + 4.9999997e-1f;
    qf_reduced reduced = {r + (r * r) * p, qf_bits_of(shifted) - QF_EXP_SHIFT_BITS};
    return reduced;
}

/* 0 and infinity beyond ±104. */
QF_INLINE float qf_exp(float x) {
    qf_reduced e = qf_reduce(qf_limit(x, 104.0f));
    uint32_t half = (uint32_t)((int32_t)e.n >> 1); /* 2**n itself may lie outside of float32 */
    return (e.q + 1.0f) * qf_power_of_two(half) * qf_power_of_two(e.n - half);
}

QF_INLINE float qf_sigmoid(float x) { return 1.0f / (1.0f + qf_exp(-x)); }

/* -e / (e + 2) with e = exp(-2|x|) - 1, which is -1 from 20 on, and the sign of x. */
QF_INLINE float qf_tanh(float x) {
    uint32_t sign = qf_bits_of(x) & 0x80000000u;
    float magnitude = qf_float_of(qf_bits_of(qf_limit(x, 20.0f)) & 0x7FFFFFFFu);
    qf_reduced reduced = qf_reduce(magnitude * -2.0f);
    float power = qf_power_of_two(reduced.n);
    float e = power * reduced.q + (power - 1.0f);
    float result = -e / (e + 2.0f);
    return qf_float_of((qf_bits_of(result) & 0x7FFFFFFFu) | sign);
}

#endif
