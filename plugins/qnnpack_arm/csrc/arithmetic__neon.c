/* Sums, products, limits and tables, NEON: 16 codes at once; the last step overlaps the one before. */
#include <qframe/requant_arm.h>
#include <qframe/native/elementwise_loops.h>

#include "arm.h"

#if QF_ARM64

/* 16 codes as numbers minus their zero point. */
QF_INLINE void centered16(const uint8_t *from, uint8x16_t flip, int16x8_t zero_point, int16x8_t *to) {
    uint8x16_t codes = veorq_u8(vld1q_u8(from), flip);
    to[0] = vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(codes))), zero_point);
    to[1] = vsubq_s16(vreinterpretq_s16_u16(vmovl_high_u8(codes)), zero_point);
}

QF_INLINE void floats16(const int16x8_t *numbers, float32x4_t *to) {
    QF_UNROLL for (int half = 0; half < 2; half++) {
        to[2 * half] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(numbers[half])));
        to[2 * half + 1] = vcvtq_f32_s32(vmovl_high_s16(numbers[half]));
    }
}

QF_INLINE void store16(const float32x4_t *values, float factor, const qf_bounds16 *bounds, uint8_t *out) {
    float32x4_t scaled[4];
    QF_UNROLL for (int i = 0; i < 4; i++) scaled[i] = vmulq_n_f32(values[i], factor);
    vst1q_u8(out, qf_round16(scaled, bounds));
}

/* What all elements of a call share. */
typedef struct operands {
    int16x8_t a_zero_point, b_zero_point;
    qf_bounds16 bounds;
} operands;

QF_INLINE operands make_operands(const qf_binary *p) {
    operands o = {vdupq_n_s16((int16_t)p->a_zero_point), vdupq_n_s16((int16_t)p->b_zero_point),
                  qf_make_bounds16(p->bounds)};
    o.bounds.flip = vdupq_n_u8(p->flip);
    return o;
}

static void add(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    const operands o = make_operands(p);
    if (count < 16) {
        qf_add_loop(a, b, count, p, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        int16x8_t x[2], y[2];
        float32x4_t left[4], right[4];
        centered16(a + i, o.bounds.flip, o.a_zero_point, x);
        centered16(b + i, o.bounds.flip, o.b_zero_point, y);
        floats16(x, left), floats16(y, right);
        QF_UNROLL for (int k = 0; k < 4; k++)
            left[k] = vaddq_f32(vmulq_n_f32(left[k], p->a_scale), vmulq_n_f32(right[k], p->b_scale));
        store16(left, p->factor, &o.bounds, out + i);
    }
}

static void mul(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    const operands o = make_operands(p);
    if (count < 16) {
        qf_mul_loop(a, b, count, p, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        int16x8_t x[2], y[2];
        float32x4_t products[4];
        centered16(a + i, o.bounds.flip, o.a_zero_point, x);
        centered16(b + i, o.bounds.flip, o.b_zero_point, y);
        QF_UNROLL for (int half = 0; half < 2; half++) {
            products[2 * half] = vcvtq_f32_s32(vmull_s16(vget_low_s16(x[half]), vget_low_s16(y[half])));
            products[2 * half + 1] = vcvtq_f32_s32(vmull_high_s16(x[half], y[half]));
        }
        store16(products, p->factor, &o.bounds, out + i);
    }
}

/* Codes as unsigned ones are limited, then flipped back. */
typedef struct limits {
    uint8x16_t low, high, flip;
} limits;

QF_INLINE void clamp16(const uint8_t *x, const limits *l, uint8_t *out) {
    uint8x16_t codes = vmaxq_u8(veorq_u8(vld1q_u8(x), l->flip), l->low);
    vst1q_u8(out, veorq_u8(vminq_u8(codes, l->high), l->flip));
}

static void clamp(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out) {
    const limits l = {vdupq_n_u8(low), vdupq_n_u8(high), vdupq_n_u8(flip)};
    if (count < 16) {
        qf_clamp_loop(x, count, low, high, flip, out);
    } else if (count < 64) {
        QF_FOR_STEPS(i, 16, count) clamp16(x + i, &l, out + i);
    } else {
        QF_FOR_STEPS(i, 64, count) QF_UNROLL for (size_t v = 0; v < 64; v += 16) clamp16(x + i + v, &l, out + i + v);
    }
}

/* Four instructions look up 64 entries each; those whose code lies elsewhere leave what is there. */
QF_INLINE uint8x16_t look_up16(const uint8x16x4_t *table, uint8x16_t codes) {
    const uint8x16_t quarter = vdupq_n_u8(64);
    uint8x16_t entries = vqtbl4q_u8(table[0], codes);
    QF_UNROLL for (int q = 1; q < 4; q++) {
        codes = vsubq_u8(codes, quarter);
        entries = vqtbx4q_u8(entries, table[q], codes);
    }
    return entries;
}

static void lookup(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                   size_t out_stride) {
    uint8x16x4_t quarters[4];
    QF_UNROLL for (int q = 0; q < 4; q++)
        QF_UNROLL for (int i = 0; i < 4; i++) quarters[q].val[i] = vld1q_u8(table + 64 * q + 16 * i);
    for (size_t r = 0; r < rows; r++, x += length, out += out_stride) {
        if (length < 16) {
            qf_lookup_loop(x, length, table, out);
            continue;
        }
        QF_FOR_STEPS(i, 16, length) vst1q_u8(out + i, look_up16(quarters, vld1q_u8(x + i)));
    }
}

static void batch_norm(const uint8_t *x, size_t count, const double *alpha, const double *beta, qf_bounds bounds,
                       int32_t x_zero_point, uint8_t flip, uint8_t *out) {
    qf_batch_norm_loop(x, count, alpha, beta, bounds, x_zero_point, flip, out);
}

static void min_max_columns(const float *x, size_t rows, size_t stride, size_t columns, float *low, float *high,
                            int32_t *unordered) {
    qf_min_max_columns_loop(x, rows, stride, columns, low, high, unordered);
}

static void find_bins(const float *x, size_t count, float first, float last, float width, int32_t bins,
                      int32_t *index) {
    const float32x4_t start = vdupq_n_f32(first), end = vdupq_n_f32(last), range = vdupq_n_f32(width);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        float32x4_t values = vld1q_f32(x + i);
        uint32x4_t inside = vandq_u32(vcgeq_f32(values, start), vcleq_f32(values, end));
        float32x4_t offset = vsubq_f32(vbslq_f32(inside, values, start), start);
        int32x4_t bin = vcvtq_s32_f32(vmulq_n_f32(vdivq_f32(offset, range), (float)bins));
        bin = vminq_s32(bin, vdupq_n_s32(bins - 1));
        vst1q_s32(index + i, vbslq_s32(inside, bin, vdupq_n_s32(bins)));
    }
    qf_find_bins_loop(x + i, count - i, first, last, width, bins, index + i);
}

/* The real numbers of four qint32; differences in 64 bits, rounded once to float64, which holds them, then to float32. */
QF_INLINE float32x4_t real4(const int32_t *x, int32x2_t zero_point, float scale) {
    int32x4_t codes = vld1q_s32(x);
    float64x2_t low = vcvtq_f64_s64(vsubl_s32(vget_low_s32(codes), zero_point));
    float64x2_t high = vcvtq_f64_s64(vsubl_s32(vget_high_s32(codes), zero_point));
    return vmulq_n_f32(vcvt_high_f32_f64(vcvt_f32_f64(low), high), scale);
}

static void requantize_to8(const int32_t *x, size_t count, const qf_change *change, uint8_t *out) {
    const int32x2_t zero_point = vdup_n_s32(change->from.zero_point);
    const qf_bounds16 bounds = qf_make_bounds16(change->bounds);
    if (count < 16) {
        qf_requantize_to8_loop(x, count, change, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        float32x4_t values[4];
        QF_UNROLL for (size_t k = 0; k < 4; k++) values[k] = real4(x + i + 4 * k, zero_point, change->from.scale);
        store16(values, change->reciprocal, &bounds, out + i);
    }
}

static void requantize_to32(const int32_t *x, size_t count, const qf_change *change, int32_t *out) {
    qf_requantize_to32_loop(x, count, change, out);
}

/* Codes of 8 bits are requantized by table. */
const qf_elementwise qf_elementwise_neon = {
    .add = add, .mul = mul, .clamp = clamp, .lookup = lookup, .max_windows = qf_max_windows__neon,
    .average_windows = qf_average_windows__neon, .batch_norm = batch_norm, .min_max_columns = min_max_columns,
    .find_bins = find_bins, .requantize_to8 = requantize_to8, .requantize_to32 = requantize_to32,
    .fake_quantize = &qf_fake_quantize_neon, .resize = &qf_resize_neon,
};

#endif
