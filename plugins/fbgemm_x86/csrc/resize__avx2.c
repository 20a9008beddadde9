/* Interpolation, AVX2: shuffles of 16 codes; 8 channels of a pixel at once, the last of them overlapping. */
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

/* The numbers of the first 8 codes. */
QF_INLINE __m256 numbers8(__m128i codes, int is_signed) {
    return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(codes) : _mm256_cvtepu8_epi32(codes));
}

QF_INLINE __m256 blend8(__m256 a, __m256 a_weight, __m256 b, __m256 b_weight) {
    return _mm256_add_ps(_mm256_mul_ps(a_weight, a), _mm256_mul_ps(b_weight, b));
}

/* is_signed is a compile-time constant. */
QF_INLINE void blend_sixteen(__m128i a, __m128i b, const float *a_weight, const float *b_weight, int is_signed,
                             float *out) {
    QF_UNROLL
    for (int i = 0; i < QF_WINDOW; i += 8) {
        __m256 left = numbers8(a, is_signed), right = numbers8(b, is_signed);
        left = blend8(left, _mm256_loadu_ps(a_weight + i), right, _mm256_loadu_ps(b_weight + i));
        _mm256_storeu_ps(out + i, left);
        a = _mm_srli_si128(a, 8), b = _mm_srli_si128(b, 8);
    }
}

static void blend_codes(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                        uint8_t flip, float *out) {
    uint8_t copy[QF_WINDOW] = {0};
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        __m128i a = qf_sixteen(line, sources, i, count), b = qf_sixteen(line, sources + 1, i, count);
        if (flip) blend_sixteen(a, b, sources[0].weight + i, sources[1].weight + i, 1, out + i);
        else blend_sixteen(a, b, sources[0].weight + i, sources[1].weight + i, 0, out + i);
    }
}

QF_INLINE __m256 load_numbers(const uint8_t *from, int is_signed) {
    return numbers8(_mm_loadl_epi64((const __m128i *)from), is_signed);
}

/* Channels of one pixel; is_signed is a compile-time constant, there are at least 8. */
QF_INLINE void blend_pixel(const uint8_t *a, const uint8_t *b, float a_factor, float b_factor, size_t channels,
                           int is_signed, float *out) {
    const __m256 a_weight = _mm256_set1_ps(a_factor), b_weight = _mm256_set1_ps(b_factor);
    for (size_t c = 0; c < channels; c += 8) {
        size_t at = qf_min(c, channels - 8);
        __m256 left = load_numbers(a + at, is_signed), right = load_numbers(b + at, is_signed);
        _mm256_storeu_ps(out + at, blend8(left, a_weight, right, b_weight));
    }
}

void qf_blend_pixels__avx2(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                           size_t count, uint8_t flip, float *out) {
    for (size_t i = 0; i < count; i++, out += channels) {
        const uint8_t *a = line + sources[0].index[i] * stride, *b = line + sources[1].index[i] * stride;
        float a_weight = sources[0].weight[i], b_weight = sources[1].weight[i];
        if (channels < 8) qf_blend_pixel_loop(a, b, a_weight, b_weight, channels, flip, out);
        else if (flip) blend_pixel(a, b, a_weight, b_weight, channels, 1, out);
        else blend_pixel(a, b, a_weight, b_weight, channels, 0, out);
    }
}

/* What turns sums into codes; values that leave int16 saturate while they are packed, as they should. */
typedef struct finish {
    __m256 a_weight, b_weight, zero_point, high;
    __m256i offset;
} finish;

QF_INLINE finish make_finish(const qf_blend *blend) {
    int32_t high = 255 - blend->flip - blend->zero_point;
    finish f = {_mm256_set1_ps(blend->first_weight), _mm256_set1_ps(blend->second_weight),
                _mm256_set1_ps((float)blend->zero_point), _mm256_set1_ps((float)high),
                _mm256_set1_epi16((int16_t)blend->zero_point)};
    return f;
}

QF_INLINE __m256i round8(const float *a, const float *b, const finish *f) {
    __m256 values = blend8(_mm256_loadu_ps(a), f->a_weight, _mm256_loadu_ps(b), f->b_weight);
    values = _mm256_min_ps(_mm256_sub_ps(values, f->zero_point), f->high); /* its second operand for NaN */
    return _mm256_cvtps_epi32(values);
}

QF_INLINE __m256i codes32(const float *a, const float *b, const finish *f, int is_signed) {
    __m256i first = _mm256_packs_epi32(round8(a, b, f), round8(a + 8, b + 8, f));
    __m256i second = _mm256_packs_epi32(round8(a + 16, b + 16, f), round8(a + 24, b + 24, f));
    first = _mm256_adds_epi16(first, f->offset), second = _mm256_adds_epi16(second, f->offset);
    __m256i bytes = is_signed ? _mm256_packs_epi16(first, second) : _mm256_packus_epi16(first, second);
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

QF_INLINE void blend_any(const float *a, const float *b, size_t count, const qf_blend *blend, int is_signed,
                         uint8_t *out) {
    const finish f = make_finish(blend);
    size_t i = 0;
    for (; i + 32 <= count; i += 32)
        _mm256_storeu_si256((__m256i *)(out + i), codes32(a + i, b + i, &f, is_signed));
    if (i < count) {
        uint8_t last[32];
        _mm256_storeu_si256((__m256i *)last, codes32(a + i, b + i, &f, is_signed));
        memcpy(out + i, last, count - i);
    }
}

static void blend_lines(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out) {
    if (blend->flip) blend_any(a, b, count, blend, 1, out);
    else blend_any(a, b, count, blend, 0, out);
}

const qf_resize qf_resize_avx2 = {
    .pick = qf_pick__avx2, .copy_pixels = qf_copy_pixels__avx2, .blend_codes = blend_codes,
    .blend_pixels = qf_blend_pixels__avx2, .blend_lines = blend_lines,
};

QF_TARGET_END
#endif
