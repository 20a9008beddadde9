/* Normalisation by the input's own statistics: what an instruction set provides for it.
 *
 * Codes are taken as unsigned bytes, as in elementwise.h. */
#ifndef QF_NORMS_H
#define QF_NORMS_H

#include "kernels.h"

/* What all codes of a call have in common: code = round(value * reciprocal). */
typedef struct qf_norm_codes {
    int32_t x_zero_point; /* shifted by `flip`, like the bounds */
    float reciprocal;
    qf_bounds bounds;
    uint8_t flip;
    int tame; /* no value times reciprocal can leave the range of int32 */
} qf_norm_codes;

typedef struct qf_norm_kernels {
    /* The sums of all codes and of their squares. */
    void (*sums)(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares);
    /* The same for each column of at most 2**15 rows that lie one behind the other. */
    void (*column_sums)(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                        uint32_t *squares);
    /* value = (x - x_zero_point - mean) * factor + bias */
    void (*run)(const uint8_t *x, size_t count, float mean, float factor, float bias,
                const qf_norm_codes *codes, uint8_t *out);
    /* value = (x - x_zero_point - mean) * factor * weight[i] + bias[i] */
    void (*row)(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                const float *bias, const qf_norm_codes *codes, uint8_t *out);
    /* value = (x - x_zero_point - mean[i]) * factor[i] + bias[i] */
    void (*pixels)(const uint8_t *x, size_t count, const float *mean, const float *factor, const float *bias,
                   const qf_norm_codes *codes, uint8_t *out);
} qf_norm_kernels;

extern const qf_norm_kernels qf_norm_portable;

#endif
