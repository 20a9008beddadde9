/* Depthwise convolutions, 16 channels at once: taps go in pairs through vpmaddwd.  No sum of two products
 * (at most 2 * 255 * 255) exceeds 32 bits. */
#include <qframe/requant_x86.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE __m256i load16(const uint8_t *codes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)codes));
}

typedef struct sums {
    __m256i low, high;
} sums;

/* Add the products of two taps; weights and sums are in the order of lanes (depthwise.c). */
QF_INLINE void add_pair(sums *s, __m256i a, __m256i b, const int16_t *weights) {
    __m256i low = _mm256_loadu_si256((const __m256i *)weights);
    __m256i high = _mm256_loadu_si256((const __m256i *)(weights + 16));
    s->low = _mm256_add_epi32(s->low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), low));
    s->high = _mm256_add_epi32(s->high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), high));
}

/* Lanes are such that packing brings the channels back in order. */
QF_INLINE __m128i finish(const sums *s, const float *bias, const float *multiplier, const qf_bounds8 *bounds) {
    __m256i words = _mm256_packs_epi32(qf_requant8(s->low, bias, multiplier, bounds),
                                       qf_requant8(s->high, bias + 8, multiplier + 8, bounds));
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

QF_INLINE sums start_sums(const int32_t *start) {
    sums s = {_mm256_loadu_si256((const __m256i *)start), _mm256_loadu_si256((const __m256i *)(start + 8))};
    return s;
}

/* Blocks from channel `from` (a multiple of 16) on. */
QF_INLINE void blocks(const int16_t *weights, size_t channels, size_t from, const size_t taps,
                      const uint8_t *const *pixels, const int32_t *start, const qf_requant *requant,
                      uint8_t *out) {
    const qf_bounds8 bounds = qf_make_bounds8(requant->bounds);
    const float *bias = requant->bias, *multiplier = requant->multiplier;
    weights += from * ((taps + 1) / 2 * 2);
    for (size_t c = from; c < channels; c += QF_LANES) {
        size_t at = c + QF_LANES <= channels ? c : channels - QF_LANES; /* the last block overlaps */
        sums s = start_sums(start + c);
        for (size_t tap = 0; tap < taps; tap += 2, weights += 32)
            add_pair(&s, load16(pixels[tap] + at), load16(pixels[tap + 1] + at), weights);
        _mm_storeu_si128((__m128i *)(out + at), finish(&s, bias + c, multiplier + c, &bounds));
    }
}

/* Fewer than 16 channels: through copies that are long enough to be read whole. */
static void narrow_pixel(const int16_t *weights, size_t channels, size_t taps, const uint8_t *const *pixels,
                         const int32_t *start, const qf_requant *requant, uint8_t *out) {
    const qf_bounds8 bounds = qf_make_bounds8(requant->bounds);
    uint8_t pair[2][QF_LANES] = {{0}};
    sums s = start_sums(start);
    for (size_t tap = 0; tap < taps; tap += 2, weights += 32) {
        memcpy(pair[0], pixels[tap], channels);
        memcpy(pair[1], pixels[tap + 1], channels);
        add_pair(&s, load16(pair[0]), load16(pair[1]), weights);
    }
    _mm_storeu_si128((__m128i *)pair[0], finish(&s, requant->bias, requant->multiplier, &bounds));
    memcpy(out, pair[0], channels);
}

void qf_depthwise_rest__avx2(const int16_t *weights, size_t channels, size_t from, size_t taps,
                             const uint8_t *const *pixels, const int32_t *start, const qf_requant *requant,
                             uint8_t *out) {
    if (channels < QF_LANES) {
        narrow_pixel(weights, channels, taps, pixels, start, requant, out);
    } else if (taps == 9) { /* 3x3 and 5x5 are unrolled */
        blocks(weights, channels, from, 9, pixels, start, requant, out);
    } else if (taps == 25) {
        blocks(weights, channels, from, 25, pixels, start, requant, out);
    } else {
        blocks(weights, channels, from, taps, pixels, start, requant, out);
    }
}

void qf_depthwise__avx2(const int16_t *weights, size_t channels, size_t taps, const uint8_t *const *pixels,
                        const int32_t *start, const qf_requant *requant, uint8_t *out) {
    qf_depthwise_rest__avx2(weights, channels, 0, taps, pixels, start, requant, out);
}

QF_TARGET_END
#endif
