/* The kernels of elementwise.h in plain C; inlined, so that target regions vectorise them. */
#ifndef QF_ELEMENTWISE_LOOPS_H
#define QF_ELEMENTWISE_LOOPS_H

#include "elementwise.h"

QF_INLINE void qf_add_loop(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        float left = p->a_scale * (float)((a[i] ^ p->flip) - p->a_zero_point);
        float right = p->b_scale * (float)((b[i] ^ p->flip) - p->b_zero_point);
        float sum = left + right;
        out[i] = (uint8_t)qf_round_code(sum * p->factor, p->bounds) ^ p->flip;
    }
}

QF_INLINE void qf_mul_loop(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        int32_t product = ((a[i] ^ p->flip) - p->a_zero_point) * ((b[i] ^ p->flip) - p->b_zero_point);
        out[i] = (uint8_t)qf_round_code((float)product * p->factor, p->bounds) ^ p->flip;
    }
}

QF_INLINE void qf_clamp_loop(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip,
                             uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint8_t code = x[i] ^ flip;
        code = code < low ? low : code;
        code = code > high ? high : code;
        out[i] = code ^ flip;
    }
}

QF_INLINE void qf_lookup_loop(const uint8_t *x, size_t count, const uint8_t *table, uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = table[x[i]];
}

QF_INLINE void qf_max_window_loop(const uint8_t *x, const qf_windows *w, size_t channels, uint8_t flip,
                                  uint8_t *out) {
    for (size_t c = 0; c < channels; c++, x++) {
        uint8_t most = 0;
        for (size_t r = 0; r < w->rows; r++)
            for (size_t k = 0; k < w->columns; k++) {
                uint8_t code = x[(ptrdiff_t)r * w->row_stride + (ptrdiff_t)k * w->column_stride] ^ flip;
                most = code > most ? code : most;
            }
        out[c] = most ^ flip;
    }
}

QF_INLINE uint8_t qf_average_code(int32_t sum, const qf_average *a) {
    return (uint8_t)qf_round_code((float)(sum + a->offset) * a->multiplier, a->bounds) ^ a->flip;
}

QF_INLINE void qf_average_window_loop(const uint8_t *x, const qf_windows *w, size_t channels,
                                      const qf_average *a, uint8_t *out) {
    for (size_t c = 0; c < channels; c++, x++) {
        int32_t sum = 0;
        for (size_t r = 0; r < w->rows; r++)
            for (size_t k = 0; k < w->columns; k++)
                sum += x[(ptrdiff_t)r * w->row_stride + (ptrdiff_t)k * w->column_stride] ^ a->flip;
        out[c] = qf_average_code(sum, a);
    }
}

/* In float64: products are exact, so that a fused addition would change nothing. */
QF_INLINE void qf_batch_norm_loop(const uint8_t *x, size_t count, const double *alpha, const double *beta,
                                  qf_bounds bounds, int32_t x_zero_point, uint8_t flip, uint8_t *out) {
    const double shift = 6755399441055744.0, low = bounds.low, high = bounds.high; /* 1.5 * 2**52 */
    for (size_t i = 0; i < count; i++) {
        double value = alpha[i] * (double)((x[i] ^ flip) - x_zero_point) + beta[i];
        value = value < high ? value : high; /* false for NaN */
        value = value > low ? value : low;
        out[i] = (uint8_t)((int32_t)((value + shift) - shift) + bounds.zero_point) ^ flip;
    }
}

QF_INLINE void qf_min_max_columns_loop(const float *x, size_t rows, size_t stride, size_t columns, float *low,
                                       float *high, int32_t *unordered) {
    for (size_t r = 0; r < rows; r++, x += stride)
        for (size_t c = 0; c < columns; c++) {
            low[c] = x[c] < low[c] ? x[c] : low[c];
            high[c] = x[c] > high[c] ? x[c] : high[c];
            unordered[c] |= x[c] != x[c];
        }
}

QF_INLINE void qf_find_bins_loop(const float *x, size_t count, float first, float last, float width,
                                 int32_t bins, int32_t *index) {
    for (size_t i = 0; i < count; i++) {
        int inside = (x[i] >= first) & (x[i] <= last);
        float offset = (inside ? x[i] : first) - first;
        int32_t bin = (int32_t)(offset / width * (float)bins);
        bin = bin < bins - 1 ? bin : bins - 1;
        index[i] = inside ? bin : bins;
    }
}

QF_INLINE uint8_t qf_change_code(uint8_t code, const qf_change *c) {
    float value = c->from.scale * (float)((code ^ c->from_flip) - c->from.zero_point);
    return (uint8_t)qf_round_code(value * c->reciprocal, c->bounds) ^ c->flip;
}

QF_INLINE void qf_requantize_loop(const uint8_t *x, size_t count, const qf_change *c, uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = qf_change_code(x[i], c);
}

/* In float64, which holds all differences of two qint32. */
QF_INLINE float qf_real(int32_t code, qf_affine from) {
    return from.scale * (float)((double)code - (double)from.zero_point);
}

QF_INLINE void qf_requantize_to8_loop(const int32_t *x, size_t count, const qf_change *c, uint8_t *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)qf_round_code(qf_real(x[i], c->from) * c->reciprocal, c->bounds);
}

QF_INLINE void qf_requantize_to32_loop(const int32_t *x, size_t count, const qf_change *c, int32_t *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = qf_round_code32(qf_real(x[i], c->from) * c->reciprocal, c->bounds.zero_point);
}

#endif
