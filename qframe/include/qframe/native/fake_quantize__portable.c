/* Simulated quantization in plain C. */
#include "fake_quantize.h"

static void one(const float *x, size_t count, const qf_grid *grid, float *out, uint8_t *inside) {
    qf_fake_quantize_loop(x, 0, count, grid, out, inside);
}

static void each(const float *x, size_t count, const qf_grids *grids, float *out, uint8_t *inside) {
    qf_fake_quantize_each_loop(x, 0, count, grids, out, inside);
}

const qf_fake_quantize_kernels qf_fake_quantize_portable = {.one = one, .each = each};
