/* The one place where qframe's C code rounds: to codes of 8 and 32 bits, half to even, then clamped.
 *
 * requant_x86.h has the AVX2 and AVX-512 forms, requant_arm.h that of NEON, which give the same integers.  docs/numerics.md has the formulas;
 * qframe/numerics/__init__.py is the readable form.  Every float operation rounds to float32 on its own.
 */
#ifndef QFRAME_REQUANT_H
#define QFRAME_REQUANT_H

#include <float.h>
#include <math.h>

#include "base.h"

#if FLT_EVAL_METHOD != 0
#error "float arithmetic must round to float32 (on 32-bit x86 use -msse2 -mfpmath=sse)"
#endif

/* Bounds are kept relative to the zero point, so that values are limited before they are rounded:
 * the bounds are whole numbers, hence the order does not matter, and no conversion overflows. */
typedef struct qf_bounds {
    float low, high;
    int32_t zero_point;
} qf_bounds;

QF_INLINE qf_bounds qf_make_bounds(int32_t low, int32_t high, int32_t zero_point) {
    qf_bounds bounds = {(float)(low - zero_point), (float)(high - zero_point), zero_point};
    return bounds;
}

/* Round half to even for |value| <= 2**22: the sum has no bits left for a fraction. */
QF_INLINE float qf_rint(float value) {
    const float shift = 12582912.0f; /* 1.5 * 2**23 */
    return (value + shift) - shift;
}

/* saturate(zero_point + rint(value)) for codes of 8 bits; NaN becomes the upper bound. */
QF_INLINE int32_t qf_round_code(float value, qf_bounds bounds) {
    value = value < bounds.high ? value : bounds.high; /* false for NaN */
    value = value > bounds.low ? value : bounds.low;
    return (int32_t)qf_rint(value) + bounds.zero_point;
}

/* The same for qint32, through float64, which holds all its codes; NaN becomes the smallest. */
QF_INLINE int32_t qf_round_code32(float value, int32_t zero_point) {
    double code = rint((double)value) + zero_point;
    code = code > (double)INT32_MIN ? code : (double)INT32_MIN; /* false for NaN */
    return (int32_t)(code < (double)INT32_MAX ? code : (double)INT32_MAX);
}

/* How int32 accumulators become codes: round((float(acc) + bias[channel]) * multiplier[channel]). */
typedef struct qf_requant {
    const float *bias, *multiplier;
    qf_bounds bounds;
} qf_requant;

/* Output transform of one channel; see numerics.output_transform. */
QF_INLINE float qf_multiplier(float input_scale, float weight_scale, float output_scale) {
    float accumulator_scale = input_scale * weight_scale;
    return accumulator_scale / output_scale;
}

/* A bias in units of the accumulator: per-tensor weights multiply by the reciprocal, others divide. */
QF_INLINE float qf_scaled_bias(float bias, float input_scale, float weight_scale, int per_channel) {
    float accumulator_scale = input_scale * weight_scale;
    return per_channel ? bias / accumulator_scale : bias * (1.0f / accumulator_scale);
}

/* What accumulators start with: minus the input's zero point times the sum of an output's centered weights. */
QF_INLINE void qf_start_loop(const int32_t *sums, size_t count, int32_t x_zero_point, int32_t *start) {
    for (size_t i = 0; i < count; i++) start[i] = (int32_t)(0u - (uint32_t)x_zero_point * (uint32_t)sums[i]);
}

/* The scales of a layer's weights and its bias, or NULL, as output transforms. */
QF_INLINE void qf_transform_loop(const float *scales, const float *bias, size_t count, int per_channel, float x_scale,
                                 float scale, float *multiplier, float *scaled_bias) {
    for (size_t i = 0; i < count; i++) multiplier[i] = qf_multiplier(x_scale, scales[i], scale);
    if (!bias) memset(scaled_bias, 0, count * sizeof *scaled_bias);
    else if (per_channel)
        for (size_t i = 0; i < count; i++) scaled_bias[i] = qf_scaled_bias(bias[i], x_scale, scales[i], 1);
    else
        for (size_t i = 0; i < count; i++) scaled_bias[i] = qf_scaled_bias(bias[i], x_scale, scales[i], 0);
}

QF_INLINE void qf_requant_scalar(const int32_t *acc, const qf_requant *requant, size_t from, size_t to,
                                 uint8_t *out) {
    for (size_t i = from; i < to; i++) {
        float value = ((float)acc[i] + requant->bias[i]) * requant->multiplier[i];
        out[i] = (uint8_t)qf_round_code(value, requant->bounds);
    }
}

#endif
