/* From qint32 to other grids, AVX2. */
#include "elementwise_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

typedef struct change {
    __m256i from_zero_point, zero_point;
    __m256 scale, reciprocal, high;
} change;

/* Eight codes, still without their zero point; signs of `overflow` show differences that int32 cannot hold. */
QF_INLINE __m256i change8(const int32_t *x, const change *c, __m256i *overflow) {
    __m256i codes = _mm256_loadu_si256((const __m256i *)x);
    __m256i difference = _mm256_sub_epi32(codes, c->from_zero_point);
    __m256i signs = _mm256_and_si256(_mm256_xor_si256(codes, c->from_zero_point),
                                     _mm256_xor_si256(codes, difference));
    __m256 values = _mm256_mul_ps(_mm256_mul_ps(c->scale, _mm256_cvtepi32_ps(difference)), c->reciprocal);
    *overflow = _mm256_or_si256(*overflow, signs);
    return _mm256_cvtps_epi32(_mm256_min_ps(values, c->high));
}

/* 32 codes, which saturate while they are packed; returns 0 if there was an overflow. */
QF_INLINE int change32(const int32_t *x, const change *c, int is_signed, uint8_t *out) {
    __m256i overflow = _mm256_setzero_si256(), codes[4];
    QF_UNROLL
    for (int v = 0; v < 4; v++) codes[v] = change8(x + 8 * v, c, &overflow);
    __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(codes[0], codes[1]), c->zero_point);
    __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(codes[2], codes[3]), c->zero_point);
    __m256i bytes = is_signed ? _mm256_packs_epi16(first, second) : _mm256_packus_epi16(first, second);
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)out, bytes);
    return !_mm256_movemask_ps(_mm256_castsi256_ps(overflow));
}

QF_INLINE size_t to8_steps(const int32_t *x, size_t count, const qf_change *p, int is_signed, uint8_t *out) {
    const change c = {_mm256_set1_epi32(p->from.zero_point), _mm256_set1_epi16((int16_t)p->bounds.zero_point),
                      _mm256_set1_ps(p->from.scale), _mm256_set1_ps(p->reciprocal),
                      _mm256_set1_ps(p->bounds.high)};
    size_t i = 0;
    for (; i + 32 <= count; i += 32)
        if (!QF_LIKELY(change32(x + i, &c, is_signed, out + i))) qf_requantize_to8_loop(x + i, 32, p, out + i);
    return i;
}

void qf_requantize_to8__avx2(const int32_t *x, size_t count, const qf_change *p, uint8_t *out) {
    int is_signed = p->bounds.low + (float)p->bounds.zero_point < 0; /* bounds are those of the dtype */
    size_t done = is_signed ? to8_steps(x, count, p, 1, out) : to8_steps(x, count, p, 0, out);
    qf_requantize_to8_loop(x + done, count - done, p, out + done);
}

void qf_requantize_to32__avx2(const int32_t *x, size_t count, const qf_change *p, int32_t *out) {
    qf_requantize_to32_loop(x, count, p, out);
}

QF_TARGET_END
#endif
