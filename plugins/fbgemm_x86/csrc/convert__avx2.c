/* Between float and codes, AVX2. */
#include <qframe/portable.h>
#include <qframe/requant_x86.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE __m256i quantize8(const float *x, __m256 reciprocal, const qf_bounds8 *bounds) {
    return qf_round_codes8(_mm256_mul_ps(_mm256_loadu_ps(x), reciprocal), bounds);
}

void qf_quantize8__avx2(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out) {
    const qf_bounds8 wide = qf_make_bounds8(bounds);
    const __m256 factor = _mm256_set1_ps(reciprocal);
    const __m256i low_bytes = _mm256_set1_epi16(0xFF), order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i first = _mm256_packs_epi32(quantize8(x + i, factor, &wide), quantize8(x + i + 8, factor, &wide));
        __m256i second =
            _mm256_packs_epi32(quantize8(x + i + 16, factor, &wide), quantize8(x + i + 24, factor, &wide));
        __m256i bytes = _mm256_packus_epi16(_mm256_and_si256(first, low_bytes),
                                            _mm256_and_si256(second, low_bytes));
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_permutevar8x32_epi32(bytes, order));
    }
    qf_quantize_loop(x + i, count - i, reciprocal, bounds, out + i);
}

int qf_min_max__avx2(const float *x, size_t count, float *low, float *high) {
    if (count < 16) return qf_min_max_loop(x, count, low, high);
    __m256 least[2] = {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
    __m256 most[2] = {least[0], least[1]}, unordered = _mm256_setzero_ps();
    for (size_t i = 0; i < count; i += 16) {
        size_t at = i + 16 <= count ? i : count - 16; /* the last step overlaps */
        __m256 a = _mm256_loadu_ps(x + at), b = _mm256_loadu_ps(x + at + 8);
        least[0] = _mm256_min_ps(least[0], a), least[1] = _mm256_min_ps(least[1], b);
        most[0] = _mm256_max_ps(most[0], a), most[1] = _mm256_max_ps(most[1], b);
        unordered = _mm256_or_ps(unordered, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
    }
    float lows[8], highs[8], unused;
    _mm256_storeu_ps(lows, _mm256_min_ps(least[0], least[1]));
    _mm256_storeu_ps(highs, _mm256_max_ps(most[0], most[1]));
    qf_min_max_loop(lows, 8, low, &unused);
    qf_min_max_loop(highs, 8, &unused, high);
    return _mm256_movemask_ps(unordered) == 0;
}

QF_TARGET_END
#endif
