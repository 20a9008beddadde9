/* Accumulators to codes and to floats, NEON. */
#include <qframe/requant_arm.h>

#include "arm.h"

#if QF_ARM64

void qf_requant_rows__neon(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant, size_t n,
                           uint8_t *out, size_t out_stride) {
    const qf_bounds16 bounds = qf_make_bounds16(requant->bounds);
    size_t whole = n & ~(size_t)15;
    for (size_t r = 0; r < rows; r++, acc += acc_stride, out += out_stride) {
        for (size_t from = 0; from < whole; from += 16) {
            float32x4_t values[4];
            QF_UNROLL for (size_t i = 0; i < 4; i++)
                values[i] = qf_scaled4(vld1q_s32(acc + from + 4 * i), vld1q_f32(requant->bias + from + 4 * i),
                                       vld1q_f32(requant->multiplier + from + 4 * i));
            vst1q_u8(out + from, qf_round16(values, &bounds));
        }
        qf_requant_scalar(acc, requant, whole, n, out);
    }
}

void qf_rescale_rows__neon(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale, const float *bias,
                           int relu, size_t n, float *out, size_t out_stride) {
    for (size_t from = 0; from < n; from += 4) {
        const float32x4_t scales = vld1q_f32(scale + from), shift = bias ? vld1q_f32(bias + from) : vdupq_n_f32(0);
        for (size_t r = 0; r < rows; r++) {
            float32x4_t values = vmulq_f32(vcvtq_f32_s32(vld1q_s32(acc + r * acc_stride + from)), scales);
            if (bias) values = vaddq_f32(values, shift); /* -0 + 0 would be another number */
            if (relu) values = vmaxnmq_f32(values, vdupq_n_f32(0)); /* 0 for NaN and -0 too */
            float *to = out + r * out_stride + from;
            if (QF_LIKELY(n - from >= 4)) vst1q_f32(to, values);
            else {
                float row[4];
                vst1q_f32(row, values);
                memcpy(to, row, (n - from) * sizeof *row);
            }
        }
    }
}

#endif
