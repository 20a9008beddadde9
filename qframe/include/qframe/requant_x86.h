/* The rounding of requant.h in vectors: AVX2 and AVX-512, the same integers. */
#ifndef QFRAME_REQUANT_X86_H
#define QFRAME_REQUANT_X86_H

#include "requant.h"
#include "simd.h"

#if QF_X86

QF_TARGET_BEGIN(QF_AVX2)

typedef struct qf_bounds8 {
    __m256 low, high;
    __m256i zero_point;
} qf_bounds8;

QF_INLINE qf_bounds8 qf_make_bounds8(qf_bounds bounds) {
    qf_bounds8 wide = {_mm256_set1_ps(bounds.low), _mm256_set1_ps(bounds.high),
                       _mm256_set1_epi32(bounds.zero_point)};
    return wide;
}

QF_INLINE __m256i qf_round_codes8(__m256 values, const qf_bounds8 *bounds) {
    values = _mm256_min_ps(values, bounds->high); /* returns its second operand for NaN */
    values = _mm256_max_ps(values, bounds->low);
    return _mm256_add_epi32(_mm256_cvtps_epi32(values), bounds->zero_point);
}

QF_INLINE __m256i qf_requant8(__m256i acc, const float *bias, const float *multiplier,
                              const qf_bounds8 *bounds) {
    __m256 values = _mm256_add_ps(_mm256_cvtepi32_ps(acc), _mm256_loadu_ps(bias));
    return qf_round_codes8(_mm256_mul_ps(values, _mm256_loadu_ps(multiplier)), bounds);
}

/* The low bytes of 16 codes (signed or unsigned), in order. */
QF_INLINE __m128i qf_narrow16(__m256i first, __m256i second) {
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xD8);
    words = _mm256_and_si256(words, _mm256_set1_epi16(0xFF));
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

QF_INLINE __m128i qf_requant16(__m256i first, __m256i second, const float *bias, const float *multiplier,
                               const qf_bounds8 *bounds) {
    return qf_narrow16(qf_requant8(first, bias, multiplier, bounds),
                       qf_requant8(second, bias + 8, multiplier + 8, bounds));
}

QF_TARGET_END
QF_TARGET_BEGIN(QF_AVX512)

typedef struct qf_bounds16 {
    __m512 low, high;
    __m512i zero_point;
} qf_bounds16;

QF_INLINE qf_bounds16 qf_make_bounds16(qf_bounds bounds) {
    qf_bounds16 wide = {_mm512_set1_ps(bounds.low), _mm512_set1_ps(bounds.high),
                        _mm512_set1_epi32(bounds.zero_point)};
    return wide;
}

QF_INLINE __m128i qf_requant16_wide(__m512i acc, const float *bias, const float *multiplier,
                                    const qf_bounds16 *bounds) {
    __m512 values = _mm512_add_ps(_mm512_cvtepi32_ps(acc), _mm512_loadu_ps(bias));
    values = _mm512_mul_ps(values, _mm512_loadu_ps(multiplier));
    values = _mm512_max_ps(_mm512_min_ps(values, bounds->high), bounds->low);
    __m512i codes = _mm512_add_epi32(_mm512_cvtps_epi32(values), bounds->zero_point);
    return _mm512_cvtepi32_epi8(codes);
}

QF_TARGET_END

#endif
#endif
