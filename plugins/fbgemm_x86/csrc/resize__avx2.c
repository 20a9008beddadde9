/* Interpolation, AVX2: shuffles of 16 codes; whole vectors of channels, the last of them overlapping. */
#include "resize_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

void qf_pick__avx2(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t *out) {
    qf_pick_windows(line, length, sources, count, out);
}

void qf_copy_pixels__avx2(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                          size_t count, uint8_t *out) {
    qf_copy_pixels_in_steps(line, stride, channels, sources, count, out);
}

static void blend_few_channels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                               size_t count, uint8_t flip, float *out) {
    for (size_t i = 0; i < count; i++, out += channels)
        qf_blend_pixel_loop(line + sources[0].index[i] * stride, line + sources[1].index[i] * stride,
                            sources[0].weight[i], sources[1].weight[i], channels, flip, out);
}

#define WIDTH 256
#define SHORTER_PIXELS blend_few_channels
#include "resize_blend.h"

const qf_resize qf_resize_avx2 = {
    .pick = qf_pick__avx2, .copy_pixels = qf_copy_pixels__avx2, .blend_codes = blend_codes,
    .blend_pixels = blend_pixels, .blend_lines = blend_lines,
};

QF_TARGET_END
#endif
