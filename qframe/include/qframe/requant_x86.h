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

/* What 16 neighbouring outputs share. */
typedef struct qf_columns16 {
    __m256 bias[2], multiplier[2], high;
    __m256i zero_point, low;
} qf_columns16;

QF_INLINE qf_columns16 qf_load_columns16(const qf_requant *q, size_t from) {
    qf_columns16 c;
    QF_UNROLL for (int half = 0; half < 2; half++) {
        c.bias[half] = _mm256_loadu_ps(q->bias + from + 8 * half);
        c.multiplier[half] = _mm256_loadu_ps(q->multiplier + from + 8 * half);
    }
    c.high = _mm256_set1_ps(q->bounds.high);
    c.zero_point = _mm256_set1_epi16((int16_t)q->bounds.zero_point);
    c.low = _mm256_set1_epi8((char)((int32_t)q->bounds.low + q->bounds.zero_point));
    return c;
}

/* 16 sums as numbers of 16 bits without the zero point; conversion makes those below the range of int32 its
 * smallest, which packing saturates. */
QF_INLINE __m256i qf_round16(const __m256i *sums, const qf_columns16 *c) {
    __m256i rounded[2];
    QF_UNROLL for (int half = 0; half < 2; half++) {
        __m256 values = _mm256_add_ps(_mm256_cvtepi32_ps(sums[half]), c->bias[half]);
        values = _mm256_mul_ps(values, c->multiplier[half]);
        rounded[half] = _mm256_cvtps_epi32(_mm256_min_ps(values, c->high)); /* high for NaN */
    }
    return _mm256_packs_epi32(rounded[0], rounded[1]);
}

/* The codes of two rows of 16 sums, one behind the other. */
QF_INLINE __m256i qf_codes32(const __m256i *row, const __m256i *next, const qf_columns16 *c) {
    /* Packing leaves four codes of the one half, then of the other, then the same of the next row. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i first = _mm256_adds_epi16(qf_round16(row, c), c->zero_point);
    __m256i second = _mm256_adds_epi16(qf_round16(next, c), c->zero_point);
    __m256i codes = _mm256_max_epu8(_mm256_packus_epi16(first, second), c->low);
    return _mm256_permutevar8x32_epi32(codes, order);
}

QF_TARGET_END
#endif
#if QF_X86_512
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

/* The same as qf_columns16, twice as wide. */
typedef struct qf_columns32 {
    __m512 bias[2], multiplier[2], high;
    __m512i zero_point, low;
} qf_columns32;

QF_INLINE qf_columns32 qf_load_columns32(const qf_requant *q, size_t from) {
    qf_columns32 c;
    QF_UNROLL for (int half = 0; half < 2; half++) {
        c.bias[half] = _mm512_loadu_ps(q->bias + from + 16 * half);
        c.multiplier[half] = _mm512_loadu_ps(q->multiplier + from + 16 * half);
    }
    c.high = _mm512_set1_ps(q->bounds.high);
    c.zero_point = _mm512_set1_epi16((int16_t)q->bounds.zero_point);
    c.low = _mm512_set1_epi8((char)((int32_t)q->bounds.low + q->bounds.zero_point));
    return c;
}

QF_INLINE __m512i qf_round32(const __m512i *sums, const qf_columns32 *c) {
    __m512i rounded[2];
    QF_UNROLL for (int half = 0; half < 2; half++) {
        __m512 values = _mm512_add_ps(_mm512_cvtepi32_ps(sums[half]), c->bias[half]);
        values = _mm512_mul_ps(values, c->multiplier[half]);
        rounded[half] = _mm512_cvtps_epi32(_mm512_min_ps(values, c->high));
    }
    return _mm512_packs_epi32(rounded[0], rounded[1]);
}

QF_INLINE __m512i qf_codes64(const __m512i *row, const __m512i *next, const qf_columns32 *c) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i first = _mm512_adds_epi16(qf_round32(row, c), c->zero_point);
    __m512i second = _mm512_adds_epi16(qf_round32(next, c), c->zero_point);
    __m512i codes = _mm512_max_epu8(_mm512_packus_epi16(first, second), c->low);
    return _mm512_permutexvar_epi32(order, codes);
}

QF_TARGET_END

#endif
#endif
