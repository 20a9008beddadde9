/* vpmaddubsw adds two products in 16 bits: for panels and activations where that is proved exact (pack.h).
 * Others go to qf_gemm_i16s8_6x16c2__avx2. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define PRODUCTS 4

QF_INLINE __m256i weights8(const int8_t *panel) {
    return _mm256_loadu_si256((const __m256i *)panel);
}

QF_INLINE __m256i multiply_add(__m256i sum, __m256i codes, __m256i weights) {
    __m256i pairs = _mm256_maddubs_epi16(codes, weights);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "gemm_6x16.h"

void qf_gemm_u8s8_6x16c4__avx2(size_t mr, const qf_activations *a, const int8_t *panel,
                               const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
