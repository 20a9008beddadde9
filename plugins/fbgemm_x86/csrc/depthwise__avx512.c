/* Depthwise convolutions, 32 channels at once: two of AVX2's blocks side by side in each register.
 * What does not fill 32 channels goes through the AVX2 kernel. */
#include <qframe/requant_x86.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512)

/* 32 codes as int16: block 0 in the low half, block 1 in the high half. */
QF_INLINE __m512i load32(const uint8_t *codes) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)codes));
}

/* 16 words of each of two blocks. */
QF_INLINE __m512i load_halves(const void *first, const void *second) {
    __m512i low = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)first));
    return _mm512_inserti64x4(low, _mm256_loadu_si256((const __m256i *)second), 1);
}

QF_INLINE __m512 load_float_halves(const float *first, const float *second) {
    return _mm512_castsi512_ps(load_halves(first, second));
}

QF_INLINE __m512i codes16(__m512i sum, const float *bias, const float *multiplier, const qf_bounds16 *bounds) {
    __m512 values = _mm512_add_ps(_mm512_cvtepi32_ps(sum), load_float_halves(bias, bias + QF_LANES));
    values = _mm512_mul_ps(values, load_float_halves(multiplier, multiplier + QF_LANES));
    values = _mm512_max_ps(_mm512_min_ps(values, bounds->high), bounds->low);
    return _mm512_add_epi32(_mm512_cvtps_epi32(values), bounds->zero_point);
}

QF_INLINE void two_blocks(const int16_t *weights, const size_t taps, const uint8_t *const *pixels, size_t at,
                          const int32_t *start, const float *bias, const float *multiplier,
                          const qf_bounds16 *bounds, uint8_t *out) {
    const int16_t *other = weights + (taps + 1) / 2 * 2 * QF_LANES;
    __m512i low = load_halves(start, start + QF_LANES), high = load_halves(start + 8, start + QF_LANES + 8);
    for (size_t tap = 0; tap < taps; tap += 2, weights += 32, other += 32) {
        __m512i a = load32(pixels[tap] + at), b = load32(pixels[tap + 1] + at);
        __m512i w0 = load_halves(weights, other), w1 = load_halves(weights + 16, other + 16);
        low = _mm512_add_epi32(low, _mm512_madd_epi16(_mm512_unpacklo_epi16(a, b), w0));
        high = _mm512_add_epi32(high, _mm512_madd_epi16(_mm512_unpackhi_epi16(a, b), w1));
    }
    __m512i words = _mm512_packs_epi32(codes16(low, bias, multiplier, bounds),
                                       codes16(high, bias + 8, multiplier + 8, bounds));
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtepi16_epi8(words));
}

/* Whole pairs of blocks; returns how many channels they cover. */
QF_INLINE size_t pixel(const int16_t *weights, size_t channels, const size_t taps, const uint8_t *const *pixels,
                       const int32_t *start, const qf_requant *requant, uint8_t *out) {
    const qf_bounds16 bounds = qf_make_bounds16(requant->bounds);
    size_t at = 0, block = (taps + 1) / 2 * 2 * QF_LANES;
    for (; at + 2 * QF_LANES <= channels; at += 2 * QF_LANES, weights += 2 * block)
        two_blocks(weights, taps, pixels, at, start + at, requant->bias + at, requant->multiplier + at, &bounds,
                   out + at);
    return at;
}

void qf_depthwise__avx512(const int16_t *weights, size_t channels, size_t taps, const uint8_t *const *pixels,
                          const int32_t *start, const qf_requant *requant, uint8_t *out) {
    size_t done;
    if (taps == 9) { /* 3x3 and 5x5 are unrolled */
        done = pixel(weights, channels, 9, pixels, start, requant, out);
    } else if (taps == 25) {
        done = pixel(weights, channels, 25, pixels, start, requant, out);
    } else {
        done = pixel(weights, channels, taps, pixels, start, requant, out);
    }
    if (done < channels) qf_depthwise_rest__avx2(weights, channels, done, taps, pixels, start, requant, out);
}

QF_TARGET_END
#endif
