/* What the AVX-512 kernels of elementwise.h share. */
#ifndef QF_ELEMENTWISE_AVX512_H
#define QF_ELEMENTWISE_AVX512_H

#include "elementwise_avx2.h"

#if QF_X86_512

void qf_add__avx512(const uint8_t *, const uint8_t *, size_t, const qf_binary *, uint8_t *);
void qf_mul__avx512(const uint8_t *, const uint8_t *, size_t, const qf_binary *, uint8_t *);
void qf_add__avx512vnni(const uint8_t *, const uint8_t *, size_t, const qf_binary *, uint8_t *);

QF_TARGET_BEGIN(QF_AVX512)

/* 64 codes as numbers minus their zero point: those at 4 i + k of each 64 become vector k.  Bytes become low bits
 * of a number above 2**23, from which the zero point's is subtracted exactly.  Those with odd k stay 256 times as
 * large, and their scales are so much smaller. */
typedef struct operand {
    __m512 zero_point[2], scale[2]; /* of even and of odd k */
} operand;

QF_INLINE operand make_operand(int32_t zero_point, float scale) {
    const float shift = 8388608.0f; /* 2**23 */
    operand o = {{_mm512_set1_ps(shift + (float)zero_point), _mm512_set1_ps(shift + 256.0f * (float)zero_point)},
                 {_mm512_set1_ps(scale), _mm512_set1_ps(scale / 256.0f)}};
    return o;
}

enum { AND_OR = 0xEA }; /* a & b | c */

/* x & mask | exponent of 2**23 */
QF_INLINE __m512 masked(__m512i x, int mask) {
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(x, _mm512_set1_epi32(mask), _mm512_set1_epi32(0x4B000000), AND_OR));
}

QF_INLINE void centered64(const uint8_t *from, int flips, const operand *o, __m512 *to) {
    __m512i bytes = _mm512_loadu_si512((const void *)from);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    __m512i upper = _mm512_srli_epi32(bytes, 16);
    to[0] = _mm512_sub_ps(masked(bytes, 0x00FF), o->zero_point[0]);
    to[1] = _mm512_sub_ps(masked(bytes, 0xFF00), o->zero_point[1]);
    to[2] = _mm512_sub_ps(masked(upper, 0x00FF), o->zero_point[0]);
    to[3] = _mm512_sub_ps(masked(upper, 0xFF00), o->zero_point[1]);
}

/* What finishes the results: values that fit int32 saturate while they are packed. */
typedef struct finish {
    __m512 factor[2]; /* of even and of odd k */
    __m512i zero_point, low, high;
} finish;

QF_INLINE finish make_finish(const qf_binary *p, float odd) {
    finish f = {{_mm512_set1_ps(p->factor), _mm512_set1_ps(p->factor * odd)},
                _mm512_set1_epi16((int16_t)p->bounds.zero_point),
                _mm512_set1_epi8((char)p->low),
                _mm512_set1_epi8((char)p->high)};
    return f;
}

/* Limits and flips packed codes. */
QF_INLINE void store64(__m512i bytes, const finish *f, int flips, int clamps, uint8_t *out) {
    if (clamps) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, f->low), f->high);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    _mm512_storeu_si512((void *)out, bytes);
}

QF_INLINE void finish64(const __m512 *values, const finish *f, int flips, int clamps, uint8_t *out) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i codes[4];
    QF_UNROLL
    for (int k = 0; k < 4; k++) codes[k] = _mm512_cvtps_epi32(_mm512_mul_ps(values[k], f->factor[k & 1]));
    __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(codes[0], codes[1]), f->zero_point);
    __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(codes[2], codes[3]), f->zero_point);
    store64(_mm512_shuffle_epi8(_mm512_packus_epi16(first, second), order), f, flips, clamps, out);
}

QF_TARGET_END

#endif
#endif
