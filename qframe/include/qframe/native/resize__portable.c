/* The kernels of resize.h in plain C. */
#include "resize_loops.h"

static void pick(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t *out) {
    (void)length;
    qf_pick_loop(line, sources->index, count, out);
}

static void copy_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                        size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++, out += channels)
        memcpy(out, line + sources->index[i] * stride, channels);
}

static void blend_codes(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                        uint8_t flip, float *out) {
    (void)length;
    qf_blend_codes_loop(line, sources, count, flip, out);
}

static void blend_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                         size_t count, uint8_t flip, float *out) {
    for (size_t i = 0; i < count; i++, out += channels)
        qf_blend_pixel_loop(line + sources[0].index[i] * stride, line + sources[1].index[i] * stride,
                            sources[0].weight[i], sources[1].weight[i], channels, flip, out);
}

static void blend_lines(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out) {
    qf_blend_lines_loop(a, b, count, blend, out);
}

const qf_resize qf_resize_portable = {
    .pick = pick, .copy_pixels = copy_pixels, .blend_codes = blend_codes, .blend_pixels = blend_pixels,
    .blend_lines = blend_lines,
};
