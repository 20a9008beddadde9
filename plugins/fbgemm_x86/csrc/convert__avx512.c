/* Between float and codes, AVX-512: 64 codes at once, written as whole cache lines. */
#include <qframe/requant_x86.h>

#include "avx2.h"
#include "elementwise_avx2.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

/* What all elements share.  Signed codes are packed as unsigned ones, then their sign bits are flipped. */
typedef struct quantizer {
    __m512 reciprocal, high;
    __m512i zero_point, low, flip;
} quantizer;

static quantizer make_quantizer(float reciprocal, qf_bounds bounds) {
    int32_t low = (int32_t)bounds.low + bounds.zero_point, flip = low < 0 ? 128 : 0;
    quantizer q = {_mm512_set1_ps(reciprocal), _mm512_set1_ps(bounds.high),
                   _mm512_set1_epi16((int16_t)(bounds.zero_point + flip)), _mm512_set1_epi8((char)(low + flip)),
                   _mm512_set1_epi8((char)flip)};
    return q;
}

/* 32 numbers without the zero point; those below the range of int32 become its smallest, NaN the upper bound. */
QF_INLINE __m512i round32(__m512 first, __m512 second, const quantizer *q) {
    first = _mm512_min_ps(_mm512_mul_ps(first, q->reciprocal), q->high);
    second = _mm512_min_ps(_mm512_mul_ps(second, q->reciprocal), q->high);
    __m512i numbers = _mm512_packs_epi32(_mm512_cvtps_epi32(first), _mm512_cvtps_epi32(second));
    return _mm512_adds_epi16(numbers, q->zero_point);
}

QF_INLINE __m512i quantize64(const float *x, const __mmask64 mask, const quantizer *q) {
    /* Packing leaves four codes of each 16 side by side. */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512 part[4];
    QF_UNROLL for (int i = 0; i < 4; i++) part[i] = _mm512_maskz_loadu_ps((__mmask16)(mask >> (16 * i)), x + 16 * i);
    __m512i codes = _mm512_packus_epi16(round32(part[0], part[1], q), round32(part[2], part[3], q));
    return _mm512_xor_si512(_mm512_permutexvar_epi32(order, _mm512_max_epu8(codes, q->low)), q->flip);
}

void qf_quantize8__avx512(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out) {
    const quantizer q = make_quantizer(reciprocal, bounds);
    size_t i = qf_first_bytes(out, count);
    qf_store64(out, i, quantize64(x, qf_first64(i), &q));
    for (; i + 64 <= count; i += 64) _mm512_storeu_si512(out + i, quantize64(x + i, UINT64_MAX, &q));
    if (i < count) qf_store64(out + i, count - i, quantize64(x + i, qf_first64(count - i), &q));
}

/* What all codes share. */
typedef struct dequantizer {
    __m512 scale;
    __m512i zero_point;
} dequantizer;

/* is_signed is a compile-time constant. */
QF_INLINE __m512 real16(__m128i codes, const dequantizer *d, int is_signed) {
    __m512i numbers = is_signed ? _mm512_cvtepi8_epi32(codes) : _mm512_cvtepu8_epi32(codes);
    return _mm512_mul_ps(d->scale, _mm512_cvtepi32_ps(_mm512_sub_epi32(numbers, d->zero_point)));
}

/* As many as there are of 16 codes. */
QF_INLINE void dequantize_some(const uint8_t *codes, size_t count, const dequantizer *d, int is_signed, float *out) {
    const __mmask16 mask = (__mmask16)(0xFFFFu >> (16 - count));
    _mm512_mask_storeu_ps(out, mask, real16(_mm_maskz_loadu_epi8(mask, codes), d, is_signed));
}

QF_INLINE void dequantize(const uint8_t *codes, size_t count, float scale, int32_t zero_point, int is_signed,
                          float *out) {
    const dequantizer d = {_mm512_set1_ps(scale), _mm512_set1_epi32(zero_point)};
    size_t i = qf_first_bytes(out, count * sizeof *out) / sizeof *out;
    dequantize_some(codes, i, &d, is_signed, out);
    for (; i + 16 <= count; i += 16)
        _mm512_storeu_ps(out + i, real16(_mm_loadu_si128((const __m128i *)(codes + i)), &d, is_signed));
    dequantize_some(codes + i, count - i, &d, is_signed, out + i);
}

void qf_dequantize_u8__avx512(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    dequantize(codes, count, scale, zero_point, 0, out);
}

void qf_dequantize_i8__avx512(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    dequantize((const uint8_t *)codes, count, scale, zero_point, 1, out);
}

QF_TARGET_END
#endif
