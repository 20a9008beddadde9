/* The kernels of norms.h in plain C; inlined, so that target regions vectorise them. */
#ifndef QF_NORMS_LOOPS_H
#define QF_NORMS_LOOPS_H

#include "norms.h"

/* These two add to what is there. */
QF_INLINE void qf_sums_loop(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    for (size_t i = 0; i < count; i++) {
        uint32_t code = x[i] ^ flip;
        *total += code;
        *squares += code * code;
    }
}

QF_INLINE void qf_column_sums_loop(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                                   uint32_t *squares) {
    for (size_t r = 0; r < rows; r++, x += columns)
        for (size_t c = 0; c < columns; c++) {
            uint32_t code = x[c] ^ flip;
            total[c] += code;
            squares[c] += code * code;
        }
}

QF_INLINE float qf_norm_centered(uint8_t code, const qf_norm_codes *codes, float mean) {
    return (float)((code ^ codes->flip) - codes->x_zero_point) - mean;
}

QF_INLINE uint8_t qf_norm_code(float value, const qf_norm_codes *codes) {
    return (uint8_t)qf_round_code(value * codes->reciprocal, codes->bounds) ^ codes->flip;
}

QF_INLINE void qf_norm_run_loop(const uint8_t *x, size_t count, float mean, float factor, float bias,
                                const qf_norm_codes *codes, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        float value = qf_norm_centered(x[i], codes, mean) * factor;
        out[i] = qf_norm_code(value + bias, codes);
    }
}

QF_INLINE void qf_norm_row_loop(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                                const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        float value = qf_norm_centered(x[i], codes, mean) * factor;
        value = value * weight[i];
        out[i] = qf_norm_code(value + bias[i], codes);
    }
}

QF_INLINE void qf_norm_pixels_loop(const uint8_t *x, size_t count, const float *mean, const float *factor,
                                   const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        float value = qf_norm_centered(x[i], codes, mean[i]) * factor[i];
        out[i] = qf_norm_code(value + bias[i], codes);
    }
}

#endif
