/* Interpolation, AVX2: shuffles of 16 codes; whole vectors of channels, the last of them overlapping. */
#include "resize_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

void qf_pick__avx2(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t *out) {
    uint8_t copy[QF_WINDOW] = {0};
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        __m128i codes = qf_sixteen(line, sources, i, count);
        if (QF_LIKELY(i + QF_WINDOW <= count)) {
            _mm_storeu_si128((__m128i *)(out + i), codes);
        } else {
            uint8_t last[QF_WINDOW];
            _mm_storeu_si128((__m128i *)last, codes);
            memcpy(out + i, last, count - i);
        }
    }
}

/* So many bytes in steps of `width`, a compile-time constant, the last of which overlaps. */
QF_INLINE void copy_steps(const uint8_t *from, size_t count, size_t width, uint8_t *to) {
    size_t i = 0;
    for (; i + width <= count; i += width) memcpy(to + i, from + i, width);
    if (i < count) memcpy(to + count - width, from + count - width, width);
}

QF_INLINE void copy_sized(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                          size_t count, size_t width, uint8_t *out) {
    for (size_t i = 0; i < count; i++, out += channels)
        copy_steps(line + sources->index[i] * stride, channels, width, out);
}

void qf_copy_pixels__avx2(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                          size_t count, uint8_t *out) {
    if (channels == 64) copy_sized(line, stride, 64, sources, count, 32, out);
    else if (channels >= 32) copy_sized(line, stride, channels, sources, count, 32, out);
    else if (channels >= 16) copy_sized(line, stride, channels, sources, count, 16, out);
    else if (channels >= 8) copy_sized(line, stride, channels, sources, count, 8, out);
    else copy_sized(line, stride, channels, sources, count, 1, out);
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
