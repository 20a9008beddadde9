/* The kernels of norms.h, NEON: 16 codes at once; the last step overlaps the one before. */
#include <qframe/requant_arm.h>
#include <qframe/native/norms_loops.h>

#include "arm.h"

#if QF_ARM64

enum { STEPS = 1 << 13 }; /* of 16 codes, whose squares fit 32 bits together: each adds at most 4 * 255**2 to a lane */

/* Codes and their squares, each added to four sums. */
QF_INLINE void add_codes(uint8x16_t codes, uint32x4_t *total, uint32x4_t *squares) {
    uint16x8_t low = vmull_u8(vget_low_u8(codes), vget_low_u8(codes)), high = vmull_high_u8(codes, codes);
    *total = vpadalq_u16(*total, vpaddlq_u8(codes));
    *squares = vpadalq_u16(vpadalq_u16(*squares, low), high);
}

static void sums(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    const uint8x16_t flips = vdupq_n_u8(flip);
    size_t i = 0;
    *total = *squares = 0;
    while (i + 16 <= count) {
        uint32x4_t some = vdupq_n_u32(0), some_squares = vdupq_n_u32(0);
        for (size_t step = 0; step < STEPS && i + 16 <= count; step++, i += 16)
            add_codes(veorq_u8(vld1q_u8(x + i), flips), &some, &some_squares);
        *total += vaddlvq_u32(some);
        *squares += vaddlvq_u32(some_squares);
    }
    qf_sums_loop(x + i, count - i, flip, total, squares);
}

static void column_sums(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                        uint32_t *squares) {
    memset(total, 0, columns * sizeof *total);
    memset(squares, 0, columns * sizeof *squares);
    qf_column_sums_loop(x, rows, columns, flip, total, squares);
}

/* What finishes values. */
typedef struct finish {
    int16x8_t x_zero_point;
    float reciprocal;
    qf_bounds16 bounds;
} finish;

QF_INLINE finish make_finish(const qf_norm_codes *codes) {
    finish f = {vdupq_n_s16((int16_t)codes->x_zero_point), codes->reciprocal, qf_make_bounds16(codes->bounds)};
    f.bounds.flip = vdupq_n_u8(codes->flip);
    return f;
}

/* 16 codes as numbers without their zero point. */
QF_INLINE void centered16(const uint8_t *x, const finish *f, float32x4_t *to) {
    uint8x16_t codes = veorq_u8(vld1q_u8(x), f->bounds.flip);
    int16x8_t low = vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(codes))), f->x_zero_point);
    int16x8_t high = vsubq_s16(vreinterpretq_s16_u16(vmovl_high_u8(codes)), f->x_zero_point);
    to[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), to[1] = vcvtq_f32_s32(vmovl_high_s16(low));
    to[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), to[3] = vcvtq_f32_s32(vmovl_high_s16(high));
}

QF_INLINE void store16(float32x4_t *values, const finish *f, uint8_t *out) {
    QF_UNROLL for (int k = 0; k < 4; k++) values[k] = vmulq_n_f32(values[k], f->reciprocal);
    vst1q_u8(out, qf_round16(values, &f->bounds));
}

static void run(const uint8_t *x, size_t count, float mean, float factor, float bias, const qf_norm_codes *codes,
                uint8_t *out) {
    const finish f = make_finish(codes);
    const float32x4_t means = vdupq_n_f32(mean), biases = vdupq_n_f32(bias);
    if (count < 16) {
        qf_norm_run_loop(x, count, mean, factor, bias, codes, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        float32x4_t values[4];
        centered16(x + i, &f, values);
        QF_UNROLL for (int k = 0; k < 4; k++)
            values[k] = vaddq_f32(vmulq_n_f32(vsubq_f32(values[k], means), factor), biases);
        store16(values, &f, out + i);
    }
}

static void row(const uint8_t *x, size_t count, float mean, float factor, const float *weight, const float *bias,
                const qf_norm_codes *codes, uint8_t *out) {
    const finish f = make_finish(codes);
    const float32x4_t means = vdupq_n_f32(mean);
    if (count < 16) {
        qf_norm_row_loop(x, count, mean, factor, weight, bias, codes, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        float32x4_t values[4];
        centered16(x + i, &f, values);
        QF_UNROLL for (size_t k = 0; k < 4; k++) {
            values[k] = vmulq_n_f32(vsubq_f32(values[k], means), factor);
            values[k] = vmulq_f32(values[k], vld1q_f32(weight + i + 4 * k));
            values[k] = vaddq_f32(values[k], vld1q_f32(bias + i + 4 * k));
        }
        store16(values, &f, out + i);
    }
}

static void pixels(const uint8_t *x, size_t count, const float *mean, const float *factor, const float *bias,
                   const qf_norm_codes *codes, uint8_t *out) {
    const finish f = make_finish(codes);
    if (count < 16) {
        qf_norm_pixels_loop(x, count, mean, factor, bias, codes, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        float32x4_t values[4];
        centered16(x + i, &f, values);
        QF_UNROLL for (size_t k = 0; k < 4; k++) {
            values[k] = vsubq_f32(values[k], vld1q_f32(mean + i + 4 * k));
            values[k] = vmulq_f32(values[k], vld1q_f32(factor + i + 4 * k));
            values[k] = vaddq_f32(values[k], vld1q_f32(bias + i + 4 * k));
        }
        store16(values, &f, out + i);
    }
}

const qf_norm_kernels qf_norm_neon = {
    .sums = sums, .column_sums = column_sums, .run = run, .row = row, .pixels = pixels,
};

#endif
