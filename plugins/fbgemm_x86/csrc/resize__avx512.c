/* Interpolation, AVX-512: the forms of resize__avx2.c, twice as wide. */
#include "resize_avx2.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

QF_INLINE __m512 numbers16(__m128i codes, int is_signed) {
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(codes) : _mm512_cvtepu8_epi32(codes));
}

QF_INLINE __m512 blend16(__m512 a, __m512 a_weight, __m512 b, __m512 b_weight) {
    return _mm512_add_ps(_mm512_mul_ps(a_weight, a), _mm512_mul_ps(b_weight, b));
}

static void blend_codes(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                        uint8_t flip, float *out) {
    uint8_t copy[QF_WINDOW] = {0};
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        __m128i a = qf_sixteen(line, sources, i, count), b = qf_sixteen(line, sources + 1, i, count);
        __m512 left = flip ? numbers16(a, 1) : numbers16(a, 0);
        __m512 right = flip ? numbers16(b, 1) : numbers16(b, 0);
        __m512 left_weight = _mm512_loadu_ps(sources[0].weight + i);
        __m512 right_weight = _mm512_loadu_ps(sources[1].weight + i);
        _mm512_storeu_ps(out + i, blend16(left, left_weight, right, right_weight));
    }
}

QF_INLINE __m512 load_numbers(const uint8_t *from, int is_signed) {
    return numbers16(_mm_loadu_si128((const __m128i *)from), is_signed);
}

/* At least 16 channels; is_signed is a compile-time constant. */
QF_INLINE void blend_any_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels,
                                const qf_sources *sources, size_t count, int is_signed, float *out) {
    for (size_t i = 0; i < count; i++, out += channels) {
        const uint8_t *a = line + sources[0].index[i] * stride, *b = line + sources[1].index[i] * stride;
        const __m512 a_weight = _mm512_set1_ps(sources[0].weight[i]);
        const __m512 b_weight = _mm512_set1_ps(sources[1].weight[i]);
        for (size_t next = 0; next < channels; next += 16) {
            size_t c = qf_min(next, channels - 16); /* the last step overlaps */
            _mm512_storeu_ps(out + c, blend16(load_numbers(a + c, is_signed), a_weight,
                                              load_numbers(b + c, is_signed), b_weight));
        }
    }
}

static void blend_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                         size_t count, uint8_t flip, float *out) {
    if (channels < 16) qf_blend_pixels__avx2(line, stride, channels, sources, count, flip, out);
    else if (flip) blend_any_pixels(line, stride, channels, sources, count, 1, out);
    else blend_any_pixels(line, stride, channels, sources, count, 0, out);
}

/* As in resize__avx2.c. */
typedef struct finish {
    __m512 a_weight, b_weight, zero_point, high;
    __m512i offset;
} finish;

QF_INLINE finish make_finish(const qf_blend *blend) {
    int32_t high = 255 - blend->flip - blend->zero_point;
    finish f = {_mm512_set1_ps(blend->first_weight), _mm512_set1_ps(blend->second_weight),
                _mm512_set1_ps((float)blend->zero_point), _mm512_set1_ps((float)high),
                _mm512_set1_epi16((int16_t)blend->zero_point)};
    return f;
}

QF_INLINE __m512i round16(const float *a, const float *b, const finish *f) {
    __m512 values = blend16(_mm512_loadu_ps(a), f->a_weight, _mm512_loadu_ps(b), f->b_weight);
    values = _mm512_min_ps(_mm512_sub_ps(values, f->zero_point), f->high); /* its second operand for NaN */
    return _mm512_cvtps_epi32(values);
}

QF_INLINE __m512i codes64(const float *a, const float *b, const finish *f, int is_signed) {
    __m512i first = _mm512_packs_epi32(round16(a, b, f), round16(a + 16, b + 16, f));
    __m512i second = _mm512_packs_epi32(round16(a + 32, b + 32, f), round16(a + 48, b + 48, f));
    first = _mm512_adds_epi16(first, f->offset), second = _mm512_adds_epi16(second, f->offset);
    __m512i bytes = is_signed ? _mm512_packs_epi16(first, second) : _mm512_packus_epi16(first, second);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, bytes);
}

QF_INLINE void blend_any(const float *a, const float *b, size_t count, const qf_blend *blend, int is_signed,
                         uint8_t *out) {
    const finish f = make_finish(blend);
    size_t i = 0;
    for (; i + 64 <= count; i += 64)
        _mm512_storeu_si512((void *)(out + i), codes64(a + i, b + i, &f, is_signed));
    if (i < count) {
        uint8_t last[64];
        _mm512_storeu_si512((void *)last, codes64(a + i, b + i, &f, is_signed));
        memcpy(out + i, last, count - i);
    }
}

static void blend_lines(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out) {
    if (blend->flip) blend_any(a, b, count, blend, 1, out);
    else blend_any(a, b, count, blend, 0, out);
}

const qf_resize qf_resize_avx512 = {
    .pick = qf_pick__avx2, .copy_pixels = qf_copy_pixels__avx2, .blend_codes = blend_codes,
    .blend_pixels = blend_pixels, .blend_lines = blend_lines,
};

QF_TARGET_END
#endif
