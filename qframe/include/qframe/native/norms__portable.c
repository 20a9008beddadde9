/* The kernels of norms.h in plain C. */
#include "norms_loops.h"

static void sums(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    *total = *squares = 0;
    qf_sums_loop(x, count, flip, total, squares);
}

static void column_sums(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                        uint32_t *squares) {
    memset(total, 0, columns * sizeof *total);
    memset(squares, 0, columns * sizeof *squares);
    qf_column_sums_loop(x, rows, columns, flip, total, squares);
}

static void run(const uint8_t *x, size_t count, float mean, float factor, float bias,
                const qf_norm_codes *codes, uint8_t *out) {
    qf_norm_run_loop(x, count, mean, factor, bias, codes, out);
}

static void row(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    qf_norm_row_loop(x, count, mean, factor, weight, bias, codes, out);
}

static void pixels(const uint8_t *x, size_t count, const float *mean, const float *factor, const float *bias,
                   const qf_norm_codes *codes, uint8_t *out) {
    qf_norm_pixels_loop(x, count, mean, factor, bias, codes, out);
}

const qf_norm_kernels qf_norm_portable = {
    .sums = sums, .column_sums = column_sums, .run = run, .row = row, .pixels = pixels,
};
