/* Simulated quantization: what an instruction set provides for it. */
#ifndef QF_FAKE_QUANTIZE_H
#define QF_FAKE_QUANTIZE_H

#include "kernels.h"

/* low and high are the bounds of codes minus the zero point, whole numbers of at most QF_EXACT. */
#define QF_EXACT 4194303.0 /* 2**22 - 1 */

typedef struct qf_grid {
    float reciprocal, scale, low, high;
} qf_grid;

/* The same with an entry for each element. */
typedef struct qf_grids {
    const float *reciprocal, *scale, *low, *high;
} qf_grids;

typedef struct qf_fake_quantize_kernels {
    /* Real values of the nearest codes, and 1 where these lay inside before they were limited, else 0. */
    void (*one)(const float *x, size_t count, const qf_grid *grid, float *out, uint8_t *inside);
    void (*each)(const float *x, size_t count, const qf_grids *grids, float *out, uint8_t *inside);
} qf_fake_quantize_kernels;

extern const qf_fake_quantize_kernels qf_fake_quantize_portable;

/* NaN becomes the lower bound and lies outside.  Values are limited to one step outside of the bounds, which
 * changes neither, so that they can be rounded. */
QF_INLINE void qf_fake_quantize_loop(const float *x, size_t first, size_t end, const qf_grid *grid, float *out,
                                     uint8_t *inside) {
    const float least = grid->low - 1.0f, most = grid->high + 1.0f;
    for (size_t i = first; i < end; i++) {
        float value = x[i] * grid->reciprocal;
        value = value > least ? value : least; /* false for NaN */
        value = value < most ? value : most;
        value = (float)(int32_t)qf_rint(value); /* no negative zero */
        inside[i] = (value >= grid->low) & (value <= grid->high);
        value = value > grid->low ? value : grid->low;
        value = value < grid->high ? value : grid->high;
        out[i] = value * grid->scale;
    }
}

QF_INLINE void qf_fake_quantize_each_loop(const float *x, size_t first, size_t end, const qf_grids *grids,
                                          float *out, uint8_t *inside) {
    for (size_t i = first; i < end; i++) {
        qf_grid grid = {grids->reciprocal[i], grids->scale[i], grids->low[i], grids->high[i]};
        qf_fake_quantize_loop(x, i, i + 1, &grid, out, inside);
    }
}

#endif
