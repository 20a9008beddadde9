/* Convolutions as matrix products over windows, which are read in place or from staged copies of the input. */
#include "geometry.h"
#include "matrix.h"

int qf_conv(const qf_weights *weights, const uint8_t *x, size_t images, const int32_t *sizes, float x_scale,
            int32_t x_zero_point, float scale, int32_t zero_point, int32_t low, int32_t high, uint8_t *out) {
    qf_geometry g = qf_read_geometry(sizes);
    size_t taps = qf_taps(&g), inputs = weights->runs * weights->length;
    g.group_channels = taps ? inputs / taps : 0;
    g.channels = g.group_channels * weights->groups;
    if (!qf_set_output(&g)) return QF_OK;
    qf_product p = {.weights = weights, .rows = images * qf_pixels(g.output), .x = x, .x_stride = g.channels,
                    .x_zero_point = (uint8_t)x_zero_point, .codes = out};
    p.geometry = qf_is_pointwise(&g) ? NULL : &g;
    if (!qf_product_vectors(&p)) return QF_NO_MEMORY;
    qf_set_requant(&p, x_scale, scale, zero_point, low, high);
    return qf_run_product(&p);
}
