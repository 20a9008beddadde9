/* The kernels of elementwise.h in plain C. */
#include "elementwise_loops.h"
#include "fake_quantize.h"
#include "resize.h"

static void add(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    qf_add_loop(a, b, count, p, out);
}

static void mul(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    qf_mul_loop(a, b, count, p, out);
}

static void clamp(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out) {
    qf_clamp_loop(x, count, low, high, flip, out);
}

static void lookup(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                   size_t out_stride) {
    for (size_t r = 0; r < rows; r++) qf_lookup_loop(x + r * length, length, table, out + r * out_stride);
}

static void max_windows(const uint8_t *x, const qf_windows *w, size_t channels, uint8_t flip, uint8_t *out) {
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels)
        qf_max_window_loop(x, w, channels, flip, out);
}

static void average_windows(const uint8_t *x, const qf_windows *w, size_t channels, const qf_average *a,
                            uint8_t *out) {
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels)
        qf_average_window_loop(x, w, channels, a, out);
}

static void batch_norm(const uint8_t *x, size_t count, const double *alpha, const double *beta,
                       qf_bounds bounds, int32_t x_zero_point, uint8_t flip, uint8_t *out) {
    qf_batch_norm_loop(x, count, alpha, beta, bounds, x_zero_point, flip, out);
}

static void min_max_columns(const float *x, size_t rows, size_t stride, size_t columns, float *low,
                            float *high, int32_t *unordered) {
    qf_min_max_columns_loop(x, rows, stride, columns, low, high, unordered);
}

static void find_bins(const float *x, size_t count, float first, float last, float width, int32_t bins,
                      int32_t *index) {
    qf_find_bins_loop(x, count, first, last, width, bins, index);
}

static void requantize_to8(const int32_t *x, size_t count, const qf_change *change, uint8_t *out) {
    qf_requantize_to8_loop(x, count, change, out);
}

static void requantize_to32(const int32_t *x, size_t count, const qf_change *change, int32_t *out) {
    qf_requantize_to32_loop(x, count, change, out);
}

const qf_elementwise qf_elementwise_portable = {
    .add = add, .mul = mul, .clamp = clamp, .lookup = lookup, .max_windows = max_windows,
    .average_windows = average_windows, .batch_norm = batch_norm, .min_max_columns = min_max_columns,
    .find_bins = find_bins,
    .requantize_to8 = requantize_to8, .requantize_to32 = requantize_to32,
    .fake_quantize = &qf_fake_quantize_portable, .resize = &qf_resize_portable,
};
