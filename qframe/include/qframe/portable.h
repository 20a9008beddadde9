/* Loops in plain C that every engine needs.  They are inlined, so that a target region around the
 * caller lets the compiler vectorise them for that instruction set. */
#ifndef QFRAME_PORTABLE_H
#define QFRAME_PORTABLE_H

#include "base.h"
#include "requant.h"

QF_INLINE void qf_dequantize_u8_loop(const uint8_t *codes, size_t count, float scale, int32_t zero_point,
                                     float *out) {
    for (size_t i = 0; i < count; i++) out[i] = scale * (float)(codes[i] - zero_point);
}

QF_INLINE void qf_dequantize_i8_loop(const int8_t *codes, size_t count, float scale, int32_t zero_point,
                                     float *out) {
    for (size_t i = 0; i < count; i++) out[i] = scale * (float)(codes[i] - zero_point);
}

QF_INLINE void qf_quantize_loop(const float *x, size_t count, float reciprocal, qf_bounds bounds,
                                uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)qf_round_code(x[i] * reciprocal, bounds);
}

QF_INLINE void qf_widen_loop(const uint8_t *codes, size_t count, int16_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = codes[i];
}

QF_INLINE int32_t qf_sum_u8_loop(const uint8_t *codes, size_t count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += codes[i];
    return (int32_t)sum;
}

QF_INLINE uint8_t qf_max_u8_loop(const uint8_t *codes, size_t count) {
    uint8_t most = 0;
    for (size_t i = 0; i < count; i++) most = codes[i] > most ? codes[i] : most;
    return most;
}

/* Pixels of `channels` bytes from planes that are `stride` bytes apart. */
QF_INLINE void qf_interleave_loop(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out) {
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c++) *out++ = x[c * stride + p];
}

/* float32(float32(acc) * scale) + bias, which may be NULL, and optionally the larger of that and 0. */
QF_INLINE void qf_rescale_loop(const int32_t *acc, size_t count, const float *scale, const float *bias,
                               int relu, float *out) {
    for (size_t i = 0; i < count; i++) {
        float value = (float)acc[i] * scale[i];
        if (bias) value += bias[i];
        out[i] = relu && !(value > 0.0f) ? 0.0f : value;
    }
}

/* Smallest and largest element; returns 0 if there is a NaN. */
QF_INLINE int qf_min_max_loop(const float *x, size_t count, float *low, float *high) {
    float least = x[0], most = x[0];
    int ordered = 1;
    for (size_t i = 0; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        ordered &= x[i] == x[i];
    }
    *low = least;
    *high = most;
    return ordered;
}

/* IEEE half to float. */
QF_INLINE float qf_half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    uint32_t bits;
    float value;
    if (exponent == 0) {
        value = (float)fraction * 5.9604644775390625e-8f; /* 2**-24 */
        return sign ? -value : value;
    }
    bits = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
